"""TwoNN: the intrinsic dimension from the distances r1, r2 of each point to its two nearest neighbours.

Facco, d'Errico, Rodriguez, Laio, "Estimating the intrinsic dimension of datasets by a minimal neighborhood
information", Scientific Reports 7:12140 (2017). On a uniform patch of dimension d the ratio mu = r2 / r1 is Pareto:
F(mu) = 1 - mu**-d, so -log(1 - F) against log(mu) is a line through the origin with slope d.
"""

from dataclasses import dataclass, replace

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import ties
from idcore.estimators.error_bar import ErrorBar, error_bar
from idcore.estimators.estimator import Estimate, Estimator, interval_words, noted
from idcore.given import unmasked
from idcore.record import LayerGeometry, Neighbours
from idcore.shapes import Bool, Float64
from idcore.spec import USUAL, Reading
from idcore.text import brief

MIN_POINTS = 10


@dataclass(frozen=True, eq=False)
class TwoNN:
    """A TwoNN fit.

    id: the slope. stderr: one standard error, by the jackknife of `error_bar`; freedom: its degrees of freedom.
    n: points used. dropped: points left out because r1 = 0 or r1 = r2, both to the rounding of the numbers, and
    duplicates that were merged before. ties: those with r1 = r2. note: what must be said of the ID ("" for nothing).
    log_mu: (n,) float64, rising. log_survival: (n,) float64, log(1 - F_i) with F_i = i / n for i = 1 ... n; the last
    one is -inf. kept: (n,) bool, the points that were fitted: the lowest 1 - discard of them, never the last one.
    discard: the fraction asked for. r2: share of the variance of log_survival (about its mean, over the kept points)
    that the line explains; negative where a constant would do better.
    """

    id: float
    stderr: float
    n: int
    dropped: int
    log_mu: Float64[np.ndarray, " n"]
    log_survival: Float64[np.ndarray, " n"]
    kept: Bool[np.ndarray, " n"]
    discard: float
    r2: float
    freedom: float = np.inf
    ties: int = 0
    note: str = ""

    __repr__ = brief

    @property
    def interval(self) -> tuple[float, float]:
        """The ends of the 95 % interval: what the mean over other draws of as many points may be."""
        half = ErrorBar(self.stderr, self.freedom).half_width
        return self.id - half, self.id + half


def fit(
    r1: np.ndarray,
    r2: np.ndarray,
    discard: float = USUAL.discard,
    *,
    dropped: int = 0,
    indices: np.ndarray | None = None,
    rounding: float = 0.0,
) -> TwoNN:
    """Least squares through the origin, as in the paper.

    r1, r2: (n,) float, distances to the first and second nearest neighbour. discard: fraction of the largest mu that
    is left out, in [0, 1). dropped: points that were left out before (merged duplicates), added to the count.
    indices: (n, 2) int, which points these neighbours are; without them the error takes the points as independent
    and comes out at 0.75 (d = 1) to 0.9 (d = 10) of the true one. rounding: of the distances (`Neighbours.rounding`).
    Raises PointsError for a wrong shape, NaN, r1 > r2, fewer than 10 points to fit, or too many ties (`ties.ratios`,
    `ties.judged`); RequestError for discard outside [0, 1).
    """
    ratios = usable(r1, r2, discard, rounding)
    log_mu, used = ratios.log_mu, ratios.used
    n, fitted = len(log_mu), fitted_points(len(log_mu), discard)
    order = np.argsort(log_mu, kind="stable")
    log_mu, log_survival = log_mu[order], _log_survival(n)
    x, y = log_mu[:fitted], -log_survival[:fitted]
    slope = float(x @ y / (x @ x))
    note = ties.judged(ratios, slope)
    influence = np.zeros(len(r1))
    influence[used[order]] = _influence(log_mu, fitted)
    bar = error_bar(influence, indices)
    return TwoNN(
        id=slope,
        stderr=bar.stderr,
        freedom=bar.freedom,
        n=n,
        dropped=dropped + len(r1) - n,
        log_mu=log_mu,
        log_survival=log_survival,
        kept=np.arange(n) < fitted,
        discard=float(discard),
        r2=float(1 - np.sum((y - slope * x) ** 2) / np.sum((y - y.mean()) ** 2)),
        ties=ratios.ties,
        note=note,
    )


def from_neighbours(neighbours: Neighbours, discard: float = USUAL.discard, dropped: int = 0) -> TwoNN:
    """`fit` on the first two columns of a table; it must have at least two. dropped: duplicates merged before.
    Raises PointsError."""
    if neighbours.k < 2:
        raise PointsError(f"TwoNN needs two neighbours of each point; the table has {neighbours.k}.")
    r1, r2 = neighbours.distances[:, 0], neighbours.distances[:, 1]
    indices = neighbours.indices[:, :2]
    return fit(r1, r2, discard, dropped=dropped, indices=indices, rounding=neighbours.rounding)


def twonn_of_layer(geometry: LayerGeometry, discard: float = USUAL.discard) -> TwoNN:
    """TwoNN of a layer: fitted on its distinct points, duplicates counted in `dropped`. Raises PointsError, also for an
    ID that the layer has too few units for (`ties.within_columns`)."""
    if geometry.note:
        raise PointsError(geometry.note)
    fit = from_neighbours(geometry.neighbours, discard, dropped=geometry.duplicates)
    return within(fit, geometry.columns)


