"""Checkpoints of a training as people keep them: the weights are found among whatever else, behind whatever prefix,
with their head or without it."""

import numpy as np
import pytest
import torch

from idcore import results, spec
from idcore.errors import NetworkError
from idcore.networks.build import build
from idcore.networks.fit import fit, shapes, usual_shape
from idcore.networks.weights import keep_file, obtain
from idcore.pipeline import run
from idcore.spec import Architecture, DataSpec, FromFile, NetworkSpec, Request
from idcore.store import Store
from tests.tools.bad_weights import saved

pytestmark = pytest.mark.usefixtures("unconfined")

CNN, MLP, RESNET = Architecture("cnn"), Architecture("mlp", width=8, depth=1), Architecture("resnet18")


@pytest.fixture(scope="module")
def cnn():
    return build(CNN, (1, 28, 28), 10, 0).state_dict()


@pytest.fixture(scope="module")
def mlp():
    return build(MLP, (1, 8, 8), 10, 0).state_dict()


def kept(store, file, architecture):
    """(what was found out about a checkpoint, the network with its weights)."""
    digest = results.save_upload(store, saved(file), "model_best.pth.tar")
    found = keep_file(digest, architecture, store)
    shape = {"cnn": (1, 28, 28), "mlp": (1, 8, 8), "resnet18": (3, 64, 64)}[architecture.name]
    return found, obtain(NetworkSpec(architecture, FromFile(digest)), store, images=shape)


def same(module, state):
    own = module.state_dict()
    return list(own) == list(state) and all(torch.equal(own[name], tensor) for name, tensor in state.items())


def imaginary(architecture, classes=7):
    """A state dict of a large network that takes no memory: every number of it is the same one."""
    wanted = shapes(architecture, usual_shape(architecture, {}), classes)
    return {name: np.broadcast_to(np.float32(0), shape) for name, shape in wanted.items()}


# what lies beside


BESIDE = {
    "the best accuracy": {"best_acc1": torch.tensor(55.0)},
    "loss and step": {"loss": torch.tensor(0.1), "global_step": torch.tensor(7), "epoch": 3},
    "states of random generators": {"rng_state": torch.get_rng_state(), "cuda_rng": [torch.get_rng_state()]},
    "a history, longer than the network": {"losses": torch.rand(10_000), "rates": torch.rand(10_000, 2)},
    "more tensors than the network has": {f"metric{i}": torch.rand(3) for i in range(50)},
    "dicts of tensors": {"meters": {f"m{i}": torch.rand(3) for i in range(50)}, "model_stats": {"a": torch.rand(2, 2)}},
    "a scheduler and an optimiser": {
        "sched": {"step": torch.tensor(1)},
        "opt": {"state": {i: {"exp_avg": torch.rand(8, 64)} for i in range(9)}, "param_groups": [{"lr": 0.1}]},
    },
}


@pytest.mark.parametrize("key", ["state_dict", "weights_of_the_run"])
@pytest.mark.parametrize("beside", BESIDE)
def test_a_state_dict_is_found_beside_whatever_else_a_training_keeps(beside, key, mlp, tmp_path):
    found, obtained = kept(Store(tmp_path), {**BESIDE[beside], key: mlp}, MLP)
    assert same(obtained.module, mlp) and found.classes == 10
    assert found.notes[0] == f"The weights were found under '{key}'." and "Left out" in found.notes[1]


def test_of_two_networks_in_a_file_that_which_fits_is_taken(mlp, cnn, tmp_path):
    found, obtained = kept(Store(tmp_path), {"model": cnn, "discriminator": mlp}, MLP)
    assert same(obtained.module, mlp) and "'discriminator'" in found.notes[0]


def test_where_two_fit_as_well_it_is_said_which_was_taken(mlp, tmp_path):
    other = {name: tensor + 1 for name, tensor in mlp.items()}
    for file in ({"model_ema": other, "model": mlp}, {"student": mlp, "teacher": other}):
        found, obtained = kept(Store(tmp_path), file, MLP)
        assert same(obtained.module, mlp)
        assert any(f"though it fits as well: '{(set(file) - {'model', 'student'}).pop()}'" in n for n in found.notes)
    pairs = {**{f"ema_net.{name}": tensor for name, tensor in other.items()}, **{f"net.{n}": t for n, t in mlp.items()}}
    found, obtained = kept(Store(tmp_path), pairs, MLP)
    assert same(obtained.module, mlp) and "fits as well: what stands behind 'ema_net.'" in " ".join(found.notes)


# what stands before the names


