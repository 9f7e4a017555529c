from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from idcore.errors import PointsError, RequestError
from idcore.estimators.cka import cka_matrix
from idcore.estimators.spectrum import Spectrum
from idcore.geometry.measure import measure
from idcore.record import Layer, LayerGeometry, unmeasured
from tests.tools.build_record import brute_geometry
from tests.tools.manifolds import gaussian, rotation
from tests.tools.pairs import cka_of


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
    spectrum = Spectrum(np.array([2.0, 1.0, -1e-12]))
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
    with pytest.raises(RequestError, match="share of the variance"):
        Spectrum(np.ones(1)).pc_id(variance)


def test_points_that_are_all_the_same_have_no_pc_id():
    with pytest.raises(PointsError, match="All the points are the same"):
        Spectrum(np.zeros(2)).pc_id()


def exact_cka(x: np.ndarray, y: np.ndarray, debiased: bool) -> float:
    """By the definitions, from the (n, n) Gram matrices in float64: Kornblith et al. 2019; Song et al. 2012, eq. 5."""
    k, m = (z @ z.T for z in (x - x.mean(axis=0), y - y.mean(axis=0)))
    of = unbiased_hsic if debiased else lambda a, b: float(np.sum(a * b))
    return of(k, m) / (of(k, k) * of(m, m)) ** 0.5


def unbiased_hsic(k: np.ndarray, m: np.ndarray) -> float:
    n = len(k)
    k, m = k - np.diag(np.diag(k)), m - np.diag(np.diag(m))
    one = np.ones(n)
    sums = np.trace(k @ m) + (one @ k @ one) * (one @ m @ one) / (n - 1) / (n - 2) - 2 / (n - 2) * (one @ k @ m @ one)
    return float(sums / n / (n - 3))


def measured(x: np.ndarray, coordinates: int = 150) -> LayerGeometry:
    layer = Layer("a", 1, 0.5, "Linear", (x.shape[1],), x.shape[1])
    return measure([torch.from_numpy(x)], layer, memory=2**28, coordinates=coordinates, draws=1)


kinds = pytest.mark.parametrize("debiased", [True, False], ids=["debiased", "plain"])


@kinds
def test_cka_is_exact_where_the_coordinates_hold_everything(debiased):
    x = gaussian(80, 6)
    y = np.maximum(x @ gaussian(6, 9, 1), 0) + 5
    found = cka_of(brute_geometry(x), brute_geometry(y), debiased)
    assert found.value == pytest.approx(exact_cka(x, y, debiased), rel=1e-5)
    assert (found.low, found.high) == pytest.approx((found.value, found.value), rel=1e-4)
    assert found.covered == pytest.approx((1, 1))


@pytest.mark.parametrize("decay", [0.0, 0.5, 1.5])
@pytest.mark.parametrize(("n", "d"), [(100, 40), (60, 150)])
def test_cka_lies_between_its_bounds_where_the_coordinates_hold_a_part(n, d, decay):
    scales = np.arange(1.0, d + 1) ** -decay
    x = gaussian(n, d) * scales
    known = {coordinates: measured(x, coordinates) for coordinates in (8, 40)}
    for y in (np.tanh(x @ rotation(d, 1)) * scales, gaussian(n, d, 3), x @ rotation(d, 2)):
        for coordinates, record in known.items():
            other = measured(y, coordinates)
            for debiased in (True, False):
                found, exact = cka_of(record, other, debiased), exact_cka(x, y, debiased)
                assert found.low - 1e-9 <= exact <= found.high + 1e-9
                assert -1 <= found.low <= found.value <= found.high <= 1


@pytest.mark.parametrize("d", [10, 3000])
def test_independent_layers_have_no_cka_however_many_units_they_have(d):
    x, y = measured(gaussian(300, d)), measured(gaussian(300, d, 1))
    assert abs(cka_of(x, y).value) < 0.02
    assert (cka_of(x, y, debiased=False).value > 0.9) == (d == 3000)


@pytest.mark.parametrize(("n", "d"), [(60, 5), (120, 200)])
def test_cka_is_one_with_itself_turned_scaled_and_shifted(n, d):
    x = gaussian(n, d)
    y = np.tanh(x) + gaussian(n, d, 2)
    given = (x, 1e-20 * (3 * x @ rotation(d) - 7), y, 1e12 * y @ rotation(d, 4))
    first, same, other, turned = map(measured, given)
    for debiased in (True, False):
        found = cka_of(first, same, debiased)
        assert found.value == pytest.approx(1, abs=1e-5) and found.high == pytest.approx(1, abs=1e-5)
        expected = cka_of(first, other, debiased).value
        assert cka_of(first, turned, debiased).value == pytest.approx(expected, abs=1e-6)


def test_debiased_cka_says_what_it_cannot_be_told_of():
    few, simplex = brute_geometry(gaussian(3, 2)), brute_geometry(np.eye(12))
    with pytest.raises(PointsError, match="at least 4 samples; there are 3"):
        cka_of(few, few)
    with pytest.raises(PointsError, match="equally far from one another"):
        cka_matrix([simplex])
    older = replace(simplex, norms=np.zeros(0))
    with pytest.raises(PointsError, match="older version"):
        cka_matrix([older])
    assert cka_matrix([older], debiased=False)[0][0].value == 1


def test_cka_needs_the_same_samples_and_variance():
    a = brute_geometry(gaussian(30, 3))
    with pytest.raises(PointsError, match="30 and 31"):
        cka_of(a, brute_geometry(gaussian(31, 3)))
    with pytest.raises(PointsError, match="is constant"):
        cka_of(a, unmeasured(Layer("a", 0, 0.0, "ReLU", (2,), 2), 30, "The layer is constant."))
