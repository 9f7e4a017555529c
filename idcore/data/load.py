"""A `DataSpec` as tensors, ready for a network."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from idcore.data import source
from idcore.spec import DataSpec


@dataclass(frozen=True, eq=False)
class Samples:
    """images: (n, c, h, w) float32 in [0, 1]. labels: (n,) int64 array. ids: (n,) int64 array, position in the whole
    data set. classes: names by label. notes: sentences about what was done to the images."""

    images: Tensor
    labels: np.ndarray
    ids: np.ndarray
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()


def load(spec: DataSpec, size: tuple[int, int] | None = None) -> Samples:
    """The samples that the spec names; the same for ever. size: (height, width) that the network needs.

    Raises DataError for an unknown data set or class, or where there are fewer than n samples.
    """
    ids = source.select(spec)
    images, labels = source.raw(spec.dataset)
    chosen, notes = images[ids], []
    if spec.gradient:
        xi, low, high = source.luminance(spec.dataset, spec.gradient)
        chosen = ((chosen + xi[ids, None, None, None] - low) / (high - low)).astype(np.float32)
        notes.append(f"Luminance gradient: to each image a constant from (0, {spec.gradient:g}) was added.")
    tensor = torch.from_numpy(chosen)
    if size is not None and size != tuple(tensor.shape[2:]):
        have, want = ("x".join(map(str, s)) for s in (tensor.shape[2:], size))
        tensor = torch.nn.functional.interpolate(tensor, size, mode="bilinear", antialias=True).clamp_(0, 1)
        notes.append(
            f"The images of {spec.dataset} are {have}; they were resized to {want} (bilinear) for this network."
        )
    return Samples(tensor, labels[ids], ids, source.dataset(spec.dataset).classes, tuple(notes))
