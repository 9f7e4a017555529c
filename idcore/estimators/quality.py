"""How far a map can be trusted: does it keep the neighbours that the layer has?"""

import numpy as np

from idcore.record import Neighbours
from idcore.shapes import Float, Float64, Int

MAX_ROWS = 4000
_CHUNK_VALUES = 2**23


def map_quality(
    positions: Float[np.ndarray, "m p"],
    table: Neighbours,
    coordinates: Float[np.ndarray, "m c"],
    k: int = 15,
    most: int = MAX_ROWS,
) -> tuple[float | None, float | None]:
    """Trustworthiness and neighbourhood overlap of a map, both in 0 ... 1.

    positions: (m, p), coordinates: (m, c) principal coordinates, table: exact neighbours of the same m points. k is
    lowered to what the table has and to less than m / 2. Trustworthiness (Venna, Kaski, ICANN 2001): 1 minus the mean
    excess rank, in the layer, of the k neighbours that a point has in the map, so that points brought together
    wrongly lower it. Ranks up to table.k are exact; higher ones are counted in the principal coordinates: exact where
    these hold all the variance, seen to give 0.01 too much where they hold 85 %. Above `most` points both are means
    over `most` of them (fixed seed). (None, None) for fewer than 3 points.
    """
    m = len(positions)
    k = min(k, table.k, (m - 1) // 2)
    if k < 1:
        return None, None
    rows = np.arange(m) if m <= most else np.random.default_rng(0).choice(m, most, replace=False)
    positions, coordinates = positions.astype(np.float64), coordinates.astype(np.float64)
    excess = common = 0
    for chunk in np.array_split(rows, -(-len(rows) * m // _CHUNK_VALUES)):
        near = _nearest(positions, chunk, k)  # (b, k)
        same = near[:, :, None] == table.indices[chunk][:, None, :]  # (b, k, table.k)
        rank = np.where(same.any(axis=2), same.argmax(axis=2) + 1, 0)
        row, column = np.nonzero(rank == 0)
        far = _squared(coordinates, chunk)
        reach = far[row, near[row, column]]
        closer = np.array([np.count_nonzero(far[i] < r) for i, r in zip(row, reach, strict=True)], dtype=np.int64)
        rank[row, column] = np.maximum(closer, table.k + 1)  # `closer` counts the point itself, as its rank does not
        excess += int(np.maximum(rank - k, 0).sum())
        common += int((rank <= k).sum())
    worst = len(rows) * k * (2 * m - 3 * k - 1) / 2
    return 1 - excess / worst, common / (len(rows) * k)


def _squared(x: Float64[np.ndarray, "m p"], rows: Int[np.ndarray, " b"]) -> Float64[np.ndarray, "b m"]:
    """Squared distances from some rows to all, (b, m)."""
    squares = np.einsum("ij,ij->i", x, x)
    distances: np.ndarray = squares[rows, None] - 2 * x[rows] @ x.T + squares
    return distances


def _nearest(x: Float64[np.ndarray, "m p"], rows: Int[np.ndarray, " b"], k: int) -> Int[np.ndarray, "b {k}"]:
    """k nearest neighbours of some rows, (b, k), in no order."""
    squared = _squared(x, rows)
    squared[np.arange(len(rows)), rows] = np.inf
    return np.argpartition(squared, k - 1, axis=1)[:, :k]
