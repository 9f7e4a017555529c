"""Linear CKA between two layers of the same samples, from their leading principal coordinates.

Kornblith, Norouzi, Lee, Hinton, "Similarity of neural network representations revisited", ICML 2019:
CKA = <K, L> / (|K| |L|) with K = X X^T, L = Y Y^T of centred X, Y and Frobenius products. The record holds the full
spectrum, so |K| and |L| are exact; of <K, L> it holds the part A, B of the leading coordinates, and the rest is
bounded by von Neumann's trace inequality (<K, L> is at most the product of the sorted eigenvalues).
"""

from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.record import LayerGeometry


@dataclass(frozen=True)
class CKA:
    """value: CKA of the leading coordinates, <A, B> / (|A| |B|). low, high: the exact linear CKA lies between them
    (equal when the coordinates hold everything). covered: share of the variance of each layer in its coordinates."""

    value: float
    low: float
    high: float
    covered: tuple[float, float]


def linear_cka(a: LayerGeometry, b: LayerGeometry) -> CKA:
    """Linear CKA of two records over the same samples. Raises PointsError when one has no variance or the numbers of
    samples differ."""
    if a.n != b.n:
        raise PointsError(f"CKA compares layers of the same samples; these have {a.n} and {b.n}.")
    (x, head_a, tail_a), (y, head_b, tail_b) = _unit(a), _unit(b)
    common = np.sum((x.T @ y) ** 2)
    rest = _aligned(head_a, tail_b) + _aligned(tail_a, head_b) + _aligned(tail_a, tail_b)
    part = np.linalg.norm(head_a) * np.linalg.norm(head_b)
    whole = np.linalg.norm(np.append(head_a, tail_a)) * np.linalg.norm(np.append(head_b, tail_b))
    return CKA(
        value=float(min(common / part, 1.0)),
        low=float(min(common / whole, 1.0)),
        high=float(min((common + rest) / whole, 1.0)),
        covered=(float(head_a.sum()), float(head_b.sum())),
    )


def _unit(geometry: LayerGeometry) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates (n, c) float64 with the eigenvalues of their Gram matrix (c,) and those of the rest, scaled so that
    all eigenvalues sum to 1."""
    total = geometry.eigenvalues.sum()
    if geometry.note or not total > 0:
        raise PointsError(geometry.note or f"The layer {geometry.layer.name!r} does not vary: CKA is not defined.")
    x = geometry.coordinates.astype(np.float64) / np.sqrt(total * (geometry.n - 1))
    c = x.shape[1]
    shares = geometry.eigenvalues / total
    return x - x.mean(axis=0), shares[:c], shares[c:]


def _aligned(u: np.ndarray, v: np.ndarray) -> float:
    """Sum of u[i] * v[i] over the length of the shorter."""
    m = min(len(u), len(v))
    return float(u[:m] @ v[:m])
