import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idcore.errors import PointsError, RequestError
from idcore.estimators import maximum_likelihood, twonn
from idcore.estimators.twonn import TwoNN
from idcore.record import Neighbours
from tests.tools.build_record import brute_neighbours
from tests.tools.manifolds import cube, gaussian, line, rotation, sphere, swiss_roll

seeds = st.integers(0, 10_000)
few = settings(max_examples=8, deadline=None)


def twonn_of(x: np.ndarray, discard: float = 0.1) -> TwoNN:
    return twonn.from_neighbours(brute_neighbours(x, 2), discard)


def pareto(n: int, d: float, seed: int) -> np.ndarray:
    """r2 of n independent points with r1 = 1 and exactly the distribution that TwoNN assumes."""
    return np.random.default_rng(seed).random(n) ** (-1 / d)


def by_the_book(x: np.ndarray, discard: float) -> float:
    """Facco et al. 2017, section "the TWO-NN algorithm", point by point."""
    mu = []
    for i, point in enumerate(x):
        distances = sorted(float(np.sqrt(np.sum((point - other) ** 2))) for j, other in enumerate(x) if j != i)
        mu.append(distances[1] / distances[0])
    mu = sorted(mu)
    n = len(mu)
    pairs = [(np.log(m), -np.log(1 - i / n)) for i, m in enumerate(mu, start=1) if i <= n * (1 - discard) and i < n]
    return sum(a * b for a, b in pairs) / sum(a * a for a, _ in pairs)


@pytest.mark.parametrize("discard", [0.0, 0.1, 0.35])
def test_twonn_is_the_algorithm_of_the_paper(discard):
    x = gaussian(60, 4)
    assert twonn_of(x, discard).id == pytest.approx(by_the_book(x, discard), rel=1e-12)


@pytest.mark.parametrize("d", range(1, 11))
def test_twonn_finds_the_dimension_of_a_hypercube(d):
    # The faces of the cube take neighbours away, the more the higher d: the ID comes out low.
    low = 0.93 if d <= 3 else 0.8
    assert low * d < twonn_of(cube(1000, d)).id < 1.07 * d


@pytest.mark.parametrize(
    ("x", "d", "tolerance"),
    [
        (gaussian(1000, 5), 5, 0.08),
        (gaussian(1000, 10), 10, 0.12),
        (sphere(1000, 2), 2, 0.08),
        (sphere(1000, 6), 6, 0.08),
        (swiss_roll(1000), 2, 0.08),
        (line(1000), 1, 0.08),
    ],
    ids=["gaussian 5", "gaussian 10", "sphere 2", "sphere 6", "swiss roll", "line"],
)
def test_twonn_finds_the_dimension_of_known_manifolds(x, d, tolerance):
    assert twonn_of(x).id == pytest.approx(d, rel=tolerance)


@few
@given(seeds, seeds)
def test_twonn_does_not_change_under_rotation(seed, turn):
    x = gaussian(80, 5, seed)
    assert twonn_of(x @ rotation(5, turn)).id == pytest.approx(twonn_of(x).id, rel=1e-9)


@few
@given(seeds, st.floats(1e-30, 1e30))
def test_twonn_does_not_change_with_the_unit_of_length(seed, factor):
    x = gaussian(80, 3, seed)
    a, b = twonn_of(x), twonn_of(factor * x)
    assert (a.id, a.stderr) == pytest.approx((b.id, b.stderr), rel=1e-9)


@few
@given(seeds, st.floats(-100, 100))
def test_twonn_does_not_change_under_translation(seed, shift):
    x = gaussian(80, 3, seed)
    assert twonn_of(x + shift).id == pytest.approx(twonn_of(x).id, rel=1e-9)


@few
@given(seeds)
def test_twonn_and_its_error_do_not_depend_on_the_order_of_the_points(seed):
    x = gaussian(80, 3, seed)
    a, b = twonn_of(x), twonn_of(x[np.random.default_rng(seed).permutation(80)])
    assert (a.id, a.stderr, a.r2) == pytest.approx((b.id, b.stderr, b.r2), rel=1e-9)


