import dataclasses
from pathlib import Path

import numpy as np
import pytest

from idcore.errors import PointsError
from idcore.estimators import far_scales, maximum_likelihood, scale, twonn
from idcore.estimators.gride import gride, gride_at
from idcore.estimators.twonn import twonn_of_layer
from idcore.estimators.verdict import verdict
from idcore.record import Layer, Neighbours, unmeasured
from tests.tools.build_record import brute_geometry, brute_neighbours
from tests.tools.manifolds import cube, gaussian, rotation, sphere, swiss_roll


def test_each_level_is_the_mean_over_the_fits_of_its_blocks():
    x = gaussian(400, 4)
    geometry = brute_geometry(x, levels=3)
    rows = np.unique(x, axis=0)
    points = scale.scale(geometry)
    assert [p.blocks for p in points] == [1, 2, 4]
    assert [p.points for p in points] == [400, 200, 100]
    ids = [twonn.from_neighbours(brute_neighbours(rows[geometry.block_of[2] == b], 2)).id for b in range(4)]
    assert points[2].id == pytest.approx(np.mean(ids))
    assert points[2].sd == pytest.approx(np.std(ids, ddof=1))


def test_levels_whose_blocks_are_too_small_are_left_out():
    geometry = brute_geometry(gaussian(90, 3), levels=5)
    assert [p.blocks for p in scale.scale(geometry)] == [1, 2, 4]  # of 90 / 8 = 11 points 9 would be fitted
    nan = dataclasses.replace(geometry, blocks=np.where(np.arange(5)[:, None, None] > 0, np.nan, geometry.blocks))
    assert [p.blocks for p in scale.scale(nan)] == [1]


def test_a_layer_without_numbers_has_no_scale():
    with pytest.raises(PointsError, match="All the points are the same"):
        scale.scale(unmeasured(Layer("a", 0, 0.0, "ReLU", (2,), 2), 9, "All the points are the same."))


def test_the_id_of_a_noisy_line_rises_with_n_until_the_noise_is_resolved():
    thread = np.column_stack([np.linspace(0, 100, 1000), np.zeros(1000)]) + 0.1 * gaussian(1000, 2)
    assert verdict(scale.scale(brute_geometry(thread, levels=3, draws=1)), 1000).kind == "rising"


def test_the_id_of_short_threads_scattered_in_space_falls_with_n():
    threads = np.repeat(gaussian(250, 8), 4, axis=0) + 1e-3 * np.pad(gaussian(1000, 1), ((0, 0), (0, 7)))
    points = scale.scale(brute_geometry(threads, levels=5, draws=1))
    assert points[0].id < points[-1].id
    assert verdict((points[-2], points[-1]), 1000).kind == "falling"


def test_gride_at_k_one_is_the_maximum_likelihood_of_twonn():
    table = brute_neighbours(gaussian(300, 5), 64)
    mle = maximum_likelihood.mle(table.distances[:, 0], table.distances[:, 1])
    assert gride(table)[0].id == pytest.approx(mle.id, rel=1e-12)


def score(d: float, mu: np.ndarray, k: int) -> float:
    """Derivative of the likelihood by d, turned over, as DADApy has it."""
    return float(np.sum(((1 - k) / (1 - mu**-d) + 2 * k - 1) * np.log(mu)) - (len(mu) - 1) / d)


@pytest.mark.parametrize("k", [1, 2, 8, 32])
def test_gride_is_the_root_of_the_score_that_bisection_finds(k):
    table = brute_neighbours(swiss_roll(200), 64)
    mu = table.distances[:, 2 * k - 1] / table.distances[:, k - 1]
    low, high = 1e-3, 1e3
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if score(middle, mu, k) < 0 else (low, middle)
    point = gride_at(table, k)
    assert point.id == pytest.approx(low, rel=1e-9)
    assert point.distance == pytest.approx(table.distances[:, 2 * k - 1].mean())
    step = 1e-5 * low
    information = (score(low + step, mu, k) - score(low - step, mu, k)) / (2 * step) + 1 / low**2
    assert point.fisher == pytest.approx(information**-0.5, rel=1e-4)


def test_gride_goes_as_far_as_the_table_reaches():
    assert [p.k for p in gride(brute_neighbours(gaussian(100, 3), 64))] == [1, 2, 4, 8, 16, 32]
    assert [p.k for p in gride(brute_neighbours(gaussian(100, 3), 15))] == [1, 2, 4]


@pytest.mark.parametrize(("x", "d"), [(sphere(800, 2), 2), (sphere(800, 5), 5), (swiss_roll(800), 2)])
def test_gride_finds_the_dimension_at_every_scale_small_against_the_curvature(x, d):
    for point in gride(brute_neighbours(x, 16)):
        assert point.id == pytest.approx(d, rel=0.12)


