"""A store that lies over another one, which is read only: what comes with the package, under what a person measured."""

import numpy as np
import pytest

from idcore import results
from idcore.store import GALLERY, Store, gallery, with_gallery

A, B, C = ("a" * 64, "b" * 64, "c" * 64)


@pytest.fixture
def under(tmp_path):
    store = Store(tmp_path / "under")
    for key in (A, B):
        store.put(key, {"x": np.arange(3)}, {"kind": "k", "from": "under"})
    return Store(tmp_path / "under", read_only=True)


@pytest.fixture
def store(tmp_path, under):
    store = Store(tmp_path / "over", under=under)
    for key in (B, C):
        store.put(key, {"x": np.arange(4)}, {"kind": "k", "from": "over"})
    return store


def test_an_entry_is_found_in_either_and_its_own_first(store):
    assert [store.get(key).meta["from"] for key in (A, B, C)] == ["under", "over", "over"]
    assert [store.meta(key)["from"] for key in (A, B, C)] == ["under", "over", "over"]
    assert [(key, meta["from"]) for key, meta in store.entries("k")] == [(A, "under"), (B, "over"), (C, "over")]
    assert [value for _, value in store.values("k", lambda meta: meta["from"])] == ["under", "over", "over"]


def test_what_lies_under_is_never_written_removed_or_counted(store, under, tmp_path):
    before = {path: path.read_bytes() for path in (tmp_path / "under").rglob("*") if path.is_file()}
    own = (tmp_path / "over" / "v1").glob("[bc][bc]/*.safetensors")
    assert store.size() == sum(path.stat().st_size for path in own)
    store.delete(A)
    store.compute_once(A, lambda: pytest.fail("it is there"))
    small = Store(tmp_path / "over", limit=1, under=under)
    small.put(C, {"x": np.arange(9)}, {"kind": "k", "from": "over"})
    assert store.get(A).meta["from"] == store.get(B).meta["from"] == "under"
    assert {path: path.read_bytes() for path in before} == before


def test_the_results_that_come_with_the_package_are_listed_beside_ones_own(tmp_path):
    store = with_gallery(tmp_path)
    assert [run.request for run in results.runs(store)] == [run.request for run in results.runs(gallery())] != []
    assert store.size() == 0 and not store.keys()


def test_what_ships_is_small_and_has_no_photographs():
    files = [path for path in GALLERY.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 14e6
    assert {meta["request"]["dataset"] for _, meta in gallery().entries("atlas")} == {"mnist5k"}
