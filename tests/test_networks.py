"""Networks: building, stages and checkpoint layers, the way to torchvision."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from idcore.activations import trace
from idcore.errors import DataError, NetworkError
from idcore.networks.build import build, required_size
from idcore.networks.catalogue import ARCHITECTURES
from idcore.networks.checkpoints import checkpoints
from idcore.networks.stages import stages
from idcore.networks.torchvision_seam import torchvision
from idcore.networks.weights import sample_shape
from idcore.spec import Architecture, NetworkSpec, Recipe, Untrained


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


@pytest.mark.parametrize("name", ARCHITECTURES)
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
    with pytest.raises(NetworkError, match="no network 'vgg99'; choose one of cnn, mlp"):
        required_size(Architecture("vgg99"))
    with pytest.raises(NetworkError, match=r"takes images of \(1, 28, 28\) \(c, h, w\), not \(1, 8, 8\)"):
        build(Architecture("cnn"), (1, 8, 8), 10, 0)


def test_a_trained_network_takes_the_images_it_was_trained_on_an_untrained_one_those_it_is_shown():
    mlp = Architecture("mlp")
    assert sample_shape(NetworkSpec(mlp, Untrained()), "digits") == (1, 8, 8)
    assert sample_shape(NetworkSpec(mlp, Recipe("mnist5k")), "digits") == (1, 28, 28)
    assert sample_shape(NetworkSpec(Architecture("cnn"), Untrained()), "digits") == (1, 28, 28)
    with pytest.raises(DataError, match="'cifar'"):
        sample_shape(NetworkSpec(mlp, Untrained()), "cifar")


def test_torchvision_can_be_imported_and_its_resnet18_built():
    assert sum(p.numel() for p in _vision("resnet18").parameters()) == 11_689_512


def test_the_seam_works_where_torchvision_was_imported_by_nobody_before():
    code = (
        "from idcore.networks.torchvision_seam import torchvision as t; import torch;"
        "import torchvision.transforms.v2;"
        "t.models.resnet18(weights=None); t.transforms.v2.Resize(8)(torch.rand(1, 3, 9, 9))"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_the_checkpoints_of_vgg16_are_those_of_the_paper():
    pools = [f"features.{i}" for i in (4, 9, 16, 23, 30)]
    assert _checkpoints(_vision("vgg16"), 3, 64, 64) == ["input", *pools, "classifier.1", "classifier.4", "output"]


def test_the_checkpoints_of_alexnet_are_those_of_the_paper():
    pools = [f"features.{i}" for i in (2, 5, 12)]
    assert _checkpoints(_vision("alexnet"), 3, 224, 224) == ["input", *pools, "classifier.2", "classifier.5", "output"]


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_the_checkpoints_of_a_resnet_are_those_of_the_paper(name):
    stages = [f"layer{i}" for i in (1, 2, 3, 4)]
    assert _checkpoints(_vision(name), 3, 64, 64) == ["input", "maxpool", *stages, "avgpool", "output"]


def test_the_checkpoints_of_a_transformer_are_its_blocks():
    network = torchvision.models.VisionTransformer(16, 8, 3, 2, 12, 24, num_classes=5)
    blocks = [f"encoder.layers.encoder_layer_{i}" for i in range(3)]
    assert _checkpoints(network, 3, 16, 16) == ["input", *blocks, "output"]


def test_branches_of_blocks_are_no_stages():
    assert stages(_vision("googlenet", init_weights=False)) == []


def test_a_network_may_declare_its_checkpoint_layers():
    network = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3), nn.Softmax(-1))
    assert _checkpoints(network, 4) == ["input", "1", "2", "output"]
    network.checkpoint_layers = ("0", "output", "absent")
    assert _checkpoints(network, 4) == ["0", "output"]


def test_a_pooling_that_changes_nothing_is_no_checkpoint():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.AdaptiveAvgPool2d(4), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 2))
    assert _checkpoints(network, 1, 6, 6) == ["input", "2", "output"]
