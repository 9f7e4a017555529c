"""Nucleation: into how many peaks of density each layer gathers its samples, and whether these are the classes.

Doimo, Glielmo, Ansuini, Laio, "Hierarchical nucleation in deep neural networks", NeurIPS 2020.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from idcore.errors import PointsError
from idcore.estimators.peaks import Peaks, density_peaks
from idcore.estimators.twonn import twonn_of_layer
from idcore.record import LayerGeometry
from idcore.shapes import Float64, Int, Int64


@dataclass(frozen=True)
class Nucleation:
    """What a layer's peaks are. peaks: their number; None where there is no number, with the reason in `note`. ari:
    Hubert-Arabie agreement with the labels, 0 by chance and 1 for the same parts, None without labels. core: share of
    the samples above the highest saddle of their peak. dimension: that the density was taken in. n: samples.
    coarse: as `ari`, with coarser classes, None where there are none."""

    layer: str
    peaks: int | None
    ari: float | None
    core: float | None
    dimension: float | None
    n: int
    note: str = ""
    coarse: float | None = None


def peaks_of_layer(geometry: LayerGeometry, dimension: float | None, k: int, z: float) -> Peaks:
    """The peaks of a layer by the kNN density, every sample labelled. dimension: None for that of TwoNN. Raises
    PointsError."""
    if geometry.note:
        raise PointsError(geometry.note)
    taken = twonn_of_layer(geometry).id if dimension is None else dimension
    peaks = density_peaks(geometry.neighbours, taken, k, z)
    firsts = np.unique(geometry.group, return_index=True)[1]
    every = {name: getattr(peaks, name)[geometry.group] for name in ("labels", "log_density", "error", "core", "k")}
    return replace(peaks, centres=firsts[peaks.centres].astype(np.int64), **every)


def nucleation(
    geometries: Sequence[LayerGeometry],
    labels: Int[np.ndarray, " n"],
    dimension: float | None,
    k: int,
    z: float,
    coarse: Sequence[int] = (),
) -> tuple[Nucleation, ...]:
    """A row for each layer. labels: (n,), negative where there is none. coarse: the coarser class of each.
    Never raises for what the data are like."""
    known = bool(len(labels)) and bool((labels >= 0).all()) and len(np.unique(labels)) > 1
    rows = []
    for geometry in geometries:
        name = geometry.layer.name
        try:
            peaks = peaks_of_layer(geometry, dimension, k, z)
        except PointsError as error:
            rows.append(Nucleation(name, None, None, None, None, geometry.n, str(error)))
            continue
        ari = adjusted_rand(peaks.labels, labels) if known else None
        wide = adjusted_rand(peaks.labels, np.array(coarse)[labels]) if known and len(coarse) > labels.max() else None
        core = float(peaks.core.mean())
        rows.append(Nucleation(name, len(peaks.centres), ari, core, peaks.dimension, geometry.n, coarse=wide))
    return tuple(rows)


def adjusted_rand(a: Int[np.ndarray, " n"], b: Int[np.ndarray, " m"]) -> float:
    """Agreement of two partitions of the same samples: 1 for the same, 0 as by chance, below it for less (Hubert,
    Arabie, "Comparing partitions", J. Classification 2 (1985) 193). Raises PointsError for other numbers of samples, or
    none."""
    if len(a) != len(b) or not len(a):
        raise PointsError(f"Two partitions must be of the same samples, one or more; these have {len(a)} and {len(b)}.")
    table = _contingency(a, b)
    pairs, rows, columns = (
        int((part * (part - 1) // 2).sum()) for part in (table, table.sum(axis=1), table.sum(axis=0))
    )
    every = len(a) * (len(a) - 1) // 2
    expected = rows * columns / every if every else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == expected else float((pairs - expected) / (most - expected))


def composition(labels: Int[np.ndarray, " n"], peaks: Peaks, classes: int) -> Int64[np.ndarray, "p c"]:
    """Samples of each class in each peak, (peaks, classes) int64; samples without a label (negative) are left out."""
    known = labels >= 0
    counts = np.zeros((len(peaks.centres), classes), np.int64)
    np.add.at(counts, (peaks.labels[known], labels[known]), 1)
    return counts


@dataclass(frozen=True)
class Join:
    """Two branches of the dendrogram and the saddle that joins them. Branches below the number of peaks p are peaks,
    p + i is the i-th join. height: log density of the saddle, -inf where the two do not touch."""

    left: int
    right: int
    height: float


def dendrogram(saddles: Float64[np.ndarray, "p p"]) -> tuple[tuple[int, ...], tuple[Join, ...]]:
    """(order of the peaks from left to right, joins from the highest saddle down): single linkage."""
    p = len(saddles)
    branch: dict[int, tuple[int, ...]] = {i: (i,) for i in range(p)}
    between = saddles.copy()
    np.fill_diagonal(between, -math.inf)
    joins: list[Join] = []
    names = list(range(p))  # of the rows of what is left
    while len(names) > 1:
        upper = np.triu(np.ones(between.shape, bool), 1)
        at = int(np.argmax(np.where(upper, between, -math.inf)))
        i, j = divmod(at, len(names))
        if i >= j:  # none of them touch
            i, j = 0, 1
        joins.append(Join(names[i], names[j], float(between[i, j])))
        branch[p + len(joins) - 1] = branch[names[i]] + branch[names[j]]
        between[i] = np.maximum(between[i], between[j])
        between[:, i] = between[i]
        between[i, i] = -math.inf
        names[i] = p + len(joins) - 1
        between = np.delete(np.delete(between, j, axis=0), j, axis=1)
        del names[j]
    return (branch[names[0]] if names else ()), tuple(joins)


def _contingency(a: np.ndarray, b: np.ndarray) -> Int64[np.ndarray, "p q"]:
    first, second = (np.unique(part, return_inverse=True)[1] for part in (a, b))
    table = np.zeros((int(first.max()) + 1, int(second.max()) + 1), np.int64)
    np.add.at(table, (first, second), 1)
    return table
