"""TwoNN by maximum likelihood, from the same ratios as the fit of `twonn`."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import ties
from idcore.estimators.error_bar import ErrorBar, error_bar
from idcore.estimators.estimator import Estimate, Estimator, interval_words, noted
from idcore.estimators.twonn import fitted_points, usable
from idcore.record import LayerGeometry, Neighbours
from idcore.spec import Reading


@dataclass(frozen=True)
class MaximumLikelihood:
    """TwoNN by maximum likelihood. id: unbiased estimate. low, high: confidence interval of probability `level`.
    n: points used. dropped: points left out because r1 = 0 or r1 = r2. note: what must be said of it."""

    id: float
    low: float
    high: float
    level: float
    n: int
    dropped: int
    note: str = ""


def mle(
    r1: np.ndarray, r2: np.ndarray, discard: float = 0.0, level: float = 0.95, *, rounding: float = 0.0
) -> MaximumLikelihood:
    """Maximum likelihood: (n - 1) / sum log(mu), the unbiased form of the estimate from the law of Facco et al. 2017
    (density d * mu**(-d - 1)); n / sum log(mu) is too large by n / (n - 1).

    With `discard` the largest mu are censored: with f points fitted, T = sum of their log(mu) + (n - f) times the
    largest of them, and (f - 1) / T. d * T is Gamma(f) in both cases, which gives the interval (Denti, Doimo, Laio,
    Mira, Scientific Reports 12:20005 (2022), give it for discard = 0). The interval takes the points as independent:
    on clouds of low dimension, where neighbours share neighbours, one of 95 % covers in about 90 % of cases.
    Raises PointsError as `fit`.
    """
    if not 0 < level < 1:
        raise PointsError(f"The confidence level must lie between 0 and 1, not {level}.")
    ratios = usable(r1, r2, discard, rounding)
    log_mu = np.sort(ratios.log_mu)
    n = len(log_mu)
    fitted = fitted_points(n, discard) if discard else n
    total = float(log_mu[:fitted].sum() + (n - fitted) * log_mu[fitted - 1])
    low, high = (_gamma_quantile(fitted, p) / total for p in ((1 - level) / 2, (1 + level) / 2))
    id = (fitted - 1) / total
    return MaximumLikelihood(id, low, high, level, n, np.size(r1) - n, ties.judged(ratios, id))


def mle_of(neighbours: Neighbours, discard: float = 0.0) -> tuple[MaximumLikelihood, ErrorBar]:
    """`mle` of the first two columns of a table, with the error bar that knows who shares neighbours. Influence of a
    point: the score 1 / d - log(mu), or -log(mu) at the censoring for those left out, over the information f / d**2.
    Raises PointsError as `fit`."""
    r1, r2 = neighbours.distances[:, :2].T
    estimate = mle(r1, r2, discard, rounding=neighbours.rounding)
    ratios = usable(r1, r2, discard, neighbours.rounding)
    log_mu, used = ratios.log_mu, ratios.used
    fitted = fitted_points(len(log_mu), discard) if discard else len(log_mu)
    end = np.sort(log_mu)[fitted - 1]
    influence = np.zeros(len(r1))
    influence[used] = ((log_mu <= end) / estimate.id - np.minimum(log_mu, end)) * estimate.id**2 / fitted
    influence[used] -= influence[used].mean()
    return estimate, error_bar(influence, neighbours.indices[:, :2])


def _gamma_quantile(shape: int, probability: float) -> float:
    """Quantile of the Gamma distribution of unit scale by Wilson and Hilferty (1931); within 1 % of the distance to
    its mean for shape >= 10 and probabilities of usual intervals."""
    z = NormalDist().inv_cdf(probability)
    return float(shape * (1 - 1 / (9 * shape) + z / (3 * shape**0.5)) ** 3)


def _estimate(geometry: LayerGeometry, reading: Reading) -> Estimate:
    fit, bar = mle_of(geometry.neighbours, reading.discard)
    interval = interval_words((fit.id - bar.half_width, fit.id + bar.half_width))
    return Estimate("TwoNN ML", fit.id, bar.stderr, fit.n, noted(interval, fit.note))


ESTIMATOR = Estimator(
    name="TwoNN ML",
    title="TwoNN, maximum likelihood",
    words="Uses each ratio r₂ / r₁ once, with the most information that two neighbours hold. It rests on the law of "
    "the ratios more than the line does, and cannot be looked at.",
    formula=r"\hat d = \frac{N - 1}{\sum_i \log \mu_i}",
    source="Denti, Doimo, Laio, Mira, *The generalized ratios intrinsic dimension estimator*, Scientific Reports "
    "12:20005 (2022)",
    needs=("discard",),
    function=_estimate,
)
