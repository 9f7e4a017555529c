"""Linear CKA between two layers of the same samples, from their leading principal coordinates.

Kornblith, Norouzi, Lee, Hinton, "Similarity of neural network representations revisited", ICML 2019:
CKA = <K, L> / (|K| |L|) with K = X X^T, L = Y Y^T of centred X, Y and Frobenius products. The record holds the full
spectrum, so |K| and |L| are exact. K is its head (leading coordinates) and its tail, of which only the eigenvalues
are known, and that it lives outside the head's directions. So of <K, L> the product of the heads is exact, a head
meets the other's tail only with what is left of it outside the other head, and the rest is bounded by von Neumann's
trace inequality (<P, Q> is at most the product of the sorted eigenvalues). On the layers of the paper's MNIST network
(N = 1000, trained, untrained and shuffled) the interval is at most 0.057 wide with 50 coordinates, 0.013 with 100 and
0.006 with 150.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.record import LayerGeometry

_NEGLIGIBLE = 1e-10
"""Share of the variance below which a direction is not told from rounding of the float32 coordinates."""


@dataclass(frozen=True)
class CKA:
    """low, high: the exact linear CKA lies between them, to 1e-6 (equal when the coordinates hold everything).
    value: the estimate between them that takes what is not known as spread evenly over the directions that are left.
    covered: share of the variance of each layer in its coordinates."""

    value: float
    low: float
    high: float
    covered: tuple[float, float]


@dataclass(frozen=True, eq=False)
class _Parts:
    """A layer scaled to eigenvalues that sum to 1. directions: (n, c) float64, unit columns; head: (c,) their
    eigenvalues; tail: the eigenvalues of the rest; free: number of directions outside the head."""

    n: int
    directions: np.ndarray
    head: np.ndarray
    tail: np.ndarray
    norm: float
    free: int


def linear_cka(a: LayerGeometry, b: LayerGeometry) -> CKA:
    """Linear CKA of two records over the same samples. Raises PointsError when one has no variance or the numbers of
    samples differ."""
    return _cka(_parts(a), _parts(b))


def cka_matrix(geometries: Sequence[LayerGeometry], others: Sequence[LayerGeometry] = ()) -> list[list[CKA]]:
    """Linear CKA of every layer with every other, symmetric; or, where there are `others`, of every layer with every
    one of them. Raises PointsError as `linear_cka`."""
    parts = [_parts(geometry) for geometry in geometries]
    if others:
        columns = [_parts(geometry) for geometry in others]
        return [[_cka(a, b) for b in columns] for a in parts]
    rows: list[list[CKA]] = [[_cka(a, b) for b in parts[i:]] for i, a in enumerate(parts)]
    size = range(len(parts))
    return [[rows[min(i, j)][abs(i - j)] for j in size] for i in size]


def _cka(a: _Parts, b: _Parts) -> CKA:
    if a.n != b.n:
        raise PointsError(f"CKA compares layers of the same samples; these have {a.n} and {b.n}.")
    if a is b:
        return CKA(1.0, 1.0, 1.0, (float(a.head.sum()),) * 2)
    cosines = a.directions.T @ b.directions  # (c_a, c_b)
    heads = float(a.head @ cosines**2 @ b.head)
    left_a, left_b = _outside(cosines, a.head), _outside(cosines.T, b.head)
    most = _aligned(left_a, b.tail) + _aligned(a.tail, left_b) + _aligned(a.tail, b.tail)
    tail_a, tail_b = float(a.tail.sum()), float(b.tail.sum())
    even = left_a.sum() * tail_b / b.free + tail_a * left_b.sum() / a.free + tail_a * tail_b / max(a.free, b.free)
    whole = a.norm * b.norm
    low, high = min(heads / whole, 1.0), min((heads + most) / whole, 1.0)
    value = float(np.clip((heads + even) / whole, low, high))
    return CKA(value, low, high, (float(a.head.sum()), float(b.head.sum())))


def _parts(geometry: LayerGeometry) -> _Parts:
    total = geometry.eigenvalues.sum()
    if geometry.note or not total > 0:
        raise PointsError(geometry.note or f"The layer {geometry.layer.name!r} does not vary: CKA is not defined.")
    shares = geometry.eigenvalues / total
    x = geometry.coordinates.astype(np.float64)
    x = (x - x.mean(axis=0))[:, shares[: x.shape[1]] > _NEGLIGIBLE]
    c = x.shape[1]
    return _Parts(
        n=geometry.n,
        directions=x / np.linalg.norm(x, axis=0),
        head=shares[:c],
        tail=shares[c:],
        norm=float(np.linalg.norm(shares)),
        free=max(geometry.n - 1 - c, 1),
    )


def _outside(cosines: np.ndarray, head: np.ndarray) -> np.ndarray:
    """Eigenvalues, falling, (c,), of a head without its part in the directions of the other head."""
    left = np.eye(len(head)) - cosines @ cosines.T
    roots = np.sqrt(head)
    return np.maximum(np.linalg.eigvalsh(roots[:, None] * left * roots), 0)[::-1]


def _aligned(u: np.ndarray, v: np.ndarray) -> float:
    """Sum of u[i] * v[i] over the length of the shorter."""
    m = min(len(u), len(v))
    return float(u[:m] @ v[:m])
