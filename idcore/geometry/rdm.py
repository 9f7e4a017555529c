"""Distances of each two of some samples, where the record's coordinates do not hold them: what a comparison of distance
matrices (RSA) is made of.

From float64 products; a distance that those leave open to more than float32 sees is that of the table of neighbours, or
is computed again from differences.
"""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from idcore.geometry import differences
from idcore.geometry.products import Bound, Products
from idcore.record import Neighbours
from idcore.shapes import Float32, Float64

_SINGLE = 2.0**-23


def distances(
    products: Products,
    bound: Bound,
    slices: Iterable[Tensor],
    rows: Tensor,
    group: np.ndarray,
    table: Neighbours,
    scale: float,
) -> Float32[np.ndarray, " p"]:
    """Distances of each two of a points, condensed: of 0 and 1, 0 and 2, ... a-2 and a-1.

    products, bound: float64 ones of the points. slices: the data, iterated once more only where something must be
    computed again. rows: (a,) row of the data that each point is; group: (a,) distinct row that each is; table: of the
    distinct rows, in the units of the data.
    """
    a = len(rows)
    i, j = np.triu_indices(a, 1)
    first, second = torch.from_numpy(i).to(bound.q.device), torch.from_numpy(j).to(bound.q.device)
    sizes = bound.q[first] + bound.q[second]
    squared = (sizes - 2 * products((0, a), (0, a))[first, second]).cpu()
    open_to = (bound.error[first] + bound.error[second] + bound.tau).cpu()
    squared[torch.from_numpy(group[i] == group[j])] = 0.0
    doubt = ((open_to > _SINGLE * squared) & (squared != 0)).nonzero()[:, 0].numpy()
    if len(doubt):
        near = [_of_table(table, group[one[doubt]], group[other[doubt]]) for one, other in ((i, j), (j, i))]
        known = np.fmax(*near)
        squared[torch.from_numpy(doubt)] = torch.from_numpy(np.square(known * scale))
        doubt = doubt[np.isnan(known)]
    if len(doubt):
        places = rows.cpu()
        squared[torch.from_numpy(doubt)] = differences.squared(slices, places[i[doubt]], places[j[doubt]], scale)
    values: np.ndarray = (np.sqrt(squared.clamp(min=0).numpy()) / scale).astype(np.float32)
    return values


def _of_table(table: Neighbours, rows: np.ndarray, others: np.ndarray) -> Float64[np.ndarray, " p"]:
    """(p,) distances from distinct rows to others, NaN of what are no neighbours in the table."""
    there = table.indices[rows] == others[:, None]
    column = np.argmax(there, axis=1)
    return np.where(there.any(axis=1), table.distances[rows, column], np.nan)
