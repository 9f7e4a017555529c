"""The record of a layer: exact, the same however the layer is cut, and never an exception for bad data."""

import dataclasses
import weakref

import numpy as np
import pytest
import torch

from idcore.geometry import held
from idcore.geometry.measure import measure
from idcore.geometry.neighbours import neighbours
from idcore.record import Layer, from_entry, to_entry
from tests.tools.clouds import CLOUDS, brute_force, manifold, with_exact_duplicates, with_near_duplicates
from tests.tools.gpu import like_a_gpu
from tests.tools.pairs import cka_of

MEMORY = 2**28


def layer(units):
    return Layer("relu", 1, 0.5, "ReLU", (units,), units)


def measured(x, memory=MEMORY, **options):
    x = torch.as_tensor(x)
    return measure([x], layer(x.shape[1]), memory=memory, draws=1, **options)


class Passes:
    """Slices that are made again at each iteration, and counts them."""

    def __init__(self, x, cuts):
        self.x, self.cuts, self.count = torch.as_tensor(x), cuts, 0

    def __iter__(self):
        self.count += 1
        for part in torch.tensor_split(self.x, self.cuts, dim=1):
            yield part.clone()


class OneAtATime(Passes):
    """Slices of which each must be let go before the next is made."""

    def __iter__(self):
        self.count += 1
        storages = []
        for part in torch.tensor_split(self.x, self.cuts, dim=1):
            assert all(storage() is None for storage in storages), "two slices are in memory at once"
            slot = [part.clone()]
            storages = [weakref.ref(slot[0].untyped_storage())]
            yield slot.pop()


def assert_same_record(a, b):
    assert (a.n, a.note, a.dead, a.distinct) == (b.n, b.note, b.dead, b.distinct)
    np.testing.assert_array_equal(a.group, b.group)
    np.testing.assert_array_equal(a.block_of, b.block_of)
    np.testing.assert_array_equal(a.neighbours.indices, b.neighbours.indices)
    np.testing.assert_allclose(a.neighbours.distances, b.neighbours.distances, rtol=2e-12)
    np.testing.assert_allclose(a.blocks, b.blocks, rtol=2e-12)
    np.testing.assert_allclose(a.eigenvalues, b.eigenvalues, rtol=1e-9, atol=1e-12 * a.eigenvalues[0])
    np.testing.assert_allclose(a.linearised, b.linearised, rtol=1e-6)


@pytest.mark.parametrize("way", ["whole rows", "tiles", "like a GPU", "tiles of a GPU"])
@pytest.mark.parametrize(
    "name",
    [
        "standard",
        "standard, wide",
        "offset 1e6, float64",
        "near-duplicates",
        "near-duplicates, wide",
        "exact duplicates",
        "exact duplicates, wide",
        "saturated softmax",
        "softmax of many classes",
        "bfloat16, wide",
        "one column",
        "a million columns",
        "a column that dwarfs, wide",
        "tiny values, wide",
        "huge values",
    ],
)
def test_the_record_holds_the_brute_force_table_of_the_distinct_samples(name, way, monkeypatch):
    monkeypatch.setattr(held, "MOST", held.MOST if way == "whole rows" else 0)
    if "GPU" in way:
        like_a_gpu(monkeypatch, tiles=way == "tiles of a GPU")
    x = torch.as_tensor(CLOUDS[name])
    record = measured(x)
    assert record.note == ""
    values = x.double().numpy() + 0.0
    first_seen = {}
    first = np.array([first_seen.setdefault(row.tobytes(), i) for i, row in enumerate(values)])
    rows = np.unique(first)
    np.testing.assert_array_equal(rows[record.group], first)
    assert record.duplicates == len(x) - len(rows)
    indices, distances = brute_force(values[rows], min(64, len(rows) - 1))
    np.testing.assert_array_equal(record.neighbours.indices, indices)
    np.testing.assert_allclose(record.neighbours.distances, distances, rtol=1e-12, atol=0)
    for level, blocks in zip(record.blocks, record.block_of, strict=True):
        for block in np.unique(blocks):
            members = np.flatnonzero(blocks == block)
            nearest = brute_force(values[rows[members]], 2)[1]
            np.testing.assert_allclose(level[members], nearest, rtol=1e-12, atol=0)


