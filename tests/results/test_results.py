"""What a run leaves in the store is read back as it was, and only where it was asked for."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from idcore import results, spec
from idcore.errors import RequestError
from idcore.estimators.embedding import Embedding
from idcore.record import Layer, unmeasured
from idcore.results import Run
from idcore.spec import Architecture, DataSpec, EmbedJob, NetworkSpec, Recipe, Request, Untrained
from idcore.store import Store
from tests import ROOT

REQUEST = Request(DataSpec("digits", n=3), NetworkSpec(Architecture("mlp"), Untrained(1)))
LAYERS = (
    Layer("input", 0, 0.0, "Input", (1, 8, 8), 64, checkpoint=True),
    Layer("fc1", 1, 0.5, "Linear", (256,), 256),
    Layer("output", 2, 1.0, "Linear", (10,), 10, checkpoint=True),
)
RUN = Run(
    request=REQUEST,
    layers=LAYERS,
    labels=np.array([1, 2, 3]),
    predictions=np.array([1, 2, 2]),
    ids=np.array([7, 8, 9]),
    class_names=("one", "two"),
    sample_accuracy=2 / 3,
    notes=("Resized.",),
    versions={"torch": "2"},
    created=5.0,
)
JOB = EmbedJob(REQUEST, ("input", "fc1", "output"))
MAP = Embedding(np.arange(6.0, dtype=np.float32).reshape(3, 2), 0.9, 0.5, "umap", {"n_epochs": 100}, 1.5, "")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def assert_same(a, b, arrays):
    for name, value in vars(a).items():
        if name in arrays:
            np.testing.assert_array_equal(getattr(b, name), value)
        else:
            assert getattr(b, name) == value, name


def test_a_run_comes_back_as_it_was(store):
    assert results.run(store, REQUEST) is None
    results.save_run(store, RUN)
    assert_same(RUN, results.run(store, REQUEST), ("labels", "predictions", "ids", "learned_labels"))
    assert results.run(store, REQUEST).checkpoints == ("input", "output")


def test_runs_are_listed_newest_first(store):
    later = replace(RUN, request=replace(REQUEST, data=DataSpec("digits", n=4)), created=9.0)
    for run in (RUN, later):
        results.save_run(store, run)
    assert [run.request.data.n for run in results.runs(store)] == [4, 3]


def test_a_run_that_this_version_cannot_read_is_not_listed(store):
    results.save_run(store, RUN)
    meta = store.meta(spec.run_key(REQUEST))
    meta["request"]["data"]["a_new_field"] = 1
    store.put("f" * 64, {}, meta)
    assert len(results.runs(store)) == 1


def test_a_layer_comes_back_under_its_request_alone(store):
    geometry = unmeasured(LAYERS[1], 3, "The layer is constant.")
    results.save_layer(store, REQUEST, geometry)
    found = results.layer(store, REQUEST, "fc1")
    assert (found.layer, found.note, found.n) == (LAYERS[1], "The layer is constant.", 3)
    assert results.layer(store, REQUEST, "output") is None
    assert results.layer(store, replace(REQUEST, reduce="mean"), "fc1") is None


def test_a_map_comes_back_as_it_was(store):
    results.save_embedding(store, JOB, "fc1", MAP)
    assert_same(MAP, results.embedding(store, JOB, "fc1"), ("positions",))
    assert results.embedding(store, JOB, "input") is None


def test_the_key_of_a_map_knows_the_layers_before_it_and_no_others():
    def key(job, layer="fc1"):
        return results.embedding_key(job, layer)

    assert key(JOB) == key(replace(JOB, layers=("input", "fc1")))
    assert key(JOB) != key(replace(JOB, layers=("fc1", "output")))
    different = [
        replace(JOB, neighbours=10),
        replace(JOB, min_dist=0.2),
        replace(JOB, chained=False),
        replace(JOB, seed=1),
        replace(JOB, request=replace(REQUEST, reduce="mean")),
    ]
    assert len({key(JOB), *map(key, different)}) == 6


def weights_meta(network):
    history = [{"epoch": 1, "loss": 0.5, "train_accuracy": 0.9, "test_accuracy": 0.8, "seconds": 2.0}]
    numbers = {"train_accuracy": 0.9, "test_accuracy": 0.8, "seconds": 2.0, "versions": {}}
    return {"kind": "weights", "request": spec.to_json(network), "history": history, **numbers}


def test_a_training_is_found_in_the_store_and_among_the_shipped(store, tmp_path, monkeypatch):
    shipped = Store(tmp_path / "shipped")
    monkeypatch.setattr(results.trained, "SHIPPED", shipped.root)
    here, there, nowhere = (NetworkSpec(weights=Recipe(seed=seed)) for seed in range(3))
    store.put(spec.weights_key(here), {"w": np.zeros(2)}, weights_meta(here))
    shipped.put(spec.weights_key(there), {"w": np.zeros(2)}, weights_meta(there))
    assert results.training(store, here).shipped is False
    assert results.training(store, there).shipped is True
    assert results.training(store, here).history[0]["loss"] == 0.5
    assert results.training(store, nowhere) is None
    assert [(t.network, t.shipped) for t in results.trainings(store)] == [(here, False), (there, True)]


def test_layers_are_chosen_by_word_or_by_name_in_call_order():
    def names(selection):
        return [layer.name for layer in results.chosen(LAYERS, selection)]

    assert names("all") == ["input", "fc1", "output"]
    assert names("checkpoints") == ["input", "output"]
    assert names(("output", "fc1", "output")) == ["fc1", "output"]
    assert names("fc1") == ["fc1"]


@pytest.mark.parametrize(("selection", "sentence"), [(("fc9",), "no layer 'fc9'; it has .*fc1"), ((), "at least one")])
def test_a_layer_that_is_not_there_is_refused_with_the_closest(selection, sentence):
    with pytest.raises(RequestError, match=sentence):
        results.chosen(LAYERS, selection)


@pytest.mark.parametrize("module", ["idcore.results", "idcore.jobs"])
def test_a_page_can_read_results_and_ask_for_jobs_without_torch(module):
    heavy = ("torch", "umap", "distributed", "streamlit")
    code = f"import sys, json, {module}; print(json.dumps([m for m in {heavy} if m in sys.modules]))"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(found.stdout) == []


def test_the_devices_of_the_workers_are_known_once_a_worker_has_said_so(tmp_path):
    store = Store(tmp_path)
    assert results.devices(store) == ()
    results.save_devices(store, ("cuda", "cpu"))
    assert results.devices(store) == ("cuda", "cpu")
