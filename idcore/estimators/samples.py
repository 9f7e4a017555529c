"""The neighbour table of all samples of a layer, from the record's table of its distinct rows.

Layers differ in which samples coincide, so that only tables over the samples can be compared between layers.
"""

import numpy as np

from idcore.errors import PointsError
from idcore.record import LayerGeometry, Neighbours


def sample_neighbours(geometry: LayerGeometry, k: int) -> Neighbours:
    """k nearest neighbours of each of the n samples; exact copies of a sample are its neighbours at distance 0.

    indices: (n, k) int64, copies in order of their number; distances: (n, k) float64. Raises PointsError when the
    layer has no numbers, or for k outside 1 ... n - 1 or beyond what the record's table can prove.
    """
    if geometry.note:
        raise PointsError(geometry.note)
    table, n = geometry.neighbours, geometry.n
    reach = n - 1 if table.k == table.n - 1 else min(table.k, n - 1)
    if not 1 <= k <= reach:
        raise PointsError(f"k must be from 1 to {reach}, the neighbours in the record of {n} samples; it is {k}.")
    members = np.argsort(geometry.group, kind="stable")  # samples, sorted by their distinct row
    counts = np.bincount(geometry.group, minlength=table.n)
    starts = np.cumsum(counts) - counts
    take = min(k, table.k)
    rows = np.column_stack([np.arange(table.n), table.indices[:, :take]])  # (m, 1 + take), itself first
    reached = np.column_stack([np.zeros(table.n), table.distances[:, :take]])
    ends = np.cumsum(counts[rows], axis=1)  # samples that the first rows bring
    slot = np.arange(k + 1)
    column = np.sum(slot[None, :, None] >= ends[:, None, :], axis=2)  # (m, k + 1), which row fills each slot
    row = np.take_along_axis(rows, column, axis=1)
    first = np.take_along_axis(ends, column, axis=1) - counts[row]
    indices = members[starts[row] + slot - first][geometry.group]  # (n, k + 1), the sample itself among them
    distances = np.take_along_axis(reached, column, axis=1)[geometry.group]
    keep = indices != np.arange(n)[:, None]
    keep[keep.all(axis=1), -1] = False  # more copies than k + 1: the sample itself was not reached
    return Neighbours(indices[keep].reshape(n, k), distances[keep].reshape(n, k))
