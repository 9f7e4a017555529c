import json

import numpy as np
import pytest

from idcore.errors import PointsError
from idcore.record import Layer, Neighbours, from_entry, to_entry, unmeasured
from tests.tools.build_record import brute_geometry


def test_a_record_survives_the_form_in_which_it_is_stored():
    before = brute_geometry(np.random.default_rng(0).normal(size=(60, 5)))
    arrays, meta = to_entry(before)
    after = from_entry(arrays, json.loads(json.dumps(meta, allow_nan=False)))
    assert after.layer == before.layer and after.n == before.n and after.note == before.note
    np.testing.assert_array_equal(after.neighbours.indices, before.neighbours.indices)
    for name in ("group", "blocks", "block_of", "eigenvalues", "coordinates", "linearised"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    np.testing.assert_array_equal(after.neighbours.distances, before.neighbours.distances)


def test_a_layer_without_numbers_keeps_its_reason():
    layer = Layer("x", 1, 0.5, "ReLU", (3,), 3)
    after = from_entry(*to_entry(unmeasured(layer, 10, "The layer is constant.", non_finite=2)))
    assert (after.note, after.n, after.non_finite, after.duplicates) == ("The layer is constant.", 10, 2, 0)


TABLE = np.array([[1, 2], [0, 2], [1, 0]])
BAD = [
    (TABLE, np.ones((3, 3)), "(3, 3)"),
    (TABLE.astype(float), np.ones((3, 2)), "float64"),
    (TABLE + 1, np.ones((3, 2)), "from 1 to 3"),
    (TABLE, -np.ones((3, 2)), "not negative"),
    (TABLE, np.full((3, 2), np.nan), "finite"),
    (TABLE, np.array([[2.0, 1.0]] * 3), "nearest neighbour first"),
    (TABLE[0], np.ones(2), "(n, k)"),
]


@pytest.mark.parametrize("indices, distances, part", BAD, ids=[part for *_, part in BAD])
def test_a_table_that_cannot_be_one_is_refused_in_a_sentence(indices, distances, part):
    with pytest.raises(PointsError) as caught:
        Neighbours(indices, distances)
    assert part in str(caught.value) and str(caught.value).endswith(".")


def test_a_table_may_be_built_from_plain_lists():
    table = Neighbours([[1], [0]], [[2], [2]])
    assert table.n == 2 and table.k == 1 and table.distances.dtype == np.float64
