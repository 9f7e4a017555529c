"""Recordings as people keep them: repeats, halves, names and numbers beside the matrices of areas; text never costs the
file."""

import io

import numpy as np
import pytest
import scipy.io

from idcore.errors import DataError
from idcore.files.arrays import Matrices, read_arrays

RANDOM = np.random.default_rng(0)
V1, IT = RANDOM.normal(size=(30, 4, 7)), RANDOM.normal(size=(30, 5))
NAMES = np.array([f"faces/{i}.png" for i in range(30)])


def npz(**arrays) -> Matrices:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return read_arrays(memoryview(file.getvalue()), "x.npz")


def mat(**arrays) -> Matrices:
    file = io.BytesIO()
    scipy.io.savemat(file, arrays)
    return read_arrays(memoryview(file.getvalue()), "x.mat")


def test_an_area_is_the_mean_of_its_repeats_which_are_kept():
    for read in (npz, mat):
        found = read(V1_repeats=V1, IT=IT)
        assert sorted(found.arrays) == ["IT", "V1"] and list(found.repeats) == ["V1"]
        np.testing.assert_allclose(found.arrays["V1"], V1.mean(axis=1))
        np.testing.assert_array_equal(found.repeats["V1"], V1)
        assert "V1 is the mean of 4 repeats of each sample, V1_repeats." in found.notes
    plain = npz(V1=V1, IT=IT)
    assert plain.arrays["V1"].shape == (30, 28) and not plain.repeats  # no name says that these are repeats


def test_two_halves_of_one_shape_are_repeats_and_of_two_shapes_they_are_areas():
    for names in (("IT_half1", "IT_half2"), ("IT odd", "IT even"), ("IT.split_1", "IT.split_2")):
        found = npz(**{names[0]: IT, names[1]: IT + 2, "V1": V1[:, 0]})
        assert list(found.arrays) == ["IT", "V1"] and found.repeats["IT"].shape == (30, 2, 5)
        np.testing.assert_allclose(found.arrays["IT"], IT + 1)
    assert list(npz(IT_half1=IT, IT_half2=IT[:, :4]).arrays) == ["IT_half1", "IT_half2"]


def test_text_of_each_sample_is_its_name_and_other_text_is_left_out_and_said():
    found = npz(V1=V1[:, 0], who=np.array(["monkey"]), stimuli=NAMES, area=np.array(["x"] * 30))
    assert list(found.arrays) == ["V1"] and found.names == tuple(NAMES)
    said = " ".join(found.notes)
    assert "who holds text that is no name for each of the 30 samples; left out." in said
    assert "area holds more text and was left out." in said and "names of the samples are the array stimuli" in said
    cells = mat(
        V1=V1[:, 0], stimuli=NAMES.astype(object), note="Monday", names=np.array([{"a": V1}, {"a": IT}], object)
    )
    assert cells.names == tuple(NAMES) and "note (char), names (cell)" in " ".join(cells.notes)


def test_numbers_of_the_samples_are_no_matrix():
    for read in (npz, mat):
        found = read(V1=V1[:, 0], image_ids=np.arange(30) * 7, labels=np.arange(30) % 3)
        assert list(found.arrays) == ["V1"] and found.numbers[:3] == ("0", "7", "14") and found.labels is not None
    assert list(npz(V1=V1[:, 0], index=np.ones(30)).arrays) == ["V1", "index"]  # they number nothing


def test_python_objects_beside_matrices_are_left_out_unread_and_alone_are_refused():
    found = npz(V1=V1[:, 0], notes=np.array([{"a": 1}, None], object))
    assert list(found.arrays) == ["V1"] and "could run code when they are read: notes." in " ".join(found.notes)
    with pytest.raises(DataError, match="holds Python objects"):
        npz(notes=np.array([None], object))
    with pytest.raises(DataError, match="holds text"):
        npz(names=NAMES, more=NAMES)
