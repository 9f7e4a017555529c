"""The clouds that Learn teaches with have the dimension that is said of them, and its words are few."""

import numpy as np
import pytest

from idcore.errors import PointsError
from idcore.learn import byhand
from idcore.learn.manifolds import SHAPES, cloud, true_dimension
from idcore.learn.measure import DIMENSIONS, by_scale, estimated, measure, nearest


@pytest.mark.parametrize("name", SHAPES)
def test_twonn_finds_the_dimension_of_each_shape_within_three_errors(name):
    fit = measure(cloud(name, 1000, 3.0 if SHAPES[name].dimension == 0 else 1.0)[0]).fit
    assert abs(fit.id - true_dimension(name, 3.0)) < 3 * fit.stderr


@pytest.mark.parametrize("seed", range(3))
def test_curling_the_sheet_changes_pc_id_and_not_twonn(seed):
    flat, curled = (measure(cloud("sheet", 1000, curl, seed=seed)[0]) for curl in (0.0, 1.0))
    assert abs(curled.fit.id / flat.fit.id - 1) < 0.01
    assert (flat.pc_id, curled.pc_id) == (2, 3)


def test_the_curled_sheet_is_bent_and_nowhere_stretched():
    flat, curled = (cloud("sheet", 1000, curl)[0] for curl in (0.0, 1.0))
    pairs = nearest(flat).indices[:, 0]
    before, after = (np.linalg.norm(x - x[pairs], axis=1) for x in (flat, curled))
    np.testing.assert_allclose(after, before, rtol=0.03)


def test_a_curve_can_need_more_than_forty_straight_directions():
    found = measure(cloud("tangle", 1000)[0])
    assert found.pc_id > 40 and found.fit.id < 1.2


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_neighbours_are_those_of_all_distances(offset):
    x = cloud("gaussian", 300, 7)[0] + offset
    distances = np.linalg.norm(x[:, None] - x[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    order = np.argsort(distances, axis=1)[:, :2]
    found = nearest(x)
    np.testing.assert_array_equal(found.indices, order)
    np.testing.assert_allclose(found.distances, np.take_along_axis(distances, order, axis=1), rtol=1e-9)


def test_a_cloud_that_is_too_large_to_measure_at_once_is_refused_with_a_sentence():
    with pytest.raises(PointsError, match="from 3 to 4,000 points, not 4,001"):
        nearest(np.zeros((4001, 2)))


def test_noise_moves_the_points_of_a_seed_and_draws_no_others():
    clean, noisy = (cloud("sphere", 500, noise=noise)[0] for noise in (0.0, 0.01))
    moved = noisy - clean
    assert 0.008 < moved.std() < 0.012  # the sphere has radius 1


def test_at_the_scale_of_its_noise_a_sheet_fills_space():
    points = by_scale(cloud("plane", 2000, noise=0.02)[0])
    assert [point.n for point in points] == [2000, 1000, 500, 250, 125, 62]
    assert points[0].id > 2.8 and points[-1].id < 2.4


def test_without_noise_the_scale_does_not_matter():
    points = by_scale(cloud("plane", 2000)[0])
    assert all(abs(point.id - 2) < 0.15 for point in points)


def test_high_dimensions_are_underestimated_and_more_so_the_higher_they_are():
    low, middle, high = estimated("cube", 1000, (2, 20, 50))
    assert abs(low - 2) < 0.2 and 0.7 < middle / 20 < 0.9 and high / 50 < 0.75


def test_more_points_underestimate_less():
    few, many = (np.mean([measure(cloud("cube", n, 20, seed=s)[0]).fit.id for s in range(4)]) for n in (250, 2000))
    assert few < many < 20


def test_the_dimensions_of_the_table_rise_to_fifty():
    assert list(DIMENSIONS) == sorted(set(DIMENSIONS)) and DIMENSIONS[-1] == 50


@pytest.mark.parametrize(("n", "dimensions"), [(3, 2), (20, 2), (200, 2), (200, 10)])
def test_by_hand_neighbours_are_those_of_all_distances(n, dimensions):
    points = byhand.scattered(n, dimensions)
    found, other = byhand.nearest(points), nearest(points.astype(float)) if n > 4 else None
    distances = np.linalg.norm(points[:, None] - points[None], axis=2) + np.diag(np.full(n, np.inf))
    np.testing.assert_allclose(found.distances, np.sort(distances, axis=1)[:, :2], rtol=1e-12)
    if other is not None:
        np.testing.assert_allclose(found.distances, other.distances, rtol=1e-9)


def test_by_hand_equal_distances_are_equal_and_their_ratio_is_left_out():
    corner = [[0, 0], [3, 4], [0, 5]]  # of the first, 5 and 5: no ratio
    fit = byhand.estimate(np.array(corner + byhand.scattered(60, 2, 3).tolist()[3:]))
    assert fit.dropped >= 1 and fit.ties == fit.dropped


def test_by_hand_a_curve_has_one_dimension_and_a_plane_two():
    t = np.random.default_rng(0).integers(0, 1001, 150)
    curve = np.unique(np.stack([t, (500 + 400 * np.sin(t / 150)).astype(int)], axis=1), axis=0)
    one, two = byhand.estimate(curve), byhand.estimate(byhand.scattered(200, 2))
    assert abs(one.id - 1) < 3 * one.stderr and abs(two.id - 2) < 3 * two.stderr
    assert 6 < byhand.estimate(byhand.scattered(200, byhand.SPACE)).id < 10.5


def test_a_button_adds_points_at_random_and_never_one_twice():
    points = byhand.scattered(byhand.FIRST, 2).tolist()
    more = byhand.more(points, 1)
    assert more[: len(points)] == points and len(more) == byhand.FIRST + byhand.MORE
    for turn in range(2, 20):
        more = byhand.more(more, turn)
    assert len(more) == byhand.MOST == len(set(map(tuple, more))) and byhand.more(more, 20) == more


@pytest.mark.parametrize(
    "sent",
    [None, "points", [[1]], [[1, 2, 3]], [[1.5, 2]], [[1, 1001]], [[-1, 0]], [["1", 2]], [[True, 2]], [1, 2],
     [[1, 2], [1, 2]], [[i, 0] for i in range(201)], [[float("nan"), 0]]],
)  # fmt: skip
def test_what_is_no_list_of_points_is_not_taken_for_one(sent):
    assert byhand.usable(sent) is None


def test_too_few_points_are_answered_with_a_sentence():
    with pytest.raises(PointsError, match="take 3 points at least; there are 0"):
        byhand.nearest(np.zeros((0, 2), int))
    with pytest.raises(PointsError, match="TwoNN needs at least 10 points"):
        byhand.estimate(byhand.scattered(9, 2))
