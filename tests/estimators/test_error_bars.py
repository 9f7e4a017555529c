"""Bars that are what they say: how far another draw of as many samples would move the estimate."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from idcore.estimators import error_bar, maximum_likelihood, twonn
from idcore.estimators.scale import scale
from idcore.estimators.summary import summarise
from idcore.learn.measure import nearest
from tests.tools.build_record import brute_geometry
from tests.tools.manifolds import cube, gaussian, line, sphere, swiss_roll

CLOUDS = {
    "line": line,
    "gaussian 2": lambda n, seed: gaussian(n, 2, seed),
    "gaussian 5": lambda n, seed: gaussian(n, 5, seed),
    "gaussian 10": lambda n, seed: gaussian(n, 10, seed),
    "gaussian 20": lambda n, seed: gaussian(n, 20, seed),
    "sphere 2": lambda n, seed: sphere(n, 2, seed),
    "sphere 5": lambda n, seed: sphere(n, 5, seed),
    "swiss roll": swiss_roll,
}
DRAWS = 150


@cache
def fits(cloud: str, n: int) -> list[twonn.TwoNN]:
    return [twonn.from_neighbours(nearest(CLOUDS[cloud](n, 5000 + seed))) for seed in range(DRAWS)]


def covered(estimates: list[twonn.TwoNN]) -> float:
    """Share of the intervals that hold the mean over the draws, less the noise of that mean itself."""
    truth = np.mean([fit.id for fit in estimates])
    return float(np.mean([fit.interval[0] < truth < fit.interval[1] for fit in estimates]))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_an_interval_of_95_percent_covers_the_mean_over_draws_in_about_95_percent(cloud):
    # 150 draws know a coverage of 95 % to 1.8 %; bars from a few random blocks cover in 71 to 90 %
    assert covered(fits(cloud, 200)) == pytest.approx(0.95, abs=0.045)


def test_over_all_clouds_the_coverage_is_95_percent_within_two():
    for n in (50, 200):
        assert np.mean([covered(fits(cloud, n)) for cloud in CLOUDS]) == pytest.approx(0.95, abs=0.02)


def test_one_bar_is_about_as_long_as_the_next():
    for cloud in CLOUDS:
        errors = [fit.stderr for fit in fits(cloud, 200)]
        assert np.std(errors) < 0.25 * np.mean(errors)  # from a few random blocks: half of it and more


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000))
def test_the_bars_of_a_layer_are_the_same_in_another_order_of_the_samples(seed):
    x = gaussian(200, 4, seed)
    order = np.random.default_rng(seed).permutation(200)
    a, b = summarise(brute_geometry(x, seed=1)), summarise(brute_geometry(x[order], seed=2))
    assert (a.id_err, a.id_low, a.id_high) == pytest.approx((b.id_err, b.id_low, b.id_high), rel=1e-9)


def test_the_degrees_of_freedom_are_those_that_the_scatter_of_the_bars_has():
    for cloud in ("gaussian 5", "sphere 2"):
        variances = np.array([fit.stderr**2 for fit in fits(cloud, 200)])
        seen = 2 * variances.mean() ** 2 / variances.var()
        assert 0.6 < np.median([fit.freedom for fit in fits(cloud, 200)]) / seen < 1.7


def test_with_few_points_the_interval_is_wider_than_two_normal_errors():
    found = fits("gaussian 5", 50)
    ratio = np.median([(fit.interval[1] - fit.id) / fit.stderr for fit in found])
    assert 2.1 < ratio < 3.2


@pytest.mark.parametrize("freedom", [3, 4, 7, 30, 1e6])
@pytest.mark.parametrize("probability", [0.9, 0.975, 0.995])
def test_the_quantile_of_t_is_that_of_scipy(freedom, probability):
    assert error_bar.t_quantile(probability, freedom) == pytest.approx(student.ppf(probability, freedom), rel=0.04)
    assert error_bar.t_quantile(0.975, freedom) == pytest.approx(student.ppf(0.975, freedom), rel=0.01)


def test_each_pair_of_neighbours_counts_once():
    influence = np.array([1.0, 2.0, -0.5, 0.25])
    indices = np.array([[1, 2], [0, 2], [1, 3], [2, 0]])  # 0-1, 1-2 and 2-3 are neighbours of each other
    pairs = [(0, 1), (0, 2), (1, 2), (2, 3), (0, 3)]
    variance = influence @ influence + 2 * sum(influence[a] * influence[b] for a, b in pairs)
    assert error_bar.error_bar(influence, indices).stderr == pytest.approx(variance**0.5)


def test_a_neighbour_that_is_not_among_the_points_is_left_out_of_the_sum():
    influence = np.array([1.0, 2.0, 0.5])
    known = error_bar.error_bar(influence, np.array([[1, -1], [0, -1], [-1, -1]]))
    assert known.stderr == pytest.approx((influence @ influence + 2 * 1.0 * 2.0) ** 0.5)


def test_neighbours_never_make_a_bar_shorter_than_that_of_independent_points():
    influence = np.array([1.0, -1.0] * 20)
    joined = np.arange(40)[:, None] ^ 1  # each with its opposite
    assert error_bar.error_bar(influence, joined) == error_bar.error_bar(influence)


@pytest.mark.parametrize("cloud", [lambda n, seed: cube(n, 2, seed), lambda n, seed: gaussian(n, 10, seed)])
def test_the_error_of_each_level_of_the_scale_is_the_spread_over_draws(cloud):
    found = [scale(brute_geometry(cloud(160, seed), levels=3, draws=1, k=2)) for seed in range(70)]
    for level in range(3):
        spread = np.std([points[level].id for points in found], ddof=1)  # known to 8 %
        assert np.mean([points[level].stderr for points in found]) == pytest.approx(spread, rel=0.25)


def test_the_error_of_the_linearised_id_is_its_spread_over_draws():
    rows = [summarise(brute_geometry(gaussian(100, 8, seed), draws=5, k=4, levels=1, seed=seed)) for seed in range(60)]
    spread = np.std([row.linearised_id for row in rows], ddof=1)  # known to 9 %
    assert np.mean([row.linearised_err for row in rows]) == pytest.approx(spread, rel=0.35)


def test_the_error_of_maximum_likelihood_knows_the_neighbours_too():
    for discard in (0.0, 0.1):
        found = [maximum_likelihood.mle_of(nearest(cube(200, 2, seed)), discard) for seed in range(120)]
        spread = np.std([fit.id for fit, _ in found], ddof=1)
        assert np.mean([bar.stderr for _, bar in found]) == pytest.approx(spread, rel=0.17)
        assert np.mean([(f.high - f.low) / 2 / 1.96 for f, _ in found]) < 0.95 * np.mean([b.stderr for _, b in found])