def test_gride_does_not_change_under_rotation_and_unit():
    x = gaussian(150, 4)
    a, b = gride(brute_neighbours(x, 16)), gride(brute_neighbours(1e-9 * x @ rotation(4), 16))
    assert [p.id for p in a] == pytest.approx([p.id for p in b], rel=1e-9)
    assert [1e-9 * p.distance for p in a] == pytest.approx([p.distance for p in b], rel=1e-9)


def test_the_error_of_gride_is_the_spread_over_samples_and_fishers_is_too_small():
    points = [gride(brute_neighbours(cube(300, 2, seed), 16)) for seed in range(120)]
    for i in range(4):
        spread = np.std([p[i].id for p in points], ddof=1)
        assert np.mean([p[i].stderr for p in points]) == pytest.approx(spread, rel=0.25)
        assert np.mean([p[i].fisher for p in points]) < 0.93 * spread


def test_gride_drops_ties_and_refuses_what_it_cannot_fit():
    x = gaussian(60, 3)
    x[:10] = x[10:20]
    assert gride(brute_neighbours(x, 8))[0].dropped >= 20  # the copies, and points that have two copies as neighbours
    with pytest.raises(PointsError, match="Gride needs two neighbours"):
        gride(brute_neighbours(x, 1))
    with pytest.raises(PointsError, match="20 of 20 ratios are ties"):
        gride(Neighbours(np.ones((20, 4), int), np.ones((20, 4))))
    with pytest.raises(PointsError, match="k must be from 1 to 4"):
        gride_at(brute_neighbours(x, 8), 5)


def test_a_fit_of_a_quarter_of_the_points_has_a_quarter_of_them_and_about_twice_the_error():
    geometry = brute_geometry(cube(800, 3, seed=4), "layer")
    whole, part = scale.twonn_of_block(geometry, 0), scale.twonn_of_block(geometry, 2)
    assert whole.id == twonn_of_layer(geometry).id and part.n == 200
    assert part.stderr == pytest.approx(2 * whole.stderr, rel=0.4)
    assert abs(part.id - 3) < 4 * part.stderr
    with pytest.raises(PointsError, match="too few to be split into 512 blocks"):
        scale.twonn_of_block(geometry, 9)


# Scales beyond the table


def test_the_scales_of_a_record_are_those_of_its_points():
    x = gaussian(700, 4)
    record, rows = brute_geometry(x, levels=1, draws=1), np.unique(x, axis=0)
    found, expected = far_scales.of_layer(record), far_scales.all_scales(record.neighbours, rows)
    assert [point.k for point in found] == [1, 2, 4, 8, 16, 32, 64, 128]
    for one, other in zip(found, expected, strict=True):
        assert one.id == pytest.approx(other.id, rel=1e-5) and one.stderr == pytest.approx(other.stderr, rel=0.02)
        assert one.distance == pytest.approx(other.distance, rel=1e-6)


def test_an_older_record_has_the_scales_of_its_table_and_a_rank_that_is_unknown_has_none():
    record = brute_geometry(gaussian(600, 3), levels=1, draws=1)
    older = dataclasses.replace(record, far=np.zeros((0, 0), np.float32), far_of=np.zeros(0, np.int32))
    assert far_scales.of_layer(older) == gride(record.neighbours, record.columns) and older.lacks_far
    unknown = dataclasses.replace(record, far=np.where([[False, True]], np.nan, record.far).astype(np.float32))
    assert [point.k for point in far_scales.of_layer(unknown)][-1] == 64


def test_the_plateau_of_a_gaussian_is_its_dimension_and_a_noisy_plane_has_none():
    flat = far_scales.plateau(far_scales.of_layer(brute_geometry(gaussian(600, 3), levels=1, draws=1)))
    assert flat is not None and flat.id == pytest.approx(3, abs=0.15) and flat.last.k >= 4 * flat.first.k
    noisy = np.load(Path(__file__).parent / "beyond" / "plane_noise_20d.npy")[::2].astype(float)
    found = far_scales.of_layer(brute_geometry(noisy, levels=1, draws=1))
    assert found[0].id > 8 and found[-1].id < 2.1 and far_scales.plateau(found) is None


def test_equal_steps_give_no_far_scale_and_wide_bars_no_plateau():
    record = brute_geometry(gaussian(520, 3), levels=1, draws=1)
    equal = dataclasses.replace(record, far=np.repeat(record.far[:, :1], 2, axis=1))  # r_256 = r_128
    assert [point.k for point in far_scales.of_layer(equal)] == [1, 2, 4, 8, 16, 32, 64]
    wide = [dataclasses.replace(point, stderr=1.0) for point in gride(brute_neighbours(gaussian(300, 3), 64))]
    assert far_scales.plateau(wide) is None
