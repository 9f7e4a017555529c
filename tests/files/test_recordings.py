"""Matrices as PyTorch, MATLAB, HDF5, AnnData and scipy keep them: the numbers that were saved, and no others."""

import io

import h5py
import numpy as np
import pytest
import scipy.sparse
import torch
from torch.nn import Parameter

from idcore import results
from idcore.data.read import read_representations
from idcore.errors import DataError
from idcore.files.arrays import Matrices, read_arrays
from idcore.files.endings import MATRICES
from idcore.store import Store
from idcore.ui.data.uploads import KINDS
from tests.tools.bad_recordings import SPARSE, h5ad, hdf5, mat, matlab73, of_matlab, save_npz, saved, variable

X = np.random.default_rng(0).normal(size=(30, 7))


def read(content: bytes, name: str) -> Matrices:
    return read_arrays(memoryview(content), name)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_matrix_is_the_same_in_every_kind_of_file(dtype):
    x = X.astype(dtype)
    options = {"chunks": (7, 3), "compression": "gzip", "shuffle": True, "fletcher32": True}
    files = {
        "x.pt": saved({"x": torch.from_numpy(x)}),
        "x.pth": saved({"x": Parameter(torch.from_numpy(x))}, _use_new_zipfile_serialization=False),
        "x.h5": hdf5(lambda file: file.create_dataset("x", data=x)),
        "x.hdf5": hdf5(lambda file: file.create_dataset("x", data=x.astype(x.dtype.newbyteorder(">")), **options)),
    }
    if dtype != np.float16:  # MATLAB has none
        files["x.mat"] = mat(x=x)
        files["x packed.mat"] = mat(x=np.asfortranarray(x), compressed=True)
        files["x 7.3.mat"] = matlab73(lambda file: variable(file, "x", x))
    for name, content in files.items():
        found = read(content, name)
        assert list(found.arrays) == ["x"] and not found.notes and found.arrays["x"].dtype == dtype
        np.testing.assert_array_equal(found.arrays["x"], x)


def test_a_tensor_that_is_a_view_is_read_as_what_it_shows():
    whole = torch.from_numpy(X)
    found = read(
        saved({"turned": whole.T.contiguous().T, "every second": whole[:, ::2], "from 3": whole[:, 3:]}), "a.pt"
    )
    np.testing.assert_array_equal(found.arrays["turned"], X)
    np.testing.assert_array_equal(found.arrays["every second"], X[:, ::2])
    np.testing.assert_array_equal(found.arrays["from 3"], X[:, 3:])


def test_tensors_in_dicts_and_lists_are_called_by_the_way_to_them():
    x = torch.from_numpy(X)
    found = read(saved({"block": {"relu": x, "norm": x}, "pair": [x, x], "labels": torch.arange(30) % 2}), "a.pt")
    assert list(found.arrays) == ["block.relu", "block.norm", "pair.0", "pair.1"] and found.class_names == ("0", "1")
    assert list(read(saved(x), "mine.pt").arrays) == ["mine"]


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "bsr", "dia"])
def test_a_sparse_matrix_is_the_one_that_scipy_writes_out(kind):
    found = read(save_npz(kind), "s.npz")
    np.testing.assert_array_equal(found.arrays["s"], SPARSE.toarray())


def test_sparse_matrices_of_matlab_and_anndata_are_written_out_too():
    for content, name, path in (
        (mat(s=SPARSE.tocsc()), "s.mat", "s"),
        (matlab73(of_matlab), "s.mat", "s"),
        (h5ad("csr"), "s.h5ad", "X"),
        (h5ad("csc"), "s.h5ad", "X"),
    ):
        np.testing.assert_array_equal(read(content, name).arrays[path], SPARSE.toarray())


def test_numbers_at_the_same_place_of_a_sparse_matrix_are_added():
    twice = scipy.sparse.coo_array((np.array([1.5, 2.0, 1.0]), ([0, 0, 2], [1, 1, 0])), shape=(3, 2))
    file = io.BytesIO()
    scipy.sparse.save_npz(file, twice)
    assert read(file.getvalue(), "s.npz").arrays["s"].tolist() == [[0, 3.5], [0, 0], [1, 0]]


def test_sparse_activations_are_read_however_well_they_were_packed():
    spikes = np.zeros((4000, 1500), np.float32)  # 24 MB in some 30 kB
    spikes[::7, ::11] = 0.5
    file = io.BytesIO()
    np.savez_compressed(file, spikes=spikes)
    assert len(file.getvalue()) < spikes.nbytes / 100
    np.testing.assert_array_equal(read(file.getvalue(), "s.npz").arrays["spikes"], spikes)


def test_the_axes_of_a_matlab_array_are_those_that_matlab_shows():
    cube = np.arange(24.0).reshape(4, 3, 2)
    np.testing.assert_array_equal(read(mat(x=cube), "x.mat").arrays["x"], cube.reshape(4, 6))
    content = matlab73(lambda file: variable(file, "x", cube))
    np.testing.assert_array_equal(read(content, "x.mat").arrays["x"], cube.reshape(4, 6))


