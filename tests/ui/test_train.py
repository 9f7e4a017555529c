"""The page Train, driven without a browser: the job client trains nothing, it writes what a training would."""

import csv
import functools
import io
import json
from dataclasses import replace

import numpy as np
import pytest

import idcore.ui.kit.state
from idcore import exports, spec
from idcore.estimators.summary import summarise
from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.record import Layer
from idcore.results import dynamics
from idcore.results.dynamics import Dynamics
from idcore.spec import Architecture, DataSpec, NetworkSpec, Recipe, WatchJob
from idcore.ui.train.course import stand
from idcore.ui.train.numbers import numbers
from tests.tools.build_record import brute_geometry, scattered
from tests.tools.pages import FakeJobs, open_app

LAYERS = tuple(Layer(name, i, i / 2, "ReLU", (8,), 8, True) for i, name in enumerate(("input", "d1", "output")))
N = 60


def history(epochs):
    return tuple(
        {"epoch": e, "loss": 2 / e, "train_accuracy": 1 - 0.5**e, "test_accuracy": 0.9 - 0.5**e, "seconds": 1.0}
        for e in range(1, epochs + 1)
    )


@functools.cache
def measured(layer, epoch):
    """(record, numbers) of a layer of drawn points after an epoch."""
    x = np.random.default_rng(layer.order + 10 * epoch).normal(size=(N, 8)) * (1 + np.arange(8))
    geometry = replace(brute_geometry(x, layer.name, order=layer.order), layer=layer)
    return geometry, summarise(geometry)


def write(store, job, epochs, complete):
    """What a training leaves that has come so far."""
    labels, ids = scattered(N, 10)
    rows = {}
    for epoch in [e for e in dynamics.epochs(epochs) if complete or dynamics.is_measured(e)]:
        rows[epoch] = []
        for layer in LAYERS:
            geometry, row = measured(layer, epoch)
            dynamics.save_layer(store, job, epoch, geometry)
            rows[epoch].append(row)
    names = tuple("0123456789")
    measuring = {epoch: 0.2 for epoch in rows}
    rows = {epoch: tuple(found) for epoch, found in rows.items()}
    found = Dynamics(job, LAYERS, labels, ids, names, history(epochs), rows, measuring, complete)
    dynamics.save(store, found)


class Trainings(FakeJobs):
    """Trains at once, unless it is told to stop after some epochs, or to fail."""

    stop = 0

    def submit(self, job, device="auto", session=""):
        self.submitted.append(job)
        if self.failure:
            self.states[job_key(job)] = Status("failed", message=self.failure)
        elif self.stop:
            write(self.store, job, self.stop, complete=False)
            self.states[job_key(job)] = Status(
                "running", "training", done=self.stop + 0.5, total=200, message="Training: epoch 4 of at most 200.",
                history=history(self.stop),
            )  # fmt: skip
        else:
            write(self.store, job, 6, complete=True)
            self.states[job_key(job)] = Status("done")
        return job_key(job)

    def cancel(self, id):
        self.states[id] = Status("cancelled", message="Cancelled. What was finished is kept.")


@pytest.fixture
def fake(fake, root, monkeypatch):
    jobs = Trainings(fake.store)
    monkeypatch.setattr(idcore.ui.kit.state, "get_jobs", lambda: jobs)
    return jobs


def visit(**address):
    return open_app("train", **address)


def text(at):
    kinds = (at.markdown, at.caption, at.error, at.title, at.subheader)
    return "\n".join(element.value for kind in kinds for element in kind)


def click(at, key):
    at.button(key=key).click().run()
    assert not at.exception, at.exception
    return at


def charts(at):
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]


def test_an_empty_page_explains_itself_and_has_one_primary_button(fake):
    at = visit()
    assert "Watch it learn" in text(at) and "0, 1, 2, 3, 5, 8, 12, …" in text(at) and "Roughly" in text(at)
    (recorded,) = charts(at)  # what ships is played meanwhile
    assert {trace["name"] for trace in recorded["data"]} >= {"trained", "shuffled"} and "As it was recorded" in text(at)
    primary = [button.label for button in at.main.button if button.proto.type == "primary"]
    assert primary == ["Start training"] and fake.submitted == []


def test_a_training_is_shown_from_its_first_epoch_to_its_last(fake):
    at = click(visit(), "begin")
    assert fake.submitted == [WatchJob(NetworkSpec(), DataSpec(n=500))]
    assert "ended after epoch 6" in text(at) and "N = 500" in text(at)
    curves = charts(at)[0]
    assert [frame["name"] for frame in curves["frames"]] == ["0", "1", "2", "3", "5", "6"]
    metrics = {metric.label: metric.value for metric in at.metric}
    assert metrics["Epoch"] == "6" and metrics["Train accuracy"] == "98.4%" and "±" in metrics["Last hidden ID"]
    assert "Trained for 6.0 s, measured for 1.2 s (3 layers after epochs 0, 1, 2, 3, 5, 6)." in text(at)
    assert len(charts(at)) == 7


