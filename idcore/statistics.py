"""What the field computes from a cloud of points since 2019, as public functions; README.md documents them.

x is points, (n, d) as for `neighbours`; or a `Neighbours`; or a layer's record, a `LayerGeometry`. Of points and
records exact copies are merged, and what is told of a point is told of its copies too; of a `Neighbours` nothing is
merged. Where points themselves are needed, a record gives its leading principal coordinates (150 as a rule, which
hold nearly all of the variance), and a `Neighbours` is refused.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import abide as abides
from idcore.estimators import cka as ckas
from idcore.estimators import far_scales, pairs, persistence, ties
from idcore.estimators import gride as grides
from idcore.estimators import hidalgo as hidalgos
from idcore.estimators import imbalance as imbalances
from idcore.estimators import levina_bickel as levina_bickels
from idcore.estimators import overlap as overlaps
from idcore.estimators import peaks as peak
from idcore.estimators import redundancy as redundancies
from idcore.estimators.abide import Abide
from idcore.estimators.embedding import Embedding, umap_maps
from idcore.estimators.hidalgo import Hidalgo
from idcore.estimators.levina_bickel import LevinaBickel
from idcore.estimators.peaks import Peaks
from idcore.estimators.persistence import PersistentHomology
from idcore.estimators.redundancy import Chunk
from idcore.estimators.samples import sample_neighbours
from idcore.estimators.twonn import from_neighbours
from idcore.geometry import neighbours as geometry_neighbours
from idcore.geometry.duplicates import part
from idcore.geometry.measure import measure
from idcore.geometry.points import as_points, constant
from idcore.record import Layer, LayerGeometry, Neighbours
from idcore.shapes import Float, Float64, Int

K = 64
_MEMORY = 2 * 2**30
MOST_ABIDE = 1000
ALL_RANKS = 4000
"""Points up to which the ranks of all of them are counted; of more, those of `ANCHORS`."""
ANCHORS = 1000


class Scale(NamedTuple):
    """rank: k, of the ratios r_2k / r_k. id: the dimension at that scale; stderr: one standard error."""

    rank: int
    id: float
    stderr: float


@dataclass(frozen=True, eq=False)
class _Cloud:
    """table: of the distinct points. group: (n,), distinct point of each sample. points: (m, d) float64 of the distinct
    ones, None where there are none. columns: that vary, None where that is not known."""

    table: Neighbours
    group: Int[np.ndarray, " n"]
    points: Float64[np.ndarray, "m d"] | None
    columns: int | None

    @property
    def firsts(self) -> Int[np.ndarray, " m"]:
        return np.unique(self.group, return_index=True)[1]

    def dimension(self, given: Any = None) -> float:
        """The ID that was given, or that of TwoNN."""
        if given is not None:
            if isinstance(given, bool) or not isinstance(given, (int, float, np.number)):
                raise PointsError(f"The dimension must be a positive number, not {given!r}.")
            return float(given)
        fit = from_neighbours(self.table)
        ties.within_columns(fit.id, fit.stderr, self.columns)
        return fit.id


def density_peaks(
    x: Any, id: float | None = None, k: int = 30, z: float = peak.Z, density: Literal["knn", "pak"] = "knn"
) -> Peaks:
    """The peaks of the density of a cloud and the points that belong to each (d'Errico, Facco, Laio, Rodriguez 2021).

    id: the dimension that the density is taken in; TwoNN's when left out. k: neighbours of the kNN density. z: peaks
    that their saddle does not part by so many standard errors are one. density: "knn", or "pak", whose neighbourhoods
    adapt (k is not used). id, k and z move the answer: look at several. Raises PointsError.
    """
    cloud = _cloud(x, max(K, k) if _whole(k) else K)
    found = peak.density_peaks(cloud.table, cloud.dimension(id), k, z, density)
    group = cloud.group
    every = {name: getattr(found, name)[group] for name in ("labels", "log_density", "error", "core", "k")}
    return replace(found, centres=cloud.firsts[found.centres].astype(np.int64), **every)


def information_imbalance(a: Any, b: Any, k: int = 1) -> tuple[float, float]:
    """(Delta(A -> B), Delta(B -> A)): near 0 where being near in the one foretells being near in the other, 1 where it
    does not (Glielmo, Zeni, Cheng, Csanyi, Laio 2022). a, b: points or records of the same samples. Ranks are counted
    over all points, and followed from all up to 4000 of them, from 1000 drawn by a fixed seed above that; `imbalance`
    of idcore.estimators.imbalance tells the errors. Raises PointsError."""
    first, second = (_samples(one, "The information imbalance counts the ranks of all points") for one in (a, b))
    found = imbalances.imbalance(first, second, k, None if len(first) <= ALL_RANKS else ANCHORS)
    return found.a_to_b, found.b_to_a


def gride(x: Any) -> tuple[Scale, ...]:
    """The ID by scale (Denti, Doimo, Laio, Mira 2022): a row (rank, id, stderr) for each rank k = 1, 2, 4, ..., from
    the ratios r_2k / r_k. Of points and of a record up to half of the points; of a `Neighbours`, or of a record of an
    older version, as far as its table reaches. Raises PointsError."""
    cloud = _cloud(x, K)
    if isinstance(x, LayerGeometry):
        found = far_scales.of_layer(x)
    elif cloud.points is None:
        found = grides.gride(cloud.table, cloud.columns)
    else:
        found = far_scales.all_scales(cloud.table, cloud.points, cloud.columns)
    return tuple(Scale(point.k, point.id, point.stderr) for point in found)


def abide(x: Any, most: int = MOST_ABIDE) -> Abide:
    """The ID at the scale, point by point, up to which the density can be taken as constant, with a check of the model
    (Di Noia, Macocco, Glielmo, Laio, Mira 2024). most: neighbours that such a neighbourhood may have; keep it well
    below the smallest cluster. Of a `Neighbours` or a record they end with the table. Raises PointsError."""
    cloud = _cloud(x, K)
    if not _whole(most) or most < 5:
        raise PointsError(f"most must be a whole number of neighbours, 5 or more, not {most!r}.")
    table, start = cloud.table, cloud.dimension()
    if cloud.points is not None and not isinstance(x, LayerGeometry):
        indices, squared = pairs.nearest(pairs.centred(cloud.points), min(most, table.n - 1))
        table = Neighbours(indices, np.sqrt(squared))
    found = abides.abide(table, start)
    return replace(found, k=found.k[cloud.group])


def hidalgo(x: Any, components: int, seed: int = 0) -> Hidalgo:
    """The cloud parted into pieces of different dimension (Allegra, Facco, Denti, Laio, Mira 2020). components: how
    many; of several the one with the highest `log_likelihood` is the one to take. Raises PointsError."""
    cloud = _cloud(x, 3)
    if not _whole(seed) or seed < 0:
        raise PointsError(f"The seed must be a whole number, 0 or more, not {seed!r}.")
    found = hidalgos.hidalgo(cloud.table, components, seed)
    return replace(found, labels=found.labels[cloud.group], confidence=found.confidence[cloud.group])


def local_id(x: Any, k: int = 20) -> Float64[np.ndarray, " n"]:
    """The ID at each point from its k nearest neighbours (Levina, Bickel 2004, with k - 2 for k - 1, which makes it
    unbiased), (n,) float64, NaN where there is none. A single one errs by 1 / sqrt(k - 2). Raises PointsError."""
    return levina_bickel(x, k).local


def levina_bickel(x: Any, k: int = 20) -> LevinaBickel:
    """The ID from the k nearest neighbours of all points at once (Levina, Bickel 2004; average of inverses, MacKay,
    Ghahramani 2005). Raises PointsError."""
    cloud = _cloud(x, max(3, k) if _whole(k) else K)
    if not _whole(k):
        raise PointsError(f"k must be a whole number from 3 to {cloud.table.k}, not {k!r}.")
    found = levina_bickels.fit(cloud.table, int(k))
    if cloud.columns is not None:
        ties.within_columns(found.id, 0.0, cloud.columns)
    merged = len(cloud.group) - cloud.table.n
    return replace(found, local=found.local[cloud.group], dropped=found.dropped + merged)


def ph_dimension(x: Any, alpha: float = 1.0, seed: int | None = 0) -> PersistentHomology:
    """The persistent-homology dimension: how the minimum spanning tree grows with the number of points, of at most 1600
    of them. Returned with its spread over five draws; float() gives the number. seed: None takes the points in their
    order, once. Comes out low above about 4 dimensions. Raises PointsError."""
    cloud = _cloud(x, 1)
    if cloud.points is None:
        raise PointsError("The spanning tree needs the points themselves: give those, or a layer's record.")
    found = persistence.ph_dimension(cloud.points, alpha, seed=seed)
    ties.within_columns(found.id, np.nan_to_num(found.stderr), cloud.columns)
    return found


def redundancy(
    features: Any, sizes: Any, readout: Any = None, draws: int = redundancies.DRAWS, seed: int = 0
) -> tuple[Chunk, ...]:
    """What random chunks of the units of a layer know of the rest (Doimo, Glielmo, Goldt, Laio 2022): a row (w, r2,
    residual_correlation, accuracy) for each size.

    features: (n, W). sizes: units of a chunk. readout: (weights (classes, W), bias (classes,) or None, labels (n,)),
    the trained layer that follows; without it there is no accuracy. Raises PointsError.
    """
    if isinstance(features, (Neighbours, LayerGeometry)):
        raise PointsError("Redundancy looks at the units of a layer: give its activations, (samples, units).")
    return redundancies.redundancy(_array(as_points(features)), sizes, readout, draws, seed)


def overlap(a: Any, b: Any, k: int = overlaps.K) -> float:
    """Share of the k nearest neighbours that two representations of the same samples have in common; k / (n - 1) by
    chance (Doimo, Glielmo, Ansuini, Laio 2020). a, b: points, tables or records. Raises PointsError."""
    return overlaps.overlap(_of_samples(a, k), _of_samples(b, k), k)


def cka(a: Any, b: Any, debiased: bool = True) -> float:
    """Linear CKA of two representations of the same samples (Kornblith, Norouzi, Lee, Hinton 2019); debiased, it is
    near 0 for independent ones. a, b: both points, exact; or both records, from what they hold. Raises PointsError."""
    if isinstance(a, LayerGeometry) and isinstance(b, LayerGeometry):
        return ckas.cka_matrix([a], [b], debiased)[0][0].value
    if any(isinstance(one, (Neighbours, LayerGeometry)) for one in (a, b)):
        raise PointsError("CKA compares points with points, or the record of a layer with another; a table is neither.")
    return ckas.cka_of_points(_array(as_points(a)), _array(as_points(b)), debiased)


def _cloud(x: Any, k: int) -> _Cloud:
    """k: neighbours that are wanted, or as many as there are."""
    if isinstance(x, LayerGeometry):
        if x.note:
            raise PointsError(x.note)
        firsts = np.unique(x.group, return_index=True)[1]
        return _Cloud(x.neighbours, x.group, x.coordinates[firsts].astype(np.float64), x.columns)
    if isinstance(x, Neighbours):
        if not x.n or not x.k:
            raise PointsError("The table is empty: it holds no neighbours.")
        return _Cloud(x, np.arange(x.n), None, None)
    points = as_points(x)
    rows, group = np.unique(part(np.zeros(len(points), np.int64), points), return_inverse=True)
    table, _ = geometry_neighbours.distinct_neighbours(points, max(1, min(k, len(rows) - 1)))
    return _Cloud(table, group, _array(points)[rows], points.shape[1] - constant(points))


def _samples(x: Any, why: str) -> Float[np.ndarray, "n d"]:
    """The points of all samples."""
    if isinstance(x, Neighbours):
        raise PointsError(
            f"{why}, which a table of nearest neighbours does not hold: give points, or a layer's record."
        )
    if isinstance(x, LayerGeometry):
        if x.note:
            raise PointsError(x.note)
        return x.coordinates
    return _array(as_points(x))


def umap(x: Any, neighbours: int = 15, min_dist: float = 0.1, seed: int = 0) -> Embedding:
    """A flat map by UMAP from the exact neighbours (McInnes, Healy, Melville 2018), started from PCA.

    x: points, (n, d), or a layer's record; a `Neighbours` is refused. neighbours: points in a neighbourhood, the point
    itself included. Returns positions (n, 2), trustworthiness and the share of the neighbours that the map keeps; where
    there is no map, a note. Distances in it mean little: read the two numbers first. Raises PointsError.

    >>> import idcore, numpy
    >>> found = idcore.umap(numpy.random.default_rng(0).normal(size=(60, 5)))
    >>> found.positions.shape, found.method
    ((60, 2), 'umap')
    """
    if isinstance(x, Neighbours):
        raise PointsError("A map starts from the points, which a table of neighbours does not hold: give points.")
    if not isinstance(x, LayerGeometry):
        points = as_points(x)
        layer = Layer("points", 0, 0.0, "Points", (points.shape[1],), points.shape[1], True)
        x = measure([points], layer, memory=_MEMORY, k=max(K, neighbours if _whole(neighbours) else K), draws=1)
    return next(umap_maps([x], neighbours=neighbours, min_dist=min_dist, chained=False, seed=seed))


def _of_samples(x: Any, k: int) -> Neighbours:
    if isinstance(x, Neighbours):
        return x
    return sample_neighbours(x, k) if isinstance(x, LayerGeometry) else geometry_neighbours.neighbours(x, k)


def _array(points: Any) -> Float64[np.ndarray, "n d"]:
    found: np.ndarray = points.detach().cpu().double().numpy()
    return found


def _whole(k: Any) -> bool:
    return isinstance(k, (int, np.integer)) and not isinstance(k, bool)
