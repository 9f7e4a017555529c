"""The bytes of the map: what is packed comes back, small enough, and what the browser sends is read with suspicion."""

import base64
import io
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from idcore.errors import PointsError
from idcore.estimators.maps import pca_maps, quality
from idcore.record import Layer, unmeasured
from idcore.ui.result.map import blob, choice
from tests.tools.build_record import brute_geometry, scattered

STYLES = [("#3f90da", "circle"), ("#ffa90e", "diamond")]


def _samples(n: int = 20) -> bytes:
    labels, ids = scattered(n, 2)
    return blob.samples(labels, ["a", "b"], STYLES, ids=ids)


def _mask(chosen: np.ndarray) -> str:
    return base64.b64encode(np.packbits(chosen, bitorder="little").tobytes()).decode()


@given(st.integers(1, 40), st.integers(1, 5), st.sampled_from(["uint8", "uint16", "int16", "int32", "float32"]))
def test_what_is_packed_comes_back_and_every_array_begins_at_a_multiple_of_eight(n, layers, dtype):
    array = (np.random.default_rng(n).random((layers, n)) * 100).astype(dtype)
    packed = blob.pack({"part": "ä <b>"}, {"first": array[:, :1], "all": array})
    header, arrays = blob.unpack(packed)
    assert header["part"] == "ä <b>" and np.array_equal(arrays["all"], array)
    assert len(packed) % 8 == 0 and all(about["offset"] % 8 == 0 for about in header["arrays"].values())


def test_the_digest_changes_with_every_byte():
    array = np.zeros(100, np.uint8)
    before = blob.unpack(blob.pack({}, {"a": array}))[0]["digest"]
    array[57] = 1
    assert blob.unpack(blob.pack({}, {"a": array}))[0]["digest"] != before


@pytest.mark.parametrize("bad", [b"", b"LMAP", b"LMAP\xff\xff\xff\xff{}", b"PK\x03\x04" + bytes(100)])
def test_other_bytes_are_refused(bad):
    with pytest.raises(PointsError, match="LMAP"):
        blob.unpack(bad)


@pytest.mark.parametrize("dims", [2, 3])
def test_positions_keep_their_shape_to_a_32767th_of_the_map(dims):
    positions = np.random.default_rng(0).normal(size=(500, dims)) * [1000, 1, 1e-3][:dims] + 1e6
    header, arrays = blob.unpack(blob.maps({"PCA": [blob.MapLayer("conv1", positions)]}))
    (found,) = arrays[header["maps"][0]["array"]].astype(float)
    size = partial(np.linalg.norm, axis=1, ord=np.inf if dims == 2 else 2)  # in three dimensions it is turned
    extent = size(positions - (positions.max(axis=0) + positions.min(axis=0)) / 2).max()
    away = (found - found[0]) * extent / 32767 - (positions - positions[0])
    assert np.abs(away).max() <= 1.001 * extent / 32767
    assert 32766 <= size(found).max() <= 32768


def test_a_layer_without_a_map_keeps_its_place_and_its_reason():
    layers = [
        blob.MapLayer("a", np.ones((3, 2))),
        blob.MapLayer("b", np.zeros((0, 2)), note="constant"),
        blob.MapLayer("c", np.eye(3, 2), trustworthiness=0.98765, previous=0.5),
    ]
    header, arrays = blob.unpack(blob.maps({"UMAP": layers}))
    described = header["maps"][0]["layers"]
    assert [layer["row"] for layer in described] == [0, -1, 1] and described[1]["note"] == "constant"
    assert described[2]["trustworthiness"] == 0.9877 and described[0]["kept"] is None
    assert arrays["map0"].shape == (2, 3, 2) and not arrays["map0"][0].any()  # all on one spot: the middle


