"""Whether the weights of a file fit a network, and which network they fit if not."""

from collections.abc import Iterable, Mapping
from functools import cache
from math import isqrt
from typing import NamedTuple

import numpy as np

from idcore.errors import NetworkError
from idcore.networks.build import skeleton
from idcore.networks.catalogue import ARCHITECTURES, lookup
from idcore.networks.classifiers import renamed
from idcore.networks.prefixes import Shapes, behind
from idcore.networks.weights_file import tensor_list
from idcore.spec import Architecture

_COUNTER = ".num_batches_tracked"  # of a batch normalisation; files of PyTorch before 0.4.1 have none
_AUXILIARY = ("aux1.", "aux2.", "AuxLogits.")  # heads of GoogLeNet and Inception that serve in training only
_POSITIONS, _PATCHES = "encoder.pos_embedding", "conv_proj.weight"  # of torchvision's ViT
_ALIKE = 0.5  # share of the tensors from which on a network is worth a mention
_CANDIDATES = 4
_CLASSES = 2  # of a network whose outputs are not known


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


class Fitted(NamedTuple):
    """weights: of the network, by name; without those that are missing. classes: its outputs, 0 where the file has no
    head to say so. notes: what was left out or added. missing: tensors of the head that the file does not have."""

    weights: dict[str, np.ndarray]
    classes: int
    notes: tuple[str, ...]
    missing: tuple[str, ...] = ()


def unwrapped(
    arrays: Mapping[str, np.ndarray], architecture: Architecture
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """(the tensors under the names that the network gives them, sentences on what was left out): without the one prefix
    behind which they stand, whatever it is. As they are where no prefix has more than half of the network behind it."""
    arrays = renamed(arrays, architecture.name)
    wanted = shapes(architecture, usual_shape(architecture, {}), _CLASSES)
    prefixes, (_, count) = behind({name: array.shape for name, array in arrays.items()}, wanted)
    if "" in prefixes or 2 * count < len(wanted):
        return arrays, ()
    prefix, *rivals = sorted(prefixes, key=lambda prefix: "ema" in prefix.lower())  # averages after what they are of
    own = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
    notes = [f"The prefix {prefix[:100]!r} was taken off the names of {len(own)} tensors."]
    if rivals:
        notes.append(
            f"Left out, though it fits as well: what stands behind {tensor_list(rivals)}. Save it alone to use it."
        )
    others = [name for name in arrays if not name.startswith((prefix, *rivals))]
    if others:
        notes.append(f"Left out, as they have no prefix {prefix[:100]!r}: {tensor_list(others)}.")
    return own, tuple(notes)


def fit(arrays: Mapping[str, np.ndarray], architecture: Architecture, sample_shape: tuple[int, ...]) -> Fitted:
    """The weights of the network among the tensors of a file.

    The head alone may be missing, or be another one: the parts of the network that depend on the number of classes.
    Raises NetworkError with the tensors that do not fit, and the network that they look like.
    """
    own, notes = unwrapped(arrays, architecture)
    head = _head(architecture, sample_shape)
    classes = next((own[n].shape[axis] for n, axis in reversed(head.items()) if n in own and own[n].ndim > axis), 0)
    wanted = shapes(architecture, sample_shape, max(1, classes or _CLASSES))
    auxiliary = [name for name in own if name.startswith(_AUXILIARY) and name not in wanted]
    counters = [name for name in wanted if name not in own and name.endswith(_COUNTER)]
    have = {name: array for name, array in own.items() if name not in auxiliary}
    have |= {name: np.zeros((), np.int64) for name in counters}
    missing, beside = _headless(have, wanted, tuple({f"{_part(name)}." for name in head}))
    asked = {name: shape for name, shape in wanted.items() if name not in missing}
    if mismatches({name: array.shape for name, array in have.items() if name not in beside}, asked):
        wrong = mismatches({name: array.shape for name, array in own.items() if name not in auxiliary}, wanted)
        raise NetworkError(f"The weights do not fit {architecture.name}: {wrong}. {_closest(own, architecture)}")
    said = []
    if counters:
        said.append(f"{len(counters)} counters of batch normalisation were missing and set to 0.")
    if auxiliary:
        said.append(f"Left out, as they serve in training only: the auxiliary heads, {len(auxiliary)} tensors.")
    if beside:
        said.append(f"Left out, as no part of the network: {tensor_list(beside)}.")
    if missing:
        what = f"The file has no weights for the head ({tensor_list(missing)})"
        said.append(f"{what}: what comes from it is not measured, and there is no accuracy.")
    return Fitted({n: have[n] for n in asked}, 0 if missing else max(1, classes), (*notes, *said), tuple(missing))


def _head(architecture: Architecture, sample_shape: tuple[int, ...]) -> dict[str, int]:
    """The tensors whose shape depends on the number of classes, in order, and the axis that counts them."""
    few, more = (shapes(architecture, sample_shape, count) for count in (_CLASSES, _CLASSES + 1))
    pairs = {name: (shape, more[name]) for name, shape in few.items() if shape != more[name]}
    return {name: next(i for i, (a, b) in enumerate(zip(*both, strict=True)) if a != b) for name, both in pairs.items()}


def _headless(have: Mapping[str, np.ndarray], wanted: Shapes, parts: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """(tensors of the head that are missing, where nothing else is; tensors that are no part of the network: those of
    another head, and those whose part is called like none of its own, whatever its number)."""
    missing = [name for name in wanted if name not in have]
    if not all(name.startswith(parts) for name in missing):
        missing = []
    if missing:  # what there is under the name of the head may be of another head
        fits = {name for name, array in have.items() if array.shape == wanted.get(name)}
        missing = [name for name in wanted if name.startswith(parts) and name not in fits]
    kinds = {_part(name).rstrip("0123456789") for name in wanted}
    others = [name for name in have if name not in wanted and _part(name).rstrip("0123456789") not in kinds]
    another = [name for name in have if missing and name.startswith(parts) and (name not in wanted or name in missing)]
    return missing, others + another


def _part(name: str) -> str:
    """The part of the network that a tensor belongs to: its first name."""
    return name.split(".")[0]


def mismatches(have: Shapes, wanted: Shapes) -> str:
    """What is missing, strange or of another shape, in words; "" for nothing."""
    missing = [name for name in wanted if name not in have]
    unknown = [name for name in have if name not in wanted]
    others = [name for name in wanted if name in have and have[name] != wanted[name]]
    said = []
    if missing:
        said.append(f"{len(missing)} of its {len(wanted)} tensors missing ({tensor_list(missing)})")
    if unknown:
        said.append(f"{len(unknown)} tensor{'s' * (len(unknown) > 1)} of the file not its own ({tensor_list(unknown)})")
    if others:
        name = others[0]
        said.append(
            f"{len(others)} of another shape ({tensor_list(others)}; {name!r} is {_by(have[name])} and should be "
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
        return (
            "Choose the network that the file was saved from. Weights of an architecture of your own are measured "
            "where its code is, and then stand on the pages: layerscope profile --factory file.py:make --weights FILE, "
            "or layerscope series FILES --factory file.py:make."
        )
    return f"It looks like {best}."


def _candidates(numbers: int, but: str) -> Iterable[str]:
    known = {name: entry.numbers for name, entry in ARCHITECTURES.items() if entry.numbers and name != but}
    near = sorted(known, key=lambda name: abs(np.log(known[name] / max(1, numbers))))[:_CANDIDATES]
    return (*near, *({"cnn"} - {but}))


def _by(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "one number"
