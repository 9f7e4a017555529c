"""What the page says of a selection and of one sample, against brute force on the points themselves."""

import csv
import io

import numpy as np
import pytest

from idcore.estimators import twonn
from idcore.estimators.subset import nearest, thinned, twonn_of_subset, unusual
from idcore.estimators.summary import summarise
from idcore.figures.selection import class_counts, selection_curve
from idcore.record import Layer, unmeasured
from idcore.results import Run
from idcore.spec import Request
from idcore.ui.explore import placing
from idcore.ui.result import sample, selection
from tests.tools.build_record import brute_geometry, brute_neighbours, scattered
from tests.tools.manifolds import gaussian

X = gaussian(400, 3)


def _run(n: int = 400, **changes) -> Run:
    labels, ids = scattered(n, 3)
    plan = (Layer("layer", 1, 0.5, "Linear", (3,), 3, True),)
    values = {"labels": labels, "predictions": np.zeros(n, np.int64), "ids": ids}
    return Run(Request(), plan, class_names=("a", "b", "<i>c"), **{**values, **changes})


def test_the_id_of_a_compact_selection_is_that_of_its_points_alone():
    chosen = np.flatnonzero(X[:, 0] > 0.6)
    found = twonn_of_subset(brute_geometry(X), chosen)
    alone = brute_neighbours(X[chosen], 2)
    assert found.known == found.points == len(chosen)
    assert found.id == pytest.approx(twonn.from_neighbours(alone).id, rel=1e-12)
    assert found.stderr == pytest.approx(twonn.from_neighbours(alone).stderr, rel=1e-12)


def test_a_selection_of_all_samples_has_the_id_of_the_layer():
    geometry = brute_geometry(np.concatenate([X, X[:5]]))
    found = twonn_of_subset(geometry, np.arange(405))
    row = summarise(geometry)
    assert found.id == pytest.approx(row.id, rel=1e-12) and found.dropped == row.dropped == 5
    assert found.thinned == pytest.approx(row.id)


def test_a_selection_spread_too_thinly_has_no_number_but_a_reason():
    found = twonn_of_subset(brute_geometry(X, k=8), np.arange(0, 400, 10))
    assert found.id is None and "spread too thinly" in found.note and found.known < 0.95 * found.points


def test_too_few_points_and_layers_without_numbers_have_a_reason():
    assert "select at least 20" in twonn_of_subset(brute_geometry(X), np.arange(19)).note
    bad = unmeasured(Layer("relu", 1, 0.5, "ReLU", (4,), 4), 400, "It is constant.")
    assert twonn_of_subset(bad, np.arange(100)).note == "It is constant."


def test_copies_among_the_selected_count_once():
    geometry = brute_geometry(np.repeat(X, 2, axis=0))
    found = twonn_of_subset(geometry, np.arange(200))
    assert found.points == 100 and found.dropped == 100


def test_as_many_drawn_from_all_lie_between_the_levels_of_the_record():
    geometry = brute_geometry(X)
    assert thinned(geometry, 400) == pytest.approx(summarise(geometry).id)
    assert 2 < thinned(geometry, 150) < 4
    assert thinned(geometry, 3) is None


def test_the_nearest_of_a_sample_are_its_copies_and_then_those_of_a_brute_force():
    x = np.concatenate([X, X[:1]])
    places, distances = nearest(brute_geometry(x), 0, 9)
    brute = np.linalg.norm(x - x[0], axis=1)
    brute[0] = np.inf
    assert places[0] == 400 and distances[0] == 0
    assert places.tolist() == np.argsort(brute, kind="stable")[:9].tolist()
    assert distances == pytest.approx(np.sort(brute)[:9])


def test_a_far_picture_is_unusual_and_a_near_one_is_not():
    geometry = brute_geometry(X)
    assert unusual(geometry, 1e9) == 1 and unusual(geometry, 0.0) == 0
    assert "unusually far from all samples in layer." in placing.far_words([geometry], np.array([1e9]))
    near = placing.far_words([geometry], np.array([0.0]))
    assert "In no layer" in near and "exact copy of a sample in layer" in near


def test_the_neighbours_of_a_sample_say_which_are_of_its_class():
    geometry, run = brute_geometry(X), _run()
    row = sample.neighbour_row(run, geometry, *nearest(geometry, 6, 30), 0)
    places, _ = nearest(geometry, 6, 30)
    assert row.share == pytest.approx((run.labels[places] == 0).mean()) and len(row.cells) == 8
    assert [one.mark for one in row.cells] == ["same" if run.labels[i] == 0 else "other" for i in places[:8]]
    assert row.cells[0].note == "1.00" and row.cells[0].alt.startswith(f"sample {run.ids[places[0]]},")


def test_the_csv_of_a_selection_holds_its_ids_labels_and_predictions_by_name():
    run = _run(6, learned_labels=np.array([2, -1, 1, 0, 0, 0]))
    rows = list(csv.DictReader(io.StringIO(selection.to_csv(run, np.array([1, 2])))))
    assert [row["place"] for row in rows] == ["1", "2"] and [int(row["id"]) for row in rows] == run.ids[1:3].tolist()
    assert [row["label_name"] for row in rows] == [run.class_names[label] for label in run.labels[1:3]]
    assert rows[0]["prediction_name"] == "a" and rows[0]["learned_label"] == "" and rows[1]["learned_label_name"] == "b"
    assert "prediction" not in selection.to_csv(_run(6, predictions=np.zeros(0, np.int64)), np.array([1]))


def test_the_curve_of_a_selection_stands_beside_all_and_as_many():
    geometry = brute_geometry(X)
    found = twonn_of_subset(geometry, np.flatnonzero(X[:, 0] > 0))
    figure = selection_curve([found], [summarise(geometry)], [geometry.layer], "trained", 400)
    whole, thin, mine = figure.data
    assert mine.y == (found.id,) and mine.error_y.array == (found.stderr,)
    assert thin.y == (found.thinned,) and whole.name == "all 400 samples"


def test_class_counts_show_the_largest_first_and_leave_out_what_is_not_there():
    figure = class_counts(np.array([2, 0, 7]), np.array([10, 10, 10]), ["a", "b", "<i>c"])
    assert figure.data[1].y == ("&lt;i&gt;c", "a") and list(figure.data[1].x) == [7, 2]
    assert list(figure.data[0].x) == [10, 10]


def test_several_pictures_travel_as_one_zip_in_their_order():
    import zipfile

    content, name = placing.packed([("b.PNG", b"1"), ("a/../x.jpg", b"2")])
    assert name == "Your pictures.zip" and zipfile.ZipFile(io.BytesIO(content)).namelist() == ["000.png", "001.jpg"]
    assert placing.packed([("b.png", b"1")]) == (b"1", "b.png")
