"""Requests for networks of the catalogue: their form, their outputs, their cost, all of their layers."""

import numpy as np
import pytest
import torch

from idcore import pipeline, results
from idcore.data.catalogue import DATASETS, wnids
from idcore.data.form import IMAGENET_MEAN, IMAGENET_STD
from idcore.data.load import load
from idcore.errors import RequestError
from idcore.networks.weights import obtain
from idcore.pipeline import requests
from idcore.pipeline.estimate import Held, split
from idcore.pipeline.predictions import NOTHING, matched
from idcore.pipeline.scene import bare, scene
from idcore.record import Layer
from idcore.spec import Architecture, DataSpec, NetworkSpec, Pretrained, Recipe, Request, TrainJob, Untrained
from idcore.store import Store

MEMORY = 2**29


def asked(name="resnet18", weights=None, n=12, size=40, **options):
    spec = NetworkSpec(Architecture(name), weights or Untrained(1))
    return Request(DataSpec("digits", n=n), spec, size=size, **options)


def run(request, store, layers="checkpoints"):
    return list(pipeline.run(request, layers, store, memory=MEMORY, device="cpu"))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def resnet(store):
    return {geometry.layer.name: geometry for geometry in run(asked(), store, "all")}


def test_all_layers_of_a_resnet_are_measured_or_say_why_not(resnet, store):
    plan = results.run(store, asked()).layers
    assert [layer.name for layer in plan] == list(resnet) and len(plan) > 40
    assert all(geometry.note == "" and geometry.n == 12 for geometry in resnet.values())
    checkpoints = results.run(store, asked()).checkpoints
    assert (checkpoints[0], checkpoints[-1]) == ("input", "output") and {"layer1", "layer4"} <= set(checkpoints)


def test_the_network_sees_the_images_in_its_usual_form_at_the_chosen_size(resnet, store):
    assert resnet["input"].layer.shape == (3, 40, 40)
    said = " ".join(results.run(store, asked()).notes)
    assert "digits" in said and "Untrained" in said
    plain = load(DataSpec("digits", n=12)).images
    seen = load(DataSpec("digits", n=12), scene(asked(), store).form).images
    assert plain.shape[1:] == (1, 8, 8) and seen.shape == (12, 3, 40, 40)
    black = (0 - np.array(IMAGENET_MEAN)) / np.array(IMAGENET_STD)
    np.testing.assert_allclose(seen.amin((0, 2, 3)), black, atol=1e-4)


def test_a_network_whose_outputs_are_not_the_classes_has_no_accuracy_and_says_why(resnet, store):
    found = results.run(store, asked())
    assert found.sample_accuracy is None and found.train_accuracy is None
    assert set(found.predictions) == {NOTHING} and len(found.predictions) == 12
    assert any("1,000 outputs of the network do not stand for the 10 classes" in note for note in found.notes)


def test_layers_of_ones_choice_come_from_the_store(resnet, store, monkeypatch):
    monkeypatch.setattr(requests, "obtain", lambda *_: pytest.fail("the network was made"))
    names = ("layer1.0.conv1", "layer3", "avgpool")
    assert [geometry.layer.name for geometry in run(asked(), store, names)] == list(names)


def test_the_usual_reduction_and_every_other_make_results_of_their_own(store):
    names = ("layer4",)
    widths = {reduce: run(asked(reduce=reduce), store, names)[0].layer.units for reduce in ("flatten", "mean")}
    assert widths == {"flatten": 2048, "mean": 512}


def test_all_layers_of_a_vision_transformer_are_measured(store):
    found = run(asked("vit_digits", n=8, size=None, reduce="cls"), store, "all")
    tokens = [g for g in found if g.layer.name.startswith("block")]
    assert len(found) > 25 and len(tokens) > 20 and all(geometry.layer.units <= 3072 for geometry in tokens)
    skipped = [geometry for geometry in found if geometry.note]
    assert all(geometry.note.endswith(".") for geometry in skipped) and len(skipped) < 5


