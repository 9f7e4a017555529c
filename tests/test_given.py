"""A value that was marked as missing is never measured with the number that lies under its mask."""

import numpy as np
import pandas as pd
import pytest
import torch

import idcore
from idcore.errors import PointsError
from idcore.estimators import twonn
from idcore.estimators.overlap import label_overlap
from tests.tools.manifolds import gaussian


def masked(x: np.ndarray, *places: tuple[int, ...]) -> np.ma.MaskedArray:
    mask = np.zeros(x.shape, bool)
    for place in places:
        mask[place] = True
    return np.ma.masked_array(x, mask, fill_value=999.0)


X = gaussian(60, 3)
HIDDEN = masked(X, (4, 0), (4, 1), (7, 2))
NULLABLE = pd.DataFrame(X).astype("Float64").mask(HIDDEN.mask)


class LikeXarray:
    """Labelled arrays of the kind of xarray: nothing of numpy but what they offer."""

    def __init__(self, values):
        self.values = values

    def __len__(self):
        return len(self.values)

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype)

    def isnull(self):
        return LikeXarray(np.isnan(self.values))


MARKED = {
    "numpy": HIDDEN,
    "rows of numpy": list(HIDDEN),
    "pandas": NULLABLE,
    "xarray": LikeXarray(HIDDEN.filled(np.nan)),
}


@pytest.mark.parametrize("kind", MARKED)
@pytest.mark.parametrize("function", [idcore.neighbours, idcore.twonn, idcore.pca])
def test_missing_values_are_refused_with_their_number(kind, function):
    expected = "The points: 3 of 180 values are masked or missing, in 2 of 60 rows. Leave these rows out"
    with pytest.raises(PointsError, match=expected):
        function(MARKED[kind])


@pytest.mark.filterwarnings("ignore:The PyTorch API of MaskedTensors")
def test_masked_tensors_are_refused():
    with pytest.raises(PointsError, match="3 of 180 values are masked"):
        idcore.twonn(torch.masked.masked_tensor(torch.from_numpy(X), torch.from_numpy(~HIDDEN.mask)))


@pytest.mark.parametrize("like", [np.ma.masked_array(X), list(np.ma.masked_array(X))])
def test_what_could_be_masked_and_is_not_is_measured_as_it_is(like):
    assert idcore.twonn(like).id == idcore.twonn(X).id


def test_masked_distances_indices_labels_and_eigenvalues_are_refused():
    table = idcore.neighbours(X, 4)
    for arrays in ((masked(table.indices, (0, 0)), table.distances), (table.indices, masked(table.distances, (0, 0)))):
        with pytest.raises(PointsError, match="1 of 240 values is masked"):
            idcore.Neighbours(*arrays)
    with pytest.raises(PointsError, match="The distances: 1 of 60"):
        twonn.fit(masked(table.distances[:, 0], (3,)), table.distances[:, 1])
    with pytest.raises(PointsError, match="The labels: 2 of 60"):
        label_overlap(table, masked(np.zeros(60), (0,), (1,)), 3)
    with pytest.raises(PointsError, match="The eigenvalues: 1 of 2"):
        idcore.Spectrum(masked(np.array([2.0, 1.0]), (1,)))


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (masked(np.arange(60) % 3, (0,)), "The labels: 1 of 60 values is masked"),
        (pd.Series([1, None] * 30, dtype="Int64"), "The labels: 30 of 60 values are masked or missing"),
        (pd.array(["a", None, "b"] * 20, dtype="string"), "The labels: 20 of 60"),
    ],
)
def test_images_and_labels_of_a_network_must_not_be_masked(labels, sentence):
    network = torch.nn.Linear(3, 2)
    with pytest.raises(PointsError, match=sentence):
        idcore.profile(network, X.astype(np.float32), labels)
    with pytest.raises(PointsError, match="The images: 3 of 180"):
        idcore.profile(network, HIDDEN.astype(np.float32))


def test_numbers_of_eight_bits_are_measured_as_the_numbers_they_hold():
    x = torch.from_numpy(gaussian(60, 12)).to(torch.float8_e4m3fn)
    assert idcore.twonn(x).id == idcore.twonn(x.float()).id
