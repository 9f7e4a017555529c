"""The public functions of the library; README.md documents them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from idcore import pipeline, spec
from idcore.estimators import twonn as estimator
from idcore.estimators.spectrum import Spectrum
from idcore.estimators.summary import summarise
from idcore.estimators.twonn import TwoNN
from idcore.geometry import neighbours as geometry_neighbours
from idcore.geometry import spectrum as geometry_spectrum
from idcore.geometry.points import as_points, constant
from idcore.given import unmasked
from idcore.record import LayerGeometry, Neighbours
from idcore.settings import parse_bytes, settings
from idcore.store import Store

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

    def to_frame(self, discard: float = 0.1, variance: float = 0.9) -> pd.DataFrame:
        """One row per layer: `COLUMNS`. id_err: one standard error; n: samples; dropped: samples not used by TwoNN.
        discard: fraction of the largest mu that the fit leaves out. variance: share that the PC-ID holds."""
        rows = [summarise(layer, discard, variance) for layer in self]
        return pd.DataFrame([[getattr(row, name) for name in COLUMNS] for row in rows], columns=list(COLUMNS))


def neighbours(x: Any, k: int | None = None) -> Neighbours:
    """Exact k nearest neighbours of n points, Euclidean, float64 distances.

    x: (n, d) array or tensor, real. k: neighbours per point; 64, or n - 1 when that is less, when left out.
    Returns indices and distances (n, k), nearest first, ties by index. Raises PointsError.
    """
    return geometry_neighbours.neighbours(x, k)


def twonn(x: Any, discard: float = 0.1) -> TwoNN:
    """Intrinsic dimension by TwoNN (Facco, d'Errico, Rodriguez, Laio, Scientific Reports 2017).

    x: (n, d) array or tensor, or a `Neighbours` (k >= 2). Of an array exact duplicates are merged first and counted in
    `dropped`; of a `Neighbours` the points with r1 = 0 or r1 = r2 are dropped and counted. discard: fraction of the
    largest mu = r2 / r1 that the fit leaves out. Raises PointsError.
    """
    if isinstance(x, Neighbours):
        return estimator.from_neighbours(x, discard)
    x = as_points(x)
    table, merged = geometry_neighbours.distinct_neighbours(x, 2)
    fit = estimator.from_neighbours(table, discard, merged)
    return estimator.within(fit, x.shape[1] - constant(x))


def pca(x: Any) -> Spectrum:
    """Eigenvalues of the covariance of n points, x: (n, d) array or tensor. Raises PointsError."""
    return Spectrum(geometry_spectrum.eigenvalues(x))


def profile(
    network: torch.nn.Module,
    images: torch.Tensor | np.ndarray,
    labels: Sequence[int] | np.ndarray | None = None,
    layers: str | Sequence[str] = "checkpoints",
    reduce: str = "flatten",
    memory: str | int = "2GiB",
    device: str | None = None,
    store: str | Path | Store | None = None,
) -> Profile:
    """Measure the layers of any `torch.nn.Module` on images (n, ...), the sample axis first.

    layers: "checkpoints", "all" or a list of names. memory: bytes that the measurement may hold, a number or a string
    with a unit. device: "cuda", "mps" or "cpu"; the first of these that is there when left out. store: folder that
    keeps the records, named by a digest of the weights, the printed module and the images; a module whose forward code
    changed while these did not needs another folder. Raises RequestError.
    """
    store = Store(store) if isinstance(store, (str, Path)) else store
    source = pipeline.profile_module(
        network,
        torch.as_tensor(unmasked(images, "The images")),
        None if labels is None else np.asarray(unmasked(labels, "The labels")),
        layers=layers if isinstance(layers, str) else tuple(layers),
        reduce=reduce,
        memory=parse_bytes(memory),
        device=device or "auto",
        store=store,
    )
    return Profile(source)


def run(
    request: spec.Request,
    layers: str | Sequence[str] = "checkpoints",
    memory: str | int = "2GiB",
    device: str | None = None,
    store: str | Path | Store | None = None,
) -> Profile:
    """Measure what a `Request` names, as the pages and the command line do. store: a folder; the default store when
    left out. Raises RequestError, JobError."""
    store = store if isinstance(store, Store) else Store(store or settings().cache)
    chosen = layers if isinstance(layers, str) else tuple(layers)
    return Profile(pipeline.run(request, chosen, store, memory=parse_bytes(memory), device=device or "auto"))
