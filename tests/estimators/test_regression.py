"""Correlation and regression over a handful of networks."""

import numpy as np
import pytest

from idcore.errors import PointsError
from idcore.estimators import regression
from idcore.paper import published

X = np.array([1.0, 2, 3, 4, 5, 6, 7, 8])


def _noisy(n: int, r: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    x, noise = np.random.default_rng(seed).normal(size=(2, n))
    return x, r * x + np.sqrt(1 - r**2) * noise


def test_a_line_is_found_exactly():
    found = regression.line(X, 3 - 2 * X)
    assert (found.slope, found.intercept) == pytest.approx((-2, 3))


def test_the_line_is_that_of_numpy():
    x, y = _noisy(30, 0.6, 1)
    assert (regression.line(x, y).slope, regression.line(x, y).intercept) == pytest.approx(tuple(np.polyfit(x, y, 1)))


def test_pearson_is_that_of_numpy_and_does_not_change_under_scale_and_shift():
    x, y = _noisy(30, 0.6, 2)
    found = regression.pearson(x, y)
    assert found.value == pytest.approx(np.corrcoef(x, y)[0, 1])
    moved = regression.pearson(100 * x - 7, 0.01 * y + 3)
    assert (moved.value, moved.low, moved.high) == pytest.approx((found.value, found.low, found.high))
    assert regression.pearson(x, -y).value == pytest.approx(-found.value)


def test_spearman_sees_the_order_alone():
    assert regression.spearman(X, np.exp(X)).value == pytest.approx(1)
    assert regression.pearson(X, np.exp(X)).value < 0.9
    x, y = _noisy(40, 0.5, 3)
    a, b = regression.spearman(x, y), regression.spearman(x**3, np.exp(y))
    assert (a.value, a.low, a.high) == pytest.approx((b.value, b.low, b.high))


def test_equal_values_share_their_rank():
    from scipy.stats import spearmanr

    x, y = np.array([1, 1, 2, 2, 3, 4, 4.0]), np.array([2, 1, 1, 3, 3, 3, 5.0])
    assert regression.spearman(x, y).value == pytest.approx(spearmanr(x, y).statistic)


def test_the_interval_holds_the_true_correlation_nearly_as_often_as_it_says():
    """95 % is promised; with 30 pairs the percentile interval of the bootstrap is known to be somewhat too narrow."""
    true, held = 0.6, 0
    for seed in range(200):
        found = regression.pearson(*_noisy(30, true, seed), draws=400, seed=seed)
        held += found.low <= true <= found.high
    assert 0.87 <= held / 200 <= 0.985


def test_the_interval_says_that_unrelated_values_are_unrelated_and_holds_its_value():
    found = regression.pearson(*_noisy(20, 0.0, 5))
    assert found.low < 0 < found.high and found.low <= found.value <= found.high
    assert found.n == 20 and found.draws == 2000


def test_the_same_pairs_give_the_same_interval():
    assert regression.spearman(*_noisy(15, 0.4, 6)) == regression.spearman(*_noisy(15, 0.4, 6))


def test_draws_without_a_correlation_are_left_out_and_counted():
    found = regression.pearson(np.array([0, 0, 0, 1.0]), np.array([0, 1, 0, 2.0]))
    assert 0 < found.draws < 2000 and np.isfinite([found.low, found.high]).all()


def test_the_paper_s_figure_4_has_the_correlation_that_the_paper_tells():
    points = published.figure("4").series[0].points
    found = regression.pearson(np.array([p.x for p in points]), np.array([p.id for p in points]))
    assert found.value == pytest.approx(0.94, abs=0.01) and found.n == 14 and found.low > 0.8


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        ([1, 2, 3], [1, 2, 3], "at least 4 pairs"),
        ([1, 2, 3, 4], [5, 5, 5, 5], "the same for all"),
        ([1, 2, 3, np.nan], [1, 2, 3, 4], "finite"),
        ([1, 2, 3, 4], [1, 2, 3], "one value for each"),
    ],
)
def test_what_has_no_correlation_is_refused_in_a_sentence(x, y, said):
    with pytest.raises(PointsError, match=said):
        regression.pearson(np.array(x, float), np.array(y, float))
    with pytest.raises(PointsError, match="same horizontal place"):
        regression.line(np.ones(5), np.arange(5.0))
