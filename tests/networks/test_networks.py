"""Networks: building, stages and checkpoint layers, the way to torchvision."""

import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import torch
from torch import nn

import idcore
from idcore.activations import trace
from idcore.data.form import Form
from idcore.errors import DataError, NetworkError
from idcore.networks.build import build
from idcore.networks.catalogue import lookup
from idcore.networks.checkpoints import checkpoints
from idcore.networks.extras import known
from idcore.networks.pretrained import pretrained
from idcore.networks.stages import stages
from idcore.networks.weights import obtain, sample_shape
from idcore.spec import Architecture, NetworkSpec, Pretrained, Recipe, Untrained
from idcore.store import Store
from idcore.torchvision_seam import torchvision


def _checkpoints(network, *shape):
    return checkpoints(trace(network, torch.randn(2, *shape)), network)


def _vision(name, **arguments):
    return getattr(torchvision.models, name)(weights=None, **arguments)


def test_the_cnn_is_the_network_of_the_paper():
    network = build(Architecture("cnn"), (1, 28, 28), 10, 0)
    assert sum(p.numel() for p in network.parameters()) == 320 + 18496 + 204928 + 1290
    x = torch.rand(2, 1, 28, 28)
    w = network.state_dict()

    def block(x, name):  # in the authors' order: pooling, then ReLU
        return nn.functional.conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"])

    y = nn.functional.relu(nn.functional.max_pool2d(block(x, "conv1"), 2))
    y = nn.functional.relu(nn.functional.max_pool2d(block(y, "conv2"), 2)).flatten(1)
    y = nn.functional.relu(nn.functional.linear(y, w["fc1.weight"], w["fc1.bias"]))
    y = nn.functional.linear(y, w["output.weight"], w["output.bias"])
    assert torch.allclose(network(x), y, atol=1e-6)


def test_the_cnn_has_the_layers_of_the_paper():
    network = build(Architecture("cnn"), (1, 28, 28), 10, 0)
    layers = {layer.name: layer for layer in trace(network, torch.rand(3, 1, 28, 28))}
    names = checkpoints(list(layers.values()), network)
    assert names == ["input", "conv1", "pool1", "conv2", "pool2", "d1", "output"]
    assert [layers[name].units for name in names] == [784, 21632, 5408, 7744, 1600, 128, 10]
    assert [layers[name].depth for name in names] == [0, 0.25, 0.25, 0.5, 0.5, 0.75, 1]


def test_the_mlp_has_the_width_and_depth_asked_for():
    network = build(Architecture("mlp", width=7, depth=2), (1, 8, 8), 3, 0)
    assert [tuple(p.shape) for p in network.parameters() if p.ndim == 2] == [(7, 64), (7, 7), (3, 7)]
    assert _checkpoints(network, 1, 8, 8) == ["input", "d1", "d2", "output"]


