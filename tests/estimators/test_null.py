"""What similarity chance gives: known means, a level that is kept, and layers that are alike stand out."""

import numpy as np
import pytest

from idcore.errors import PointsError
from idcore.estimators.cka import cka_of_points
from idcore.estimators.null import calibrate, cka_null, overlap_null, threshold
from idcore.estimators.overlap import overlap
from tests.tools.build_record import brute_geometry, brute_neighbours
from tests.tools.manifolds import gaussian

X, Y = gaussian(150, 6), gaussian(150, 40, 1) * np.geomspace(3, 0.1, 40)


def test_overlap_by_chance_is_k_of_n_less_one_and_each_permutation_is_that_of_permuted_tables():
    a, b = brute_neighbours(X, 10), brute_neighbours(Y, 10)
    null = overlap_null([a], [b, a], 10, 50)
    assert null.mean() == pytest.approx(10 / 149, abs=0.003)
    order = np.random.default_rng(0).permutation(150)
    assert null[0, 0, 0] == pytest.approx(overlap(a, brute_neighbours(Y[order], 10), 10))


@pytest.mark.parametrize("debiased", [True, False])
def test_cka_by_chance_is_that_of_permuted_rows(debiased):
    null = cka_null([brute_geometry(X, "x")], [brute_geometry(Y, "y"), brute_geometry(X, "x")], debiased, 30)
    random = np.random.default_rng(0)
    for s in range(5):
        order = random.permutation(150)
        assert null[s, 0, 0] == pytest.approx(cka_of_points(X, Y[order], debiased), abs=3e-3)
    if debiased:
        assert abs(null.mean()) < 0.01


def test_what_is_alike_stands_above_chance_and_what_is_not_below_it():
    null = cka_null([brute_geometry(X, "x")], [brute_geometry(X, "x")], True, 200)[:, 0, 0]
    alike, apart = calibrate(1.0, null), calibrate(float(np.median(null)), null)
    assert alike.p == pytest.approx(1 / 201) and alike.calibrated == 1 and alike.quantile < 0.1
    assert apart.p > 0.4 and apart.calibrated == 0


def test_the_threshold_of_a_matrix_is_above_that_of_a_pair_and_leaves_the_diagonal_out():
    null = np.random.default_rng(0).normal(size=(400, 3, 3))
    assert threshold(null) > threshold(null[:, :1, :1])
    null[:, [0, 1, 2], [0, 1, 2]] = 99
    assert threshold(null) == 99 and threshold(null, symmetric=True) < 5
    assert threshold(null[:, :1, :1], symmetric=True) == -np.inf


def test_independent_similarities_pass_the_level_as_often_as_it_says():
    random = np.random.default_rng(1)
    passed = [calibrate(random.normal(), random.normal(size=99), most=9).p <= 0.05 for _ in range(400)]
    assert np.mean(passed) == pytest.approx(0.05, abs=0.03)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: calibrate(0.5, np.zeros(0)), "one permutation or more"),
        (lambda: calibrate(float("nan"), np.zeros(3)), "not finite"),
        (lambda: overlap_null([brute_neighbours(X, 5)], [brute_neighbours(X[:99], 5)], 5), "150 and 99"),
        (lambda: overlap_null([brute_neighbours(X, 5)], [brute_neighbours(X, 5)], 6), "from 1 to 5"),
        (lambda: cka_null([brute_geometry(X)], [brute_geometry(X[:99])]), "the same samples"),
    ],
)
def test_what_cannot_be_compared_with_chance_is_refused(call, words):
    with pytest.raises(PointsError, match=words):
        call()
