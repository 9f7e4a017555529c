import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idcore.errors import PointsError
from idcore.estimators import levina_bickel
from idcore.estimators.overlap import label_overlap, overlap
from idcore.estimators.samples import sample_neighbours
from idcore.record import Layer, Neighbours, unmeasured
from tests.tools.build_record import brute_geometry, brute_neighbours
from tests.tools.manifolds import cube, gaussian, rotation, sphere


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 40), st.integers(1, 30))
def test_the_table_of_the_samples_is_that_of_brute_force_with_copies_at_distance_zero(seed, distinct, k):
    random = np.random.default_rng(seed)
    x = gaussian(distinct, 3, seed)[random.integers(0, distinct, 41)]
    geometry = brute_geometry(x, k=int(random.integers(1, 40)))
    if geometry.note or (k > geometry.neighbours.k < geometry.distinct - 1):
        return
    table, brute = sample_neighbours(geometry, k), brute_neighbours(x, k)
    assert table.distances == pytest.approx(brute.distances, abs=1e-12)
    for i in range(41):
        assert i not in table.indices[i] and len(set(table.indices[i])) == k
        assert np.linalg.norm(x[i] - x[table.indices[i]], axis=1) == pytest.approx(table.distances[i], abs=1e-12)


def test_a_record_gives_no_more_neighbours_than_it_proves():
    geometry = brute_geometry(gaussian(100, 3), k=10)
    assert sample_neighbours(geometry, 10).k == 10
    with pytest.raises(PointsError, match="k must be from 1 to 10"):
        sample_neighbours(geometry, 11)
    with pytest.raises(PointsError, match="k must be from 1"):
        sample_neighbours(geometry, 0)
    with pytest.raises(PointsError, match="is constant"):
        sample_neighbours(unmeasured(Layer("a", 0, 0.0, "ReLU", (2,), 2), 30, "The layer is constant."), 3)


def test_overlap_is_one_with_itself_turned_and_chance_with_noise():
    x = gaussian(300, 4)
    table = brute_neighbours(x, 30)
    assert overlap(table, brute_neighbours(2 * x @ rotation(4) + 1, 30)) == 1.0
    assert overlap(table, brute_neighbours(gaussian(300, 4, 1), 30)) == pytest.approx(30 / 299, abs=0.015)


def test_overlap_is_the_mean_share_of_common_neighbours():
    a, b = brute_neighbours(cube(60, 3), 8), brute_neighbours(cube(60, 3)[:, :2], 8)
    by_hand = np.mean([len(set(a.indices[i, :5]) & set(b.indices[i, :5])) / 5 for i in range(60)])
    assert overlap(a, b, 5) == pytest.approx(by_hand) == pytest.approx(overlap(b, a, 5))


def test_labels_of_separate_heaps_overlap_fully_and_random_labels_by_chance():
    heaps = np.repeat([0, 1, 2], 100)
    table = brute_neighbours(gaussian(300, 3) + 100 * heaps[:, None], 30)
    assert label_overlap(table, heaps) == 1.0
    assert label_overlap(table, np.array(["a", "b", "c"])[heaps]) == 1.0
    assert label_overlap(table, np.random.default_rng(0).permutation(heaps)) == pytest.approx(99 / 299, abs=0.03)


def test_overlap_refuses_other_samples_and_too_many_neighbours():
    a, b = brute_neighbours(gaussian(40, 3), 30), brute_neighbours(gaussian(41, 3), 30)
    with pytest.raises(PointsError, match="40 and 41 points"):
        overlap(a, b)
    with pytest.raises(PointsError, match="k must be from 1 to 30"):
        overlap(a, a, 31)
    with pytest.raises(PointsError, match="one label for each of the 40"):
        label_overlap(a, np.zeros(39))


@pytest.mark.parametrize("average", ["mackay-ghahramani", "levina-bickel"])
def test_levina_bickel_is_the_formula_point_by_point(average):
    table = brute_neighbours(gaussian(50, 3), 12)
    inverse = [sum(math.log(r[9] / r[j]) for j in range(9)) / 9 for r in table.distances]
    by_hand = 1 / np.mean(inverse) if average == "mackay-ghahramani" else np.mean([1 / v for v in inverse])
    found = levina_bickel.fit(table, 10, average)
    assert found.id == pytest.approx(by_hand, rel=1e-12)
    assert found.local == pytest.approx(8 / 9 / np.array(inverse), rel=1e-12)


def test_levina_bickel_finds_the_dimension_of_a_sphere_and_the_average_of_inverses_is_closer():
    table = brute_neighbours(sphere(1000, 4), 10)
    found = levina_bickel.fit(table, 10)
    assert found.id == pytest.approx(4, rel=0.06)
    assert levina_bickel.fit(table, 10, "levina-bickel").id > found.id * 1.05
    assert np.mean(found.local) == pytest.approx(4, rel=0.08)


def test_the_local_dimension_tells_a_sheet_from_a_ball():
    sheet = np.pad(gaussian(400, 2), ((0, 0), (0, 6)))
    table = brute_neighbours(np.concatenate([sheet, 50 + gaussian(400, 8)]), 20)
    local = levina_bickel.fit(table, 20).local
    assert np.median(local[:400]) < 2.5 and np.median(local[400:]) > 5


def test_the_log_density_of_a_uniform_torus_is_unbiased():
    x = cube(600, 2)
    around = np.concatenate([x + [i, j] for i in (-1, 0, 1) for j in (-1, 0, 1)])  # no edges
    distances = np.sort([np.linalg.norm(around - p, axis=1) for p in x], axis=1)[:, 1:11]
    table = Neighbours(np.zeros((600, 10), int), distances)
    for k in (1, 3, 10):
        density = levina_bickel.log_density(table, 2.0, k)
        assert density.mean() == pytest.approx(0.0, abs=0.12)  # density 1 on the unit torus


def test_points_on_top_of_each_other_have_no_local_numbers():
    x = gaussian(60, 3)
    x[:5] = x[5:10]
    found = levina_bickel.fit(brute_neighbours(x, 6), 6)
    assert np.isnan(found.local[:10]).all() and (found.n, found.dropped) == (50, 10)
    assert np.isnan(levina_bickel.log_density(brute_neighbours(x, 6), 3.0, 1)[:10]).all()


@pytest.mark.parametrize("k", [2, 7])
def test_a_k_outside_the_table_is_refused(k):
    with pytest.raises(PointsError, match="k must be from 3 to 6"):
        levina_bickel.fit(brute_neighbours(gaussian(20, 3), 6), k)


def test_levina_bickel_says_why_it_has_no_number():
    ties = Neighbours(np.ones((20, 4), int), np.ones((20, 4)))
    with pytest.raises(PointsError, match="20 of 20 ratios are ties"):
        levina_bickel.fit(ties, 4)
    with pytest.raises(PointsError, match="not 'mean'"):
        levina_bickel.fit(ties, 4, "mean")  # type: ignore[arg-type]
    with pytest.raises(PointsError, match="positive number"):
        levina_bickel.log_density(ties, float("nan"), 2)
