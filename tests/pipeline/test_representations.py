"""Representations computed elsewhere are measured like the layers of a network, without one."""

import io
from dataclasses import replace

import numpy as np
import pytest

import idcore
from idcore import pipeline, results
from idcore.data.read import read_representations
from idcore.errors import Cancelled, DataError, RequestError
from idcore.estimators.summary import summarise
from idcore.pipeline import representations
from idcore.record import Dataset
from idcore.spec import ELSEWHERE, DataSpec, Request
from idcore.store import Store
from idcore.watch import Watch
from tests.tools.build_record import scattered
from tests.tools.manifolds import cube, gaussian, rotation

pytestmark = pytest.mark.usefixtures("unconfined")

MEMORY = 2**28
N = 600


def ball(n: int, d: int, seed: int = 0) -> np.ndarray:
    x = gaussian(n, d, seed)
    return x / np.linalg.norm(x, axis=1, keepdims=True) * cube(n, 1, seed + 1) ** (1 / d)


def within(x: np.ndarray, d: int, seed: int = 0) -> np.ndarray:
    """The same cloud, turned into d dimensions."""
    return x @ rotation(d, seed)[: x.shape[1]]


PLANE, BALL, CLOUD = within(cube(N, 2), 20), within(ball(N, 3), 50), gaussian(N, 10, 3)
LABELS = np.array(["red", "blue", "green"])[scattered(N, 3)[0]]
CLASSES = ("blue", "green", "red")


def uploaded(store: Store, **arrays: np.ndarray) -> Dataset:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return read_representations(results.save_upload(store, file.getvalue(), "three.npz"), store)


def request(dataset: Dataset, **data) -> Request:
    return Request(DataSpec(dataset.name, **{"split": "all", "n": N} | data), ELSEWHERE)


def run(asked: Request, store: Store, layers="checkpoints", **options):
    return list(representations.run(asked, layers, store, memory=MEMORY, device="cpu", **options))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def three(store):
    return uploaded(store, plane=PLANE, ball=BALL, cloud=CLOUD.astype(np.float32), labels=LABELS)


@pytest.fixture(scope="module")
def records(store, three):
    return run(request(three), store)


def test_a_plane_a_ball_and_a_cloud_have_their_dimensions(records):
    ids = {geometry.layer.name: summarise(geometry).id for geometry in records}
    assert list(ids) == ["plane", "ball", "cloud"]
    assert ids["plane"] == pytest.approx(2, rel=0.08)
    assert ids["ball"] == pytest.approx(3, rel=0.1)
    assert ids["cloud"] == pytest.approx(9.5, rel=0.12)  # of a Gaussian, which TwoNN reads a little low at this N


def test_the_numbers_are_those_of_the_library_on_the_same_arrays(records):
    for geometry, array in zip(records, (PLANE, BALL, CLOUD.astype(np.float32)), strict=True):
        assert summarise(geometry).id == pytest.approx(idcore.twonn(array).id, rel=1e-9)
        spectrum = idcore.pca(array)
        np.testing.assert_allclose(geometry.eigenvalues[:2], spectrum.eigenvalues[:2], rtol=1e-6)


def test_the_run_says_what_was_measured(store, three, records):
    kept = results.run(store, request(three))
    assert [(layer.name, layer.order, layer.depth, layer.units) for layer in kept.layers] == [
        *(("plane", 0, 0.0, 20), ("ball", 1, 0.5, 50), ("cloud", 2, 1.0, 10))
    ]
    assert all(layer.checkpoint and layer.kind == "Matrix" and layer.shape == (layer.units,) for layer in kept.layers)
    assert kept.class_names == CLASSES and kept.notes == three.notes and kept.estimate.startswith("About ")
    assert sorted(kept.ids) == list(range(N))
    assert [CLASSES[label] for label in kept.labels] == LABELS[kept.ids].tolist()
    assert (kept.predictions == -1).all() and len(kept.predictions) == N
    assert kept.train_accuracy is kept.test_accuracy is kept.sample_accuracy is None