@few
@given(seeds)
def test_twonn_does_not_change_under_isometric_embedding(seed):
    x = gaussian(80, 3, seed)
    isometry = rotation(20, seed)[:3]
    assert twonn_of(x @ isometry).id == pytest.approx(twonn_of(x).id, rel=1e-9)


def test_the_parts_of_a_fit_belong_together():
    fit = twonn_of(gaussian(200, 4), 0.25)
    assert fit.n == 200 and fit.dropped == 0 and fit.kept.sum() == 150
    assert (np.diff(fit.log_mu) >= 0).all() and fit.kept[:150].all()
    assert np.exp(fit.log_survival[:-1]) == pytest.approx(1 - np.arange(1, 200) / 200)
    assert fit.log_survival[-1] == -np.inf and not fit.kept[-1]


def test_the_last_point_is_never_fitted_even_when_nothing_is_discarded():
    fit = twonn_of(gaussian(50, 4), 0.0)
    assert fit.kept.sum() == 49 and np.isfinite(fit.id)


def test_r_squared_is_near_one_for_a_pareto_law_and_not_for_two_heaps_of_ratios():
    good = twonn.fit(np.ones(1000), pareto(1000, 5.0, 0))
    heaps = np.repeat([1.0001, 10.0], 500) + 1e-5 * np.arange(1000)
    assert good.r2 > 0.99 and twonn.fit(np.ones(1000), heaps).r2 < 0.6


def test_points_on_top_of_each_other_or_with_equal_distances_are_dropped_and_counted():
    r2 = 1 + pareto(100, 3.0, 1)
    r1 = np.ones(100)
    clean = twonn.fit(r1[10:], r2[10:])
    r1[:4] = 0.0
    r2[4:10] = 1.0
    fit = twonn.fit(r1, r2, dropped=7)
    assert (fit.n, fit.dropped, fit.id) == (90, 17, clean.id)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"discard": 0.95}, "at least 10 points to fit and has 5"),
        ({"r1": np.ones(99)}, r"must both be \(n,\)"),
        ({"r1": np.ones((100, 1))}, r"must both be \(n,\)"),
        ({"r1": np.full(100, np.nan)}, "must be finite"),
        ({"r2": np.full(100, np.inf)}, "must be finite"),
        ({"r1": np.full(100, 3.0)}, "0 <= r1 <= r2"),
        ({"r1": np.full(100, -1.0)}, "0 <= r1 <= r2"),
        ({"r1": np.zeros(100)}, "of 100 points 100 were dropped"),
        ({"r1": np.full(100, 2.0)}, "100 of 100 ratios are ties"),
        ({"r1": np.ones(5), "r2": np.full(5, 2.0)}, "at least 10 points"),
        ({"r1": np.ones(0), "r2": np.ones(0)}, "of 0 points"),
    ],
)
@pytest.mark.parametrize("estimate", [twonn.fit, maximum_likelihood.mle])
def test_what_cannot_be_fitted_is_refused_with_a_sentence(estimate, change, sentence):
    arguments = {"r1": np.ones(100), "r2": np.full(100, 2.0), "discard": 0.1} | change
    with pytest.raises(PointsError, match=sentence):
        estimate(**arguments)


@pytest.mark.parametrize("discard", [-0.1, 1.0, float("nan"), "x", True])
@pytest.mark.parametrize("estimate", [twonn.fit, maximum_likelihood.mle])
def test_a_fraction_that_cannot_be_discarded_is_refused(estimate, discard):
    with pytest.raises(RequestError, match=f"discarded fraction .* not {discard!r}"):
        estimate(np.ones(100), np.full(100, 2.0), discard)


def test_a_table_with_one_neighbour_is_refused():
    with pytest.raises(PointsError, match="needs two neighbours"):
        twonn.from_neighbours(brute_neighbours(gaussian(50, 3), 1))


def test_the_influence_of_a_point_is_the_fit_without_it():
    log_mu = np.sort(np.random.default_rng(0).exponential(size=40))
    fitted = 36
    without = []
    for i in range(40):
        x = np.delete(log_mu, i)[: fitted - 1]
        y = -np.log1p(-np.arange(1, fitted) / 39)
        without.append(x @ y / (x @ x))
    assert twonn._influence(log_mu, fitted) == pytest.approx(np.array(without) - np.mean(without), abs=1e-12)