@pytest.mark.parametrize("prefix", ["net.", "encoder.", "module._orig_mod.", "a.b.c.d.e.", "0.", "fc1.", "output."])
def test_any_one_prefix_is_taken_off_and_that_is_said(prefix, mlp, tmp_path):
    state = {prefix + name: tensor for name, tensor in mlp.items()}
    found, obtained = kept(Store(tmp_path), {"state_dict": state, "epoch": 2}, MLP)
    assert same(obtained.module, mlp)
    assert f"The prefix '{prefix}' was taken off the names of 4 tensors." in found.notes


def test_what_has_not_the_prefix_is_left_out_and_named(mlp, tmp_path):
    state = {f"backbone.{name}": tensor for name, tensor in mlp.items()}
    found, obtained = kept(Store(tmp_path), {**state, "projector.weight": torch.rand(3, 3)}, MLP)
    assert same(obtained.module, mlp) and "'projector.weight'" in found.notes[-1]


def test_a_prefix_does_not_make_another_network_fit(tmp_path):
    with pytest.raises(NetworkError, match="do not fit resnet18: 96 tensors .* looks like resnet34"):
        deeper = {f"net.{name}": array for name, array in imaginary(Architecture("resnet34")).items()}
        fit(deeper, RESNET, (3, 224, 224))
    deeper = build(Architecture("mlp", width=8, depth=2), (1, 8, 8), 10, 0).state_dict()
    with pytest.raises(NetworkError, match="do not fit mlp: 2 tensors of the file not its own"):
        kept(Store(tmp_path), deeper, MLP)


# without a head


@pytest.mark.parametrize(
    ("name", "gone"),
    [("resnet18", "fc"), ("vgg11", "classifier"), ("vgg11", "classifier.6"), ("vit_b_16", "heads"), ("swin_t", "head")],
)
@pytest.mark.parametrize("prefix", ["", "backbone."])
def test_weights_without_a_head_fit_and_the_head_is_said_to_be_missing(name, gone, prefix):
    whole = imaginary(Architecture(name))
    part = {prefix + key: array for key, array in whole.items() if not key.startswith(gone)}
    shape = usual_shape(Architecture(name), {})
    found = fit(part, Architecture(name), shape)
    assert set(found.missing) == {key for key in whole if key.startswith(gone)} and found.classes == 0
    assert set(found.weights) == set(whole) - set(found.missing)
    assert f"no weights for the head ('{found.missing[0]}'" in found.notes[-1]


def test_another_head_is_left_out_and_the_networks_own_said_to_be_missing():
    whole = imaginary(RESNET)
    moco = {key: array for key, array in whole.items() if not key.startswith("fc")}
    moco |= {"fc.0.weight": np.zeros((8, 512)), "fc.2.weight": np.zeros((4, 8)), "queue_ptr": np.zeros(1)}
    found = fit({f"module.encoder_q.{key}": array for key, array in moco.items()}, RESNET, (3, 224, 224))
    assert found.missing == ("fc.weight", "fc.bias")
    assert "'queue_ptr', 'fc.0.weight', 'fc.2.weight'" in " ".join(found.notes)


def test_what_is_missing_elsewhere_is_refused():
    whole = imaginary(RESNET)
    for gone in ("layer4.1.conv2.weight", "conv1.weight"):
        with pytest.raises(NetworkError, match=f"1 of its 122 tensors missing .'{gone}'"):
            fit({key: array for key, array in whole.items() if key != gone}, RESNET, (3, 224, 224))


def test_the_hidden_layers_of_weights_without_a_head_are_those_of_the_whole_network(cnn, tmp_path):
    store = Store(tmp_path)
    found = {}
    for part, state in (("whole", cnn), ("headless", {k: v for k, v in cnn.items() if not k.startswith("output")})):
        digest = results.save_upload(store, saved({"state_dict": state}), "mine.ckpt")
        request = Request(DataSpec("mnist5k", n=40), NetworkSpec(CNN, FromFile(digest)))
        layers = {one.layer.name: one for one in run(request, "all", store, memory=2**28)}
        found[part] = layers, results.run(store, request)
    (whole, _), (headless, about) = found.values()
    assert list(whole) == list(headless) and about.checkpoints == ("input", "conv1", "pool1", "conv2", "pool2", "d1")
    for name, record in whole.items():
        if name != "output":
            assert np.array_equal(record.neighbours.distances, headless[name].neighbours.distances)
    note = "The file has no weights for output, from which it comes."
    assert headless["output"].note == note and headless["output"].layer.units == 0
    assert results.layer(store, about.request, "output").note == note
    assert (about.predictions == -1).all() and about.sample_accuracy is None
    assert any("There is no accuracy, because the output cannot be used" in text for text in about.notes)
    assert spec.from_json(spec.to_json(about.request)) == about.request
