import dataclasses
import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from idcore.estimators import caveats, twonn
from idcore.estimators.summary import LayerSummary, kept, summarise
from idcore.estimators.verdict import FALLS
from idcore.record import Layer, unmeasured
from idcore.spec import Reading
from tests.tools.build_record import brute_geometry, brute_neighbours
from tests.tools.manifolds import cube, gaussian


def test_the_columns_of_the_table_stand_first_and_in_order():
    names = [field.name for field in dataclasses.fields(LayerSummary)]
    assert ", ".join(names[:11]) == "layer, order, depth, units, n, id, id_err, pc_id, linearised_id, dropped, note"


def test_a_row_holds_the_numbers_of_its_layer():
    x = gaussian(300, 6) @ np.diag([3.0, 3, 3, 1, 1, 0]) + 2
    row = summarise(brute_geometry(x, "fc1", order=4, depth=0.8, draws=4))
    assert (row.layer, row.order, row.depth, row.units, row.n, row.note) == ("fc1", 4, 0.8, 6, 300, "")
    assert row.id == pytest.approx(twonn.from_neighbours(brute_neighbours(x, 2)).id)
    assert row.pc_id == 3 and row.participation_ratio == pytest.approx(3.5, abs=0.5)
    assert row.linearised_id == pytest.approx(row.id, rel=0.3) and row.linearised_err > 0
    assert (row.dropped, row.duplicates, row.dead, row.lower_bound, row.brute_rows) == (0, 0, 1, False, 0)
    assert 0 < row.id_err < row.id / 5 and row.r2 > 0.98


def test_four_percent_of_exact_pairs_do_not_move_the_id():
    x = gaussian(480, 10)
    paired = np.concatenate([x, x[:20]])
    alone, merged = summarise(brute_geometry(x)), summarise(brute_geometry(paired))
    assert (merged.id, merged.id_err) == pytest.approx((alone.id, alone.id_err), rel=1e-9)
    assert (merged.n, merged.dropped, merged.duplicates) == (500, 20, 20)
    unmerged = twonn.from_neighbours(brute_neighbours(paired, 2))
    assert unmerged.dropped > 40 and unmerged.id != pytest.approx(alone.id, rel=1e-3)


def test_many_dimensions_are_marked_as_a_lower_bound():
    assert summarise(brute_geometry(gaussian(300, 60), levels=3, draws=1)).lower_bound


def test_a_layer_without_numbers_gives_none_and_the_reason():
    row = summarise(unmeasured(Layer("relu", 2, 0.3, "ReLU", (7,), 7), 50, "All 50 points are the same."))
    assert row.id is row.id_err is row.pc_id is row.linearised_id is row.r2 is row.participation_ratio is None
    assert row.note == "All 50 points are the same." and row.dropped == 50
    assert json.loads(json.dumps(dataclasses.asdict(row), allow_nan=False))["id"] is None


def test_too_few_distinct_points_give_a_spectrum_but_no_id():
    row = summarise(brute_geometry(np.repeat(gaussian(8, 3), 5, axis=0)))
    assert row.id is None and "at least 10 points" in row.note and row.dropped == 40
    assert row.pc_id is not None and row.linearised_id is None
    json.dumps(dataclasses.asdict(row), allow_nan=False)


def test_the_discard_and_the_variance_are_passed_on():
    geometry = brute_geometry(cube(300, 5))
    assert summarise(geometry, Reading(discard=0.3)).id == twonn.from_neighbours(geometry.neighbours, 0.3).id
    assert summarise(geometry, Reading(variance=0.3)).pc_id < summarise(geometry).pc_id


def test_a_row_that_was_kept_says_of_a_lower_bound_what_is_said_now():
    row = summarise(brute_geometry(gaussian(600, 60), levels=3, draws=1))
    assert row.lower_bound and caveats.BOUND in row.reading
    before = asdict(row) | {"lower_bound": False, "reading": "It still rises with N: a lower bound."}
    assert kept(before) == row and kept(asdict(row)) == row
    falling = replace(row, lower_bound=False, reading=FALLS)
    assert kept(asdict(falling)) == falling
    low = summarise(brute_geometry(gaussian(600, 3), levels=3, draws=1))
    assert not low.lower_bound and kept(asdict(low)) == low
