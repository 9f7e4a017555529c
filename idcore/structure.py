"""What a cloud of points is made of, as public functions: its heaps, its pieces, its units, a map of it; README.md
documents them. x is what `idcore.statistics` takes."""

from dataclasses import replace
from typing import Any, Literal

import numpy as np

from idcore.cloud import K, array, cloud, whole
from idcore.errors import PointsError
from idcore.estimators import hidalgo as hidalgos
from idcore.estimators import peaks as peak
from idcore.estimators import redundancy as redundancies
from idcore.estimators.embedding import Embedding, umap_maps
from idcore.estimators.hidalgo import Hidalgo
from idcore.estimators.peaks import Peaks
from idcore.estimators.redundancy import Chunk
from idcore.geometry.measure import measure
from idcore.geometry.points import as_points
from idcore.record import Layer, LayerGeometry, Neighbours

_MEMORY = 2 * 2**30


def density_peaks(
    x: Any, id: float | None = None, k: int = 30, z: float = peak.Z, density: Literal["knn", "pak"] = "knn"
) -> Peaks:
    """The peaks of the density of a cloud and the points that belong to each (d'Errico, Facco, Laio, Rodriguez,
    Information Sciences 2021).

    x: points (n, d), a `Neighbours`, or a layer's record. id: the dimension that the density is taken in; TwoNN's when
    left out. k: neighbours of the kNN density. z: peaks that their saddle does not part by so many standard errors are
    one. density: "knn", or "pak", whose neighbourhoods adapt (k is not used).
    Returns `labels` (n,) int64, `centres` (p,) int64, `log_density` (n,) and `saddles` (p, p) float64, `core` (n,)
    bool. id, k and z move the answer: look at several. Raises PointsError: NaN, k beyond the points, no dimension.

    >>> import idcore, numpy
    >>> heaps = numpy.random.default_rng(0).normal(size=(120, 2)) + numpy.repeat([[0, 0], [9, 9]], 60, axis=0)
    >>> peaks = idcore.density_peaks(heaps)
    >>> peaks.sizes.tolist()
    [60, 60]
    """
    given = cloud(x, max(K, k) if whole(k) else K)
    peaks = peak.density_peaks(given.table, given.dimension(id), k, z, density)
    every = {name: getattr(peaks, name)[given.group] for name in ("labels", "log_density", "error", "core", "k")}
    return replace(peaks, centres=given.firsts[peaks.centres].astype(np.int64), **every)


def hidalgo(x: Any, components: int, seed: int = 0) -> Hidalgo:
    """The cloud parted into pieces of different dimension (Allegra, Facco, Denti, Laio, Mira, Scientific Reports 2020).

    x: points (n, d), a `Neighbours`, or a layer's record, 20 points or more for each piece. components: how many, 1 to
    20; of several the one with the highest `log_likelihood` is the one to take. seed: of the Gibbs sampling.
    Returns `ids` and `stderrs` (components,) float64, rising; `labels` (n,) int64, -1 where there is none; `confidence`
    (n,) float64. Raises PointsError: NaN, components out of range, too few points, too many ties.

    >>> import idcore, numpy
    >>> thread = numpy.random.default_rng(1).uniform(9, 99, size=(80, 1))
    >>> ball = numpy.random.default_rng(0).normal(size=(80, 6))
    >>> pieces = idcore.hidalgo(numpy.concatenate([numpy.repeat(thread, 6, axis=1), ball]), components=2)
    >>> pieces.ids.round().tolist(), bool(pieces.labels[:80].mean() < 0.1)
    ([1.0, 5.0], True)
    """
    given = cloud(x, 3)
    if not whole(seed) or seed < 0:
        raise PointsError(f"The seed must be a whole number, 0 or more, not {seed!r}.")
    pieces = hidalgos.hidalgo(given.table, components, seed)
    return replace(pieces, labels=pieces.labels[given.group], confidence=pieces.confidence[given.group])


def redundancy(
    features: Any, sizes: Any, readout: Any = None, draws: int = redundancies.DRAWS, seed: int = 0
) -> tuple[Chunk, ...]:
    """What random chunks of the units of a layer know of the rest (Doimo, Glielmo, Goldt, Laio, NeurIPS 2022).

    features: activations (n, W). sizes: units of a chunk, a list. readout: (weights (classes, W), bias (classes,) or
    None, labels (n,)), the trained layer that follows; without it there is no accuracy. draws: chunks of each size.
    seed: of what is drawn.
    Returns a row (w, r2, residual_correlation, accuracy, their spreads, n, draws, note) for each size. Raises
    PointsError: a table or a record, NaN, a size beyond W, another number of labels.

    >>> import idcore, numpy
    >>> two, noise = numpy.random.default_rng(0).normal(size=(2, 200, 8))
    >>> copies = numpy.tile(two[:, :2], 4) + 0.01 * noise  # eight units that know two things
    >>> [(chunk.w, round(chunk.r2, 1)) for chunk in idcore.redundancy(copies, [1, 6])]
    [(1, 0.5), (6, 1.0)]
    """
    if isinstance(features, (Neighbours, LayerGeometry)):
        raise PointsError("Redundancy looks at the units of a layer: give its activations, (samples, units).")
    return redundancies.redundancy(array(as_points(features)), sizes, readout, draws, seed)


def umap(x: Any, neighbours: int = 15, min_dist: float = 0.1, seed: int = 0) -> Embedding:
    """A flat map by UMAP from the exact neighbours (McInnes, Healy, Melville 2018), started from PCA.

    x: points, (n, d), or a layer's record; a `Neighbours` is refused. neighbours: points in a neighbourhood, the point
    itself included. min_dist: how near points of the map may come, 0 ... 1. seed: of the layout.
    Returns positions (n, 2) float32, trustworthiness and the share of the neighbours that the map keeps; where there is
    no map, a note. Distances in it mean little: read the two numbers first. Raises PointsError.

    >>> import idcore, numpy
    >>> embedding = idcore.umap(numpy.random.default_rng(0).normal(size=(60, 5)))
    >>> embedding.positions.shape, embedding.method
    ((60, 2), 'umap')
    """
    if isinstance(x, Neighbours):
        raise PointsError("A map starts from the points, which a table of neighbours does not hold: give points.")
    if not isinstance(x, LayerGeometry):
        points = as_points(x)
        layer = Layer("points", 0, 0.0, "Points", (points.shape[1],), points.shape[1], True)
        x = measure([points], layer, memory=_MEMORY, k=max(K, neighbours if whole(neighbours) else K), draws=1)
    return next(umap_maps([x], neighbours=neighbours, min_dist=min_dist, chained=False, seed=seed))
