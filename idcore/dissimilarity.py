"""Distance matrices of representations compared (RSA), and the noise ceiling of repeated measurements, as public
functions; README.md documents them."""

from typing import Any, Literal

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import reliability as reliabilities
from idcore.estimators import rsa as rsas
from idcore.estimators.reliability import Reliability
from idcore.estimators.rsa import RSA
from idcore.geometry.points import as_points
from idcore.given import numbers
from idcore.record import LayerGeometry, Neighbours
from idcore.shapes import Float64

Metric = Literal["euclidean", "correlation"]
MOST = 5000
"""Samples of which all pairs are compared: 12.5 million, 1 GiB."""


def rsa(a: Any, b: Any, metric: Metric = "euclidean") -> RSA:
    """Representational similarity: Spearman's rank correlation of the distances between all pairs of samples
    (Kriegeskorte, Mur, Bandettini 2008), with one standard error over the samples.

    a, b: points (n, d) of the same n samples, at most 5000, exact over all pairs; or records of layers, over the pairs
    whose distances both hold (all of 512 samples or fewer), which `n` and `pairs` of the answer tell. metric: of
    points, Euclidean distance, or 1 - Pearson's correlation of two samples over the units. Raises PointsError.

    >>> import idcore, numpy
    >>> x = numpy.random.default_rng(0).normal(size=(40, 6))
    >>> similarity = idcore.rsa(x, 3 * x[:, ::-1])
    >>> similarity.value, similarity.pairs
    (1.0, 780)
    """
    if isinstance(a, LayerGeometry) and isinstance(b, LayerGeometry):
        if metric != "euclidean":
            raise PointsError("A record holds Euclidean distances alone: give the points for another metric.")
        return rsas.rsa_matrix([a], [b])[0][0]
    if any(isinstance(one, (Neighbours, LayerGeometry)) for one in (a, b)):
        raise PointsError("RSA compares points with points, or the record of a layer with another; a table is neither.")
    return rsas.rsa_of_points(_points(a, metric), _points(b, metric))


def noise_ceiling(repeats: Any, splits: int = reliabilities.SPLITS, seed: int = reliabilities.SEED) -> Reliability:
    """The largest RSA with these recordings that a model can have: their repeats are split into halves, and the RSA of
    the two means is corrected by Spearman-Brown, 2 h / (1 + h); `ceiling` is its root.

    repeats: (n, r, units) of n samples, at most 5000, r times each. splits: into halves, drawn by the seed; all there
    are where those are no more. Raises PointsError.

    >>> import idcore, numpy
    >>> x = numpy.random.default_rng(0).normal(size=(40, 1, 6)).repeat(4, axis=1)
    >>> round(idcore.noise_ceiling(x).ceiling, 6)
    1.0
    """
    x = np.asarray(numbers(repeats, "The repeats"))
    if x.ndim != 3:
        raise PointsError(f"Repeats must be (samples, repeats, units); their shape is {x.shape}.")
    _few(len(x))
    return reliabilities.reliability(x, splits, seed)


def _points(x: Any, metric: Metric) -> Float64[np.ndarray, "n d"]:
    points: np.ndarray = as_points(x).detach().cpu().double().numpy()
    _few(len(points))
    if metric == "euclidean":
        return points
    if metric != "correlation":
        raise PointsError(f"The metric must be euclidean or correlation, not {metric!r}.")
    about = points - points.mean(axis=1, keepdims=True)
    sizes = np.linalg.norm(about, axis=1, keepdims=True)
    if not (sizes > 0).all():
        flat = int((sizes == 0).sum())
        raise PointsError(f"{flat:,} samples have one value in all units: they have no correlation. Leave them out.")
    scaled: np.ndarray = about / sizes  # squared distances of these are 2 (1 - r), in the same order
    return scaled


def _few(n: int) -> None:
    if n > MOST:
        raise PointsError(f"RSA compares all pairs of at most {MOST:,} samples; there are {n:,}. Draw fewer.")
