"""Do two quantities go together over a handful of networks? A line, and correlations with their uncertainty.

Intervals are percentile intervals of the bootstrap over pairs (Efron, "Bootstrap methods: another look at the
jackknife", 1979). With a dozen pairs they are rough, mostly a little too narrow.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.given import unmasked
from idcore.shapes import Float64

MIN_PAIRS = 4
"""With three pairs a bootstrap draws two or fewer of them more often than not."""


@dataclass(frozen=True)
class FittedLine:
    """The least-squares line y = intercept + slope * x."""

    slope: float
    intercept: float


@dataclass(frozen=True)
class Correlation:
    """value: of the n pairs. low, high: 95 % bootstrap interval. draws: resamples that it is made of; those in which
    one quantity does not vary have no correlation and are left out."""

    value: float
    low: float
    high: float
    n: int
    draws: int


def line(x: np.ndarray, y: np.ndarray) -> FittedLine:
    """Least squares of y on x, both (n,). Raises PointsError for fewer than two pairs, or an x that does not vary."""
    x, y = _pairs(x, y, 2)
    off = x - x.mean()
    slope = float(off @ y / (off @ off)) if np.ptp(x) else np.nan
    if not np.isfinite(slope):
        raise PointsError("There is no line through points that all have the same horizontal place.")
    return FittedLine(slope, float(y.mean() - slope * x.mean()))


def pearson(x: np.ndarray, y: np.ndarray, draws: int = 2000, seed: int = 0) -> Correlation:
    """Pearson's r, both (n,) finite, with its bootstrap interval. Raises PointsError for fewer than `MIN_PAIRS` pairs
    or a quantity that does not vary."""
    return _with_interval(x, y, lambda values: values, draws, seed)


def spearman(x: np.ndarray, y: np.ndarray, draws: int = 2000, seed: int = 0) -> Correlation:
    """Spearman's rank correlation (equal values share their mean rank), as `pearson`."""
    return _with_interval(x, y, ranks, draws, seed)


def _with_interval(
    x: np.ndarray, y: np.ndarray, of: Callable[[np.ndarray], np.ndarray], draws: int, seed: int
) -> Correlation:
    """of: what is correlated, rows (b, n) of values in place of the values."""
    pairs = np.stack(_pairs(x, y, MIN_PAIRS))  # (2, n)
    n = pairs.shape[1]
    if not np.ptp(pairs, axis=1).all():
        raise PointsError("There is no correlation with a quantity that is the same for all.")
    drawn = pairs[:, np.random.default_rng(seed).integers(n, size=(draws, n))]  # (2, draws, n)
    drawn = drawn[:, np.ptp(drawn, axis=2).all(axis=0)]
    value = float(_correlate(of(pairs[0][None]), of(pairs[1][None]))[0])
    low, high = np.quantile(_correlate(of(drawn[0]), of(drawn[1])), (0.025, 0.975))
    return Correlation(value, float(low), float(high), n, drawn.shape[1])


def _correlate(x: Float64[np.ndarray, "b n"], y: Float64[np.ndarray, "b n"]) -> Float64[np.ndarray, " b"]:
    """Row by row, (b, n) and (b, n) -> (b,)."""
    x, y = (values - values.mean(axis=1, keepdims=True) for values in (x, y))
    x, y = (values / np.linalg.norm(values, axis=1, keepdims=True) for values in (x, y))
    products: np.ndarray = (x * y).sum(axis=1)
    return products.clip(-1, 1)


def ranks(values: Float64[np.ndarray, "b n"]) -> Float64[np.ndarray, "b n"]:
    """Ranks within each row of (b, n), from 0; equal values have the mean of theirs."""
    ranks = np.empty(values.shape)
    for row, out in zip(values, ranks, strict=True):
        _, inverse, counts = np.unique(row, return_inverse=True, return_counts=True)
        out[:] = (np.cumsum(counts) - (counts + 1) / 2)[inverse]
    return ranks


def _pairs(x: np.ndarray, y: np.ndarray, least: int) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
    x, y = (np.asarray(unmasked(values, "The quantities"), np.float64) for values in (x, y))
    if x.ndim != 1 or x.shape != y.shape:
        raise PointsError(f"Both quantities must be (n,), one value for each; they are {x.shape} and {y.shape}.")
    if len(x) < least:
        raise PointsError(f"This needs at least {least} pairs of values; there are {len(x)}.")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise PointsError("Both quantities must be finite numbers.")
    return x, y
