"""Eigenvalues, principal coordinates and the linearised surrogate."""

import numpy as np
import pytest
import torch

from idcore.errors import PointsError
from idcore.geometry import linearised, spectrum
from idcore.geometry.measure import measure
from idcore.geometry.spectrum import _krylov, _leading, eigenvalues
from idcore.record import Layer
from tests.tools.clouds import manifold

RNG = np.random.default_rng


@pytest.mark.parametrize("d", [5, 80])
@pytest.mark.parametrize("size", [1e-200, 1e-160, 1e200])
def test_eigenvalues_that_no_float_holds_are_refused_with_what_to_do(d, size):
    with pytest.raises(PointsError, match="Multiply the points by") as refused:
        eigenvalues(manifold(50, d) * size)
    factor = float(str(refused.value).split(" by ")[1].split(":")[0])
    eigenvalues(manifold(50, d) * size * factor)


@pytest.mark.parametrize("n, d", [(300, 40), (40, 300), (60, 60), (61, 60), (2, 5), (900, 3)])
@pytest.mark.parametrize("offset, size", [(0, 1), (1e5, 1), (0, 1e-25), (0, 1e25)])
def test_eigenvalues_are_those_of_the_covariance(n, d, offset, size):
    x = size * (manifold(n, d) + offset)
    expected = np.linalg.eigvalsh(np.atleast_2d(np.cov((x / size).T)))[::-1][: min(n - 1, d)]
    found = eigenvalues(x) / size / size
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-13 * expected[0])


@pytest.mark.parametrize("n, d", [(300, 40), (60, 400)])
def test_principal_coordinates_are_the_projections_on_the_leading_axes(n, d):
    x = manifold(n, d)
    record = measure([torch.as_tensor(x)], Layer("a", 0, 0, "a", (d,), d), memory=2**26, coordinates=5, draws=1)
    centred = x - x.mean(0)
    left, values, _ = np.linalg.svd(centred, full_matrices=False)
    expected = left[:, :5] * values[:5]
    found = record.coordinates
    assert found.dtype == np.float32 and found.shape == (n, 5)
    signs = np.sign((expected * found).sum(0))
    np.testing.assert_allclose(found, expected * signs, atol=1e-5 * values[0])
    largest = np.abs(found).argmax(0)
    assert (found[largest, range(5)] > 0).all()


def test_the_leading_coordinates_of_many_samples_are_those_of_all_eigenvectors():
    x = torch.as_tensor(RNG(2).standard_normal((1000, 1500)) / np.arange(1, 1501))
    record = measure([x], Layer("a", 0, 0, "a", (1500,), 1500), memory=2**28, draws=1, coordinates=50)
    centred = x - x.mean(0)
    gram = centred @ centred.T
    assert _krylov(gram, 50) is not None
    values, vectors = torch.linalg.eigh(gram)
    expected = (vectors[:, -50:].flip(1) * values[-50:].flip(0).sqrt()).numpy()
    signs = np.sign((expected * record.coordinates).sum(0))
    np.testing.assert_allclose(record.coordinates, expected * signs, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("rank", [5, 40])
def test_leading_vectors_of_points_of_low_rank_are_orthonormal_beyond_it_too(rank):
    rng = RNG(4)
    x = rng.integers(-3, 4, (500, rank)).astype(float) @ rng.integers(-2, 3, (rank, 600))
    gram = torch.as_tensor(x @ x.T)
    vectors = _krylov(gram, 100)
    assert vectors is not None
    values = torch.linalg.eigvalsh(gram).flip(0)[:100]
    torch.testing.assert_close(vectors.T @ vectors, torch.eye(100, dtype=torch.float64), atol=1e-12, rtol=0)
    assert (gram @ vectors - vectors * values).norm(dim=0).max() < 1e-12 * values[0]


def test_leading_vectors_of_a_flat_spectrum_are_not_taken_from_a_space_that_misses_them(monkeypatch):
    x = RNG(3).standard_normal((500, 1500))
    gram = torch.as_tensor(x @ x.T)
    assert _krylov(gram, 50) is None
    monkeypatch.setattr(spectrum, "LARGE", 400)
    values, vectors = (give() for give in _leading(gram.clone(), 50, apart=False))
    residual = gram @ vectors - vectors * values[:50]
    assert residual.norm(dim=0).max() < 1e-11 * values[0]


def test_the_spectrum_of_a_gaussian_falls_as_it_was_made():
    scale = np.array([3.0, 2.0, 1.0, 0.1])
    found = eigenvalues(RNG(0).standard_normal((20_000, 4)) * scale)
    np.testing.assert_allclose(found, scale**2, rtol=0.03)


def test_linearised_distances_are_those_of_a_multivariate_normal_with_the_same_covariance():
    mix = RNG(1).standard_normal((6, 6)) * np.array([3, 2, 1, 1, 0.5, 0.2])
    covariance = mix.T @ mix
    values = np.linalg.eigvalsh(covariance)[::-1]
    found = np.stack([linearised.draw(i, values, 500, 2**26, torch.device("cpu")) for i in range(4)])
    assert found.shape == (4, 500, 2)
    direct = []
    for seed in range(4):
        x = RNG(seed).multivariate_normal(np.zeros(6), covariance, 500)
        d = np.sqrt(((x[:, None] - x) ** 2).sum(-1))
        direct.append(np.sort(d, axis=1)[:, 1:3])
    direct = np.array(direct)
    for quantile in (0.1, 0.5, 0.9):
        np.testing.assert_allclose(
            np.quantile(found, quantile, axis=(0, 1)), np.quantile(direct, quantile, axis=(0, 1)), rtol=0.06
        )
    slopes = [1 / np.log(r[..., 1] / r[..., 0]).mean() for r in (found, direct)]
    np.testing.assert_allclose(slopes[0], slopes[1], rtol=0.08)


def test_linearised_draws_are_exact_distances_and_the_same_at_each_call():
    values = np.linspace(1, 0.01, 300)
    a, b = ([linearised.draw(i, values * s, 200, 2**26, torch.device("cpu")) for i in range(2)] for s in (1, 4))
    np.testing.assert_allclose(b, np.multiply(a, 2), rtol=1e-9)
    assert not np.array_equal(a[0], a[1])
    x = torch.randn((200, 300), generator=torch.Generator().manual_seed(linearised.SEED)).double().numpy()
    x *= np.sqrt(values)
    d = np.sqrt(((x[:, None] - x) ** 2).sum(-1))
    np.testing.assert_allclose(a[0], np.sort(d, axis=1)[:, 1:3], rtol=1e-6)