def test_labels_of_matlab_may_be_numbers_rows_of_text_or_cells():
    words = ["ant", "bee"] * 15
    for labels in (np.array(words), np.array([words], object), np.array(words, object)[:, None]):
        assert read(mat(x=X, labels=labels), "x.mat").class_names == ("ant", "bee")
    found = read(mat(x=X, y=np.arange(30)[None] % 3), "x.mat")
    assert found.class_names == ("0", "1", "2") and found.labels[:4].tolist() == [0, 1, 2, 0]
    assert read(matlab73(of_matlab), "x.mat").class_names == ("0", "1", "2")


def test_labels_of_matlabs_newer_files_may_be_rows_of_text_or_cells_too():
    def rows(file):
        variable(file, "x", X[:2])
        variable(file, "label", np.array([[97, 110], [98, 101]], "u2"), "char")

    def cells(file):
        variable(file, "x", X[:2])
        file["#refs#/a"], file["#refs#/b"] = np.array([[97], [110]], "u2"), np.array([[98]], "u2")
        made = file.create_dataset("label", (1, 2), h5py.ref_dtype)
        made[0, 0], made[0, 1] = file["#refs#/a"].ref, file["#refs#/b"].ref
        made.attrs["MATLAB_class"] = np.bytes_("cell")

    assert read(matlab73(rows), "x.mat").class_names == ("an", "be")
    assert read(matlab73(cells), "x.mat").class_names == ("an", "b")


def test_categories_of_cells_are_labels_where_they_are_called_so():
    found = read(h5ad(), "x.h5ad")
    assert list(found.arrays) == ["X", "obsm/X_pca"] and found.class_names == ("a", "b", "no label")
    assert found.labels[:4].tolist() == [2, 1, 0, 1]  # -1, b, a, b
    assert read(h5ad(label="cell_type"), "x.h5ad").labels is None


def test_groups_of_an_hdf5_file_that_hold_one_another_are_looked_into_once():
    def fill(file):
        file["deep/a/b/x"] = X
        file["deep/a/b/up"] = file["deep"]

    assert list(read(hdf5(fill), "x.h5").arrays) == ["deep/a/b/x"]


def test_every_ending_that_is_read_can_be_uploaded_in_the_browser():
    assert KINDS["representations"][1] == tuple(ending.removeprefix(".") for ending in MATRICES)


NAN = np.full_like(X, np.nan)
COLUMN, HALF = X.copy(), X.copy()
COLUMN[:, 2] = np.nan
HALF[::2, 2] = np.inf


def received(store: Store, **arrays: np.ndarray):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return read_representations(results.save_upload(store, file.getvalue(), "m.npz"), store)


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"a": NAN}, "a cannot be measured: each of its 30 rows has NaN or infinite values."),
        ({"a": X + np.inf}, "a cannot be measured: each of its 30 rows has NaN"),
        ({"a": COLUMN}, "Leave out the 1 of its 7 columns that hold nothing else"),
        ({"a": np.ones((30, 2))}, "all of its 30 samples are the same point"),
        ({"a": np.array([[0.0], [-0.0], [0.0]])}, "all of its 3 samples are the same point"),
        ({"a": X[:1]}, "it has 1 distinct sample, and 3 are the least"),
        ({"a": np.repeat([[0.0, 1], [1, 0]], 15, 0)}, "it has 2 distinct samples"),
        ({"a": np.r_[X[:2], NAN[2:]]}, "it has 2 distinct samples"),
        ({"a": X * 1e305}, "distances overflow above 1e+300"),
        ({"a": NAN, "b": np.zeros((30, 1))}, "None of the 2 matrices can be."),
    ],
)  # fmt: skip
def test_what_cannot_be_measured_is_refused_when_it_is_received(tmp_path, arrays, says):
    with pytest.raises(DataError) as caught:
        received(Store(tmp_path), **arrays)
    assert says in str(caught.value)
    assert results.datasets(Store(tmp_path)) == []


def test_beside_a_good_matrix_one_that_cannot_be_measured_is_named(tmp_path):
    notes = received(Store(tmp_path), good=X, nan=NAN, flat=np.ones((30, 2)), half=HALF).notes
    assert "nan cannot be measured: each of its 30 rows has NaN or infinite values." in notes
    assert "flat cannot be measured: all of its 30 samples are the same point." in notes
    assert any("half has NaN or infinite values: 15 of them, in 15 of its 30 rows" in note for note in notes)
    assert not any(note.startswith(("good", "half cannot")) for note in notes)


def test_too_few_samples_for_an_id_are_named(tmp_path):
    notes = received(Store(tmp_path), a=X[:5]).notes
    assert notes == ("a has 5 distinct samples; an ID needs at least 12.",)
