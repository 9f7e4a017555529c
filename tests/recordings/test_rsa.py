"""RSA is Spearman's coefficient of the distances, whatever the record keeps of them; chance is near 0; repeats without
noise have a ceiling of 1."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import scipy.stats
import torch
from scipy.spatial.distance import pdist

import idcore
from idcore.errors import PointsError
from idcore.estimators import rsa
from idcore.estimators.between import between, ceiling
from idcore.estimators.null import threshold
from idcore.estimators.reliability import _halves, reliability
from idcore.estimators.same import reordered
from idcore.geometry.measure import measure
from idcore.record import Layer, apart_samples, from_entry, to_entry

RANDOM = np.random.default_rng(0)
LATENT = RANDOM.normal(size=(200, 5))


def area(units: int, noise: float = 0.5, n: int = 200, seed: int = 1) -> np.ndarray:
    """(n, units) noisy random mixture of what all areas here have in common."""
    random = np.random.default_rng(seed)
    return LATENT[:n] @ random.normal(size=(5, units)) + noise * random.normal(size=(n, units))


def record(x: np.ndarray, name: str = "layer", slices: int = 1, **more):
    parts = [torch.from_numpy(part.copy()) for part in np.array_split(x, slices, axis=1)]
    return measure(parts, Layer(name, 0, 0.0, "Matrix", (x.shape[1],), x.shape[1]), memory=2**28, draws=1, **more)


def spearman(x: np.ndarray, y: np.ndarray) -> float:
    return float(scipy.stats.spearmanr(pdist(x), pdist(y))[0])


@pytest.mark.parametrize("units", [(4, 9), (3, 400), (300, 170)], ids=["narrow", "narrow and wide", "wide"])
def test_it_is_spearmans_coefficient_of_all_distances_from_points_and_from_records(units):
    x, y = area(units[0]), area(units[1], seed=2)
    expected = spearman(x, y)
    found = idcore.rsa(x, y)
    assert found.value == pytest.approx(expected, abs=1e-12) and (found.n, found.pairs) == (200, 19_900)
    ((kept,),) = rsa.rsa_matrix([record(x)], [record(y, slices=3)])
    assert kept.value == pytest.approx(expected, abs=1e-5) and kept.pairs == found.pairs
    assert kept.error == pytest.approx(found.error, rel=1e-3)


def test_equal_distances_share_their_rank_from_points_and_from_records():
    x, y = (np.random.default_rng(seed).integers(0, 2, (60, 4)).astype(np.float64) for seed in (0, 1))
    expected = spearman(x, y)
    assert idcore.rsa(x, y).value == pytest.approx(expected, abs=1e-12)
    assert rsa.rsa_matrix([record(x)], [record(y)])[0][0].value == pytest.approx(expected, abs=1e-9)


def test_correlation_distance_is_one_minus_pearsons_coefficient_over_the_units():
    x, y = area(7), area(9, seed=2)
    expected = scipy.stats.spearmanr(pdist(x, "correlation"), pdist(y, "correlation"))[0]
    assert idcore.rsa(x, y, "correlation").value == pytest.approx(expected, abs=1e-9)


def test_a_wide_layer_keeps_its_distances_and_a_narrow_one_has_them_in_its_coordinates():
    x = area(300)
    x[5], x[9] = x[4], x[8] + 1e-9
    wide, narrow = record(x, slices=2), record(x[:, :100])
    assert len(wide.apart) == 19_900 and not len(narrow.apart)
    np.testing.assert_allclose(wide.apart, pdist(x), rtol=2e-7, atol=0)
    assert wide.apart[np.flatnonzero(pdist(x) == 0)].tolist() == [0.0]
    back = from_entry(*to_entry(wide))
    assert np.array_equal(back.apart, wide.apart) and np.array_equal(back.apart_of, wide.apart_of)


def test_of_more_samples_those_of_a_fixed_draw_are_compared_and_that_is_told(monkeypatch):
    monkeypatch.setattr("idcore.record.APART", 60)
    x, y = area(300), area(20, seed=2)
    ((found,),) = rsa.rsa_matrix([record(x)], [record(y)])
    chosen = apart_samples(200)
    assert len(set(chosen)) == 60 and (np.diff(chosen) > 0).all()
    assert (found.n, found.pairs) == (60, 1770)
    assert found.value == pytest.approx(spearman(x[chosen], y[chosen]), abs=1e-5)
    order = np.random.default_rng(3).permutation(200)  # the draws differ then: what both hold is compared
    y = area(300, seed=2)
    ((turned,),) = rsa.rsa_matrix([record(x)], [reordered(record(y[order]), np.argsort(order))])
    common = np.intersect1d(chosen, order[chosen])
    assert turned.n == len(common)
    assert turned.value == pytest.approx(spearman(x[common], y[common]), abs=1e-5)


def test_rotation_scale_and_one_permutation_of_both_leave_it_as_it_is():
    x, y = area(12), area(30, seed=2)
    turn, order = np.linalg.qr(RANDOM.normal(size=(12, 12)))[0], RANDOM.permutation(200)
    usual = idcore.rsa(x, y)
    assert idcore.rsa(1000 * x @ turn + 7, y).value == pytest.approx(usual.value, abs=1e-9)
    assert idcore.rsa(x[order], y[order]).value == pytest.approx(usual.value, abs=1e-12)
    assert idcore.rsa(y, x).value == pytest.approx(usual.value, abs=1e-12)
    assert idcore.rsa(x, -3 * x).value == 1.0


def test_the_error_is_the_spread_over_draws_of_the_samples():
    found = []
    for seed in range(120):
        random = np.random.default_rng(seed)
        z = random.normal(size=(50, 3))
        x = z @ np.eye(3, 6) + 0.6 * random.normal(size=(50, 6))
        found.append(rsa.rsa_of_points(x, z))
    spread, told = np.std([one.value for one in found]), np.mean([one.error for one in found])
    assert told == pytest.approx(spread, rel=0.25)


def test_independent_areas_are_near_0_and_within_chance_and_shared_ones_are_beyond():
    x, y = area(200), area(20, seed=2)
    other = np.random.default_rng(9).normal(size=(200, 20))
    null = rsa.rsa_null([record(x)], [record(y), record(other)], permutations=60)
    assert null.shape == (60, 1, 2) and abs(null.mean()) < 0.02 and threshold(null) < 0.15
    assert abs(idcore.rsa(x, other).value) < threshold(null) < idcore.rsa(x, y).value
    assert rsa.rsa_null([record(x)], [record(y)], permutations=1, seed=5)[0, 0, 0] == pytest.approx(
        spearman(x, y[np.random.default_rng(5).permutation(200)]), abs=1e-5
    )


def test_without_noise_the_ceiling_is_1_and_with_it_no_model_gets_beyond():
    model = area(10, noise=0)
    assert reliability(np.repeat(model[:, None], 4, axis=1)).ceiling == pytest.approx(1.0)
    noise = np.random.default_rng(4).normal(size=(200, 6, 10))
    found = reliability(model[:, None] + 3 * noise)
    assert found.half < 0.95 and found.full == pytest.approx(2 * found.half / (1 + found.half))
    reached = idcore.rsa(model, (model[:, None] + 3 * noise).mean(axis=1))
    assert found.ceiling == pytest.approx(reached.value, abs=0.05) and (found.repeats, found.splits) == (6, 10)
    nothing = reliability(noise)
    assert abs(nothing.half) < 0.1 and (nothing.ceiling is None) == (nothing.half <= 0)


def test_halves_are_each_split_once_and_no_more_than_asked_for():
    for r in (2, 3, 4, 5, 6):
        splits = [frozenset({frozenset(np.flatnonzero(h)), frozenset(np.flatnonzero(~h))}) for h in _halves(r, 20, 0)]
        every = {frozenset({frozenset(c), frozenset(range(r)) - set(c)}) for c in combinations(range(r), r // 2)}
        assert len(splits) == len(set(splits)) and set(splits) == every
    assert len(list(_halves(10, 20, 0))) == 20


def test_the_ceiling_of_two_noisy_areas_is_the_product_of_theirs():
    one = reliability(area(6)[:, None] + np.random.default_rng(0).normal(size=(200, 4, 6)))
    assert ceiling(None, None) is None and ceiling(one, None) == one.ceiling
    assert ceiling(one, one) == pytest.approx(one.full) and ceiling(one, replace(one, ceiling=None)) is None


def test_all_that_is_told_of_two_layers_stands_in_a_row_and_what_is_missing_is_said():
    a, b = [record(area(30), "V1"), record(area(40, seed=2), "IT")], [record(area(300, seed=3), "conv")]
    rows, notes = between(a, b, permutations=20)
    assert [(row["first"], row["second"]) for row in rows] == [("V1", "conv"), ("IT", "conv")] and not notes
    for row in rows:
        assert row["rsa"] > row["rsa_null"] and row["cka"] > row["cka_null"] and row["overlap"] > row["overlap_null"]
        assert row["imbalance_forth"] < row["imbalance_null"] < 1 and row["overlap_k"] == 30
    older = replace(b[0], apart=np.zeros(0, np.float32), apart_of=np.zeros(0, np.int32))
    rows, (note,) = between(a, [older], permutations=20)
    assert "rsa" not in rows[0] and "cka" in rows[0] and "of an older version, without the distances" in note


@pytest.mark.parametrize(
    "ask, words",
    [
        (lambda: idcore.rsa(area(3), area(3, n=90)), "same samples; these have 200 and 90"),
        (lambda: idcore.rsa(area(3, n=9), area(4, n=9)), "needs at least 10 samples"),
        (lambda: idcore.rsa(np.eye(20), area(4, n=20)), "equally far from one another"),
        (lambda: idcore.rsa(area(3), area(4), "cosine"), "euclidean or correlation, not 'cosine'"),
        (lambda: idcore.rsa(area(1), area(4), "correlation"), "one value in all units"),
        (lambda: idcore.rsa(area(3), idcore.neighbours(area(3))), "a table is neither"),
        (lambda: idcore.rsa(np.zeros((5001, 2)), np.zeros((5001, 2))), "at most 5,000 samples; there are 5,001"),
        (lambda: idcore.noise_ceiling(area(3)), r"\(samples, repeats, units\); their shape is \(200, 3\)"),
        (lambda: idcore.noise_ceiling(area(3)[:, None]), "two repeats of each sample or more; there is 1"),
        (lambda: idcore.noise_ceiling(np.full((20, 2, 3), np.nan)), "NaN or infinite"),
        (lambda: idcore.noise_ceiling(area(6).reshape(200, 2, 3), splits=0), "number of splits"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_sentence(ask, words):
    with pytest.raises(PointsError, match=words):
        ask()
