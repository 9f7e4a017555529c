"""The distances of a cloud of points, its dimension and its spectrum, as public functions; README.md documents them."""

from typing import Any

from idcore.estimators import twonn as estimator
from idcore.estimators.spectrum import Spectrum
from idcore.estimators.twonn import TwoNN
from idcore.geometry import neighbours as geometry_neighbours
from idcore.geometry import spectrum as geometry_spectrum
from idcore.geometry.points import as_points, constant
from idcore.record import Neighbours
from idcore.spec import USUAL, Reading


def neighbours(x: Any, k: int | None = None) -> Neighbours:
    """Exact k nearest neighbours of n points, Euclidean, float64 distances.

    x: (n, d) of real numbers: an array or tensor, a frame, a list of rows, a sparse matrix. k: neighbours per point;
    64, or n - 1 when that is less, when left out.
    Returns indices (n, k) int32 and distances (n, k) float64 in the units of x, nearest first, ties by index. Raises
    PointsError: not (n, d), NaN, fewer than two points, k out of range.

    >>> import idcore
    >>> table = idcore.neighbours([[0.0], [1.0], [3.0]], k=1)
    >>> table.indices.tolist(), table.distances.tolist()
    ([[1], [0], [1]], [[1.0], [1.0], [2.0]])
    """
    return geometry_neighbours.neighbours(x, k)


def twonn(x: Any, discard: float = USUAL.discard) -> TwoNN:
    """Intrinsic dimension by TwoNN (Facco, d'Errico, Rodriguez, Laio, Scientific Reports 2017).

    x: (n, d) as for `neighbours`, or a `Neighbours` (k >= 2). Of points exact duplicates are merged first and counted
    in `dropped`; of a `Neighbours` the points with r1 = 0 or r1 = r2 are dropped and counted. discard: fraction of the
    largest mu = r2 / r1 that the fit leaves out, in [0, 1).
    Returns `id`, `stderr` (one standard error), `interval` (95 %), `n` points used, `dropped`, `note`, and the fit
    itself. Raises PointsError: NaN, fewer than 10 points to fit, too many ties; RequestError for discard.

    >>> import idcore, numpy
    >>> sheet = numpy.pad(numpy.random.default_rng(0).uniform(size=(500, 2)), [(0, 0), (0, 8)])  # flat, in ten columns
    >>> estimate = idcore.twonn(sheet)
    >>> print(f"{estimate.id:.2f} ± {estimate.stderr:.2f} of {estimate.n} points")
    2.08 ± 0.14 of 500 points
    """
    Reading(discard)
    if isinstance(x, Neighbours):
        return estimator.from_neighbours(x, discard)
    x = as_points(x)
    table, merged = geometry_neighbours.distinct_neighbours(x, 2)
    fit = estimator.from_neighbours(table, discard, merged)
    return estimator.within(fit, x.shape[1] - constant(x))


def pca(x: Any) -> Spectrum:
    """Eigenvalues of the covariance of n points: what linear methods see.

    x: (n, d) as for `neighbours`. Returns a `Spectrum`: `eigenvalues` (min(n - 1, d),) float64, falling, in squared
    units of x, divided by n - 1; `pc_id(variance=0.9)`, the components that hold that share; `participation_ratio`.
    Raises PointsError: not (n, d), NaN.

    >>> import idcore, numpy
    >>> spectrum = idcore.pca(numpy.random.default_rng(0).normal(size=(200, 3)) * [3, 2, 0.1])
    >>> spectrum.pc_id(variance=0.9), round(spectrum.participation_ratio, 1)
    (2, 1.7)
    """
    return Spectrum(geometry_spectrum.eigenvalues(x))