@pytest.mark.parametrize(
    "layers",
    [
        [np.ones((3, 2)), np.ones((4, 2))],
        [np.ones((3, 2)), np.ones((3, 3))],
        [np.ones((3, 4))],
        [np.full((3, 2), np.nan)],
        [],
    ],
)
def test_layers_that_do_not_fit_together_are_refused(layers):
    with pytest.raises(PointsError):
        blob.maps({"UMAP": [blob.MapLayer(str(i), positions) for i, positions in enumerate(layers)]})


def test_a_number_is_kept_to_a_254th_part_of_the_samples_and_no_number_stays_none():
    rows = np.random.default_rng(0).lognormal(sigma=2, size=(2, 3000))
    rows[0, 5] = np.nan
    header, arrays = blob.unpack(blob.values(["a", "b"], {"local ID": rows}, {"local ID": "words"}))
    codes, books = arrays["codes0"], arrays["book0"]
    assert codes[0, 5] == 0 and (np.delete(codes[0], 5) > 0).all()
    for row, code, book in zip(rows, codes, books, strict=True):
        known = np.isfinite(row)
        ranks = np.sort(row[known])
        off = np.searchsorted(ranks, book[code[known]].astype(float)) - np.searchsorted(ranks, row[known])
        assert np.abs(off).max() <= len(ranks) / 254 + 1
    low, high = np.nanpercentile(rows, [2, 98])
    assert header["values"][0]["low"] == pytest.approx(low) and header["values"][0]["high"] == pytest.approx(high)


def test_classes_outside_the_names_are_none_and_columns_must_match():
    header, arrays = blob.unpack(blob.samples(np.array([0, -1, 1, 2]), ["a", "b"], STYLES, ids=np.arange(4)))
    assert arrays["labels"].tolist() == [0, blob.NO_CLASS, 1, blob.NO_CLASS] and header["styles"][1] == ["#ffa90e", 1]
    with pytest.raises(PointsError, match="one of predictions for each of the 4 samples, not 3"):
        blob.samples(np.zeros(4, int), ["a", "b"], STYLES, ids=np.arange(4), predictions=np.zeros(3, int))


