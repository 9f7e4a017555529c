"""Ratios of distances mean something down to the rounding of the numbers; and what holds for every estimator."""

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

import idcore
from idcore.errors import PointsError
from idcore.estimators import levina_bickel, maximum_likelihood, ties, twonn
from idcore.estimators.gride import gride
from idcore.estimators.scale import scale
from idcore.estimators.subset import twonn_of_subset
from idcore.estimators.summary import summarise
from idcore.estimators.table import ESTIMATORS, estimates
from idcore.geometry.measure import measure
from idcore.learn.measure import measure as measure_cloud
from idcore.record import Layer, LayerGeometry, Neighbours, from_entry, to_entry
from idcore.spec import Reading
from tests.tools.manifolds import cube, gaussian

few = settings(max_examples=3, deadline=None)


def record(x: np.ndarray | torch.Tensor, draws: int = 2) -> LayerGeometry:
    x = torch.as_tensor(x)
    x = x if x.is_floating_point() else x.double()
    return measure([x], Layer("a", 1, 0.5, "Linear", tuple(x.shape[1:]), x.shape[1]), memory=2**28, draws=draws)


def circle(n: int) -> np.ndarray:
    t = 2 * np.pi * np.arange(n) / n
    return np.stack([np.cos(t), np.sin(t)], axis=1)


def lattice(*sides: int) -> np.ndarray:
    return np.stack(np.meshgrid(*map(np.arange, sides)), axis=-1).reshape(-1, len(sides)).astype(float)


STEPS = {
    "circle": circle(300),
    "line * 0.1": np.arange(300)[:, None] * 0.1,
    "line * 0.1, 40 times": np.tile(np.arange(300)[:, None] * 0.1, 40),
    "square * 0.1": lattice(18, 18) * 0.1,
    "square": lattice(18, 18),
    "oblong": lattice(18, 18) * [1.0, 1.3],
    "triangles": lattice(18, 18) @ np.array([[1, 0], [0.5, 0.75**0.5]]),
    "box / 3": lattice(7, 7, 7) / 3,
    "helix": np.column_stack([circle(300), np.arange(300) / 50]),
    "torus": np.concatenate([circle(18)[lattice(18, 18)[:, i].astype(int)] for i in (0, 1)], axis=1),
    "square far away": lattice(18, 18) * 0.1 + 1e4,
    "turned into 50 columns": lattice(18, 18) @ gaussian(2, 50),
    "words of bits": np.random.default_rng(0).integers(0, 2, (300, 30)).astype(float),
}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("name", STEPS)
def test_equal_steps_have_no_twonn_dimension_in_any_precision(name, dtype):
    x = torch.from_numpy(STEPS[name]).to(dtype)
    with pytest.raises(PointsError, match="equal|distinct|rounding of the numbers"):
        idcore.twonn(x)
    summary = summarise(record(x, draws=1))
    assert summary.id is None and summary.note


@pytest.mark.parametrize("name", STEPS)
def test_no_estimate_of_equal_steps_is_above_the_columns_without_a_word(name):
    found = record(STEPS[name])
    for one in estimates(found):
        assert one.id is None or one.id < ties.LARGEST
        if one.id is not None and one.id > found.columns + one.stderr:
            assert "more evenly than by chance" in one.note
        if one.name != "Gride" and one.id is not None:
            assert "equal steps bend this number" in one.note or name == "words of bits"


def test_ties_are_counted_and_said():
    x = np.concatenate([gaussian(400, 3), [10, 0, 0] + lattice(3, 3, 3)])
    fit = idcore.twonn(x)
    assert (fit.ties, fit.n, fit.dropped) == (27, 400, 27)
    assert fit.note.startswith("27 of 427 ratios are ties (equal distances, to rounding): the points lie on a grid")
    row = summarise(record(x))
    assert (row.id, row.dropped) == (pytest.approx(fit.id, rel=1e-9), 27) and row.note.startswith(fit.note)
    assert estimates(record(x))[0].note.endswith(fit.note)


def test_where_more_than_a_tenth_are_equal_steps_the_others_are_not_taken_for_all():
    x = np.concatenate([gaussian(300, 3), [10, 0, 0] + lattice(4, 4, 4)])
    with pytest.raises(PointsError, match="64 of 364 ratios are ties .* no fair sample of them: at most 10%"):
        idcore.twonn(x)