def test_the_small_residual_network_is_that_of_its_paper_and_takes_images_of_any_size():
    network = build(Architecture("resnet8"), (3, 32, 32), 10, 0)
    assert sum(p.numel() for p in network.parameters() if p.ndim > 1) == 3 * 3**2 * 16 + 9 * (
        2 * 16**2 + 16 * 32 + 32**2 + 32 * 64 + 64**2) + 16 * 32 + 32 * 64 + 640  # fmt: skip
    names = ["input", "stem", "layer1", "layer2", "layer3", "avgpool", "output"]
    for side in (8, 28):
        traced = trace(network, torch.rand(2, 3, side, side))
        assert checkpoints(traced, network) == names
        layers = {layer.name: layer.units for layer in traced}
        assert [layers[name] // side**2 for name in names[1:5]] == [16, 16, 8, 4] and layers["avgpool"] == 64


def test_a_residual_block_that_has_learned_nothing_hands_its_image_on():
    network = build(Architecture("resnet8"), (3, 8, 8), 10, 0).eval()
    x = torch.rand(2, 16, 8, 8)
    nn.init.zeros_(network.layer1.bn2.weight)
    assert torch.equal(network.layer1(x), x)


@pytest.mark.parametrize("name", ["cnn", "mlp"])
def test_the_seed_alone_decides_the_weights(name):
    def weights(seed):
        return torch.cat([p.flatten() for p in build(Architecture(name), (1, 28, 28), 10, seed).parameters()])

    first = weights(1)
    torch.rand(5)
    assert torch.equal(first, weights(1)) and not torch.equal(first, weights(2))


def test_building_does_not_disturb_the_random_numbers_of_others():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    build(Architecture("mlp"), (1, 8, 8), 10, 0)
    assert torch.equal(torch.rand(3), expected)


def test_what_cannot_be_built_is_refused_in_a_sentence():
    with pytest.raises(NetworkError, match="no network 'vgg99'; perhaps vgg19 or"):
        build(Architecture("vgg99"), (3, 32, 32), 10, 0)
    with pytest.raises(NetworkError, match="no network 'zzz'; choose cnn, mlp, one of torchvision's, or timm:NAME or"):
        build(Architecture("zzz"), (3, 32, 32), 10, 0)
    with pytest.raises(NetworkError, match="Convolutional network takes images of 28x28, not of 8x8"):
        build(Architecture("cnn"), (1, 8, 8), 10, 0)
    with pytest.raises(NetworkError, match="takes images of 1 channel, not of 3"):
        build(Architecture("cnn"), (3, 28, 28), 10, 0)
    with pytest.raises(NetworkError, match=r"\(8,\) is not"):
        build(Architecture("mlp"), (8,), 10, 0)


def test_a_trained_network_takes_the_images_it_was_trained_on_an_untrained_one_those_it_is_shown():
    mlp = Architecture("mlp")
    assert sample_shape(NetworkSpec(mlp, Untrained()), "digits") == (1, 8, 8)
    assert sample_shape(NetworkSpec(mlp, Recipe("mnist5k")), "digits") == (1, 28, 28)
    assert sample_shape(NetworkSpec(Architecture("cnn"), Untrained()), "digits") == (1, 28, 28)
    with pytest.raises(DataError, match="'cifar'"):
        sample_shape(NetworkSpec(mlp, Untrained()), "cifar")


def test_torchvision_can_be_imported_and_its_resnet18_built():
    assert sum(p.numel() for p in _vision("resnet18").parameters()) == 11_689_512


@pytest.mark.slow
def test_the_seam_works_where_torchvision_was_imported_by_nobody_before():
    code = (
        "from idcore.torchvision_seam import torchvision as t; import torch;"
        "import torchvision.transforms.v2;"
        "t.models.resnet18(weights=None); t.transforms.v2.Resize(8)(torch.rand(1, 3, 9, 9))"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_the_checkpoints_of_a_transformer_are_its_blocks():
    network = torchvision.models.VisionTransformer(16, 8, 3, 2, 12, 24, num_classes=5)
    blocks = [f"encoder.layers.encoder_layer_{i}" for i in range(3)]
    assert _checkpoints(network, 3, 16, 16) == ["input", *blocks, "encoder", "output"]


def test_branches_of_blocks_are_no_stages_but_the_blocks_are():
    found = stages(_vision("googlenet", init_weights=False, aux_logits=False))
    assert found == [f"inception{name}" for name in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")]
    assert stages(nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2), nn.ReLU()))) == []


def test_a_network_may_declare_its_checkpoint_layers():
    network = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3), nn.Softmax(-1))
    assert _checkpoints(network, 4) == ["input", "1", "2", "output"]
    network.checkpoint_layers = ("0", "output", "absent")
    assert _checkpoints(network, 4) == ["0", "output"]


def test_the_same_numbers_are_no_two_checkpoints():
    pool = nn.Sequential()
    pool.add_module("pool", nn.AdaptiveAvgPool2d(1))
    pool.add_module("flatten", nn.Flatten())
    pool.__class__ = type("SelectAdaptivePool2d", (nn.Sequential,), {})  # as timm has it
    head = nn.Sequential(nn.Linear(2, 5), nn.Identity())
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), pool, nn.Dropout(), head)
    assert _checkpoints(network, 1, 6, 6) == ["input", "2.pool", "output"]


def test_a_pooling_that_changes_nothing_is_no_checkpoint():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.AdaptiveAvgPool2d(4), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 2))
    assert _checkpoints(network, 1, 6, 6) == ["input", "2", "output"]


class Padded(nn.Conv2d):
    """A convolution that pads by a module of its own, and activates in another."""

    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.pad, self.act = nn.ZeroPad2d(1), nn.ReLU()

    def forward(self, x):
        return self.act(super().forward(self.pad(x)))


