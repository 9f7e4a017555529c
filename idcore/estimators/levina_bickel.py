"""Maximum likelihood ID from the k nearest neighbours of each point: for the whole cloud and point by point.

Levina, Bickel, "Maximum likelihood estimation of intrinsic dimension", NIPS 2004, eq. 8:
m_k(x) = [1 / (k - 1) * sum_{j < k} log(T_k / T_j)]**-1; and MacKay, Ghahramani, "Comments on ...", 2005: average the
inverses over the points, for that is the likelihood's own maximum, and the mean of m_k(x) is biased upwards.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import estimator, ties
from idcore.estimators.error_bar import error_bar
from idcore.estimators.estimator import Estimate, Estimator, noted
from idcore.record import LayerGeometry, Neighbours
from idcore.shapes import Float64
from idcore.spec import Reading
from idcore.text import brief


@dataclass(frozen=True, eq=False)
class LevinaBickel:
    """id: of the cloud. k: neighbours used. local: (n,) float64, ID at each point (with k - 2 for k - 1, which makes
    it unbiased), NaN where r_1 = 0 or all k distances are equal, to the rounding of the numbers, or where they would
    give more than any ID that can be told (`ties.LARGEST`). n: points used; dropped: the others. note: what must be
    said of the ID ("" for nothing)."""

    id: float
    k: int
    local: Float64[np.ndarray, " n"]
    n: int
    dropped: int
    note: str = ""

    __repr__ = brief


def fit(
    neighbours: Neighbours, k: int = 20, average: Literal["mackay-ghahramani", "levina-bickel"] = "mackay-ghahramani"
) -> LevinaBickel:
    """The ID from k neighbours (3 <= k <= columns of the table). average: of inverses (MacKay-Ghahramani) or of the
    local estimates m_k as in the first paper. Raises PointsError for k out of range, no usable point, or too many ties
    of r_1 and r_k."""
    if average not in ("mackay-ghahramani", "levina-bickel"):
        raise PointsError(f"The average must be mackay-ghahramani or levina-bickel, not {average!r}.")
    distances = _first(neighbours, k, 3)
    ratios = ties.ratios(distances[:, 0], distances[:, -1], neighbours.rounding, memoryless=False)
    used = ratios.used
    if not len(used):
        raise PointsError(
            f"Levina-Bickel needs points with 0 < r_1 < r_k (k = {k}); all {neighbours.n} were dropped. "
            f"Merge duplicates first, or take a larger k."
        )
    logs = np.log(distances[used])
    inverse = np.mean(logs[:, -1:] - logs[:, :-1], axis=1)  # 1 / m_k(x)
    local = np.full(neighbours.n, np.nan)
    local[used] = (k - 2) / (k - 1) / inverse
    local[local >= ties.LARGEST] = np.nan
    d = float(1 / inverse.mean() if average == "mackay-ghahramani" else np.mean(1 / inverse))
    note = " ".join(filter(None, (ties.judged(ratios, d), ties.equal_steps(neighbours))))
    return LevinaBickel(d, k, local, len(used), neighbours.n - len(used), note)


def log_density(neighbours: Neighbours, dimension: float, k: int = 20) -> Float64[np.ndarray, " n"]:
    """Logarithm of the kNN density at each point, (n,) float64, per unit of data length to the power `dimension`.

    n * V_d * r_k**d * density is Gamma(k), whose mean logarithm is digamma(k) = -gamma + sum_{j < k} 1 / j, so
    log density = digamma(k) - log(n - 1) - log V_d - d log r_k is unbiased (V_d: volume of the unit ball).
    dimension: the ID of the cloud, as a rule. NaN where r_k = 0. Raises PointsError for k out of range or a dimension
    that is not positive.
    """
    if not (math.isfinite(dimension) and dimension > 0):
        raise PointsError(f"The dimension must be a positive number, not {dimension}.")
    r = _first(neighbours, k, 1)[:, -1]
    digamma = -np.euler_gamma + np.sum(1 / np.arange(1, k))
    log_volume = dimension / 2 * math.log(math.pi) - math.lgamma(dimension / 2 + 1)
    log_r = np.log(r, out=np.full(len(r), np.nan), where=r > 0)
    density: np.ndarray = digamma - math.log(neighbours.n - 1) - log_volume - dimension * log_r
    return density


def _first(neighbours: Neighbours, k: int, least: int) -> Float64[np.ndarray, "n {k}"]:
    if not least <= k <= neighbours.k:
        raise PointsError(f"k must be from {least} to {neighbours.k}, the neighbours in the table; it is {k}.")
    return neighbours.distances[:, :k]


def _estimate(geometry: LayerGeometry, reading: Reading) -> Estimate:
    table, k = geometry.neighbours, estimator.neighbours(geometry, reading)
    result = fit(table, k)
    inverse = (k - 2) / (k - 1) / result.local
    influence = np.nan_to_num(inverse.mean(where=~np.isnan(inverse)) - inverse) * result.id**2 / result.n
    error = error_bar(influence, table.indices[:, :k]).stderr
    about = noted(f"{k} neighbours, average of the inverses", result.note)
    return Estimate("Levina-Bickel", result.id, error, result.n, about)


ESTIMATOR = Estimator(
    name="Levina-Bickel",
    title="Levina–Bickel",
    words="Uses all k neighbours at once: the least noise. Beyond a few neighbours the density may not vary and the "
    "cloud may not bend, or the number comes out too low.",
    formula=r"\hat d = \Bigl[ \frac{1}{N (k-1)} \sum_i \sum_{j < k} \log \frac{r_k(i)}{r_j(i)} \Bigr]^{-1}",
    source="Levina, Bickel, *Maximum likelihood estimation of intrinsic dimension*, NIPS 2004; MacKay, Ghahramani, "
    "comments on it, 2005",
    needs=("neighbours",),
    function=_estimate,
)
