"""Gride: the ID at growing scales from one neighbour table, with all points at each scale.

Denti, Doimo, Laio, Mira, "The generalized ratios intrinsic dimension estimator", Scientific Reports 12:20005 (2022).
The ratio mu = r_2k / r_k has density d * (mu**d - 1)**(k - 1) * mu**(-(2k - 1) * d - 1) / B(k, k); k = 1 is
TwoNN.
"""

from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import ties
from idcore.estimators.error_bar import error_bar
from idcore.estimators.estimator import SUBSCRIPTS, Estimate, Estimator, neighbours, noted
from idcore.estimators.twonn import MIN_POINTS
from idcore.record import LayerGeometry, Neighbours
from idcore.shapes import Float64
from idcore.spec import Reading


@dataclass(frozen=True)
class GridePoint:
    """The ID at one scale.

    k: from the ratios r_2k / r_k. id: maximum likelihood, with n - 1 for n (unbiased at k = 1, and as DADApy has it).
    stderr: one standard error (`error_bar`); right within 15 % at k = 1; where the cloud is curved or its
    density varies too wide beyond, up to 1.35 times at k = 2, 1.6 at k = 4 and three times at k = 16.
    fisher: the error from the Fisher information (DADApy's), which takes the points as independent: 0.8 of the true
    one at k = 1, down to 0.3 at k = 32. distance: mean of r_2k, units of the data. n: points used; dropped: those
    with r_k = 0 or r_2k = r_k, to the rounding of the numbers. note: what must be said of them ("" for nothing).
    """

    k: int
    id: float
    stderr: float
    fisher: float
    distance: float
    n: int
    dropped: int
    note: str = ""


def gride(neighbours: Neighbours, columns: int | None = None) -> tuple[GridePoint, ...]:
    """The ID at k = 1, 2, 4, ... as far as the table reaches (2k <= its columns). Scales with fewer than 10 usable
    points or too many ties are left out. columns: of the points that vary, where that is known. Raises PointsError when
    no scale is left."""
    ks = [2**j for j in range(20) if 2 ** (j + 1) <= neighbours.k]
    points, reason = [], ""
    for k in ks:
        try:
            point = gride_at(neighbours, k, columns)
        except PointsError as error:  # equal steps are seen at some scales, and not at others
            point, reason = None, reason or str(error)
        if point:
            points.append(point)
    if not points:
        few = (
            f"Gride needs two neighbours of at least {MIN_POINTS} points with r_2k > r_k > 0; the table has "
            f"{neighbours.k} neighbours of {neighbours.n} points."
        )
        raise PointsError(reason or few)
    return tuple(points)


def gride_at(neighbours: Neighbours, k: int, columns: int | None = None) -> GridePoint | None:
    """The ID from the ratios r_2k / r_k. None for fewer than 10 usable points. Raises PointsError for k < 1 or 2k
    beyond the table, too many ties, or an ID that so few columns cannot have (`ties`)."""
    if not 1 <= k <= neighbours.k // 2:
        raise PointsError(f"k must be from 1 to {neighbours.k // 2}, half the neighbours in the table; it is {k}.")
    near, far = neighbours.distances[:, k - 1], neighbours.distances[:, 2 * k - 1]
    ratios = ties.ratios(near, far, neighbours.rounding, memoryless=k == 1)
    used, log_mu, n = ratios.used, ratios.log_mu, len(ratios.used)
    if n < MIN_POINTS:
        return None
    d = maximise(log_mu, k)
    information = fisher_information(d, log_mu, k)
    score = -(k - 1) * log_mu / np.expm1(-d * log_mu) - (2 * k - 1) * log_mu
    influence = np.zeros(neighbours.n)
    influence[used] = (score - score.mean()) / information
    stderr = error_bar(influence, neighbours.indices[:, : 2 * k]).stderr
    notes = (
        ties.judged(ratios, d),
        ties.within_columns(d, stderr, columns),
        ties.equal_steps(neighbours) if k > 1 else "",
    )
    return GridePoint(
        k=k,
        id=d,
        stderr=stderr,
        fisher=information**-0.5,
        distance=float(far[used].mean()),
        n=n,
        dropped=neighbours.n - n,
        note=" ".join(filter(None, notes)),
    )


def maximise(log_mu: Float64[np.ndarray, " n"], k: int) -> float:
    """Root of the score (n - 1) / d + (k - 1) sum L / (1 - exp(-d L)) - (2k - 1) sum L, L = log mu. It falls and is
    convex in d, so Newton's steps from the left of the root climb to it without overshooting."""
    n, total = len(log_mu), log_mu.sum()
    d = (n - 1) / (k * total)
    for _ in range(100):
        score = (n - 1) / d - (k - 1) * np.sum(log_mu / np.expm1(-d * log_mu)) - (2 * k - 1) * total
        step = score / fisher_information(d, log_mu, k)
        d += step
        if abs(step) <= 1e-12 * d:
            break
    return float(d)


def fisher_information(d: float, log_mu: Float64[np.ndarray, " n"], k: int) -> float:
    """Minus the derivative of the score (with n for n - 1): n / d**2 + (k - 1) sum (L / (2 sinh(d L / 2)))**2."""
    half = np.minimum(d * log_mu / 2, 300.0)  # sinh would overflow; the term is 0 there anyway
    return float(len(log_mu) / d**2 + (k - 1) * np.sum((log_mu / (2 * np.sinh(half))) ** 2))


def _estimate(geometry: LayerGeometry, reading: Reading) -> Estimate:
    k = neighbours(geometry, reading)
    point = gride_at(geometry.neighbours, k // 2, geometry.columns)
    if point is None:
        raise PointsError(f"Gride needs at least {MIN_POINTS} points with r_2k > r_k > 0.")
    ratio = f"r{k} / r{k // 2}".translate(SUBSCRIPTS)
    return Estimate("Gride", point.id, point.stderr, point.n, noted(f"ratios {ratio}", point.note))


ESTIMATOR = Estimator(
    name="Gride",
    title="Gride",
    words="Compares the k-th neighbour with the (k/2)-th, with all points: less noise at a larger scale, where "
    "curvature and edges count more.",
    formula=r"p(\mu) = \frac{d \, (\mu^d - 1)^{k/2 - 1}}{B(k/2, k/2) \, \mu^{(k - 1) d + 1}}, \qquad "
    r"\mu = \frac{r_k}{r_{k/2}}",
    source="Denti, Doimo, Laio, Mira, *The generalized ratios intrinsic dimension estimator*, Scientific Reports "
    "12:20005 (2022)",
    needs=("neighbours",),
    function=_estimate,
)