class Written(nn.Module):
    """A fully connected layer written by hand, beside a child."""

    def __init__(self, before, after):
        super().__init__()
        self.w, self.drop = nn.Parameter(torch.randn(before, after)), nn.Dropout()

    def forward(self, x):
        return self.drop(x) @ self.w


def _whole(change):
    return [change(m) for m in (nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1), nn.Linear(64, 5))]


NORMED = torch.nn.utils.parametrizations


@pytest.mark.parametrize(
    "make",
    [
        lambda: _whole(lambda module: module),
        lambda: _whole(NORMED.weight_norm),
        lambda: _whole(NORMED.spectral_norm),
        lambda: _whole(lambda module: NORMED.spectral_norm(NORMED.weight_norm(module))),
        lambda: [Padded(1, 4, 3), Padded(4, 4, 3), nn.Linear(64, 5)],
        lambda: [nn.Conv2d(1, 4, 3, padding=1), Padded(4, 4, 3), Written(64, 5)],
    ],
    ids=["plain", "weight norm", "spectral norm", "two parametrisations", "padding child", "own code"],
)
def test_a_layer_with_weights_counts_for_the_depth_whatever_is_inside_it(make):
    first, second, dense = make()
    network = nn.Sequential(first, nn.MaxPool2d(2), second, nn.Flatten(), dense, nn.ReLU(), nn.Linear(5, 2))
    layers = trace(network, torch.randn(3, 1, 8, 8))
    depths = {layer.name: layer.depth for layer in layers}
    assert [depths[name] for name in ("input", "1", "3", "5", "output")] == [0, 0.25, 0.5, 0.75, 1]
    assert not any("parametrizations" in name for name in depths)
    assert checkpoints(layers, network) == ["input", "1", "5", "output"]


def test_layers_that_hold_a_padding_are_no_blocks():
    body = nn.Sequential(Padded(1, 4, 3), Padded(4, 4, 3), NORMED.weight_norm(nn.Conv2d(4, 4, 3)))
    assert stages(nn.Sequential(body, nn.Flatten(), nn.Linear(144, 2))) == []
    blocks = nn.Sequential(*(nn.Sequential(Padded(4, 4, 3), nn.ReLU()) for _ in range(3)))
    assert stages(nn.Sequential(nn.Conv2d(1, 4, 1), blocks)) == ["1.0", "1.1", "1.2"]


class _Odd(nn.Module):
    """A network whose output is what the function makes of its logits."""

    def __init__(self, change):
        super().__init__()
        self.hidden, self.head, self.change = nn.Linear(4, 5), nn.Linear(5, 3), change

    def forward(self, x):
        return self.change(self.head(self.hidden(x)))


def _notes(change, x=None):
    return {layer.name: layer.note for layer in trace(_Odd(change), torch.randn(3, 4) if x is None else x)}


def test_a_layer_without_an_axis_of_samples_says_which_shapes_it_has():
    notes = _notes(lambda y: y.repeat(2, 1))
    assert notes["hidden"] == notes["head"] == ""
    expected = "Its output has the shape (6, 3) for 3 samples and (4, 3) for 2: no axis counts the samples."
    assert notes["output"] == expected
    assert "has the shape ()" in _notes(lambda y: y.sum())["output"]


def test_an_output_without_floating_point_numbers_says_so_and_one_in_a_dict_is_found():
    assert _notes(lambda y: y.argmax(1))["output"] == "It gives no tensor of floating-point numbers."
    assert _notes(lambda y: {"loss": None, "classes": y.argmax(1)})["output"] == (
        "It gives no tensor of floating-point numbers."
    )
    layers = trace(_Odd(lambda y: {"classes": y.argmax(1), "logits": [y * 2]}), torch.randn(3, 4))
    assert layers[-1].name == "output" and layers[-1].shape == (3,) and layers[-1].note == ""


def test_an_output_without_units_says_so():
    assert _notes(lambda y: y[:, :0])["output"] == "It has no units."


def test_a_network_that_cannot_run_on_the_images_says_which_and_why():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(144, 2))
    with pytest.raises(NetworkError, match=r"on 3 samples of shape \(1, 8, 8\): .* channels") as caught:
        trace(network, torch.randn(3, 1, 8, 8))
    assert str(caught.value).endswith("channels and size must be those that the network takes.")


