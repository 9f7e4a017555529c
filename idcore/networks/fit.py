"""Whether the weights of a file fit a network, and which network they fit if not."""

from collections.abc import Iterable, Mapping
from functools import cache
from math import isqrt

import numpy as np

from idcore.errors import NetworkError
from idcore.networks.build import skeleton
from idcore.networks.catalogue import ARCHITECTURES, lookup
from idcore.networks.classifiers import renamed
from idcore.networks.weights_file import listed
from idcore.spec import Architecture

Shapes = dict[str, tuple[int, ...]]
_COUNTER = ".num_batches_tracked"  # of a batch normalisation; files of PyTorch before 0.4.1 have none
_AUXILIARY = ("aux1.", "aux2.", "AuxLogits.")  # heads of GoogLeNet and Inception that serve in training only
_POSITIONS, _PATCHES = "encoder.pos_embedding", "conv_proj.weight"  # of torchvision's ViT
_ALIKE = 0.5  # share of the tensors from which on a network is worth a mention
_CANDIDATES = 4


@cache
def shapes(architecture: Architecture, sample_shape: tuple[int, ...], classes: int) -> Shapes:
    """Name and shape of each tensor of the network, in order; costs no memory. Raises NetworkError."""
    network = skeleton(architecture, sample_shape, classes)
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def usual_shape(architecture: Architecture, arrays: Mapping[str, np.ndarray]) -> tuple[int, int, int]:
    """(c, h, w) of the images that the weights are for, as far as they say so; else of the usual ones."""
    entry = lookup(architecture.name)
    if entry.form is None:  # any images, as so many numbers in a row
        matrix = next((array for array in arrays.values() if array.ndim == 2), np.zeros((1, 1)))
        return (1, 1, matrix.shape[1])
    if entry.family == "vit" and {_POSITIONS, _PATCHES} <= set(arrays):  # one position for each patch, and one more
        side = isqrt(max(1, arrays[_POSITIONS].shape[1] - 1)) * arrays[_PATCHES].shape[-1]
        return (3, side, side)
    size = entry.form.crop or entry.form.resize
    height, width = (size, size) if isinstance(size, int) else size or (224, 224)
    return (entry.form.channels or 3, height, width)


def classes(arrays: Mapping[str, np.ndarray], architecture: Architecture, sample_shape: tuple[int, ...]) -> int:
    """Outputs of the network that these weights are of: the length of its last weight or bias in the file."""
    own = list(shapes(architecture, sample_shape, 2))
    last = next((name for name in reversed(own) if name in arrays and arrays[name].ndim), None)
    return max(1, len(arrays[last])) if last else 2


def fit(
    arrays: Mapping[str, np.ndarray], architecture: Architecture, sample_shape: tuple[int, ...]
) -> tuple[dict[str, np.ndarray], int, tuple[str, ...]]:
    """(the weights of the network, its number of classes, sentences on what was added).

    Raises NetworkError with the tensors that do not fit, and the network that they look like.
    """
    arrays = renamed(arrays)
    outputs = classes(arrays, architecture, sample_shape)
    wanted = shapes(architecture, sample_shape, outputs)
    missing = [name for name in wanted if name not in arrays]
    counters = missing if all(name.endswith(_COUNTER) for name in missing) else []
    heads = [name for name in arrays if name.startswith(_AUXILIARY) and name not in wanted]
    have = {name: array for name, array in arrays.items() if name not in heads}
    have |= {name: np.zeros((), np.int64) for name in counters}
    wrong = _mismatches({name: array.shape for name, array in have.items()}, wanted)
    if wrong:
        raise NetworkError(f"The weights do not fit {architecture.name}: {wrong}. {_closest(arrays, architecture)}")
    notes = []
    if counters:
        notes.append(f"{len(counters)} counters of batch normalisation were missing and set to 0.")
    if heads:
        notes.append(f"Left out, as they serve in training only: the auxiliary heads, {len(heads)} tensors.")
    return {name: have[name] for name in wanted}, outputs, tuple(notes)


def _mismatches(have: Shapes, wanted: Shapes) -> str:
    missing = [name for name in wanted if name not in have]
    unknown = [name for name in have if name not in wanted]
    others = [name for name in wanted if name in have and have[name] != wanted[name]]
    said = []
    if missing:
        said.append(f"{len(missing)} of its {len(wanted)} tensors missing ({listed(missing)})")
    if unknown:
        said.append(f"{len(unknown)} tensor{'s' * (len(unknown) > 1)} of the file not its own ({listed(unknown)})")
    if others:
        name = others[0]
        said.append(
            f"{len(others)} of another shape ({listed(others)}; {name!r} is {_by(have[name])} and should be "
            f"{_by(wanted[name])})"
        )
    return ", ".join(said)


def _closest(arrays: Mapping[str, np.ndarray], architecture: Architecture) -> str:
    """The network of the catalogue with the most tensors in common. Those with about as many numbers are looked at."""
    file, size = {(name, array.shape) for name, array in arrays.items()}, sum(array.size for array in arrays.values())
    scores = {}
    for name in _candidates(size, but=architecture.name):
        usual = Architecture(name)
        own = shapes(usual, usual_shape(usual, arrays), ARCHITECTURES[name].classes or 10)
        scores[name] = len(file & set(own.items())) / max(len(file), len(own))
    best = max(scores, key=scores.__getitem__, default="")
    if not best or scores[best] < _ALIKE:
        return "Choose the network that the file was saved from."
    return f"It looks like {best}."


def _candidates(numbers: int, but: str) -> Iterable[str]:
    known = {name: entry.numbers for name, entry in ARCHITECTURES.items() if entry.numbers and name != but}
    near = sorted(known, key=lambda name: abs(np.log(known[name] / max(1, numbers))))[:_CANDIDATES]
    return (*near, *({"cnn"} - {but}))


def _by(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "one number"
