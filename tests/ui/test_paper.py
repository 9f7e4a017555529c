"""The page Paper, driven without a browser: the job client writes synthetic layers to the store."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import idcore.ui.kit.state
from idcore import results
from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.paper.published import figures
from idcore.record import Dataset, Layer
from idcore.results import Run
from idcore.spec import Request
from idcore.ui.paper import contents
from tests.tools.build_record import scattered
from tests.tools.folders import keep_folder
from tests.tools.pages import FakeJobs, open_app, synthetic

PLAN = {
    "cnn": ("input", "conv1", "pool1", "conv2", "pool2", "d1", "output"),
    "alexnet": ("input", "features.2", "features.5", "features.12", "classifier.2", "classifier.5", "output"),
}
N = 60


class PaperJobs(FakeJobs):
    """Measures the layers of the paper at once, unless it is told to wait or to fail."""

    wait = False

    def submit(self, job, device="auto", session=""):
        self.submitted.append(job)
        if self.failure:
            self.states[job_key(job)] = Status("failed", message=self.failure)
        elif self.wait:
            self.states[job_key(job)] = Status("running", "measuring", "d1", 1, 7, message="Measuring d1")
        else:
            self._measure(job)
            self.states[job_key(job)] = Status("done")
        return job_key(job)

    def _measure(self, job) -> None:
        names = PLAN[job.request.network.architecture.name]
        plan = tuple(
            Layer(name, i, i / 6, "MaxPool2d" if name.startswith("features") else "ReLU", (8,), 8, True)
            for i, name in enumerate(names)
        )
        labels, ids = scattered(N, 10)
        run = Run(job.request, plan, labels, labels, ids, tuple("0123456789"), 1.0, 0.98, 0.97, seconds=2.0)
        results.save_run(self.store, run)
        for layer in plan:
            results.save_layer(self.store, job.request, synthetic(0, layer))


@pytest.fixture
def fake(fake, root, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    jobs = PaperJobs(fake.store)
    monkeypatch.setattr(idcore.ui.kit.state, "get_jobs", lambda: jobs)
    return jobs


def _open(**address) -> AppTest:
    return open_app("paper", **address)


def _text(at: AppTest) -> str:
    kinds = (at.markdown, at.caption, at.error, at.title, at.subheader)
    return " ".join(element.value for kind in kinds for element in kind)


def _spec(at: AppTest) -> str:
    (chart,) = at.get("plotly_chart")
    return chart.proto.spec


def test_the_mnist_figure_is_measured_on_arrival_as_far_as_its_weights_are_there(fake):
    spec = _spec(_open(gradient="500"))
    regimes = [(job.request.network.regime, job.request.data.gradient) for job in fake.submitted]
    assert regimes == [("trained", 0), ("shuffled", 0)]
    assert '"MNIST, here"' in spec and '"MNIST, published"' in spec and '"MNIST*, here"' not in spec
    at = _open()
    assert fake.submitted[-1].request.data.gradient == 1000 and '"MNIST*, here"' in _spec(at)
    assert _text(at).count(": rank correlation") == 3


def test_run_trains_what_is_missing_and_all_curves_are_compared(fake):
    at = _open(gradient="500")
    at.button(key="run").click().run()
    assert fake.submitted[-1].request.network.weights.gradient == 500
    assert all(f'"{name}, here"' in _spec(at) for name in ("MNIST", "MNIST*"))
    assert _text(at).count(": rank correlation") == 3 and "Measured here, in 6 s" in _text(at)
    lines = at.dataframe[0].value
    assert len(lines) == 21 and list(lines["Published"])[0] == "13.16 ± 0.22" and list(lines["N"])[0] == "60"


def test_a_network_that_did_not_learn_is_no_reproduction(fake, monkeypatch):
    def training(store, network):
        share = 0.12 if network.weights.gradient else 1.0
        return results.Training(network, ({"epoch": 1},), share, share, 1.0, False)

    monkeypatch.setattr(results, "training", training)
    text = _text(_open())
    assert "Trained for 1 epoch to 12.0% of the training images" in text
    assert text.count("It has not learned them") == 1


def test_another_lambda_is_another_measurement_and_is_said(fake):
    at = _open(gradient="300")
    assert "λ = 300" in _text(at)
    at.button(key="run").click().run()
    assert fake.submitted[-1].request.data.gradient == 300


@pytest.mark.parametrize("number", [one.number for one in figures()])
def test_every_figure_is_shown_with_its_protocol_and_what_it_needs(fake, number):
    at = _open(figure=number)
    text = _text(at)
    assert f"Figure {number}." in text and "In the paper" in text and "Needed here" in text
    assert "published" in _spec(at)
    if number != "6":
        assert fake.submitted == []


def test_run_is_not_offered_while_something_stands_in_its_way(fake):
    at = _open(figure="9a")
    assert at.button(key="run").disabled and "CIFAR-10" in _text(at)
    assert "run" not in [one.key for one in _open(figure="3a").button]  # without images there is nothing to run


def test_a_folder_of_images_makes_the_hunchback_measurable(fake, tmp_path, monkeypatch):
    monkeypatch.setenv("LAYERSCOPE_DATA", str(tmp_path / "data"))
    images = Dataset("folder-pets", "Pets", tuple("abcdefgh"), None, {"all": 800}, "", {"all": 90})
    read = keep_folder(fake.store, images, np.repeat(np.arange(8), 100))
    at = _open(figure="3a")
    assert "90 images" in _text(at)
    at.button(key="run").click().run()
    assert len(fake.submitted) == 7 and {job.request.data.dataset for job in fake.submitted} == {read}
    assert '"alexnet, here"' in _spec(at) and ": rank correlation" in _text(at)


def test_names_of_a_strangers_folders_are_made_plain(fake, tmp_path, monkeypatch):
    monkeypatch.setenv("LAYERSCOPE_DATA", str(tmp_path / "data"))
    classes = ("<b>x</b>", *"bcdefg")
    images = Dataset("folder-pets", "Pets", classes, None, {"all": 800}, "", {"all": 90})
    keep_folder(fake.store, images, np.repeat(np.arange(7), 100))
    at = _open(figure="8")
    at.button(key="run").click().run()
    assert "<b>x" not in _spec(at).replace("<b>0", "") and "<b>x" not in _text(at)


def test_weights_in_the_folder_of_torch_get_their_tick(fake, tmp_path):
    assert not contents.here().has_file("alexnet-owt-7be5be79.pth")
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "alexnet-owt-7be5be79.pth").write_bytes(b"")
    assert contents.here().has_file("alexnet-owt-7be5be79.pth")


def test_while_it_runs_there_is_a_bar_for_each_measurement(fake):
    fake.wait = True
    at = _open()
    assert len(at.progress) == 3 and "Measuring d1" in at.progress[0].text
    at.button(key="cancel-paper-0").click().run()
    assert "cancelled" in _text(at)


def test_a_failure_is_a_sentence_and_can_be_tried_again(fake):
    fake.failure = "There is no room."
    at = _open()
    assert fake.failure in _text(at)
    fake.failure = ""
    at.button(key="again-paper-0").click().run()
    assert '"MNIST, here"' in _spec(at)


def test_a_bad_address_is_answered_with_a_sentence_for_each_value_and_the_defaults(fake):
    bad = {"figure": "<script>", "gradient": "0", "sample": "train", "epochs": "7", "networks": "mlp"}
    at = _open(**bad)
    assert set(at.session_state["notices"]) == set(bad)
    assert "Figure 6." in _text(at) and _text(at).count("In the address") == len(bad) and "<script" not in _text(at)
    assert fake.submitted[0].request == Request()


def test_the_figure_stands_in_the_address(fake):
    at = _open(figure="5c")
    assert "Figure 5c." in _text(at) and at.query_params["figure"] in ("5c", ["5c"])
