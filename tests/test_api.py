"""The public names of the library."""

import subprocess
import sys

import numpy as np
import pytest
import torch

import idcore
from idcore.figures import theme


@pytest.fixture(scope="module")
def plane():
    """2000 points of a square, turned into 20 dimensions."""
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.normal(size=(20, 2)))[0]
    return rng.uniform(size=(2000, 2)) @ basis.T


def test_a_square_in_twenty_dimensions_has_dimension_two(plane):
    result = idcore.twonn(plane)
    assert result.id == pytest.approx(2, abs=4 * result.stderr) and 0.01 < result.stderr < 0.2
    assert result.n == 2000 and result.dropped == 0
    assert idcore.pca(plane).pc_id() == 2


def test_points_and_their_neighbours_give_the_same_dimension(plane):
    table = idcore.neighbours(plane)
    assert table.indices.shape == table.distances.shape == (2000, 64)
    assert idcore.twonn(table).id == pytest.approx(idcore.twonn(plane).id, rel=1e-12)


def test_tensors_and_arrays_give_the_same_dimension(plane):
    assert idcore.twonn(torch.from_numpy(plane)).id == idcore.twonn(plane).id


def test_exact_duplicates_are_merged_and_counted(plane):
    doubled = np.concatenate([plane, plane[:80]])
    assert idcore.twonn(doubled).id == pytest.approx(idcore.twonn(plane).id, rel=1e-12)
    assert idcore.twonn(doubled).dropped == 80


def test_few_points_have_as_many_neighbours_as_there_are_others():
    assert idcore.neighbours(np.random.default_rng(0).normal(size=(10, 3))).k == 9


class Sorted(torch.nn.Module):
    """Linear, in-place ReLU, linear: what a person might bring."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(6, 12)
        self.relu = torch.nn.ReLU(inplace=True)
        self.last = torch.nn.Linear(12, 3)

    def forward(self, x):
        return self.last(self.relu(self.first(x)))


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return Sorted()


def test_a_profile_has_one_row_per_layer_in_call_order(network):
    profile = idcore.profile(network, torch.randn(300, 6, generator=torch.Generator().manual_seed(0)), layers="all")
    frame = profile.to_frame()
    assert frame["layer"].tolist() == ["input", "first", "relu", "output"]
    assert frame["units"].tolist() == [6, 12, 12, 3]
    assert frame["order"].is_monotonic_increasing and frame["depth"].iloc[[0, -1]].tolist() == [0, 1]


def test_a_layer_is_measured_before_an_in_place_relu_overwrites_it(network):
    images = torch.randn(300, 6, generator=torch.Generator().manual_seed(0))
    by_name = {g.layer.name: g for g in idcore.profile(network, images, layers="all")}
    kept = network.first(images).detach()
    direct = idcore.neighbours(kept)
    np.testing.assert_allclose(by_name["first"].neighbours.distances, direct.distances, rtol=1e-12)
    assert not np.allclose(by_name["relu"].neighbours.distances, direct.distances)


def test_a_profile_is_measured_once_and_read_as_often_as_wanted(network):
    profile = idcore.profile(network, torch.randn(50, 6))
    assert [a is b for a, b in zip(profile, profile, strict=True)].count(False) == 0


def test_a_store_given_to_profile_is_used_again(network, tmp_path):
    images = torch.randn(50, 6, generator=torch.Generator().manual_seed(1))
    first = list(idcore.profile(network, images, store=tmp_path))
    again = list(idcore.profile(network, images, store=tmp_path))
    assert [g.seconds for g in again] == [g.seconds for g in first]


def test_importing_idcore_does_not_import_torch():
    code = "import sys, idcore, idcore.spec, idcore.results, idcore.jobs, idcore.command; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


BAD = [
    (np.zeros((3, 3)), "1 of the 3 points are distinct"),
    (np.zeros(5), "(5,)"),
    (np.full((10, 2), np.nan), "20"),
    (np.array([["a", "b"]] * 5), "real numbers"),
    (np.zeros((0, 3)), "0"),
]


@pytest.mark.parametrize("points, part", BAD, ids=[part for _, part in BAD])
def test_points_that_cannot_be_measured_are_refused_in_a_sentence(points, part):
    with pytest.raises(idcore.LayerscopeError) as caught:
        idcore.twonn(points)
    assert part in str(caught.value)


def test_a_result_says_itself_on_a_line(plane):
    for result in (idcore.twonn(plane), idcore.pca(plane), idcore.neighbours(plane), idcore.abide(plane[:300])):
        said = repr(result)
        assert said.startswith(type(result).__name__ + "(") and "\n" not in said and len(said) < 400
    fit = idcore.twonn(plane)
    assert f"id={fit.id:.4g}, stderr={fit.stderr:.4g}, n=2000" in repr(fit) and "log_mu=<float64 2000>" in repr(fit)


def test_a_notebook_shows_the_curve_and_the_table_and_a_figure_has_the_same_numbers(network):
    profile = idcore.profile(network, torch.randn(80, 6, generator=torch.Generator().manual_seed(0)))
    assert repr(profile) == "Profile(nothing measured so far)"
    frame, shown = profile.to_frame(), profile._repr_html_()
    assert repr(profile) == f"Profile({', '.join(frame['layer'])})"
    assert shown.count("<circle") >= frame["id"].notna().sum() > 0 and "<table" in shown and "<script" not in shown
    np.testing.assert_array_equal(profile.figure().data[0].y, frame["id"].dropna())
    assert {"id_low", "id_high", "lower_bound", "r2", "linearised_err"} < set(frame)


def test_the_curve_of_a_request_has_the_colour_of_its_regime(tmp_path):
    network = idcore.NetworkSpec(idcore.Architecture("mlp", width=8, depth=1), idcore.Untrained(0))
    profile = idcore.run(idcore.Request(idcore.DataSpec("digits", n=60), network), store=tmp_path)
    assert profile.figure().data[0].line.color == theme.REGIMES["untrained"].colour
    assert theme.REGIMES["untrained"].colour in profile._repr_html_()
