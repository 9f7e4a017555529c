"""Maps of layers in the plane: UMAP from the exact neighbour tables, and PCA as an instant preview.

McInnes, Healy, Melville, "UMAP: uniform manifold approximation and projection", arXiv:1802.03426. Consecutive layers
are chained, each map starting from the one before, so that a point stays where it was unless its neighbours changed.
"""

import time
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from idcore.errors import PointsError
from idcore.estimators.compiled import kept
from idcore.estimators.quality import map_quality
from idcore.record import LayerGeometry
from idcore.shapes import Float, Float32, Float64
from idcore.text import brief

MIN_POINTS = 5
QUALITY_K = 15
_CHAINED = {"n_epochs": 100, "learning_rate": 0.25}
_INDEPENDENT = {"n_epochs": 500, "learning_rate": 1.0}


@dataclass(frozen=True, eq=False)
class Embedding:
    """A map. positions: (n, 2) float32, one row per sample, copies on the same spot; (0, 2) when there is no map.
    trustworthiness, overlap: `quality.map_quality` with k = 15 or fewer, over the distinct points, None without a map.
    method: umap or pca. parameters: what made it, JSON values. seconds: it took. note: why there is no map, or what
    was changed ("" when nothing)."""

    positions: Float32[np.ndarray, "n p"]
    trustworthiness: float | None
    overlap: float | None
    method: str
    parameters: dict[str, Any]
    seconds: float
    note: str

    __repr__ = brief


def umap_maps(
    geometries: Iterable[LayerGeometry],
    *,
    neighbours: int = 15,
    min_dist: float = 0.1,
    chained: bool = True,
    seed: int = 0,
) -> Iterator[Embedding]:
    """UMAP of each layer in turn, yielded as it is ready.

    neighbours: points in a neighbourhood, the point itself included (UMAP's n_neighbors), 2 ... k + 1 of the record;
    fewer distinct points than that lower it, and the note says so. chained: start from the last map (the first layer
    from PCA), 100 epochs, learning rate 0.25; else from PCA, 500 epochs, learning rate 1. Either way the map is moved
    onto the last one by a rotation or reflection and a shift, which change no distance: where UMAP puts a map on the
    page means nothing. The same seed gives the same maps on the same machine.
    A layer that has no map (constant, too few points) gives a note, and the chain goes on from the last map.
    Raises PointsError for neighbours or min_dist out of range, or layers with different samples.
    """
    if not 0 <= min_dist <= 1:
        raise PointsError(f"min_dist must be from 0 to 1, not {min_dist}.")
    last: np.ndarray | None = None
    for geometry in geometries:
        if last is not None and not geometry.note and geometry.n != len(last):
            raise PointsError(f"The layers must hold the same samples; they have {len(last)} and {geometry.n}.")
        embedding = _umap_map(geometry, neighbours, min_dist, seed, last, chained)
        if len(embedding.positions):
            last = embedding.positions
        yield embedding


def _umap_map(
    geometry: LayerGeometry, neighbours: int, min_dist: float, seed: int, last: np.ndarray | None, chained: bool
) -> Embedding:
    started = time.perf_counter()
    parameters = {"neighbours": neighbours, "min_dist": min_dist, "seed": seed, "chained": chained}
    if geometry.note:
        return _no_map(geometry.note, "umap", parameters)
    table, m = geometry.neighbours, geometry.distinct
    if m < MIN_POINTS:
        return _no_map(f"Only {m} distinct points: a map needs at least {MIN_POINTS}.", "umap", parameters)
    used = min(neighbours, m - 1)  # UMAP wants more points than a neighbourhood has
    if not 2 <= used <= table.k + 1:
        raise PointsError(f"UMAP's neighbourhoods must have 2 to {table.k + 1} points, not {neighbours}.")
    note = f"Neighbourhoods of {used} points, not {neighbours}: no more are distinct." if used < neighbours else ""
    follow = chained and last is not None
    firsts = np.unique(geometry.group, return_index=True)[1]
    start = last[firsts] if follow and last is not None else principal(geometry, 2)[firsts]
    options = _CHAINED if chained else _INDEPENDENT
    parameters |= {"neighbours": used, **options}
    finite = np.isfinite(start).all()
    distinct = _umap(geometry, used, min_dist, seed, start, options) if finite else start
    if not np.isfinite(distinct).all():
        return _no_map("UMAP found no finite map of this layer.", "umap", parameters)
    positions = distinct[geometry.group]
    if last is not None:
        positions = turned(positions, last)
    return _judged(geometry, positions, "umap", parameters, started, note)