@pytest.mark.parametrize("colours", [(), (3,)])
def test_each_thumbnail_stands_at_its_place_of_its_sheet(colours):
    n, size = 1030, 8
    grey = (np.arange(n) * 53 % 256).astype(np.uint8)
    pictures = np.broadcast_to(grey.reshape(n, 1, 1, *[1] * len(colours)), (n, size, size, *colours))
    header, arrays = blob.unpack(blob.images(pictures))
    assert header["size"] == size and sorted(arrays) == ["sheet0", "sheet1"]
    for i in (0, 31, 32, 1023, 1024, 1029):
        sheet = np.asarray(Image.open(io.BytesIO(arrays[f"sheet{i // 1024}"].tobytes())).convert("L")).astype(int)
        row, column = divmod(i % 1024, 32)
        assert abs(sheet[row * size + size // 2, column * size + size // 2] - int(grey[i])) < 25


def test_what_are_no_thumbnails_is_refused():
    with pytest.raises(PointsError, match="Thumbnails must be"):
        blob.images(np.zeros((4, 8, 8), float))


def test_ten_thousand_samples_in_twelve_layers_take_less_than_a_megabyte_without_their_pictures():
    random, n = np.random.default_rng(0), 10_000
    names = [f"layer{i}" for i in range(12)]
    labels = random.integers(0, 2, n)
    size = len(blob.samples(labels, ["a", "b"], STYLES, ids=np.arange(n), predictions=labels))
    size += len(blob.maps({"UMAP": [blob.MapLayer(name, random.normal(size=(n, 2))) for name in names]}))
    numbers = {name: random.normal(size=(12, n)) for name in ("local ID", "density")}
    size += len(blob.values(names, numbers, dict.fromkeys(numbers, "words")))
    assert size < 900_000


@given(st.integers(1, 60), st.randoms(use_true_random=False))
def test_a_mask_says_which_samples_are_selected(n, random):
    chosen = np.array([random.random() < 0.5 for _ in range(n)])
    assert np.array_equal(blob.selected(_mask(chosen), n), np.flatnonzero(chosen))


@pytest.mark.parametrize("bad", [None, 7, "", "!!!!", "////////", "/" * 10_000, ["////"], "ÄÄÄÄ"])
def test_what_is_no_mask_selects_nothing(bad):
    assert len(blob.selected("////", 20)) == 20 and len(blob.selected(bad, 20)) == 0


def test_a_choice_among_other_samples_or_of_another_form_is_none():
    samples = _samples()
    of = blob.unpack(samples)[0]["digest"]
    chosen = np.arange(20) < 3
    good = {"of": of, "layer": "conv1", "sample": 19, "selection": _mask(chosen), "colour": "label", "map": "UMAP"}
    found = choice(good, samples)
    assert (found.layer, found.sample, found.selection.tolist()) == ("conv1", 19, [0, 1, 2])
    for bad in (None, "x", [], {**good, "of": "other"}):
        assert choice(bad, samples).layer is None and not len(choice(bad, samples).selection)
    odd = choice({**good, "sample": 20, "layer": {"a": 1}, "selection": 5}, samples)
    assert (odd.sample, odd.layer, len(odd.selection)) == (None, None, 0)
    assert choice({**good, "sample": True}, samples).sample is None


def test_each_pca_map_is_turned_onto_the_one_before_and_no_distance_changes():
    random = np.random.default_rng(1)
    x = random.normal(size=(60, 5)) * [5, 4, 3, 1, 1]
    turned = x @ np.linalg.qr(random.normal(size=(5, 5)))[0]
    records = [brute_geometry(x), brute_geometry(turned)]
    first, second = pca_maps(records, 3)
    np.testing.assert_allclose(first, second, atol=1e-4)
    np.testing.assert_allclose(
        np.linalg.norm(second[:, None] - second, axis=2),
        np.linalg.norm(records[1].coordinates[:, None, :3] - records[1].coordinates[:, :3], axis=2),
        atol=1e-4,
    )


def test_a_layer_without_numbers_gives_an_empty_map_and_the_chain_goes_on():
    x = np.random.default_rng(2).normal(size=(40, 4))
    constant = unmeasured(Layer("relu", 1, 0.5, "ReLU", (4,), 4), 40, "It is constant.")
    maps = pca_maps([brute_geometry(x), constant, brute_geometry(x[:, ::-1])], 2)
    assert [len(m) for m in maps] == [40, 0, 40]
    np.testing.assert_allclose(maps[0], maps[2], atol=1e-4)
    assert quality(constant, maps[1]) == (None, None)
    trust, kept = quality(brute_geometry(x), maps[0])
    assert 0.5 < trust <= 1 and 0 < kept <= 1


def test_layers_of_other_samples_have_no_common_map():
    random = np.random.default_rng(3)
    with pytest.raises(PointsError, match="same samples; they have 30 and 20"):
        pca_maps([brute_geometry(random.normal(size=(30, 3))), brute_geometry(random.normal(size=(20, 3)))])


def test_kinds_are_kept_as_they_are_with_a_style_each():
    rows = np.array([[0, 1, 2, 1, np.nan], [np.nan, 0, 0, 0, 300]])
    kinds = {"density peak": ("peak", [("#ffa90e", "diamond")] * 3)}
    packed = blob.values(["a", "b"], {"density peak": rows}, {"density peak": "words"}, kinds)
    header, arrays = blob.unpack(packed)
    (about,) = header["values"]
    assert about["kind"] == "peak" and about["styles"] == [["#ffa90e", 1]] * 3
    assert arrays["codes0"].tolist() == [[1, 2, 3, 2, 0], [0, 1, 1, 1, 0]]
    assert arrays["book0"][0][[1, 2, 3]].tolist() == [0, 1, 2]
