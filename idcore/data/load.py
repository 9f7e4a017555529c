"""A `DataSpec` as tensors, ready for a network."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from idcore.data import perturb, source
from idcore.data.form import Form
from idcore.data.shape import formed, normalise
from idcore.data.source import ImageSource
from idcore.spec import DataSpec
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch

_REFERENCE = 1000  # images from which the mean and the deviation of a data set are taken
_CHUNK = 100


@dataclass(frozen=True, eq=False)
class Samples:
    """images: (n, c, h, w) float32, in [0, 1] unless they were normalised or noise was added. labels: (n,) int64 array.
    ids: (n,) int64 array, position in the whole data set. classes: names by label. light: (n, c, 1, 1) float32, what
    would have become of a black image. notes: sentences about what was done to the images."""

    images: Tensor
    labels: np.ndarray
    ids: np.ndarray
    classes: tuple[str, ...]
    light: Tensor
    notes: tuple[str, ...] = ()


def load(
    spec: DataSpec,
    form: Form | None = None,
    store: Store | None = None,
    root: Path | None = None,
    watch: Watch = UNWATCHED,
) -> Samples:
    """The samples that the spec names, in the form that a network takes (as they are when it is left out).

    Only the chosen images are read; they are held once. store: for uploads and folders that were read. root: folder of
    the data sets, that of the settings when left out. Raises DataError for an unknown data set, split or class, where
    there are fewer than n samples, or where an image cannot be read; and Cancelled.
    """
    form, whole = form or Form(), source.opened(spec.dataset, store, root, watch)
    ids = source.draw(spec, whole)
    images, notes = _images(spec, form, whole, whole.pictures(ids), ids, _moments(spec, form, whole))
    notes += normalise(images, form)
    light = perturb.light(ids, spec.gradient, len(whole.labels)).repeat(1, images.shape[1], 1, 1)
    normalise(light, form)
    return Samples(images, whole.labels[ids], ids, whole.info.classes, light, tuple(notes))


def thumbnails(
    spec: DataSpec,
    store: Store | None = None,
    size: int = 28,
    root: Path | None = None,
    watch: Watch = UNWATCHED,
) -> np.ndarray:
    """(n, size, size, 3) uint8: the middle square of each sample, small; perturbed as the samples are, clipped."""
    form, opened = Form(channels=3, resize=size, crop=(size, size)), source.opened(spec.dataset, store, root, watch)
    ids, moments = source.draw(spec, opened), _moments(spec, form, opened)
    small, pictures = np.empty((len(ids), size, size, 3), np.uint8), opened.pictures(ids)
    for start in range(0, len(ids), _CHUNK):
        images, _ = _images(spec, form, opened, pictures, ids[start : start + _CHUNK], moments)
        small[start : start + _CHUNK] = images.clamp_(0, 1).mul_(255).round_().permute(0, 2, 3, 1).numpy()
    return small


Moments = tuple[Tensor, Tensor, tuple[int, ...]]
"""Mean and deviation of each channel (c,), and the shape (c, h, w) of an image."""


def _images(
    spec: DataSpec,
    form: Form,
    source: ImageSource,
    pictures: Iterator[np.ndarray],
    ids: np.ndarray,
    moments: Moments | None,
) -> tuple[Tensor, list[str]]:
    """(images, perturbed but not normalised; notes). pictures: from which as many are taken as there are ids."""
    if moments is None:
        images, notes = _formed(form, source, pictures, len(ids))
    else:
        images = torch.empty((len(ids), *moments[2]))
        notes = [perturb.replace(images, ids, *moments[:2])]
    return images, notes + perturb.perturb(images, ids, spec, len(source.labels))


def _formed(form: Form, opened: ImageSource, pictures: Iterator[np.ndarray], n: int) -> tuple[Tensor, list[str]]:
    channels = opened.info.shape[0] if opened.info.shape else 3  # some may have colours
    return formed(islice(pictures, n), n, form, channels, source.called(opened.info))


def _moments(spec: DataSpec, form: Form, opened: ImageSource) -> Moments | None:
    """What noise in place of the images is made from: the same images of the data set for every subset of it."""
    if spec.pixels != "noise":
        return None
    ids = source.balanced_order(opened.labels, 0)[:_REFERENCE]
    pictures, total, squares, shape = opened.pictures(ids), torch.zeros(1), torch.zeros(1), tuple[int, ...]()
    for start in range(0, len(ids), _CHUNK):
        values = _formed(form, opened, pictures, min(_CHUNK, len(ids) - start))[0].double()
        total, squares = total + values.mean((2, 3)).sum(0), squares + values.square().mean((2, 3)).sum(0)
        shape = tuple(values.shape[1:])
    mean = total / len(ids)
    return mean.float(), (squares / len(ids) - mean.square()).clamp_(0).sqrt().float(), shape
