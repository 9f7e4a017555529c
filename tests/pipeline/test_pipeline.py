"""A request becomes records in the store: each layer once, the plan first, the predictions with it."""

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from idcore import pipeline, results, spec
from idcore.data.catalogue import DATASETS
from idcore.data.load import load
from idcore.errors import Cancelled, PointsError, RequestError
from idcore.limits import Budget
from idcore.networks.weights import obtain
from idcore.pipeline import layers as layers_module
from idcore.pipeline import requests
from idcore.pipeline.layers import RecordShelf, choose_device
from idcore.record import Layer, unmeasured
from idcore.spec import Architecture, DataSpec, EmbedJob, NetworkSpec, Recipe, Request, TrainJob, Untrained
from idcore.store import Store
from idcore.watch import Watch

MEMORY = 2**28
REQUEST = Request(DataSpec("digits", n=60), NetworkSpec(Architecture("mlp", width=8, depth=2), Untrained(3)))
NAMES = ["input", "d1", "d2", "output"]


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


@pytest.fixture
def measured(monkeypatch):
    """Names of the layers in the order in which they were really measured."""
    names, real = [], layers_module.measure

    def measure(slices, layer, **options):
        names.append(layer.name)
        return real(slices, layer, **options)

    monkeypatch.setattr(layers_module, "measure", measure)
    return names


def run(store, layers="checkpoints", request=REQUEST, **options):
    return pipeline.run(request, layers, store, memory=MEMORY, device="cpu", **options)


def names(geometries):
    return [geometry.layer.name for geometry in geometries]


def test_the_checkpoint_layers_come_in_call_order_and_are_kept(store, measured):
    found = list(run(store))
    assert names(found) == NAMES == measured
    assert all(geometry.n == 60 and geometry.layer.checkpoint and not geometry.note for geometry in found)
    kept = results.layer(store, REQUEST, "d1")
    np.testing.assert_array_equal(kept.neighbours.distances, found[1].neighbours.distances)


def test_the_second_time_everything_comes_from_the_store(store, measured, monkeypatch):
    first = list(run(store))
    monkeypatch.setattr(requests, "load", lambda *_: pytest.fail("the data were loaded"))
    again = list(run(store))
    assert measured == NAMES
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.neighbours.distances, b.neighbours.distances)
        np.testing.assert_array_equal(a.eigenvalues, b.eigenvalues)


def test_asking_for_more_layers_measures_only_those(store, measured):
    list(run(store, ("d1",)))
    found = names(run(store, "all"))
    assert found == ["input", "flatten", "fc1", "d1", "fc2", "d2", "output"]
    assert sorted(measured) == sorted(found)


def test_a_layer_whose_file_went_bad_is_measured_again(store, measured):
    list(run(store))
    path = store.path(spec.layer_key(REQUEST, "d2"))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert names(run(store)) == NAMES and measured == [*NAMES, "d2"]


def test_the_run_is_written_before_the_first_layer_and_completed_at_the_end(store):
    layers = run(store)
    next(layers)
    begun = results.run(store, REQUEST)
    assert list(begun.checkpoints) == NAMES and len(begun.predictions) == 0 and len(begun.labels) == 60
    list(layers)
    done = results.run(store, REQUEST)
    assert done.layers == begun.layers and len(done.predictions) == 60 and done.seconds > 0
    assert done.class_names == tuple("0123456789") and "torch" in done.versions


def test_the_accuracies_of_an_untrained_network_are_read_on_the_whole_of_its_data(store):
    list(run(store))
    done, module = results.run(store, REQUEST), obtain(REQUEST.network, store, dataset="digits").module
    for split, told in (("train", done.train_accuracy), ("test", done.test_accuracy)):
        samples = load(DataSpec("digits", split, n=DATASETS["digits"].sizes[split]))
        with torch.inference_mode():
            assert told == np.mean(module(samples.images).argmax(1).numpy() == samples.labels)


@pytest.mark.parametrize("layers", ["checkpoints", ("d1",)])
def test_predictions_are_those_of_a_bare_forward_pass(store, layers):
    list(run(store, layers))
    samples = load(REQUEST.data)
    with torch.inference_mode():
        expected = obtain(REQUEST.network, store, dataset="digits").module(samples.images).argmax(1).numpy()
    found = results.run(store, REQUEST)
    np.testing.assert_array_equal(found.predictions, expected)
    np.testing.assert_array_equal(found.ids, samples.ids)
    assert found.sample_accuracy == np.mean(expected == samples.labels)


def test_progress_names_the_layer_at_work_and_ends_with_done(store):
    seen = []
    list(run(store, watch=Watch(seen.append)))
    phases = list(dict.fromkeys(progress.phase for progress in seen))
    assert phases == ["loading", "measuring", "done"]
    measuring = [(p.layer, p.done, p.total) for p in seen if p.phase == "measuring" and p.layer]
    assert measuring == [(name, i, 4) for i, name in enumerate(NAMES)]
    assert all(progress.message.endswith(".") for progress in seen)


def test_a_cancelled_run_keeps_what_was_finished(store, measured):
    with pytest.raises(Cancelled):
        list(run(store, watch=Watch(cancelled=lambda: len(measured) == 2)))
    assert measured == NAMES[:2] and results.layer(store, REQUEST, "d1") is not None
    assert names(run(store)) == NAMES and measured == NAMES