@pytest.mark.parametrize("d", [3, 6, 10])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_does_not_move_the_dimension_of_a_cloud(d, dtype):
    x = torch.from_numpy(gaussian(1000, d) @ gaussian(d, 32, 1))
    exact, fit = idcore.twonn(x), idcore.twonn(x.to(dtype))
    assert fit.id == pytest.approx(exact.id, abs=1.5 * exact.stderr)
    assert fit.ties == 0 or "the rounding of the numbers moves a distance" in fit.note


def test_an_offset_costs_digits_and_the_dimension_stays():
    x = gaussian(1000, 5)
    exact, fit = idcore.twonn(x), idcore.twonn((x + 1e4).astype(np.float32))
    assert fit.ties > 5 and fit.id == pytest.approx(exact.id, abs=exact.stderr)
    with pytest.raises(PointsError, match="rounding"):
        idcore.twonn((gaussian(500, 1) + 1e4).astype(np.float32))


def test_leaving_out_the_ties_of_a_coarse_rounding_does_not_bias_the_others():
    r1, d = 1 + np.random.default_rng(0).random(20_000), 6.0
    r2 = r1 * np.random.default_rng(1).random(20_000) ** (-1 / d)
    for estimate in (twonn.fit, maximum_likelihood.mle):
        found = estimate(r1, r2, 0.1, rounding=0.05)
        assert found.dropped > 2000 and found.id == pytest.approx(d, rel=0.02)


@pytest.mark.parametrize(("decimals", "d"), [(2, 3), (1, 10), (2, 5)])
def test_numbers_of_few_digits_keep_their_dimension(decimals, d):
    x = gaussian(1000, d)
    assert idcore.twonn(np.round(x, decimals)).id == pytest.approx(idcore.twonn(x).id, rel=0.06)


def test_points_one_rounding_apart_are_no_points_of_their_own():
    x = gaussian(400, 4).astype(np.float32)
    nearly = x[:20].copy()
    nearly[:, 0] = np.nextafter(nearly[:, 0], np.float32(0))
    fit = idcore.twonn(np.concatenate([x, nearly]))
    assert fit.dropped >= 40 and fit.id == pytest.approx(idcore.twonn(x).id, rel=0.06)


def test_points_between_a_grid_and_chance_are_said_to_be():
    x = np.concatenate([lattice(20, 20) + 0.85 * cube(400, 2)])
    fit = idcore.twonn(x)
    assert fit.id > 2 + fit.stderr and "since only 2 columns vary" in fit.note
    assert "2 columns" in summarise(record(x)).note
    with pytest.raises(PointsError, match="only 2 columns vary"):
        idcore.twonn(lattice(20, 20) + 0.1 * cube(400, 2))
    with pytest.raises(PointsError, match="none of 1,000 or more can be told"):
        idcore.twonn(np.arange(300)[:, None] * 0.1 + 1e-6 * cube(300, 1))


def test_noise_in_very_many_columns_gives_no_number_of_thousands():
    with pytest.raises(PointsError, match="hold noise in all columns"):
        idcore.twonn(np.random.default_rng(0).normal(size=(60, 200_000)).astype(np.float32))


def test_the_rounding_of_a_layer_is_kept_and_an_older_record_is_read_without():
    found = record((gaussian(200, 3) + 100).astype(np.float32))
    assert found.neighbours.rounding == pytest.approx(2 * 2**-23 * 100, rel=0.05)
    arrays, meta = to_entry(found)
    assert from_entry(arrays, meta).neighbours.rounding == found.neighbours.rounding
    del meta["rounding"]
    assert from_entry(arrays, meta).neighbours.rounding == 0


@pytest.mark.parametrize("rounding", [-1.0, math.nan, math.inf, "a", None])
def test_a_rounding_that_cannot_be_is_refused(rounding):
    with pytest.raises(PointsError, match="rounding of distances"):
        Neighbours(np.zeros((3, 1), int), np.ones((3, 1)), rounding)


