"""Estimates of a small cloud, at once: exact neighbours by all distances."""

from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import twonn
from idcore.estimators.spectrum import Spectrum
from idcore.estimators.twonn import TwoNN
from idcore.learn.manifolds import cloud
from idcore.record import Neighbours
from idcore.spec import USUAL

MOST_POINTS = 4000
DIMENSIONS = (2, 5, 10, 15, 20, 30, 40, 50)
LEAST = 60
_CHUNK, _SPARE = 256, 2


@dataclass(frozen=True, eq=False)
class CloudEstimates:
    """TwoNN of a cloud and its PC-ID (components that hold the usual share of the variance)."""

    fit: TwoNN
    pc_id: int


@dataclass(frozen=True)
class AtScale:
    """TwoNN on disjoint random blocks. n: points of each. id: mean over the blocks. stderr: its standard error."""

    n: int
    id: float
    stderr: float


def nearest(x: np.ndarray, k: int = 2) -> Neighbours:
    """The k nearest neighbours of each of n points x (n, D), the distances from differences in float64. Raises
    PointsError for more than 4000 points."""
    n = len(x)
    if not k < n <= MOST_POINTS:
        raise PointsError(f"Here a cloud has from {k + 1} to {MOST_POINTS:,} points, not {n:,}.")
    x = np.asarray(x, np.float64) - x.mean(axis=0)
    squares, spare = np.einsum("nd,nd->n", x, x), min(k + _SPARE, n - 1)
    indices, distances = np.empty((n, k), np.int64), np.empty((n, k))
    for start in range(0, n, _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, n))
        near = squares - 2 * (x[rows] @ x.T)  # less the square of the row, which ranks the same
        near[rows - start, rows] = np.inf
        candidates = np.empty((len(rows), spare), np.int64)
        for i in range(spare):  # a few times the least of all is faster than a partition
            candidates[:, i] = near.argmin(axis=1)
            near[rows - start, candidates[:, i]] = np.inf
        exact = np.linalg.norm(x[rows][:, None] - x[candidates], axis=2)
        order = np.argsort(exact, axis=1, kind="stable")[:, :k]
        indices[rows], distances[rows] = (np.take_along_axis(a, order, axis=1) for a in (candidates, exact))
    return Neighbours(indices, distances)


def measure(x: np.ndarray, discard: float = USUAL.discard) -> CloudEstimates:
    """Both estimates of x (n, D). Raises PointsError."""
    values = np.linalg.eigvalsh(np.cov(x, rowvar=False).reshape(x.shape[1], -1))[::-1]
    return CloudEstimates(twonn.from_neighbours(nearest(x), discard), Spectrum(np.maximum(values, 0)).pc_id())


def by_scale(x: np.ndarray) -> tuple[AtScale, ...]:
    """TwoNN on N, N/2, N/4, ... points of x (n, D), whose rows are in random order, down to `LEAST`."""
    scales, blocks = [], 1
    while len(x) // blocks >= LEAST:
        size = len(x) // blocks
        fits = [twonn.from_neighbours(nearest(x[i * size : (i + 1) * size])) for i in range(blocks)]
        stderr = sum(fit.stderr**2 for fit in fits) ** 0.5 / blocks
        scales.append(AtScale(size, float(np.mean([fit.id for fit in fits])), stderr))
        blocks *= 2
    return tuple(scales)


def estimated(name: str, n: int, dimensions: tuple[int, ...] = DIMENSIONS) -> tuple[float, ...]:
    """TwoNN of n points of a shape ("cube", "gaussian") of each dimension."""
    return tuple(twonn.from_neighbours(nearest(cloud(name, n, d)[0])).id for d in dimensions)