def test_a_network_whose_weights_are_made_by_its_first_samples_is_refused_until_then():
    network = nn.Sequential(nn.Flatten(), nn.LazyLinear(2))
    with pytest.raises(NetworkError, match="layer 1 has no weights yet .*Run the network once"):
        trace(network, torch.randn(3, 4))
    network(torch.randn(3, 4))
    assert trace(network, torch.randn(3, 4))[-1].shape == (2,)


def test_activations_that_are_not_numbers_give_a_reason_and_no_number():
    def broken(y):
        return y.masked_fill(y > y.median(), float("nan"))

    profile = idcore.profile(_Odd(broken), torch.randn(30, 4), layers="all")
    geometry = {g.layer.name: g for g in profile}
    assert geometry["head"].note == ""
    assert geometry["output"].non_finite > 0 and "NaN" in geometry["output"].note


# Libraries that need not be installed: stand-ins with the few names that are used.


@pytest.fixture
def timm(monkeypatch):
    made = []

    def create_model(name, pretrained=False, num_classes=1000, in_chans=3, **more):
        made.append({"name": name, "pretrained": pretrained, "classes": num_classes, "channels": in_chans, **more})
        return nn.Sequential(nn.Flatten(), nn.LazyLinear(num_classes))

    def get_pretrained_cfg(name):
        size, fixed = ((3, 224, 224), True) if name.startswith("vit") else ((3, 176, 176), False)
        return SimpleNamespace(
            input_size=size, fixed_input_size=fixed, crop_pct=0.875, mean=(0.5,) * 3, std=(0.25,) * 3,
            interpolation="bicubic", num_classes=1000, hf_hub_id=f"timm/{name}", hf_hub_filename=None,
            custom_load=False,
        )  # fmt: skip

    names = ["resnet10t", "vit_tiny"]
    module = ModuleType("timm")
    module.__dict__.update(
        create_model=create_model, get_pretrained_cfg=get_pretrained_cfg, is_model=names.__contains__,
        list_models=lambda: names, __spec__=ModuleSpec("timm", None),
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "timm", module)
    monkeypatch.setattr("idcore.networks.hub.files", lambda name, weights, described: Path("hub", name))
    return made


def test_a_network_of_timm_is_built_at_the_size_and_with_the_classes_of_the_images(timm):
    build(Architecture("timm:resnet10t"), (3, 32, 48), 10, 0)
    build(Architecture("timm:vit_tiny"), (3, 32, 48), 10, 0)
    common = {"pretrained": False, "classes": 10, "channels": 3}
    assert timm == [{"name": "resnet10t", **common}, {"name": "vit_tiny", **common, "img_size": (32, 48)}]


def test_what_timm_says_of_a_network_is_its_form(timm):
    entry = known(lookup("timm:vit_tiny", "DEFAULT"))
    assert entry.form == Form(3, 256, (224, 224), (0.5,) * 3, (0.25,) * 3, "bicubic")
    assert entry.classes == 1000 and entry.size == (224, 224) and known(lookup("timm:resnet10t")).size is None


def test_pretrained_weights_of_timm_are_shown_images_as_timm_says_and_have_its_classes(timm, tmp_path):
    network = NetworkSpec(Architecture("timm:vit_tiny"), Pretrained())
    assert sample_shape(network, "mnist5k") == (3, 224, 224)
    assert obtain(network, Store(tmp_path), images=(3, 224, 224)).classes == 1000


def test_pretrained_weights_of_timm_come_from_timm(timm):
    network, classes, note = pretrained(Architecture("timm:resnet10t"), "DEFAULT")
    assert timm[0]["pretrained"] and not network.training and classes == ()
    assert timm[0]["pretrained_cfg_overlay"] == {"file": "hub/timm/resnet10t/model.safetensors"}
    assert note == "Pretrained: the weights that timm offers."


def test_an_unknown_network_of_timm_gets_the_closest_names(timm):
    with pytest.raises(NetworkError, match="timm has no network 'resnet11t'; close to it are resnet10t"):
        build(Architecture("timm:resnet11t"), (3, 32, 32), 10, 0)


def test_a_library_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr("idcore.networks.catalogue.installed", lambda library: False)
    for name, package in (("timm:resnet10t", "timm"), ("hf:a/b", "transformers")):
        with pytest.raises(NetworkError, match=f"one of {package}, which is not installed"):
            lookup(name)
