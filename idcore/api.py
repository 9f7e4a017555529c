"""The public functions of the library; README.md documents them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader, Dataset

from idcore import pipeline, spec
from idcore.data.batches import gathered
from idcore.errors import RequestError
from idcore.estimators import twonn as estimator
from idcore.estimators.spectrum import Spectrum
from idcore.estimators.summary import summarise
from idcore.estimators.twonn import TwoNN
from idcore.geometry import neighbours as geometry_neighbours
from idcore.geometry import spectrum as geometry_spectrum
from idcore.geometry.points import as_points, as_tensor, constant
from idcore.given import unmasked
from idcore.pipeline.layers import choose_device
from idcore.record import LayerGeometry, Neighbours
from idcore.settings import parse_bytes, settings
from idcore.spec import USUAL, Reading, checks
from idcore.spec.request import REDUCTIONS
from idcore.store import Store, with_gallery

COLUMNS = (
    "layer",
    "order",
    "depth",
    "units",
    "n",
    "id",
    "id_err",
    "pc_id",
    "linearised_id",
    "dropped",
    "note",
)


class Profile:
    """The measured layers of a network, in call order. Iterating yields each `LayerGeometry` as it is ready; a second
    iteration starts again from the first, without measuring again."""

    def __init__(self, source: Iterator[LayerGeometry]) -> None:
        self._source = source
        self._ready: list[LayerGeometry] = []

    def __iter__(self) -> Iterator[LayerGeometry]:
        at = 0
        while at < len(self._ready) or self._advance():
            yield self._ready[at]
            at += 1

    def _advance(self) -> bool:
        layer = next(self._source, None)
        if layer is not None:
            self._ready.append(layer)
        return layer is not None

    def to_frame(self, discard: float = USUAL.discard, variance: float = USUAL.variance) -> pd.DataFrame:
        """One row per layer: `COLUMNS`. id_err: one standard error; n: samples; dropped: samples not used by TwoNN.
        discard: fraction of the largest mu that the fit leaves out. variance: share that the PC-ID holds."""
        reading = Reading(discard, variance)
        rows = [summarise(layer, reading) for layer in self]
        return pd.DataFrame([[getattr(row, name) for name in COLUMNS] for row in rows], columns=list(COLUMNS))


def neighbours(x: Any, k: int | None = None) -> Neighbours:
    """Exact k nearest neighbours of n points, Euclidean, float64 distances.

    x: (n, d) of real numbers: an array or tensor, a frame, a list of rows, a sparse matrix. k: neighbours per point;
    64, or n - 1 when that is less, when left out.
    Returns indices and distances (n, k), nearest first, ties by index. Raises PointsError.
    """
    return geometry_neighbours.neighbours(x, k)


def twonn(x: Any, discard: float = USUAL.discard) -> TwoNN:
    """Intrinsic dimension by TwoNN (Facco, d'Errico, Rodriguez, Laio, Scientific Reports 2017).

    x: (n, d) as for `neighbours`, or a `Neighbours` (k >= 2). Of points exact duplicates are merged first and counted
    in `dropped`; of a `Neighbours` the points with r1 = 0 or r1 = r2 are dropped and counted. discard: fraction of the
    largest mu = r2 / r1 that the fit leaves out. Raises PointsError.
    """
    Reading(discard)
    if isinstance(x, Neighbours):
        return estimator.from_neighbours(x, discard)
    x = as_points(x)
    table, merged = geometry_neighbours.distinct_neighbours(x, 2)
    fit = estimator.from_neighbours(table, discard, merged)
    return estimator.within(fit, x.shape[1] - constant(x))


def pca(x: Any) -> Spectrum:
    """Eigenvalues of the covariance of n points, x: (n, d) as for `neighbours`. Raises PointsError."""
    return Spectrum(geometry_spectrum.eigenvalues(x))


def profile(
    network: torch.nn.Module,
    images: Any,
    labels: Any = None,
    layers: str | Sequence[str] = "checkpoints",
    reduce: str = "flatten",
    memory: str | int = "2GiB",
    device: str | torch.device | None = None,
    store: str | Path | Store | None = None,
) -> Profile:
    """Measure the layers of any `torch.nn.Module` on images (n, ...), the sample axis first.

    images: a tensor, an array of any library, a frame, a list of images, or a `Dataset` or `DataLoader` of torch, with
    labels or without. labels: one per image; no number depends on them. layers: "checkpoints", "all" or a list of
    names. memory: bytes that the measurement may hold, a number or a string with a unit. device: "cuda", "mps" or
    "cpu"; the first of these that is there when left out. store: folder that keeps the records, named by a digest of
    the weights, the printed module, the images, and what the module gives at every layer on the first of them.

    The module is as it was afterwards, and between the layers. Raises RequestError at once, before anything is
    measured.
    """
    checks.is_a("The network", network, torch.nn.Module)
    checks.one_of("reduce", reduce, REDUCTIONS)
    chosen, budget, place, kept = _layers(layers), parse_bytes(memory), _device(device), _store(store)
    if isinstance(images, (Dataset, DataLoader)):
        images, found = gathered(images, budget)
        labels = found if labels is None else labels
    images = as_tensor(images, "The images")
    names = None if labels is None else _labels(labels)
    options: dict[str, Any] = {"layers": chosen, "reduce": reduce, "memory": budget, "device": place, "store": kept}
    return Profile(pipeline.profile_module(network, images, names, **options))


def run(
    request: spec.Request,
    layers: str | Sequence[str] = "checkpoints",
    memory: str | int = "2GiB",
    device: str | torch.device | None = None,
    store: str | Path | Store | None = None,
) -> Profile:
    """Measure what a `Request` names, as the pages and the command line do. store: a folder; the default store when
    left out. Raises RequestError, JobError."""
    checks.is_a("The request", request, spec.Request)
    chosen, budget, place = _layers(layers), parse_bytes(memory), _device(device)
    return Profile(
        pipeline.run(request, chosen, _store(store) or with_gallery(settings().cache), memory=budget, device=place)
    )


def _layers(layers: Any) -> str | tuple[str, ...]:
    if isinstance(layers, str):
        return layers
    if isinstance(layers, (bytes, Mapping)) or not isinstance(layers, Iterable):
        raise RequestError(
            f'layers must be "checkpoints", "all", a name or a list of names, not {checks.shown(layers)}.'
        )
    names = tuple(layers)
    checks.layers(names)
    return tuple(map(str, names))


def _device(device: Any) -> str:
    if device is None:
        return "auto"
    checks.is_a("The device", device, str, torch.device)
    return str(choose_device(str(device)))


def _store(store: Any) -> Store | None:
    if store is None or isinstance(store, Store):
        return store
    checks.is_a("The store", store, str, PathLike)
    checks.check(bool(fspath(store)), "The store must be a folder or an address, not an empty name.")
    return with_gallery(store)


def _labels(labels: Any) -> np.ndarray:
    labels = labels.detach().cpu() if isinstance(labels, torch.Tensor) else unmasked(labels, "The labels")
    try:
        return np.asarray(labels)
    except (TypeError, ValueError) as error:
        raise RequestError(f"The labels must be a list or array, one per image: {error}.") from None