def test_the_entry_of_the_run_is_there_before_the_first_number_and_complete_after_the_last(tmp_path):
    store = Store(tmp_path)
    asked = request(uploaded(store, a=PLANE[:50], b=BALL[:50]), n=40)
    steps = representations.run(asked, "all", store, memory=MEMORY, device="cpu")
    next(steps)
    assert len(results.run(store, asked).predictions) == 0 and len(results.run(store, asked).labels) == 40
    list(steps)
    assert len(results.run(store, asked).predictions) == 40


def test_the_second_time_everything_comes_from_the_store(store, three, records, monkeypatch):
    monkeypatch.setattr(representations, "measure", lambda *_, **__: pytest.fail("something was measured"))
    again = run(request(three), store)
    for a, b in zip(records, again, strict=True):
        np.testing.assert_array_equal(a.neighbours.distances, b.neighbours.distances)


def test_chosen_layers_are_measured_alone(store, three):
    asked = request(three, seed=1, n=100)
    assert [geometry.layer.name for geometry in run(asked, store, ("cloud",))] == ["cloud"]
    assert results.layer(store, asked, "plane") is None
    with pytest.raises(RequestError, match="has no layer 'clod'; it has plane, ball, cloud"):
        run(asked, store, ("clod",))


def test_a_subset_by_class_holds_these_classes_in_turn(store, three):
    asked = request(three, classes=(0, 2), n=101)
    geometry = run(asked, store, ("plane",))[0]
    kept = results.run(store, asked)
    assert set(LABELS[kept.ids]) == {"blue", "red"} and sorted(np.bincount(kept.labels)) == [0, 50, 51]
    assert summarise(geometry).id == pytest.approx(idcore.twonn(PLANE[kept.ids]).id, rel=1e-9)


def test_a_larger_subset_holds_the_smaller_one(store, three):
    few, more = (request(three, n=n, seed=5) for n in (60, 90))
    run(few, store, ("cloud",))
    run(more, store, ("cloud",))
    np.testing.assert_array_equal(results.run(store, few).ids, results.run(store, more).ids[:60])


def test_half_precision_is_measured_as_the_numbers_it_holds(tmp_path):
    store, half = Store(tmp_path), PLANE.astype(np.float16)
    geometry = run(request(uploaded(store, a=half)), store)[0]
    same = idcore.neighbours(half.astype(np.float64))
    found = np.sort(geometry.neighbours.distances, axis=0)  # the samples stand in another order
    np.testing.assert_allclose(found, np.sort(same.distances, axis=0), rtol=1e-12)
    # Of float16 the last digits are rounding, which the same numbers given as float64 do not say. How much, is told
    # from some of the rows, so that another order of them gives an ID within a hundredth.
    assert geometry.neighbours.rounding > 1e6 * same.rounding
    assert summarise(geometry).id == pytest.approx(idcore.twonn(half).id, rel=0.01)
    assert summarise(geometry).id == pytest.approx(2, rel=0.1)


def test_a_matrix_with_nan_has_a_reason_and_the_others_have_numbers(tmp_path):
    store, broken = Store(tmp_path), CLOUD[:50].copy()
    broken[3, 4] = np.nan
    first, second = run(request(uploaded(store, broken=broken, whole=BALL[:50]), n=50), store)
    assert "1 of the 50 x 10 values are NaN" in first.note and first.non_finite == 1
    assert not second.note and summarise(second).id > 1


def test_a_single_column_is_a_line(tmp_path):
    store = Store(tmp_path)
    geometry = run(request(uploaded(store, a=cube(N, 1))), store)[0]
    assert geometry.layer.units == 1 and summarise(geometry).id == pytest.approx(1, rel=0.1)


def test_a_wide_matrix_is_measured_in_slices_within_the_budget(tmp_path):
    store, wide = Store(tmp_path), gaussian(60, 30_000, 7)
    asked = request(uploaded(store, a=wide, y=np.arange(60) % 2), n=60)
    cut, whole = 12 * 2**20, MEMORY
    assert representations.estimate(asked, "all", cut, "cpu", store=store).columns < wide.nbytes
    one = list(representations.run(asked, "all", store, memory=cut, device="cpu"))[0]
    other = list(representations.run(asked, "all", copied(store, tmp_path / "b"), memory=whole, device="cpu"))[0]
    np.testing.assert_allclose(one.neighbours.distances, other.neighbours.distances, rtol=1e-12)


