"""The dimension of a cloud of points beyond TwoNN, and how alike two clouds are, as public functions; README.md
documents them.

x is points, (n, d) as for `neighbours`; or a `Neighbours`; or a layer's record, a `LayerGeometry`. Of points and
records exact copies are merged, and what is told of a point is told of its copies too; of a `Neighbours` nothing is
merged. Where points themselves are needed, a record gives its leading principal coordinates (150 as a rule, which
hold nearly all of the variance), and a `Neighbours` is refused.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from idcore.cloud import K
from idcore.cloud import array as _array
from idcore.cloud import cloud as _cloud
from idcore.cloud import samples as _samples
from idcore.cloud import whole as _whole
from idcore.errors import PointsError
from idcore.estimators import abide as abides
from idcore.estimators import cka as ckas
from idcore.estimators import far_scales, pairs, persistence, ties
from idcore.estimators import gride as grides
from idcore.estimators import imbalance as imbalances
from idcore.estimators import levina_bickel as levina_bickels
from idcore.estimators import overlap as overlaps
from idcore.estimators.abide import Abide
from idcore.estimators.levina_bickel import LevinaBickel
from idcore.estimators.persistence import PersistentHomology
from idcore.estimators.samples import sample_neighbours
from idcore.geometry import neighbours as geometry_neighbours
from idcore.geometry.points import as_points
from idcore.record import LayerGeometry, Neighbours
from idcore.shapes import Float64

MOST_ABIDE = 1000
ALL_RANKS = 4000
"""Points up to which the ranks of all of them are counted; of more, those of `ANCHORS`."""
ANCHORS = 1000


class Scale(NamedTuple):
    """rank: k, of the ratios r_2k / r_k. id: the dimension at that scale; stderr: one standard error."""

    rank: int
    id: float
    stderr: float


def gride(x: Any) -> tuple[Scale, ...]:
    """The ID by scale (Gride; Denti, Doimo, Laio, Mira, Scientific Reports 2022).

    x: points (n, d) of real numbers, a `Neighbours`, or a layer's record.
    Returns a row (rank, id, stderr) for each rank k = 1, 2, 4, ..., from the ratios r_2k / r_k; stderr is one standard
    error. Of points and of a record up to half of the points; of a `Neighbours`, or of a record of an older version, as
    far as its table reaches. Raises PointsError: NaN, too few distinct points, too many ties.

    >>> import idcore, numpy
    >>> sheet = numpy.random.default_rng(0).uniform(size=(400, 2))
    >>> [(one.rank, round(one.id, 1)) for one in idcore.gride(sheet)][:3]
    [(1, 2.0), (2, 1.8), (4, 2.0)]
    """
    cloud = _cloud(x, K)
    if isinstance(x, LayerGeometry):
        scales = far_scales.of_layer(x)
    elif cloud.points is None:
        scales = grides.gride(cloud.table, cloud.columns)
    else:
        scales = far_scales.all_scales(cloud.table, cloud.points, cloud.columns)
    return tuple(Scale(point.k, point.id, point.stderr) for point in scales)


def abide(x: Any, most: int = MOST_ABIDE) -> Abide:
    """The ID at the scale, point by point, up to which the density can be taken as constant, with a check of the model
    (ABIDE; Di Noia, Macocco, Glielmo, Laio, Mira 2024).

    x: points (n, d), a `Neighbours`, or a layer's record. most: neighbours that such a neighbourhood may have, 5 or
    more; keep it well below the smallest cluster. Of a `Neighbours` or a record they end with the table.
    Returns `id`, `stderr` (too small: the points share neighbours), `k` (n,) int64 of each point, and `p`: below 0.01
    the cloud is not as the model has it. Raises PointsError: NaN, too few points or neighbours, no dimension.

    >>> import idcore, numpy
    >>> fit = idcore.abide(numpy.random.default_rng(0).uniform(size=(400, 2)))
    >>> round(fit.id), fit.k.shape
    (2, (400,))
    """
    cloud = _cloud(x, K)
    if not _whole(most) or most < 5:
        raise PointsError(f"most must be a whole number of neighbours, 5 or more, not {most!r}.")
    table, start = cloud.table, cloud.dimension()
    if cloud.points is not None and not isinstance(x, LayerGeometry):
        indices, squared = pairs.nearest(pairs.centred(cloud.points), min(most, table.n - 1))
        table = Neighbours(indices, np.sqrt(squared))
    fit = abides.abide(table, start)
    return replace(fit, k=fit.k[cloud.group])


def local_id(x: Any, k: int = 20) -> Float64[np.ndarray, " n"]:
    """The ID at each point from its k nearest neighbours (Levina, Bickel, NIPS 2004, eq. 8, with k - 2 for k - 1, which
    makes it unbiased).

    x: points (n, d), a `Neighbours`, or a layer's record. k: neighbours, 3 or more.
    Returns (n,) float64, NaN where there is none. A single one errs by 1 / sqrt(k - 2) of itself. Raises PointsError:
    NaN, k out of range, too many ties.

    >>> import idcore, numpy
    >>> dimensions = idcore.local_id(numpy.random.default_rng(0).uniform(size=(300, 2)))
    >>> dimensions.shape, round(float(numpy.median(dimensions)), 1)
    ((300,), 1.8)
    """
    return levina_bickel(x, k).local


def levina_bickel(x: Any, k: int = 20) -> LevinaBickel:
    """The ID from the k nearest neighbours of all points at once (Levina, Bickel, NIPS 2004; average of inverses,
    MacKay, Ghahramani 2005).

    x: points (n, d), a `Neighbours`, or a layer's record. k: neighbours, 3 or more.
    Returns `id`, `local` (n,) float64 (`local_id`), `n` points used, `dropped`, `note`. Raises PointsError: NaN, k out
    of range, too many ties.

    >>> import idcore, numpy
    >>> fit = idcore.levina_bickel(numpy.random.default_rng(0).uniform(size=(300, 2)))
    >>> round(fit.id, 1), fit.n
    (1.9, 300)
    """
    cloud = _cloud(x, max(3, k) if _whole(k) else K)
    if not _whole(k):
        raise PointsError(f"k must be a whole number from 3 to {cloud.table.k}, not {k!r}.")
    fit = levina_bickels.fit(cloud.table, int(k))
    if cloud.columns is not None:
        ties.within_columns(fit.id, 0.0, cloud.columns)
    merged = len(cloud.group) - cloud.table.n
    return replace(fit, local=fit.local[cloud.group], dropped=fit.dropped + merged)


def ph_dimension(x: Any, alpha: float = 1.0, seed: int | None = 0) -> PersistentHomology:
    """The persistent-homology dimension: how the minimum spanning tree grows with the number of points (Steele 1988;
    Adams et al. 2020). Comes out low above about 4 dimensions.

    x: points (n, d), 200 distinct ones or more, of which at most 1600 are taken, or a layer's record. alpha: power of
    the edges, above 0. seed: of five draws; None takes the points in their order, once.
    Returns `id`, `stderr` (the spread over the draws: too small), the `sizes` and `lengths` of the trees; float() gives
    the number. Raises PointsError: NaN, a `Neighbours`, too few points, a tree that does not grow as that of a cloud.

    >>> import idcore, numpy
    >>> dimension = idcore.ph_dimension(numpy.random.default_rng(0).uniform(size=(400, 2)))
    >>> round(float(dimension), 1), dimension.sizes
    (1.9, (100, 200, 400))
    """
    cloud = _cloud(x, 1)
    if cloud.points is None:
        raise PointsError("The spanning tree needs the points themselves: give those, or a layer's record.")
    dimension = persistence.ph_dimension(cloud.points, alpha, seed=seed)
    ties.within_columns(dimension.id, np.nan_to_num(dimension.stderr), cloud.columns)
    return dimension


def information_imbalance(a: Any, b: Any, k: int = 1) -> tuple[float, float]:
    """(Delta(A -> B), Delta(B -> A)): near 0 where being near in the one foretells being near in the other, 1 where it
    does not (Glielmo, Zeni, Cheng, Csanyi, Laio, PNAS Nexus 2022).

    a, b: points (n, d) or records of the same n samples, 10 or more, row by row. k: neighbours that are followed. Ranks
    are counted over all points, and followed from all up to 4000 of them, from 1000 drawn by a fixed seed above that;
    `imbalance` of idcore.estimators.imbalance tells the errors. Raises PointsError: other numbers of samples, a
    `Neighbours`, NaN, k out of range.

    >>> import idcore, numpy
    >>> x = numpy.random.default_rng(0).normal(size=(200, 2))
    >>> there, back = idcore.information_imbalance(x, x[:, :1])  # the plane tells its first axis, not the reverse
    >>> round(there, 2), round(back, 2)
    (0.1, 0.57)
    """
    first, second = (_samples(one, "The information imbalance counts the ranks of all points") for one in (a, b))
    both = imbalances.imbalance(first, second, k, None if len(first) <= ALL_RANKS else ANCHORS)
    return both.a_to_b, both.b_to_a


def overlap(a: Any, b: Any, k: int = overlaps.K) -> float:
    """Neighbourhood overlap: the share of the k nearest neighbours that two representations of the same samples have in
    common, 0 ... 1; k / (n - 1) by chance (Doimo, Glielmo, Ansuini, Laio, NeurIPS 2020).

    a, b: points (n, d), tables or records of the same n samples, row by row. k: neighbours, below n. Raises
    PointsError: other numbers of samples, NaN, k out of range.

    >>> import idcore, numpy
    >>> x, other = numpy.random.default_rng(0).normal(size=(2, 200, 5))
    >>> idcore.overlap(x, 3 * x), round(idcore.overlap(x, other), 1)  # by chance 30 / 199
    (1.0, 0.1)
    """
    return overlaps.overlap(_of_samples(a, k), _of_samples(b, k), k)


def cka(a: Any, b: Any, debiased: bool = True) -> float:
    """Linear CKA of two representations of the same samples, up to 1 (Kornblith, Norouzi, Lee, Hinton, ICML 2019);
    debiased, it is near 0 for independent ones and may fall below.

    a, b: both points, (n, p) and (n, q), row by row, 4 samples or more, exact; or both records, from what they hold.
    Raises PointsError: other numbers of samples, no variance, NaN, points beside a record, a `Neighbours`.

    >>> import idcore, numpy
    >>> x, other = numpy.random.default_rng(0).normal(size=(2, 200, 5))
    >>> round(idcore.cka(x, 3 * x + 1), 3), abs(idcore.cka(x, other)) < 0.1
    (1.0, True)
    """
    if isinstance(a, LayerGeometry) and isinstance(b, LayerGeometry):
        return ckas.cka_matrix([a], [b], debiased)[0][0].value
    if any(isinstance(one, (Neighbours, LayerGeometry)) for one in (a, b)):
        raise PointsError("CKA compares points with points, or the record of a layer with another; a table is neither.")
    return ckas.cka_of_points(_array(as_points(a)), _array(as_points(b)), debiased)


def _of_samples(x: Any, k: int) -> Neighbours:
    if isinstance(x, Neighbours):
        return x
    return sample_neighbours(x, k) if isinstance(x, LayerGeometry) else geometry_neighbours.neighbours(x, k)
