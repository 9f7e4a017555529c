import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcore.errors import PointsError
from idcore.estimators.cka import linear_cka
from idcore.estimators.spectrum import Spectrum
from idcore.record import Layer, unmeasured
from tests.build_record import brute_geometry
from tests.manifolds import gaussian, rotation


@pytest.mark.parametrize(
    ("eigenvalues", "variance", "count"),
    [
        ([1.0], 0.9, 1),
        ([9.0, 1.0], 0.9, 1),
        ([9.0, 1.0], 0.91, 2),
        ([1.0] * 10, 0.9, 9),  # the cumulated share of nine tenths is 0.8999999999999999
        ([0.1] * 10, 0.3, 3),
        ([1.0] * 10, 1.0, 10),
        ([5.0, 0.0, 0.0], 1.0, 1),
        ([1.0] * 10, 1e-9, 1),
        ([4.0, 3.0, 2.0, 1.0], 0.7, 2),
        ([4e-200, 3e-200, 2e-200, 1e-200], 0.7, 2),
    ],
)
def test_pc_id_counts_the_components_that_hold_the_variance(eigenvalues, variance, count):
    assert Spectrum(np.array(eigenvalues)).pc_id(variance) == count


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=30), st.floats(0.01, 1.0))
def test_pc_id_is_the_least_count_that_is_enough(values, variance):
    values = sorted(values, reverse=True)
    count = Spectrum(np.array(values)).pc_id(variance)
    assert sum(values[:count]) >= (variance - 1e-9) * sum(values)
    assert sum(values[: count - 1]) < (variance + 1e-9) * sum(values)


@pytest.mark.parametrize("scale", [1.0, 1e-170, 1e150])
def test_participation_ratio_is_one_for_a_line_and_m_for_a_ball(scale):
    assert Spectrum(scale * np.array([3.0, 0.0, 0.0])).participation_ratio == pytest.approx(1)
    assert Spectrum(scale * np.ones(7)).participation_ratio == pytest.approx(7)
    assert Spectrum(scale * np.array([3.0, 1.0])).participation_ratio == pytest.approx(16 / 10)


def test_the_total_is_the_sum_and_rounding_below_zero_is_zero():
    spectrum = Spectrum([2.0, 1.0, -1e-12])
    assert spectrum.total == 3.0 and spectrum.eigenvalues[-1] == 0.0


@pytest.mark.parametrize(
    ("eigenvalues", "sentence"),
    [
        ([], "at least one eigenvalue"),
        ([[1.0]], "row of at least one"),
        ([1.0, np.nan], "must be finite"),
        ([1.0, -0.1], "cannot be negative"),
        ([-1.0], "cannot be negative"),
        ([1.0, 2.0], "must fall"),
    ],
)
def test_what_is_no_spectrum_is_refused(eigenvalues, sentence):
    with pytest.raises(PointsError, match=sentence):
        Spectrum(np.array(eigenvalues))


@pytest.mark.parametrize("variance", [0.0, -1.0, 1.1, float("nan")])
def test_a_share_outside_its_range_is_refused(variance):
    with pytest.raises(PointsError, match="share of the variance"):
        Spectrum([1.0]).pc_id(variance)


def test_points_that_are_all_the_same_have_no_pc_id():
    with pytest.raises(PointsError, match="All the points are the same"):
        Spectrum([0.0, 0.0]).pc_id()


def exact_cka(x: np.ndarray, y: np.ndarray) -> float:
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    return float(np.sum((x.T @ y) ** 2) / np.linalg.norm(x.T @ x) / np.linalg.norm(y.T @ y))


def test_cka_is_exact_where_the_coordinates_hold_everything():
    x = gaussian(80, 6)
    y = np.maximum(x @ gaussian(6, 9, 1), 0) + 5
    found = linear_cka(brute_geometry(x), brute_geometry(y))
    assert found.value == pytest.approx(exact_cka(x, y), rel=1e-5)
    assert (found.low, found.high) == pytest.approx((found.value, found.value), rel=1e-5)
    assert found.covered == pytest.approx((1, 1))


@pytest.mark.parametrize("decay", [0.0, 0.5, 1.5])
def test_cka_lies_between_its_bounds_where_the_coordinates_hold_a_part(decay):
    scales = np.arange(1.0, 41.0) ** -decay
    x = gaussian(100, 40) * scales
    y = np.tanh(x @ rotation(40, 1)) * scales
    found = linear_cka(brute_geometry(x, coordinates=8), brute_geometry(y, coordinates=8))
    assert found.low <= exact_cka(x, y) <= found.high
    assert found.low <= found.value and max(found.covered) < 1


def test_cka_is_one_with_itself_turned_scaled_and_shifted():
    x = gaussian(60, 5)
    assert linear_cka(brute_geometry(x), brute_geometry(3 * x @ rotation(5) - 7)).value == pytest.approx(1, abs=1e-6)


def test_cka_needs_the_same_samples_and_variance():
    a = brute_geometry(gaussian(30, 3))
    with pytest.raises(PointsError, match="30 and 31"):
        linear_cka(a, brute_geometry(gaussian(31, 3)))
    with pytest.raises(PointsError, match="is constant"):
        linear_cka(a, unmeasured(Layer("a", 0, 0.0, "ReLU", (2,), 2), 30, "The layer is constant."))