def test_a_network_learns_at_the_size_of_its_recipe_and_is_measured_there(store):
    weights = Recipe("digits", epochs=1, size=32)
    network = NetworkSpec(Architecture("shufflenet_v2_x0_5"), weights)
    pipeline.train(TrainJob(network), store)
    request = Request(DataSpec("digits", n=30), network)
    (geometry,) = run(request, store, ("input",))
    assert geometry.layer.shape == (3, 32, 32)
    found = results.run(store, request)
    assert found.sample_accuracy is not None and found.layers[-1].units == 10
    images = load(request.data, scene(request, store).form).images
    with torch.inference_mode():
        expected = obtain(network, store).module(images).argmax(1).numpy()
    np.testing.assert_array_equal(found.predictions, expected)


def test_the_plan_and_the_cost_need_no_weights(monkeypatch):
    monkeypatch.setattr(requests, "obtain", lambda *_: pytest.fail("weights were asked for"))
    found = pipeline.estimate(asked("alexnet", Pretrained(), n=20, size=None), memory=2**30, device="cpu")
    assert found.n == 20 and found.bytes > 244_000_000 and found.layers[-1].layer == "output"
    module, layers = bare(scene(asked("vgg16"), None))
    assert next(module.parameters()).is_meta and layers[-1].units == 1000


def test_weights_and_images_that_do_not_fit_are_refused_before_anything_is_loaded(store, monkeypatch):
    monkeypatch.setattr(requests, "load", lambda *_: pytest.fail("the images were loaded"))
    request = asked("vit_h_14", n=20, size=224)
    with pytest.raises(RequestError, match=r"The network takes 2\.5 GB and its 20 images 12 MB.* a budget of 2\.5 GiB"):
        list(pipeline.run(request, "checkpoints", store, memory=2**30, device="cpu"))
    with pytest.raises(RequestError, match=r"The network takes .* Choose N up to \d+, or a budget of"):
        list(pipeline.run(asked(n=360, size=512), "checkpoints", store, memory=2**28, device="cpu"))


def test_what_is_offered_fits_with_the_network_and_its_images():
    layer, holding = Layer("conv", 1, 0.5, "Conv2d", (100_000,), 100_000), Held(10**8, 600_000)
    with pytest.raises(RequestError, match=r"N up to (\d+)") as refused:
        split([layer], 1000, 3 * 10**8, 4, holding)
    most = int(str(refused.value).split("N up to ")[1].split(",")[0])
    columns, work = split([layer], most, 3 * 10**8, 4, holding)
    assert columns + work == 3 * 10**8 - holding.bytes(most)


def test_outputs_are_matched_with_classes_by_name_and_by_wordnet_id():
    imagenet, few = DATASETS["imagenet"].classes, DATASETS["imagenette"].classes
    places = [0, 217, 482, 491, 497, 566, 569, 571, 574, 701]
    found = matched(imagenet, 1000, few)
    assert [int(found[place]) for place in places] == list(range(10)) and (found == NOTHING).sum() == 990
    ids = matched(imagenet, 1000, tuple(wnids("imagenet")[place] for place in places))
    np.testing.assert_array_equal(ids, found)
    spelled = ["TENCH", *few[1:3], "chainsaw", *few[4:]]
    assert matched([name.replace("chain saw", "Chain Saw") for name in imagenet], 1000, spelled) is not None
    np.testing.assert_array_equal(matched(imagenet, 1000, imagenet), np.arange(1000))


def test_outputs_without_names_stand_for_as_many_classes_and_other_names_for_none():
    np.testing.assert_array_equal(matched((), 3, ("a", "b", "c")), [0, 1, 2])
    assert matched((), 1000, ("a", "b", "c")) is None
    assert matched(("x", "y", "z"), 3, ("a", "b", "c")) is None
    assert matched(("a", "a", "b"), 3, ("a", "b")) is None