def every_id(x: np.ndarray) -> dict[str, tuple[float, float]]:
    """(ID, error) by every estimator there is, of x (n, d)."""
    found = record(x)
    fit, row = idcore.twonn(x), summarise(found)
    paper = estimates(found, Reading(bars="paper"))[0]
    subset = twonn_of_subset(found, np.arange(len(x) - 20))
    ids = {"twonn": (fit.id, fit.stderr), "layer": (row.id, row.id_err)}
    if 1e-150 < np.abs(x).max() < 1e150:  # the shapes that are learned from have a size of about one
        cloud = measure_cloud(x).fit
        ids |= {"learn": (cloud.id, cloud.stderr)}
    ids |= {"linearised": (row.linearised_id, row.linearised_err), "paper": (paper.id, paper.stderr)}
    ids |= {one.name: (one.id, one.stderr) for one in estimates(found)}
    ids |= {f"gride {one.k}": (one.id, one.stderr) for one in gride(found.neighbours)}
    ids |= {f"scale {one.blocks}": (one.id, one.stderr) for one in scale(found)}
    ids |= {"subset": (subset.id, subset.stderr)}
    local = levina_bickel.fit(found.neighbours).local
    return ids | {"local": (float(np.median(local)), float(np.std(local)))}


CLOUDS = {
    "cube 2": cube(200, 2),
    "gaussian 6": gaussian(200, 6),
    "far away": gaussian(200, 4) + 1e5,
    "two digits": np.round(gaussian(200, 4), 2),
    "curved": np.tanh(gaussian(200, 3) @ gaussian(3, 12, 1)),
}


@cache
def of_cloud(name: str) -> dict[str, tuple[float, float]]:
    return every_id(CLOUDS[name])


@pytest.mark.parametrize("name", CLOUDS)
@few
@given(
    st.one_of(st.sampled_from([1e-30, 1e30, 0.1, 1 / 3, 1e-150, 1e-200, 1e-290, 1e200, 1e290]), st.floats(1e-9, 1e9))
)
@example(897907256.9296875)
def test_the_unit_changes_no_dimension_of_any_estimator(name, factor):
    x = CLOUDS[name]
    before, after = of_cloud(name), every_id(x * factor)
    assert {one.name for one in ESTIMATORS} < set(before)
    assert set(before) - set(after) <= {"learn"}
    if name == "two digits":  # which of several neighbours at one distance is the k-th decides a neighbourhood of ABIDE
        (id, stderr), (other, _) = after.pop("ABIDE"), before["ABIDE"]
        assert abs(id - other) < stderr / 2
    assert after == {key: pytest.approx(before[key], rel=1e-6) for key in after}


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3), st.sampled_from([0.0, 0.2, 0.5, 0.8, 1.0]), st.integers(0, 2))
def test_no_dimension_is_above_the_columns_that_vary_without_a_word(seed, d, chance, constant):
    steps = lattice(*[{1: 150, 2: 13, 3: 6}[d]] * d)
    x = np.column_stack([steps + chance * cube(len(steps), d, seed), np.full((len(steps), constant), 3.0)])
    found = record(x)
    assert found.columns == d
    row = summarise(found)
    told = [(row.id, row.id_err, row.note), (row.linearised_id, row.linearised_err, row.note)]
    told += [(one.id, one.stderr, one.note) for one in estimates(found)]
    try:
        fit = idcore.twonn(x)
        told += [(fit.id, fit.stderr, fit.note)]
        told += [(one.id, one.stderr, one.note) for one in gride(found.neighbours, found.columns)]
    except PointsError:
        pass
    subset = twonn_of_subset(found, np.arange(len(x) - 20))
    for id, error, note in [*told, (subset.id, subset.stderr, subset.note)]:
        assert id is None or id < ties.LARGEST
        assert id is None or id - error <= d or "column" in note or "units that vary" in note


def test_the_bars_of_the_paper_and_the_local_dimensions_know_ties():
    table = replace(idcore.neighbours(gaussian(200, 3), 12), rounding=10.0)
    with pytest.raises(PointsError, match="200 of 200|180 of 180"):
        twonn.paper_bars(table)
    with pytest.raises(PointsError, match="200 of 200 points are nearer"):
        levina_bickel.fit(table, 8)
    near = idcore.neighbours(np.arange(300)[:, None] + 1e-9 * cube(300, 1), 3)
    assert np.nanmax(levina_bickel.fit(near, 3).local) < ties.LARGEST
