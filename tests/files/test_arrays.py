"""Matrices computed elsewhere: what is read is what was saved, and nothing broken or hostile gets in."""

import io
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from idcore import results
from idcore.data.read import read_representations
from idcore.errors import Cancelled, DataError, RequestError
from idcore.files.arrays import read_arrays
from idcore.files.endings import MATRICES as KINDS
from idcore.files.names import clean, clean_all, natural
from idcore.limits import LIMITS, Limits
from idcore.store import Store
from idcore.watch import Watch
from tests import ROOT
from tests.tools import bad_arrays, bad_recordings
from tests.tools.bad_arrays import GOOD, SMALL, archive, npy, npz, table

REFUSED, ACCEPTED = ((*getattr(bad_arrays, all_), *getattr(bad_recordings, all_)) for all_ in ("REFUSED", "ACCEPTED"))


def read(content: bytes, name: str, limits: Limits = LIMITS):
    return read_arrays(memoryview(content), name, limits)


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.input)
def test_what_is_broken_or_hostile_is_refused_in_a_sentence_and_in_no_more_memory_than_the_file_and_a_little(row):
    content = row.make()
    with pytest.raises(DataError) as caught:  # imports and caches first
        read(content, row.name, row.limits)
    sentence = str(caught.value)
    assert any(part in sentence for part in row.says.split("|")), sentence
    assert sentence.endswith((".", "?")) and len(sentence) < 500 and sentence.isprintable()
    tracemalloc.start()
    try:
        with pytest.raises(DataError):
            read(content, row.name, row.limits)
        assert tracemalloc.get_traced_memory()[1] < 3 * len(content) + 2**21
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("row", ACCEPTED, ids=lambda row: row.input)
def test_what_is_odd_is_read_and_said(row):
    found = read(row.make(), row.name, row.limits)
    assert row.says in " ".join(found.notes)
    for array in found.arrays.values():
        assert array.ndim == 2 and array.dtype in (np.float16, np.float32, np.float64) and array.dtype.isnative
    if not row.says:
        assert not found.notes


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("kind", [".npy", ".npz", ".safetensors", ".parquet", ".csv"])
def test_what_is_read_is_what_was_saved(kind, dtype):
    array, file = np.random.default_rng(0).normal(size=(30, 7)).astype(dtype), io.BytesIO()
    if kind == ".csv":
        np.savetxt(file, array, delimiter=",", fmt="%.18e")
    elif kind == ".parquet":
        pd.DataFrame(array, columns=[f"u{i}" for i in range(7)]).to_parquet(file)
    else:
        file.write({".npy": npy, ".npz": lambda a: npz(x=a), ".safetensors": lambda a: save({"x": a})}[kind](array))
    found = read(file.getvalue(), f"x{kind}")
    assert list(found.arrays) == ["x"] and found.labels is None and not found.notes
    assert found.arrays["x"].dtype == (np.float64 if kind == ".csv" else dtype)
    np.testing.assert_array_equal(found.arrays["x"], array)


def test_a_matrix_that_is_stored_otherwise_is_the_same_matrix():
    for array in (np.asfortranarray(GOOD), GOOD.astype(">f4"), np.asfortranarray(GOOD.astype(">f8"))):
        np.testing.assert_array_equal(read(npy(array), "a.npy").arrays["a"], GOOD)
    np.testing.assert_array_equal(read(npy(GOOD.reshape(2, 2, 3)), "a.npy").arrays["a"], GOOD.reshape(2, 6))
    half = np.array([[1.5, -2.0]], np.float32)
    bits = (half.view(np.uint32) >> 16).astype(np.uint16).tobytes()
    header = b'{"a":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]}}'
    content = len(header).to_bytes(8, "little") + header + bits
    np.testing.assert_array_equal(read(content, "a.safetensors").arrays["a"], half)


def test_the_layers_of_an_npz_keep_the_order_of_the_file_and_those_of_a_safetensors_that_of_their_names():
    assert list(read(npz(z=GOOD, a=GOOD, layer10=GOOD, layer2=GOOD), "x.npz").arrays) == ["z", "a", "layer10", "layer2"]
    tensors = {"layer10": GOOD, "layer2": GOOD.astype(np.float64), "layer1": GOOD.astype(np.float16)}
    assert list(read(save(tensors), "x.safetensors").arrays) == ["layer1", "layer2", "layer10"]