def test_a_layer_that_is_not_there_is_refused_with_the_closest(store):
    with pytest.raises(RequestError, match="no layer 'fc9'.*fc1"):
        list(run(store, ("fc9",)))


@pytest.mark.parametrize("device", ["tpu", "cuda:99x", "cuda" if not torch.cuda.is_available() else "nothing"])
def test_a_device_that_is_not_there_is_refused(device):
    with pytest.raises(RequestError, match=f"no device '{device}'"):
        choose_device(device)


def test_a_network_trained_on_larger_images_sees_the_samples_at_their_size(store):
    request = Request(DataSpec("digits", n=40), NetworkSpec(Architecture("cnn"), Recipe("mnist5k")))
    (geometry,) = run(store, ("input",), request)
    assert geometry.layer.shape == (1, 28, 28)
    assert any("resized to 28x28" in note for note in results.run(store, request).notes)


def test_a_record_is_made_once_by_many_threads(store):
    made, layer = [], Layer("x", 0, 0.0, "Linear", (2,), 2)

    def make():
        made.append(1)
        time.sleep(0.05)
        return unmeasured(layer, 5, "It is constant.")

    found = []
    once = RecordShelf(store, REQUEST).compute_once
    threads = [threading.Thread(target=lambda: found.append(once("x", make, Watch()))) for _ in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(made) == 1 and [geometry.note for geometry in found] == ["It is constant."] * 3


class Odd(nn.Module):
    """One layer has no floating-point output, another is constant."""

    def __init__(self):
        super().__init__()
        self.first, self.pick, self.last = nn.Linear(6, 4), Pick(), nn.Linear(4, 3)

    def forward(self, x):
        x = self.first(x)
        self.pick(x)
        return self.last(x * 0)


class Pick(nn.Module):
    def forward(self, x):
        return x.argmax(1)


IMAGES = torch.from_numpy(np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32))


def test_layers_that_cannot_be_measured_say_why(store):
    for kept in (None, store, store):
        found = {
            g.layer.name: g for g in pipeline.profile_module(Odd(), IMAGES, layers="all", memory=MEMORY, store=kept)
        }
        assert "floating-point" in found["pick"].note and "constant" in found["output"].note
        assert not found["first"].note and found["first"].n == 50


def test_a_module_of_ones_own_is_measured_once_per_weights_and_images(store, measured):
    def profile(module, images=IMAGES):
        return list(pipeline.profile_module(module, images, layers=("0",), memory=MEMORY, store=store))

    module = nn.Sequential(nn.Linear(6, 4), nn.Linear(4, 2))
    profile(module)
    profile(module)
    assert len(measured) == 1
    with torch.no_grad():
        module[0].bias += 1
    profile(module)
    profile(module, IMAGES + 1)
    assert len(measured) == 3


def test_samples_that_do_not_fit_are_refused():
    with pytest.raises(RequestError, match="a label for each image; there are 3 and 50"):
        list(pipeline.profile_module(nn.Linear(6, 2), IMAGES, np.zeros(3), memory=MEMORY))
    with pytest.raises(PointsError, match="sample axis first"):
        list(pipeline.profile_module(nn.Linear(6, 2), torch.zeros(6), memory=MEMORY))


def test_training_is_kept_under_its_recipe_and_shipped_weights_need_none(store):
    job = TrainJob(NetworkSpec(Architecture("mlp", width=8, depth=1), Recipe("digits", epochs=2)))
    seen = []
    pipeline.train(job, store, watch=Watch(seen.append))
    assert len(results.training(store, job.network).history) == 2 and seen[-1].phase == "training"
    seen.clear()
    pipeline.train(job, store, watch=Watch(seen.append))
    pipeline.train(TrainJob(NetworkSpec()), store, watch=Watch(seen.append))
    assert seen == [] and results.training(store, NetworkSpec()).shipped


def test_maps_are_made_for_layers_measured_on_the_way_and_kept(store, monkeypatch):
    job = EmbedJob(REQUEST, ("d1", "output"), neighbours=8)
    seen = []
    pipeline.embed(job, store, Budget(MEMORY, "cpu"), Watch(seen.append))
    found = [results.embedding(store, job, name) for name in job.layers]
    assert all(one.positions.shape == (60, 2) and one.trustworthiness > 0.5 for one in found)
    assert [(p.layer, p.total) for p in seen if p.phase == "embedding"] == [("d1", 2), ("output", 2)]
    monkeypatch.setattr(requests, "umap_maps", lambda *_, **__: pytest.fail("made again"))
    pipeline.embed(job, store, Budget(MEMORY))
    assert results.embedding(store, replace(job, seed=1), "d1") is None


def test_cancelling_between_maps_keeps_those_that_are_finished(store):
    job = EmbedJob(REQUEST, ("d1", "output"), neighbours=8)
    list(run(store))

    def cancelled():
        return results.embedding(store, job, "d1") is not None

    with pytest.raises(Cancelled):
        pipeline.embed(job, store, Budget(MEMORY, "cpu"), Watch(cancelled=cancelled))
    assert results.embedding(store, job, "output") is None