def test_blocks_halve_at_each_level_and_stay_nested():
    record = measured(manifold(900, 12))
    assert record.block_of.shape == (4, 900)  # 900, 450, 225, 112 or 113
    for level, blocks in enumerate(record.block_of):
        assert len(np.unique(blocks)) == 2**level
        sizes = np.bincount(blocks)
        assert sizes.max() - sizes.min() <= 1
    for coarse, fine in zip(record.block_of[:-1], record.block_of[1:], strict=True):
        np.testing.assert_array_equal(coarse, fine // 2)
    np.testing.assert_array_equal(record.blocks[0], record.neighbours.distances[:, :2])


def test_neither_slices_nor_memory_nor_threads_change_the_record():
    x = with_near_duplicates(400, 1500).astype(np.float32)
    x[7] = x[300]
    x[:, 40] = 3.0
    whole = measured(x)
    assert whole.dead == 1 and whole.duplicates == 1
    for cuts in ([700], [1, 2, 600, 1499]):
        slices = Passes(x, cuts)
        assert_same_record(whole, measure(slices, layer(1500), memory=MEMORY, draws=1))
        assert slices.count == 2  # near-duplicates are recomputed
    assert_same_record(whole, measured(x, memory=8 * 2**20))
    before = torch.get_num_threads()
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            assert_same_record(whole, measured(x))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("name", ["near-duplicates, wide", "tiny values, wide"])
def test_a_slice_is_let_go_before_the_next_is_made(name):
    slices = OneAtATime(CLOUDS[name], [200, 400])
    assert measure(slices, layer(slices.x.shape[1]), memory=MEMORY, draws=1).note == ""
    assert slices.count > 1


def test_a_narrow_layer_gives_the_same_record_with_little_memory():
    x = manifold(1500, 20).astype(np.float32)
    assert_same_record(measured(x, k=8), measured(x, memory=2**22, k=8))


def test_a_narrow_layer_in_slices_is_joined_and_needs_no_room_for_all_pairs():
    x = manifold(900, 20)
    slices = Passes(x, [7, 13])
    assert_same_record(measured(x, k=8), measure(slices, layer(20), memory=2**22, k=8, draws=1))
    assert slices.count == 1


def test_standard_data_is_measured_in_one_pass_and_without_brute_force():
    slices = Passes(np.random.default_rng(0).standard_normal((500, 3000), dtype=np.float32), [1000])
    record = measure(slices, layer(3000), memory=MEMORY, draws=1)
    assert slices.count == 1
    assert (record.brute_rows, record.refined_pairs) == (0, 0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_floating_dtype_is_measured_at_its_own_values(dtype):
    x = torch.as_tensor(manifold(200, 300)).to(dtype)
    expected = neighbours(x.double(), 64)
    record = measured(x)
    np.testing.assert_array_equal(record.neighbours.indices, expected.indices)
    np.testing.assert_allclose(record.neighbours.distances, expected.distances, rtol=1e-12)


@pytest.mark.parametrize("d", [5, 300])
@pytest.mark.parametrize("size, dtype", [(1e-200, "f8"), (1e-290, "f8"), (1e200, "f8"), (1e290, "f8"), (1e-36, "f4")])
def test_values_whose_squares_cannot_be_held_are_measured_in_another_unit_and_it_is_said(d, size, dtype):
    x = manifold(150, d)
    usual, found = measured(x.astype(dtype)), measured((x * size).astype(dtype))
    told, unit = found.notes[0].split(":")[0], float(found.notes[0].split()[6].rstrip(":"))
    assert told.startswith("All lengths are in units of") and found.layer == usual.layer
    np.testing.assert_allclose(found.neighbours.distances * (unit / size), usual.neighbours.distances, rtol=1e-3)
    shares = usual.eigenvalues / usual.eigenvalues.sum()
    np.testing.assert_allclose(found.eigenvalues / found.eigenvalues.sum(), shares, rtol=1e-4, atol=1e-9)
    assert cka_of(usual, found).value == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("d", [30, 900])
def test_nan_and_infinity_are_counted_and_said(d):
    x = manifold(100, d)
    x[3, 4] = np.nan
    x[5, 6:8] = np.inf
    record = measured(x)
    assert record.non_finite == 3
    assert record.note == f"3 of the 100 x {d} values are NaN or infinite."
    assert record.n == 100


@pytest.mark.parametrize(
    "x, note",
    [
        (np.full((50, 8), 2.5), "The layer is constant: all 50 samples are the same point."),
        (np.full((50, 80), 2.5), "The layer is constant: all 50 samples are the same point."),
        (np.repeat(np.eye(2, 60), 10, 0), "Only 2 of the 20 samples are distinct; a measurement needs at least 3."),
        (np.ones((1, 5)), "Only 1 of the 1 samples is distinct; a measurement needs at least 3."),
        (np.array([[1e305], [-1e305], [0.0]]), "The values spread over 1e+305; distances overflow above 1e+300."),
    ],
)
def test_a_layer_that_cannot_be_measured_says_why(x, note):
    record = measured(x)
    assert record.note == note
    assert record.neighbours.n == 0


def test_a_layer_whose_distances_do_not_fit_says_what_would():
    record = measured(manifold(300, 400), memory=48 * 2**16)
    assert "Choose at most 256 samples or a larger budget" in record.note


@pytest.mark.parametrize("d", [20, 600])
def test_dead_units_are_counted(d):
    x = manifold(200, d)
    x[:, [1, 5]] = 0.25
    x[:8, 9] = 0.0
    assert measured(x).dead == 2


def test_copies_are_merged_in_the_table_and_counted_in_the_spectrum():
    x = with_exact_duplicates(400, 30)
    record = measured(x)
    assert record.duplicates == 80 + 20 + 1
    assert record.coordinates.shape == (400, 30)
    np.testing.assert_allclose(record.eigenvalues.sum(), x.astype(float).var(0, ddof=1).sum(), rtol=1e-10)


def test_three_points_are_enough():
    record = measured(np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]))
    np.testing.assert_allclose(record.neighbours.distances, [[1, 5], [18**0.5, 5], [1, 18**0.5]], rtol=1e-15)


def test_fewer_gaussian_samples_of_very_many_points_are_said(monkeypatch):
    monkeypatch.setattr("idcore.geometry.measure.DRAWN", 100)
    monkeypatch.setattr("idcore.geometry.measure.SOUGHT", 70)
    x = [torch.as_tensor(manifold(150, 4))]
    record = measure(x, layer(4), memory=MEMORY, draws=5)
    whole = measure(x, layer(4), memory=MEMORY, draws=2)
    np.testing.assert_allclose(record.linearised, whole.linearised[:, :70], rtol=1e-12)
    told = "The linearised ID is the mean of 2 Gaussian samples of 150 points, each from the ratios of 70 of them."
    assert record.notes == (told,)
    assert from_entry(*to_entry(record)).notes == record.notes


def test_a_record_survives_the_store_as_it_is():
    record = measured(manifold(150, 12))
    assert_same_record(record, from_entry(*to_entry(record)))
    assert dataclasses.asdict(record.layer) == dataclasses.asdict(layer(12))