def test_lists_in_a_parquet_file_are_a_matrix_each():
    a, b = np.random.default_rng(1).normal(size=(2, 5, 3))
    found = read(table(first=list(a), label=["x", "y", "x", "y", "z"], second=list(b[:, :2])), "f.parquet")
    assert list(found.arrays) == ["first", "second"] and found.class_names == ("x", "y", "z")
    np.testing.assert_array_equal(found.arrays["first"], a)
    np.testing.assert_array_equal(found.arrays["second"], b[:, :2])
    np.testing.assert_array_equal(found.labels, [0, 1, 0, 1, 2])


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (np.array(["cat", "ant", "cat", "bee"]), ("ant", "bee", "cat")),
        (np.array([10, 2, 10, -1]), ("-1", "2", "10")),
        (np.array(["c10", "c2", "c10", "c2"]), ("c2", "c10")),
        (np.array([3.0, 1.0, 1.0, 3.0]), ("1", "3")),
        (np.array([True, False, True, True]), ("False", "True")),
    ],
)
def test_labels_become_classes_in_the_order_of_their_names(labels, names):
    found = read(npz(a=GOOD, labels=labels), "a.npz")
    assert found.class_names == names and found.labels.dtype == np.int64 and list(found.arrays) == ["a"]
    words = [str(int(v)) if labels.dtype.kind in "if" else str(v) for v in labels.tolist()]
    assert [found.class_names[i] for i in found.labels] == words
    text = "\n".join(f"{i},{word}" for i, word in enumerate(words))
    if not words[0].lstrip("-").isdecimal():
        assert read(text.encode(), "a.csv").class_names == names
    assert read(f"x,label\n{text}".encode(), "a.csv").class_names == names


def test_a_table_has_its_labels_and_names_of_rows_taken_out():
    frame = pd.DataFrame(GOOD.astype(float), columns=["u", "v", "w"]).assign(Label=list("abab"))
    found = read(frame.to_csv().encode(), "t.csv")
    np.testing.assert_array_equal(found.arrays["t"], GOOD)
    np.testing.assert_array_equal(found.labels, [0, 1, 0, 1])
    found = read(frame.to_csv(sep="\t", index=False).encode(), "t.tsv")
    np.testing.assert_array_equal(found.arrays["t"], GOOD)


@given(st.lists(st.text(max_size=200), min_size=1, max_size=8), st.integers(10, 80))
def test_names_are_single_visible_lines_that_differ(names, most):
    found, notes = clean_all(names, "matrix", most)
    assert len(set(found)) == len(names) and all(0 < len(name) <= most and name.isprintable() for name in found)
    assert bool(notes) == (list(found) != names)
    for name in found:
        name.encode()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("<b onclick=alert(1)>x</b>", "<b onclick=alert(1)>x</b>"),
        ("**bold** [link](https://example.org) `code`", "**bold** [link](https://example.org) `code`"),
        ("protein 🧬 Δ", "protein 🧬 Δ"),
        ("שלום", "שלום"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("two\nlines\x00\x1b[31m", "two lines[31m"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("x" * 10_000, "x" * 79 + "…"),
        ("\u200b" * 10_000, "…"),
    ],
)
def test_a_name_stays_text_of_one_line(name, kept):
    assert clean(name) == kept


def test_names_in_an_archive_are_cut_made_different_and_said():
    content = archive(("x" * 90 + "a.npy", npy(GOOD)), ("x" * 90 + "b.npy", npy(GOOD)), ("\u202e.npy", npy(GOOD)))
    found = read(content, "a.npz")
    assert list(found.arrays) == ["x" * 79 + "…", "x" * 76 + " (2)", "matrix 3"]
    assert found.notes[0].startswith("3 names were changed")


def test_numbers_in_names_sort_as_numbers_however_long():
    assert sorted(["b", "a10", "a9", "a", "a" + "9" * 5000], key=natural) == ["a", "a9", "a10", "a" + "9" * 5000, "b"]


