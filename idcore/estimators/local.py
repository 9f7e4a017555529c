"""The local dimension of a layer, by class and on the mean: Levina-Bickel at each point (`levina_bickel`)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import levina_bickel
from idcore.estimators.error_bar import error_bar
from idcore.record import LayerGeometry
from idcore.shapes import Float64, Int

K = 20
ALL = -1
"""Stands for all samples in place of a class."""


@dataclass(frozen=True)
class Median:
    """The local dimension of some samples of a layer: median, quartiles, standard error of the median (from the order
    statistics: points taken as independent, so too small), and n, samples with a number."""

    median: float
    low: float
    high: float
    stderr: float
    n: int


@dataclass(frozen=True)
class Mean:
    """Mean local dimension of n points, with one standard error, points that share neighbours taken together."""

    value: float
    stderr: float
    n: int


def of_samples(geometry: LayerGeometry, k: int = K) -> Float64[np.ndarray, " n"]:
    """(n,) the local dimension at each sample, NaN where there is none, from k neighbours or as many as the record has.
    Raises PointsError."""
    if geometry.note:
        raise PointsError(geometry.note)
    dimensions: np.ndarray = levina_bickel.fit(geometry.neighbours, min(k, geometry.neighbours.k)).local[geometry.group]
    return dimensions


def by_class(
    geometries: Sequence[LayerGeometry], labels: Int[np.ndarray, " n"], k: int = K
) -> dict[str, dict[int, Median]]:
    """By name of the layer, what the samples of each class and `ALL` of them have; layers and classes without a number
    are left out. labels: (n,), negative where there is none, or none at all."""
    medians = {}
    for geometry in geometries:
        try:
            values = of_samples(geometry, k)
        except PointsError:
            continue
        classes = [int(c) for c in np.unique(labels) if c >= 0] if len(labels) == len(values) else []
        parts = {ALL: values} | {c: values[labels == c] for c in classes}
        known = {c: part[np.isfinite(part)] for c, part in parts.items()}
        medians[geometry.layer.name] = {c: _median(part) for c, part in known.items() if len(part)}
    return medians


def mean(geometry: LayerGeometry) -> Mean:
    """The mean over the distinct points. Raises PointsError."""
    if geometry.note:
        raise PointsError(geometry.note)
    table, k = geometry.neighbours, min(K, geometry.neighbours.k)
    local = levina_bickel.fit(table, k).local
    known = np.isfinite(local)
    if not known.any():
        raise PointsError("No point has a local dimension: its neighbours are all equally far.")
    value, n = float(local[known].mean()), int(known.sum())
    influence = np.where(known, local - value, 0.0) / n
    return Mean(value, error_bar(influence, table.indices[:, :k]).stderr, n)


def _median(values: Float64[np.ndarray, " n"]) -> Median:
    ordered, n = np.sort(values), len(values)
    half = n**0.5 / 2
    below, above = (int(np.clip(round(rank), 0, n - 1)) for rank in (n / 2 - half, n / 2 + half))
    low, middle, high = np.percentile(ordered, [25, 50, 75])
    return Median(float(middle), float(low), float(high), float(ordered[above] - ordered[below]) / 2, n)