def paper_bars(neighbours: Neighbours, discard: float = USUAL.discard, resamples: int = 20, seed: int = 0) -> float:
    """The error bar of Ansuini et al. 2019: standard deviation of the ID over random subsets of 90 % of the points,
    with the neighbours found anew in each subset (from the table).

    Too small: the subsets share most of their points, so that the bar is about 0.57 of the true error. Offered only
    to compare with published figures; `TwoNN.stderr` is the error to trust. Raises PointsError for a table with fewer
    than 10 neighbours a point (unless it holds all of them).
    """
    n, k = neighbours.n, neighbours.k
    if k < min(10, n - 1):
        raise PointsError(f"The paper's bars need 10 neighbours of each point; the table has {k}.")
    random = np.random.default_rng(seed)
    ids = []
    for _ in range(resamples):
        chosen = np.zeros(n, bool)
        chosen[random.permutation(n)[: round(0.9 * n)]] = True
        inside = chosen[neighbours.indices[chosen]]  # (m, k): which of the neighbours are in the subset
        rank = np.cumsum(inside, axis=1)
        enough = rank[:, -1] >= 2
        columns = np.stack([np.argmax(rank >= 1, axis=1), np.argmax(rank >= 2, axis=1)], axis=1)[enough]
        r = np.take_along_axis(neighbours.distances[chosen][enough], columns, axis=1)
        ids.append(fit(r[:, 0], r[:, 1], discard, rounding=neighbours.rounding).id)
    return float(np.std(ids, ddof=1))


def within(fit: TwoNN, columns: int) -> TwoNN:
    """The fit with what must be said of it where no more columns vary. Raises PointsError (`ties.within_columns`)."""
    return replace(fit, note=" ".join(filter(None, (fit.note, ties.within_columns(fit.id, fit.stderr, columns)))))


def usable(r1: np.ndarray, r2: np.ndarray, discard: float, rounding: float) -> ties.Ratios:
    """Checks, and drops points with r1 = 0 or r1 = r2."""
    r1, r2 = (np.asarray(unmasked(r, "The distances"), dtype=np.float64) for r in (r1, r2))
    Reading(discard)
    if r1.ndim != 1 or r1.shape != r2.shape:
        raise PointsError(f"r1 and r2 must both be (n,); they are {r1.shape} and {r2.shape}.")
    if not (np.isfinite(r1).all() and np.isfinite(r2).all()):
        raise PointsError("r1 and r2 must be finite; there is a NaN or an infinity among them.")
    if (r1 < 0).any() or (r1 > r2).any():
        raise PointsError("Distances must satisfy 0 <= r1 <= r2 at every point.")
    ratios = ties.ratios(r1, r2, rounding)
    used = ratios.used
    fitted = fitted_points(len(used), discard)
    if fitted < MIN_POINTS:
        raise PointsError(
            f"TwoNN needs at least {MIN_POINTS} points to fit and has {max(fitted, 0)}: of {len(r1)} points "
            f"{len(r1) - len(used)} were dropped (r1 = 0 or r1 = r2, to the rounding of the numbers) and {discard:.0%} "
            f"of the others discarded. Take more points or discard less."
        )
    return ratios


def fitted_points(n: int, discard: float) -> int:
    """Number of points that are fitted; rounding guards against 10 * (1 - 0.9) = 0.9999..."""
    return min(int(round(n * (1 - discard), 9)), n - 1)


def _log_survival(n: int) -> Float64[np.ndarray, " n"]:
    """log(1 - i / n) for i = 1 ... n, (n,) float64; the last is -inf."""
    return np.append(np.log1p(-np.arange(1, n) / n), -np.inf)


def _influence(log_mu: Float64[np.ndarray, " n"], fitted: int) -> Float64[np.ndarray, " n"]:
    """Slopes with one point left out, less their mean, (n,); log_mu (n,) rising. All n in one pass of running sums:
    the points above the one left out move down by one rank."""
    f = fitted - 1
    y = -_log_survival(len(log_mu) - 1)[:f]
    below = np.append(0.0, np.cumsum(log_mu[:f] * y))  # points that keep their rank
    above = np.append(0.0, np.cumsum(log_mu[1 : f + 1] * y))  # points that move down
    slopes = np.full(len(log_mu), below[f])
    slopes[: f + 1] += below - below[f] + above[f] - above
    squares = np.sum(log_mu[: f + 1] ** 2)
    slopes /= squares - log_mu[np.minimum(np.arange(len(log_mu)), f)] ** 2
    slopes -= slopes.mean()
    return slopes


def _estimate(geometry: LayerGeometry, reading: Reading) -> Estimate:
    fit = twonn_of_layer(geometry, reading.discard)
    if reading.bars == "paper":
        error = paper_bars(geometry.neighbours, reading.discard)
        from_ = "spread over subsets of 90%: too small, about 0.57 of the error"
        return Estimate("TwoNN", fit.id, error, fit.n, noted(from_, fit.note))
    return Estimate("TwoNN", fit.id, fit.stderr, fit.n, noted(interval_words(fit.interval), fit.note))


ESTIMATOR = Estimator(
    name="TwoNN",
    title="TwoNN, least squares",
    words="The slope of the neighbour-ratio fit, as in the paper: robust, for the tail can be left out and the fit can "
    "be looked at.",
    formula=r"-\log\bigl(1 - F(\mu)\bigr) = d \, \log \mu",
    source="Facco, d'Errico, Rodriguez, Laio, *Estimating the intrinsic dimension of datasets by a minimal "
    "neighborhood information*, Scientific Reports 7:12140 (2017)",
    needs=("discard", "bars"),
    function=_estimate,
)
