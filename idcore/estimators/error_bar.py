"""How far another draw of as many samples would move an estimate: the jackknife over points, with the points that have
one another as neighbours taken together.

Ratios of points that share neighbours are correlated, so that leaving out one point at a time says too little. The
variance of a sum of correlated influences is the sum over pairs (Conley, "GMM estimation with cross sectional
dependence", J. Econometrics 92 (1999)); the pairs that count here are those joined in the graph of neighbours. All of
it is of the points themselves: their order does not matter. docs/benchmarks.md has its coverage.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from idcore.shapes import Float64, Int

LEVEL = 0.95
METHOD = "jackknife over points and their neighbours"
"""What bars of the ID are called where they are shown."""
LEAST_FREEDOM = 3.0


@dataclass(frozen=True)
class ErrorBar:
    """stderr: one standard error. freedom: degrees of freedom of its square, at least 3."""

    stderr: float
    freedom: float

    @property
    def half_width(self) -> float:
        """Half of the interval of probability `LEVEL`."""
        return t_quantile((1 + LEVEL) / 2, self.freedom) * self.stderr


def error_bar(influence: Float64[np.ndarray, " n"], indices: Int[np.ndarray, "n k"] | None = None) -> ErrorBar:
    """The bar of an estimate from the influence of each point.

    influence: (n,) float64, what each point adds to the estimate; 0 for points not used; their sum is about 0.
    indices: (n, k) int, the neighbours that the estimate looks at, negative where one is not among the points. Without
    them the points are taken as independent, and the error comes out too small.
    Neighbours can only add to the variance: where they are found to take from it, the points count as independent. The
    degrees of freedom are those of a chi-square with this variance and its error (Satterthwaite, "An approximate
    distribution of estimates of variance components", 1946), the parts of the variance summed over neighbours before
    they are squared: about n / 10 for two neighbours.
    """
    pairs = None if indices is None else _pairs(indices)
    parts = influence * (influence + _around(influence, pairs))
    if parts.sum() < influence @ influence:
        parts = influence**2
    variance, off = float(parts.sum()), parts - parts.mean()
    sums = off + _around(off, pairs)
    doubt = float(sums @ sums)
    return ErrorBar(variance**0.5, max(2 * variance**2 / doubt, LEAST_FREEDOM) if doubt > 0 else np.inf)


def t_quantile(probability: float, freedom: float) -> float:
    """Quantile of Student's t by the normal one (Abramowitz, Stegun, "Handbook of mathematical functions", 26.7.5);
    within 1 % for 3 degrees of freedom and probabilities of usual intervals."""
    z, v = NormalDist().inv_cdf(probability), freedom
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    )


def _pairs(indices: Int[np.ndarray, "n k"]) -> tuple[Int[np.ndarray, " p"], Int[np.ndarray, " p"]]:
    """(a, b): points of which one is a neighbour of the other, each pair once."""
    n, k = indices.shape
    a, b = np.repeat(np.arange(n), k), indices.ravel().astype(np.int64)
    low, high = np.minimum(a, b), np.maximum(a, b)
    return np.divmod(np.unique((low * n + high)[(low >= 0) & (low < high)]), n)


def _around(
    values: Float64[np.ndarray, " n"], pairs: tuple[Int[np.ndarray, " p"], Int[np.ndarray, " p"]] | None
) -> Float64[np.ndarray, " n"]:
    """(n,): for each point the sum of the values of those that it is joined with."""
    if pairs is None:
        return np.zeros(len(values))
    a, b = pairs
    return np.bincount(a, values[b], len(values)) + np.bincount(b, values[a], len(values))