def copied(store: Store, root) -> Store:
    """A store with the same uploads and no results."""
    other = Store(root)
    for kind in ("upload", "dataset"):
        for key in store.keys(kind):
            entry = store.get(key)
            other.put(key, entry.arrays, entry.meta)
    return other


def test_what_does_not_fit_is_refused_before_anything_is_measured(store, three):
    with pytest.raises(RequestError, match="cannot be measured on 600 samples.*Choose N up to"):
        list(representations.run(request(three, seed=9), "all", store, memory=2**20, device="cpu"))
    assert results.run(store, request(three, seed=9)) is None


def test_the_estimate_names_the_layers_that_are_missing_and_no_forward_pass(store, three):
    cost = representations.estimate(request(three), "all", MEMORY, "cpu", store=store)
    assert [layer.layer for layer in cost.layers] == ["plane", "ball", "cloud"] and cost.passes == 0
    assert cost.seconds > 0 and cost.bytes <= cost.budget == MEMORY
    known = representations.estimate(
        request(three), "all", MEMORY, "cpu", store=store, known=lambda name: name != "ball"
    )
    assert [layer.layer for layer in known.layers] == ["ball"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"reduce": "mean"}, "reduce = mean is for images"),
        ({"size": 64}, "size = 64 is for images"),
        ({"normalise": "imagenet"}, "normalise = imagenet is for images"),
        ({"gradient": 1.0}, "gradient = 1.0 is for images"),
        ({"noise": 0.1}, "noise = 0.1 is for images"),
        ({"pixels": "permuted"}, "pixels = permuted is for images"),
        ({"split": "test"}, "three.npz has no test split. Choose all"),
        ({"classes": (0, 7)}, "three.npz has no class 7: its classes are 0 to 2"),
        ({"n": N + 1}, "N = 601 is too large: three.npz has 600 samples. Choose N up to 600"),
        ({"n": 201, "classes": (1,)}, "three.npz has 200 samples of class green"),
        ({"dataset": "upload-" + "0" * 64}, "Upload the file again"),
    ],
)
def test_what_cannot_be_asked_of_representations_is_refused_in_a_sentence(store, three, change, says):
    asked = request(three)
    own = {name: value for name, value in change.items() if hasattr(asked, name)}
    asked = replace(asked, data=replace(asked.data, **{k: v for k, v in change.items() if k not in own}), **own)
    for call in (run, lambda *a: representations.estimate(a[0], "all", store=a[1])):
        with pytest.raises(RequestError, match=says):
            call(asked, store)


def test_a_data_set_of_images_is_not_taken_for_representations(store):
    images = Dataset("upload-" + "1" * 64, "pets", ("cat",), (3, 8, 8), {"all": 5}, "a folder")
    results.save_dataset(store, images, {"labels": np.zeros(5, np.int64)})
    with pytest.raises(DataError, match="pets holds images, not representations"):
        run(request(images, n=5), store)


def test_a_run_stops_when_it_is_cancelled_and_keeps_what_it_has(tmp_path):
    store, seen = Store(tmp_path), []
    asked = request(uploaded(store, a=PLANE[:50], b=BALL[:50]), n=50)
    with pytest.raises(Cancelled):
        run(asked, store, watch=Watch(seen.append, lambda: len(seen) == 2))
    assert [p.phase for p in seen] == ["loading", "measuring"] and "(1 of 2). About" in seen[1].message
    assert results.layer(store, asked, "a") is not None and results.layer(store, asked, "b") is None


def test_the_pipeline_takes_such_a_request_like_any_other(store, three, records):
    again = list(pipeline.run(request(three), "all", store, memory=MEMORY, device="cpu"))
    np.testing.assert_array_equal(again[1].eigenvalues, records[1].eigenvalues)