def test_a_link_begins_at_its_epoch_or_the_last_measured_before_it_and_else_at_the_end(fake):
    write(fake.store, WatchJob(NetworkSpec(), DataSpec(n=500)), 6, complete=True)
    for asked, shown in (({"epoch": "4"}, "3"), ({"epoch": "9999"}, "6")):
        layout = charts(visit(**asked))[0]["layout"]
        (slider,) = layout["sliders"]
        assert slider["steps"][slider["active"]]["label"] == shown
        assert f"<b>Epoch {shown}</b>" in layout["annotations"][0]["text"]


def test_true_and_shuffled_labels_begin_with_one_click_and_share_the_slider(fake):
    at = click(visit(), "begin-both")
    assert [job.network.weights.shuffled for job in fake.submitted] == [0.0, 1.0]
    curves = charts(at)[0]
    assert len(curves["frames"][0]["data"]) == 2 and at.segmented_control(key="labels").value == "both"
    assert len(charts(at)) == 8


def test_a_training_can_be_paused_resumed_and_discarded(fake):
    fake.stop = 4
    at = click(visit(), "begin")
    assert len(charts(at)) == 7 and [metric.value for metric in at.metric][:2] == ["4", "93.8%"]
    click(at, "pause-trained")
    assert {"Resume", "Discard"} <= {button.label for button in at.main.button}
    fake.stop = 0
    click(at, "resume-trained")
    assert len(fake.submitted) == 2 and "ended after epoch 6" in text(at)
    fake.stop = 4
    at = click(visit(wseed="1"), "begin")
    click(at, "pause-trained")
    click(at, "discard-trained")
    assert "Watch it learn" in text(at)


def test_a_training_whose_app_has_gone_goes_on_by_itself(fake):
    job = WatchJob(NetworkSpec(), DataSpec(n=500))
    write(fake.store, job, 3, complete=False)
    fake.states[job_key(job)] = Status("lost", message="The app has gone.")
    at = visit()
    assert fake.submitted == [job] and "ended after epoch 6" in text(at)


def test_a_training_that_fails_says_why(fake):
    fake.failure = "Training diverged: in epoch 1 the loss is nan. Choose a learning rate below 10."
    at = click(visit(), "begin")
    assert "Training diverged" in text(at) and "Try again" in {button.label for button in at.main.button}


def test_the_link_holds_every_choice(fake):
    at = visit(network="mlp", width="32", depth="2", data="digits", labels="shuffled", shuffled="0.5", optimiser="sgd",
               rate="0.05", batch="32", upto="7", wseed="3", n="200", seed="4", **{"lambda": "10"})  # fmt: skip
    click(at, "begin")
    recipe = Recipe("digits", 10.0, 0.5, "sgd", 0.05, 32, 7, seed=3)
    data = DataSpec("digits", n=200, seed=4, gradient=10.0)
    assert fake.submitted == [WatchJob(NetworkSpec(Architecture("mlp", 32, 2), recipe), data)]
    assert "50% shuffled labels" in text(at)


def test_a_luminance_gradient_may_grow_over_the_first_epochs(fake):
    at = click(visit(warmup="5", upto="7", **{"lambda": "10"}), "begin")
    assert fake.submitted[0].network.weights == Recipe(gradient=10.0, epochs=7, warmup=5)
    assert "warmup" not in {one.key for one in visit(upto="7").number_input}
    at = visit(warmup="50", upto="7", **{"lambda": "10"})
    assert "the warm-up must be at most 6, one less than there are epochs, not “50”" in text(at)


def test_what_the_address_cannot_mean_is_said(fake):
    at = visit(upto="0", rate="fast", labels="wrong", optimiser="lion")
    for word in ("the number of epochs", "the learning rate", "the choice of labels", "the optimiser"):
        assert word in text(at)


def test_the_exports_hold_every_epoch_and_layer(fake):
    job = WatchJob(NetworkSpec(), DataSpec(n=500))
    write(fake.store, job, 6, complete=True)
    found = [stand("trained", job)]
    lines = list(csv.DictReader(io.StringIO(exports.csv(numbers(found)))))
    assert len(lines) == 6 * 3 and [line["epoch"] for line in lines[::3]] == ["0", "1", "2", "3", "5", "6"]
    assert lines[0]["loss"] == "" and float(lines[-1]["train_accuracy"]) == 1 - 0.5**6 and lines[-1]["n"] == "60"
    kept = json.loads(exports.as_json(numbers(found)))["trainings"][0]
    assert spec.from_json(kept["job"]) == job and len(kept["history"]) == 6 and len(kept["layers"]["5"]) == 3