def _umap(
    geometry: LayerGeometry,
    neighbours: int,
    min_dist: float,
    seed: int,
    start: Float[np.ndarray, "m 2"],
    options: dict[str, Any],
) -> Float32[np.ndarray, "m 2"]:
    """Map of the m distinct points, (m, 2) float32, from exactly `neighbours` columns of the table, each point first
    among its own, as UMAP expects."""
    table, m = geometry.neighbours, geometry.distinct
    indices = np.column_stack([np.arange(m), table.indices[:, : neighbours - 1]])
    distances = np.column_stack([np.zeros(m), table.distances[:, : neighbours - 1]])
    distances /= distances.mean()  # UMAP works in float32; only ratios matter to it
    with warnings.catch_warnings(), kept():
        warnings.filterwarnings("ignore", message="Tensorflow not installed", category=ImportWarning)
        warnings.filterwarnings("ignore", message=r"precomputed_knn\[2\] \(knn_search_index\) is not an NNDescent")
        from umap import UMAP  # takes 5 s: numba

        positions: np.ndarray = UMAP(
            n_neighbors=neighbours,
            min_dist=min_dist,
            init=_spread(start, seed),
            random_state=seed,
            n_jobs=1,
            precomputed_knn=(indices.astype(np.int64), distances.astype(np.float32)),
            **options,
        ).fit_transform(np.zeros((m, 2), np.float32))
        return positions


def _spread(start: Float[np.ndarray, "m 2"], seed: int) -> Float32[np.ndarray, "m 2"]:
    """The start scaled to +-10 with a little noise, (m, 2) float32: UMAP divides by the range of each axis, and points
    that coincide would never part."""
    start = start - start.mean(axis=0)
    scale = np.abs(start).max()
    noise = np.random.default_rng(seed).normal(scale=1e-4, size=start.shape)
    return (10 * start / (scale if scale > 0 else 1) + noise).astype(np.float32)


def principal(geometry: LayerGeometry, components: int) -> Float64[np.ndarray, "n {components}"]:
    """The leading principal coordinates, centred, (n, components) float64, filled up with zeros."""
    positions = np.zeros((geometry.n, components))
    columns = geometry.coordinates[:, :components].astype(np.float64)
    positions[:, : columns.shape[1]] = columns - columns.mean(axis=0)
    return positions


def turned(positions: Float[np.ndarray, "n p"], onto: Float[np.ndarray, "n p"]) -> Float[np.ndarray, "n p"]:
    """Orthogonal Procrustes (Schoenemann, Psychometrika 31, 1966), no scaling: both about their means."""
    centred, target = positions - positions.mean(axis=0), onto - onto.mean(axis=0, dtype=np.float64)
    left, _, right = np.linalg.svd(centred.T @ target)
    turned: np.ndarray = centred @ left @ right + onto.mean(axis=0, dtype=np.float64)
    return turned


def _judged(
    geometry: LayerGeometry, positions: np.ndarray, method: str, parameters: dict[str, Any], started: float, note: str
) -> Embedding:
    firsts = np.unique(geometry.group, return_index=True)[1]
    trust, overlap = map_quality(positions[firsts], geometry.neighbours, geometry.coordinates[firsts], QUALITY_K)
    seconds = time.perf_counter() - started
    return Embedding(positions.astype(np.float32), trust, overlap, method, parameters, seconds, note)


def _no_map(note: str, method: str, parameters: dict[str, Any]) -> Embedding:
    return Embedding(np.zeros((0, 2), np.float32), None, None, method, parameters, 0.0, note)
