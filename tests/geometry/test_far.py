"""Distances beyond the table: those of a brute force in float64, rounded to float32, or none."""

import dataclasses

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from idcore.geometry import far
from idcore.geometry.measure import measure
from idcore.record import Layer, from_entry, powers, to_entry
from tests.tools.clouds import CLOUDS, RNG, manifold


def measured(x, memory=2**28, **options):
    x = torch.as_tensor(x)
    return measure([x], Layer("a", 1, 0.5, "ReLU", (x.shape[1],), x.shape[1]), memory=memory, draws=1, **options)


def tight(n, d, width):
    """Two heaps so small, and so far apart, that products lose their distances."""
    heaps = np.repeat([[-1.0], [1.0]], n // 2, axis=0)
    return heaps + width * RNG(3).standard_normal((n, d))


FAR = {name: CLOUDS[name] for name in ("standard", "offset 1e6, float64", "near-duplicates, wide",
       "exact duplicates", "saturated softmax", "binary, wide", "a column that dwarfs", "tiny values, wide",
       "huge values", "softmax of many classes")}  # fmt: skip
FAR |= {"heaps": tight(400, 30, 1e-5), "heaps, wide": tight(400, 500, 1e-5)}


@pytest.mark.parametrize("name", FAR)
def test_far_distances_are_those_of_a_brute_force(name):
    record = measured(FAR[name], k=16)
    x = torch.as_tensor(FAR[name]).double().numpy()
    first = np.array([np.flatnonzero(record.group == i)[0] for i in range(record.distinct)])
    ranks = list(powers(16, record.distinct))
    assert list(record.far_ranks) == ranks and not record.lacks_far
    np.testing.assert_array_equal(record.far_of, np.arange(record.distinct))
    unit = float(record.notes[0].split()[6].rstrip(":")) if record.notes else 1.0
    distances = np.sort(cdist(x[first], x[first]), axis=1)
    np.testing.assert_allclose(record.far, distances[:, ranks] / unit, rtol=1.2e-7)


def test_neither_slices_nor_memory_change_them():
    x = manifold(700, 40).astype(np.float32)
    layer = Layer("a", 1, 0.5, "ReLU", (40,), 40)
    whole = measured(x)
    for found in (measured(x, memory=2**22), measure(list(torch.as_tensor(x).split(7, 1)), layer, memory=2**25)):
        np.testing.assert_allclose(found.far, whole.far, rtol=1.2e-7)


def test_of_many_rows_some_are_kept_and_each_is_that_of_its_row(monkeypatch):
    x = manifold(500, 12)
    whole = measured(x, k=20)
    monkeypatch.setattr(far, "ANCHORS", 60)
    some = measured(x, k=20)
    assert some.far.shape == (60, 3) and (np.diff(some.far_of) > 0).all()
    np.testing.assert_allclose(some.far, whole.far[some.far_of], rtol=1.2e-7)


def test_ranks_that_would_cost_too_much_have_no_distances(monkeypatch):
    monkeypatch.setattr(far, "MOST", 1)
    record = measured(tight(300, 5, 1e-7), k=16)
    assert record.far_ranks == (32, 64, 128) and np.isnan(record.far).all()


def test_a_record_keeps_them_and_an_older_one_says_that_it_lacks_them():
    record = measured(manifold(300, 12))
    assert record.far_ranks == (128,)
    arrays, meta = to_entry(record)
    np.testing.assert_array_equal(from_entry(arrays, meta).far, record.far)
    older = from_entry({name: a for name, a in arrays.items() if not name.startswith("far")}, meta)
    assert older.lacks_far and older.far_ranks == () and not record.lacks_far
    np.testing.assert_array_equal(older.neighbours.distances, record.neighbours.distances)
    assert not measured(manifold(200, 12)).lacks_far  # 64 neighbours reach beyond half of them
    assert not dataclasses.replace(older, note="constant").lacks_far
