"""Squared distances of points to all others, a block of rows at a time: for what needs farther neighbours than the
table has. float64 products of centred points, those of near pairs made again from differences."""

from collections.abc import Iterator

import numpy as np

from idcore.errors import PointsError
from idcore.shapes import Float, Float64, Int

BLOCK = 2**22
"""Distances in a block: 32 MiB of float64."""
NEAR = 1e-6
"""Share of the squared norms below which a squared distance from products has lost too many digits."""
TIE = 1e-12
"""Share of a row's largest squared distance by which two of them must differ."""


def centred(x: Float[np.ndarray, "n d"]) -> Float64[np.ndarray, "n d"]:
    """Points about their mean, (n, d) float64, scaled to a spread near one by a power of two. Raises PointsError for
    NaN and infinity."""
    x = np.asarray(x, dtype=np.float64)
    if not np.isfinite(x).all():
        bad = int((~np.isfinite(x)).sum())
        raise PointsError(f"{bad:,} of the {x.size:,} values are NaN or infinite. Remove or replace them first.")
    largest = float(np.abs(x).max()) if x.size else 0.0
    with np.errstate(over="ignore"):
        x = x / 2.0 ** np.frexp(largest)[1] if largest > 0 else x.copy()
    x = x - x.mean(axis=0)
    spread = float(np.abs(x).max()) if x.size else 0.0
    scaled: np.ndarray = x / 2.0 ** np.frexp(spread)[1] if spread > 0 else x
    return scaled


def blocks(
    x: Float64[np.ndarray, "n d"], rows: Int[np.ndarray, " m"] | None = None
) -> Iterator[tuple[Int[np.ndarray, " b"], Float64[np.ndarray, "b n"]]]:
    """(rows, squared distances of these to all points); that of a point to itself is infinite. x: `centred`."""
    n = len(x)
    rows = np.arange(n) if rows is None else rows
    norms = np.einsum("ij,ij->i", x, x)
    for some in np.array_split(rows, max(1, -(-len(rows) * n // BLOCK))):
        if not len(some):
            continue
        squared = x[some] @ x.T
        squared *= -2
        squared += norms
        squared += norms[some, None]
        i, j = np.nonzero(squared < NEAR * (norms[some, None] + norms))
        for a in range(0, len(i), 2**16):
            left, right = i[a : a + 2**16], j[a : a + 2**16]
            squared[left, right] = np.sum((x[some[left]] - x[right]) ** 2, axis=1)
        squared[np.arange(len(some)), some] = np.inf
        yield some, squared


def tolerance(squared: Float64[np.ndarray, "b n"]) -> Float64[np.ndarray, "b 1"]:
    """What two squared distances of a row must differ by to be told apart."""
    slack: np.ndarray = TIE * np.max(squared, axis=1, keepdims=True, initial=0.0, where=squared < np.inf)
    return slack


def nearest(x: Float64[np.ndarray, "n d"], most: int) -> tuple[Int[np.ndarray, "n k"], Float64[np.ndarray, "n k"]]:
    """(indices, squared distances) of the `most` nearest of each point, nearest first. x: `centred`; the distances in
    its units, near ones exact to about 1e-10 of themselves."""
    indices, squared = np.empty((len(x), most), np.int32), np.empty((len(x), most))
    for rows, block in blocks(x):
        near = np.sort(np.argpartition(block, most - 1, axis=1)[:, :most], axis=1)
        values = np.take_along_axis(block, near, axis=1)
        order = np.argsort(values, axis=1, kind="stable")  # ties by index
        indices[rows] = np.take_along_axis(near, order, axis=1)
        squared[rows] = np.take_along_axis(values, order, axis=1)
    return indices, squared