# What scipy, HDF5 and pyarrow make of damaged bytes may end a process: here it would be that of the tests.
SAFE = [kind for kind in KINDS if kind not in (".mat", ".h5", ".hdf5", ".h5ad", ".parquet")]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(KINDS), st.binary(max_size=400))
def test_no_bytes_do_more_than_be_refused(kind, content):
    try:
        read(content, f"a{kind}", SMALL)
    except DataError as error:
        assert str(error).isprintable()


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SAFE), st.data())
def test_a_damaged_file_is_read_or_refused(kind, data):
    content = bytearray(FILES[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        read(bytes(content), f"a{kind}", SMALL)
    except DataError as error:
        assert str(error).isprintable()


FILES = {
    ".npy": npy(GOOD),
    ".npz": npz(a=GOOD, labels=np.array(list("abca"))),
    ".safetensors": save({"a": GOOD, "b": GOOD}),
    ".csv": b"x,label\n1,a\n2,b\n",
    ".tsv": b"1\t2\n3\t4\n",
    ".parquet": table(label=["x", "y"], b=[1, 2]),
    ".pt": bad_recordings.saved({"a": bad_recordings.X, "labels": [1, 2, 3, 1]}),
    ".pth": bad_recordings.saved(bad_recordings.X, _use_new_zipfile_serialization=False),
    ".mat": bad_recordings.mat(compressed=True, a=GOOD, label=np.arange(4)),
    ".h5": bad_recordings.hdf5(lambda f: f.create_dataset("a", data=GOOD, chunks=(2, 3), compression="gzip")),
    ".hdf5": bad_recordings.hdf5(lambda f: f.update({"a": GOOD, "labels": list("abca")})),
    ".h5ad": bad_recordings.hdf5(lambda f: f.update({"X": GOOD, "obs/label": list("abca")})),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_that_are_damaged_in_these_tests_were_good(kind):
    assert len(next(iter(read(FILES[kind], f"a{kind}").arrays.values()))) in (2, 4)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def test_an_upload_becomes_a_data_set_of_the_store(store):
    content = npz(first=GOOD, second=GOOD.astype(np.float16)[:, :2], labels=np.array(["b", "a", "b", "b"]))
    digest = results.save_upload(store, content, "three.npz")
    seen = []
    dataset = read_representations(digest, store, Watch(seen.append))
    assert dataset.name == f"upload-{digest}" and dataset.title == "three.npz" and dataset.shape is None
    assert dataset.classes == ("a", "b") and dataset.sizes == {"all": 4} and dataset.smallest == {"all": 1}
    assert dataset.matrices == (("first", 3), ("second", 2)) and dataset.labelled
    assert [p.phase for p in seen] == ["reading"]
    kept, arrays = results.dataset(store, dataset.name)
    assert kept == dataset and results.datasets(store) == [dataset]
    np.testing.assert_array_equal(arrays["matrix/0"], GOOD)
    assert arrays["matrix/1"].dtype == np.float16
    np.testing.assert_array_equal(arrays["labels"], [1, 0, 1, 1])


def test_an_upload_without_labels_is_one_class(store):
    dataset = read_representations(results.save_upload(store, npy(GOOD), "a.npy"), store)
    assert not dataset.labelled and len(dataset.classes) == 1 and dataset.smallest == {"all": 4}
    assert results.dataset(store, dataset.name)[1]["labels"].tolist() == [0] * 4


def test_an_upload_that_is_refused_gone_or_cancelled_leaves_no_data_set(store):
    with pytest.raises(DataError, match="not in numpy"):
        read_representations(results.save_upload(store, b"text", "a.npy"), store)
    with pytest.raises(RequestError, match="Upload the file again"):
        read_representations("0" * 64, store)
    with pytest.raises(Cancelled):
        read_representations(results.save_upload(store, npy(GOOD), "a.npy"), store, Watch(cancelled=lambda: True))
    assert results.datasets(store) == []


def test_the_documentation_gives_the_outcome_of_each_of_these_files():
    text = (ROOT / "docs" / "bad-inputs.md").read_text().replace("&lt;", "<")
    text = text.split("\n## Arrays")[1].split("\n## ")[0]
    outcome = dict(line.strip("| ").split(" | ", 1) for line in text.splitlines() if line.startswith("| "))
    for row in (*REFUSED, *ACCEPTED):
        assert any(part in outcome[row.input].replace("\\|", "|") for part in row.says.split("|")), row.input
