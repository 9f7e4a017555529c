"""The classifiers of torchvision: the list, building, layers and checkpoint layers. Nothing here has weights."""

import json
import re

import numpy as np
import pytest
import torch
from torch import nn

from idcore.errors import NetworkError
from idcore.networks.build import build, give, skeleton
from idcore.networks.catalogue import ARCHITECTURES, OWN, lookup
from idcore.networks.checkpoints import checkpoints, last_hidden
from idcore.networks.fit import fit
from idcore.networks.list_torchvision import FILE, listed
from idcore.networks.trace import trace
from idcore.spec import Architecture
from idcore.torchvision_seam import torchvision

pytestmark = pytest.mark.slow

CLASSIFIERS = [name for name in ARCHITECTURES if name not in {entry.name for entry in OWN}]
RESNET = ["input", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool", "output"]
VGG_DENSE = ("classifier.1", "classifier.4", "output")
PAPER = {
    "alexnet": ["input", *(f"features.{i}" for i in (2, 5, 12)), "classifier.2", "classifier.5", "output"],
    "vgg16": ["input", *(f"features.{i}" for i in (4, 9, 16, 23, 30)), *VGG_DENSE],
    "vgg16_bn": ["input", *(f"features.{i}" for i in (6, 13, 23, 33, 43)), *VGG_DENSE],
    "resnet18": RESNET,
    "resnet152": RESNET,
}
SMALLEST_AND_DEEPEST = [  # of each family: between them, networks differ in widths and in the number of equal blocks
    "alexnet", "convnext_tiny", "convnext_small", "densenet121", "densenet201", "efficientnet_b0", "efficientnet_b7",
    "efficientnet_v2_s", "efficientnet_v2_l", "googlenet", "inception_v3", "maxvit_t", "mnasnet0_5", "mobilenet_v2",
    "mobilenet_v3_small", "mobilenet_v3_large", "regnet_x_400mf", "regnet_y_1_6gf", "resnet18", "resnet152",
    "resnext50_32x4d", "shufflenet_v2_x0_5", "squeezenet1_0", "squeezenet1_1", "swin_t", "swin_s", "swin_v2_t",
    "vgg11", "vgg16", "vgg16_bn", "vgg19_bn", "vit_b_32", "vit_h_14",
]  # fmt: skip


def bare(name, size=None, classes=1000):
    size = size or ARCHITECTURES[name].form.crop[0]
    network = skeleton(Architecture(name), (3, size, size), classes).to("meta")
    return network, torch.empty((3, 3, size, size), device="meta")


def test_the_list_says_what_the_installed_torchvision_says():
    kept = json.loads(FILE.read_text())
    for network in kept["networks"]:
        for measured in ("numbers", "smallest", "multiple"):
            del network[measured]
    assert kept == listed()
    assert set(CLASSIFIERS) == set(torchvision.models.list_models(module=torchvision.models))


def test_the_smallest_and_the_deepest_of_every_family_are_tried_and_the_list_has_the_size_of_all():
    tried = {ARCHITECTURES[name].family for name in SMALLEST_AND_DEEPEST}
    assert tried == {ARCHITECTURES[name].family for name in CLASSIFIERS}
    for name in CLASSIFIERS:
        if name != "inception_v3":  # whose head for the training torchvision counts, and which is tried below
            told = torchvision.models.get_model_weights(name).DEFAULT.meta["num_params"]
            assert ARCHITECTURES[name].numbers == told, name


@pytest.mark.parametrize("name", SMALLEST_AND_DEEPEST)
def test_a_classifier_has_4_to_40_checkpoint_layers_from_the_input_to_the_logits(name):
    network, images = bare(name)
    layers = trace(network, images)
    chosen = checkpoints(layers, network)
    orders = {layer.name: layer.order for layer in layers}
    assert 4 <= len(chosen) <= 40
    assert chosen[0] == "input" and chosen[-1] == "output" and layers[-1].shape == (1000,)
    assert [orders[c] for c in chosen] == sorted(orders[c] for c in chosen)
    assert chosen[-2] == last_hidden(layers), "the last hidden layer comes just before the output"
    assert sum(parameter.numel() for parameter in network.parameters()) == ARCHITECTURES[name].numbers
    assert chosen == PAPER.get(name, chosen)


@pytest.mark.parametrize(
    "name", ["alexnet", "vgg11", "squeezenet1_1", "densenet121", "googlenet", "vit_b_32", "swin_t"]
)
def test_the_smallest_image_runs_and_a_smaller_one_is_refused_in_a_sentence(name):
    entry = ARCHITECTURES[name]
    network, images = bare(name, entry.smallest)
    assert network.eval()(images).shape == (3, 1000)
    with pytest.raises(
        NetworkError, match=rf"{entry.title} takes images of at least {entry.smallest}x{entry.smallest}"
    ):
        bare(name, entry.smallest - 1)


def test_a_size_between_the_steps_and_a_rectangle_are_refused_where_the_network_does_not_take_them():
    with pytest.raises(NetworkError, match="multiples of 16, height and width the same, not of 40x40"):
        bare("vit_b_16", 40)
    with pytest.raises(NetworkError, match="not of 32x64"):
        skeleton(Architecture("vit_b_16"), (3, 32, 64), 10)
    with pytest.raises(NetworkError, match="multiples of 224"):
        bare("maxvit_t", 64)
    with pytest.raises(NetworkError, match="ResNet-18 takes images of 3 channels, not of 1"):
        skeleton(Architecture("resnet18"), (1, 32, 32), 10)


def test_a_network_without_weights_takes_no_memory_and_has_the_tensors_of_the_real_one():
    empty = skeleton(Architecture("regnet_y_400mf"), (3, 32, 32), 10)
    real = build(Architecture("regnet_y_400mf"), (3, 32, 32), 10, 0)
    assert all(parameter.is_meta for parameter in empty.parameters())
    shapes = [{name: t.shape for name, t in network.state_dict().items()} for network in (empty, real)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(
    ("name", "reduce"), [("convnext_tiny", "flatten"), ("mobilenet_v3_small", "mean"), ("vit_b_32", "cls")]
)
def test_the_layers_of_a_network_without_weights_are_those_of_the_real_one(name, reduce):
    shape = (3, 32, 32)
    empty, real = skeleton(Architecture(name), shape, 10).to("meta"), build(Architecture(name), shape, 10, 0)
    layers = [
        trace(empty, torch.zeros((3, *shape), device="meta"), reduce),
        trace(real, torch.randn(3, *shape), reduce),
    ]
    assert layers[0] == layers[1] and len(layers[0]) > 50


@pytest.mark.parametrize("name", ["mnasnet0_5", "squeezenet1_1", "swin_t"])
def test_weights_by_name_alone_make_the_whole_network(name):
    network = build(Architecture(name), (3, 32, 32), 7, 0).eval()
    empty = skeleton(Architecture(name), (3, 32, 32), 7).eval()
    give(empty, dict(network.state_dict()), assign=True)
    x = torch.randn(2, 3, 32, 32)
    assert torch.equal(empty(x), network(x))


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_a_network_with_auxiliary_heads_gives_one_tensor_of_logits_in_either_mode(name):
    network = build(Architecture(name), (3, 80, 80), 7, 0)
    x = torch.randn(2, 3, 80, 80)
    assert network(x).shape == (2, 7) and network.eval()(x).shape == (2, 7)


def test_the_seed_decides_the_weights_of_a_classifier_and_nothing_else_is_disturbed():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = (
        build(Architecture("shufflenet_v2_x0_5"), (3, 32, 32), 10, seed).state_dict() for seed in (1, 1, 2)
    )
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(first[k], again[k]) for k in first)
    assert not torch.equal(first["fc.weight"], other["fc.weight"])


def test_pretrained_weights_bring_their_own_form_and_size():
    assert lookup("resnet50", "IMAGENET1K_V1").form.resize == 256
    assert lookup("resnet50", "DEFAULT").form == lookup("resnet50", "IMAGENET1K_V2").form == lookup("resnet50").form
    large = lookup("vit_b_16", "IMAGENET1K_SWAG_E2E_V1")
    assert large.size == large.form.crop == (384, 384) and large.form.interpolation == "bicubic"
    assert lookup("resnet50", "DEFAULT").size is None, "a convolutional network takes any size"
    with pytest.raises(NetworkError, match="no pretrained weights 'V9' of resnet50; choose IMAGENET1K_V2 or"):
        lookup("resnet50", "V9")
    with pytest.raises(NetworkError, match="choose trained or untrained"):
        lookup("cnn", "DEFAULT")


def test_an_unknown_name_gets_the_closest_ones():
    with pytest.raises(NetworkError, match="no network 'resnet19'; perhaps resnet18 or"):
        lookup("resnet19")


def test_tokens_and_channels_are_reduced_along_the_right_axis_and_the_input_never():
    vit, images = bare("vit_b_32", 64)
    shapes = {layer.name: layer.shape for layer in trace(vit, images, "cls")}
    assert shapes["input"] == (3, 64, 64) and shapes["encoder.layers.encoder_layer_3"] == (768,)
    swin, images = bare("swin_t", 64)
    means = {layer.name: layer.shape for layer in trace(swin, images, "mean")}
    assert means["input"] == (3, 64, 64) and means["features.1"] == (96,) and means["features.7"] == (768,)


FAMILIES = {  # the smallest member of each that takes oblong images, and one of them
    "resnet8": (8, 40),
    "alexnet": (63, 95),
    "convnext_tiny": (32, 64),
    "densenet121": (29, 61),
    "efficientnet_b0": (8, 40),
    "efficientnet_lite0": (32, 64),
    "googlenet": (15, 47),
    "inception_v3": (75, 107),
    "mnasnet0_5": (8, 40),
    "mobilenet_v2": (8, 40),
    "mobilenet_v3_small": (8, 40),
    "regnet_y_400mf": (8, 40),
    "resnet18": (8, 40),
    "shufflenet_v2_x0_5": (8, 40),
    "squeezenet1_1": (17, 49),
    "swin_t": (8, 40),
    "vgg11": (32, 64),
}
LAST = {"swin_t": r"features\.(0|0\.[12]|[1-7].*)|norm|permute", "convnext_tiny": r".*\.block\.[1-5]"}
"""Layers whose channels stand last, in networks where some do."""


def test_every_family_is_tried_on_oblong_images():
    families = {ARCHITECTURES[name].family for name in [*FAMILIES, "vit_b_32", "vit_digits", "maxvit_t", "cnn", "mlp"]}
    assert families == {entry.family for entry in ARCHITECTURES.values()}


@pytest.mark.parametrize("name", FAMILIES)
def test_the_channels_of_every_layer_of_an_oblong_image_are_known_and_averaged(name):
    network = skeleton(Architecture(name), (3, *FAMILIES[name]), 7).to("meta")
    layers = trace(network, torch.empty((3, 3, *FAMILIES[name]), device="meta"), "mean")
    assert all(len(layer.shape) == 1 and not layer.note and not layer.remarks for layer in layers[1:])
    averaged = [layer for layer in layers if layer.reduce == "mean"]
    assert len(averaged) > len(layers) / 3
    for layer in averaged:
        swapped = layer.name == "permute"  # of a Swin transformer: channels first again
        last = re.fullmatch(LAST.get(name, "-"), layer.name) and not swapped
        assert layer.channels == (2 if last else 0), layer.name


def test_the_blocks_of_a_transformer_of_one_size_are_averaged_over_its_tokens():
    vit, images = bare("vit_b_32", 64)
    means = {layer.name: layer for layer in trace(vit, images, "mean")}
    assert not any(layer.note or layer.remarks for layer in means.values())
    assert means["encoder.layers.encoder_layer_0"].shape == (768,) and means["conv_proj"].shape == (768,)
    maxvit, images = bare("maxvit_t")
    layers = trace(maxvit, images, "mean")
    names = checkpoints(layers, maxvit)
    assert {layer.shape for layer in layers if layer.name in names[1:]} == {(64,), (128,), (256,), (512,), (1000,)}
    # 64 windows of 49 places in 64 channels: which is which cannot be seen
    unknown = [layer for layer in layers if layer.remarks]
    assert {layer.shape for layer in unknown} == {(64, 49, 64), (49, 64, 64)}
    assert all("cannot be known: it is flattened, not averaged." in layer.remarks[0] for layer in unknown)


def test_the_usual_reduction_of_every_family_can_be_made_of_its_checkpoint_layers():
    for name in ("vit_b_32", "swin_t", "resnet18"):
        network, images = bare(name)
        layers = trace(network, images, ARCHITECTURES[name].reduce)
        names = set(checkpoints(layers, network))
        assert not any(layer.note for layer in layers if layer.name in names)


def test_pretrained_weights_of_older_names_fit_the_networks_of_today():
    shapes = {name: tuple(t.shape) for name, t in bare("densenet121", 32)[0].state_dict().items()}
    old = {
        name.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): np.broadcast_to(np.float32(0), shape)
        for name, shape in shapes.items()
        if not name.endswith("num_batches_tracked")
    }
    assert not set(old) <= set(shapes)
    weights, classes, *_ = fit(old, Architecture("densenet121"), (3, 32, 32))
    assert set(weights) == set(shapes) and classes == 1000


def test_blocks_side_by_side_are_the_stages_where_there_are_no_stacks():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.branch = nn.Sequential(nn.Linear(4, 4), nn.ReLU())

        def forward(self, x):
            return x + self.branch(x)

    network = nn.Sequential()
    network.add_module("first", Block())
    network.add_module("second", Block())
    network.add_module("head", nn.Linear(4, 2))
    layers = trace(network, torch.randn(3, 4))
    assert checkpoints(layers, network) == ["input", "first", "second", "output"]