@pytest.mark.parametrize(("cloud", "d"), [(cube, 1), (cube, 2), (cube, 5), (gaussian, 10)])
def test_the_standard_error_is_the_spread_over_independent_samples(cloud, d):
    fits = [twonn_of(cloud(250, d, seed)) for seed in range(150)]
    spread = np.std([fit.id for fit in fits], ddof=1)  # known to 6 % from 150 samples
    assert np.mean([fit.stderr for fit in fits]) == pytest.approx(spread, rel=0.18)


def test_without_the_neighbours_numbers_the_error_is_too_small_in_low_dimension():
    tables = [brute_neighbours(cube(200, 2, seed), 2) for seed in range(150)]
    spread = np.std([twonn.from_neighbours(t).id for t in tables], ddof=1)
    blind = np.mean([twonn.fit(t.distances[:, 0], t.distances[:, 1]).stderr for t in tables])
    assert 0.6 < blind / spread < 0.92


def test_the_bars_of_the_paper_are_about_half_the_true_error():
    tables = [brute_neighbours(gaussian(250, 5, seed), 10) for seed in range(60)]
    spread = np.std([twonn.from_neighbours(t).id for t in tables], ddof=1)
    bars = np.mean([twonn.paper_bars(t) for t in tables[:25]])
    assert 0.4 < bars / spread < 0.75


def test_the_bars_of_the_paper_find_neighbours_anew_in_each_subset():
    x = gaussian(120, 3)
    random = np.random.default_rng(7)
    ids = [twonn_of(x[np.sort(random.permutation(120)[:108])]).id for _ in range(5)]
    assert twonn.paper_bars(brute_neighbours(x, 119), resamples=5, seed=7) == pytest.approx(np.std(ids, ddof=1))
    with pytest.raises(PointsError, match="10 neighbours"):
        twonn.paper_bars(brute_neighbours(x, 4))


def test_maximum_likelihood_is_unbiased_and_its_interval_covers_the_truth():
    for discard in (0.0, 0.2):
        fits = [maximum_likelihood.mle(np.ones(30), pareto(30, 4.0, seed), discard) for seed in range(2000)]
        assert np.mean([f.id for f in fits]) == pytest.approx(4.0, rel=0.02)
        # 2000 samples know a coverage of 95 % to 0.5 %
        assert np.mean([f.low < 4.0 < f.high for f in fits]) == pytest.approx(0.95, abs=0.015)


def test_the_interval_of_maximum_likelihood_covers_less_on_clouds_whose_points_share_neighbours():
    tables = [brute_neighbours(cube(200, 2, seed), 2).distances for seed in range(200)]
    fits = [maximum_likelihood.mle(r[:, 0], r[:, 1]) for r in tables]
    truth = np.mean([f.id for f in fits])
    assert 0.82 < np.mean([f.low < truth < f.high for f in fits]) < 0.95


def test_maximum_likelihood_is_n_minus_one_over_the_sum_of_log_mu():
    r2 = pareto(100, 3.0, 0)
    assert maximum_likelihood.mle(np.ones(100), r2).id == pytest.approx(99 / np.log(r2).sum(), rel=1e-12)
    with pytest.raises(PointsError, match="confidence level"):
        maximum_likelihood.mle(np.ones(100), r2, level=1.0)


def test_the_slider_is_answered_in_as_many_steps_for_many_samples_as_for_few():
    def steps(n):
        """Calls of functions, of Python and of C."""
        table = Neighbours(np.random.default_rng(0).integers(0, n, (n, 2)), np.sort(cube(n, 2), axis=1))
        twonn.from_neighbours(table)  # what is made at the first call is not counted
        calls = []
        sys.setprofile(lambda _, event, __: calls.append(event) if event.endswith("call") else None)
        try:
            twonn.from_neighbours(table)
        finally:
            sys.setprofile(None)
        return len(calls)

    assert 0 < steps(2000) == steps(50)
