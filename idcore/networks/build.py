"""Networks from their description, with weights as their library initialises them."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from math import prod

import torch
from torch import Tensor, nn

from idcore.errors import NetworkError
from idcore.networks import extras
from idcore.networks.catalogue import LIBRARIES, CatalogueEntry, check_size, lookup
from idcore.networks.classifiers import Unweighted, classifier
from idcore.networks.efficientnet import efficientnet_lite
from idcore.networks.resnet import resnet8
from idcore.networks.vit import vit
from idcore.spec import Architecture


def build(architecture: Architecture, sample_shape: tuple[int, ...], classes: int, seed: int) -> nn.Module:
    """The network in train mode on the CPU; the weights depend on the seed alone, and no global state is disturbed.

    sample_shape: (c, h, w) of one image. Raises NetworkError where the network does not exist or does not fit the
    images.
    """
    entry = _entry(architecture, sample_shape)
    generator = torch.default_generator
    with torch.random.fork_rng(devices=[]):
        generator.manual_seed(seed)  # not torch.manual_seed, which would seed the accelerators too
        return _made(architecture, entry, sample_shape, classes)


def skeleton(architecture: Architecture, sample_shape: tuple[int, ...], classes: int) -> nn.Module:
    """The network without weights, in train mode: its parameters are on the meta device and take no memory.

    `give(..., assign=True)` gives it weights; `.to("meta")` makes it fit for tracing on images of that
    device. Raises NetworkError as `build` does.
    """
    entry = _entry(architecture, sample_shape)
    with torch.random.fork_rng(devices=[]), Unweighted():
        return _made(architecture, entry, sample_shape, classes)


def give(network: nn.Module, weights: Mapping[str, Tensor], assign: bool = False) -> None:
    """Load weights by name, as if this version of the network had saved them. assign: take the tensors themselves,
    which a `skeleton` needs, instead of copying the numbers. Raises RuntimeError where they do not fit."""
    state = OrderedDict(weights)
    # MNASNet and others look here for the version of the names; names alone do not carry it.
    state._metadata = getattr(network.state_dict(), "_metadata", {})  # type: ignore[attr-defined]
    network.load_state_dict(state, assign=assign)


def _entry(architecture: Architecture, sample_shape: tuple[int, ...]) -> CatalogueEntry:
    """The entry of a network that takes such samples; those of tokens are (3, T)."""
    return extras.look_up(architecture.name) if len(sample_shape) == 2 else _fitting(architecture, sample_shape)


def _fitting(architecture: Architecture, sample_shape: tuple[int, ...]) -> CatalogueEntry:
    entry = lookup(architecture.name)
    if len(sample_shape) != 3:
        raise NetworkError(f"An image is (channels, height, width); {tuple(sample_shape)} is not.")
    channels, wanted = sample_shape[0], entry.form.channels if entry.form else None
    if wanted not in (None, channels):
        raise NetworkError(
            f"{entry.title} takes images of {wanted} channel{'s' * (wanted != 1)}, not of {channels}: "
            "have them converted, or choose another network."
        )
    check_size(entry, (sample_shape[1], sample_shape[2]))
    return entry


def _made(architecture: Architecture, entry: CatalogueEntry, sample_shape: tuple[int, ...], classes: int) -> nn.Module:
    if entry.family in LIBRARIES:
        return extras.build(entry, sample_shape, classes)
    if entry.name in _BUILDERS:
        return _BUILDERS[entry.name](architecture, sample_shape, classes)
    return classifier(entry.name, entry.family, (sample_shape[1], sample_shape[2]), classes)


def _cnn(_: Architecture, shape: tuple[int, ...], classes: int) -> nn.Module:
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


def _mlp(architecture: Architecture, shape: tuple[int, ...], classes: int) -> nn.Module:
    units, width, depth = prod(shape), architecture.width, architecture.depth
    assert width is not None and depth is not None
    modules: list[tuple[str, nn.Module]] = [("flatten", nn.Flatten())]
    for i in range(1, depth + 1):
        modules += [(f"fc{i}", nn.Linear(units if i == 1 else width, width)), (f"d{i}", nn.ReLU())]
    modules.append(("output", nn.Linear(width, classes)))
    return _sequential(modules, ("input", *(f"d{i}" for i in range(1, depth + 1)), "output"))


def _resnet8(_: Architecture, shape: tuple[int, ...], classes: int) -> nn.Module:
    return resnet8(shape[0], classes)


def _efficientnet_lite(architecture: Architecture, _: tuple[int, ...], classes: int) -> nn.Module:
    return efficientnet_lite(architecture.name[-1], classes)


def _vit_digits(_: Architecture, shape: tuple[int, ...], classes: int) -> nn.Module:
    return vit((shape[0], shape[1], shape[2]), classes)


_BUILDERS: dict[str, Callable[[Architecture, tuple[int, ...], int], nn.Module]] = {
    "cnn": _cnn,
    "mlp": _mlp,
    "resnet8": _resnet8,
    "vit_digits": _vit_digits,
    **{f"efficientnet_lite{version}": _efficientnet_lite for version in "012"},
}
"""Of `catalogue.OWN`."""


def _sequential(modules: list[tuple[str, nn.Module]], checkpoints: tuple[str, ...]) -> nn.Module:
    network = nn.Sequential(OrderedDict(modules))
    network.checkpoint_layers = checkpoints  # type: ignore[assignment]
    return network
