"""Distances to far neighbours, at powers of two beyond the table, for estimates at large scales.

The k-th smallest lower bound and the k-th smallest upper bound of a row bracket its k-th distance. Where float32 could
tell the two apart, the pairs that may lie between are computed again from differences.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from idcore.geometry import differences
from idcore.geometry.products import Bound, Products, Range, ranges
from idcore.geometry.threads import grain, massive, parallel, workers
from idcore.record import powers
from idcore.shapes import Float32

ANCHORS = 2000
"""Rows of which far distances are kept: far neighbours are shared by all that lie near, so more rows tell no more."""
SINGLE = 2.0**-23
"""Relative width of the bracket of a squared distance that float32 does not see in the distance."""
MOST = 256
"""Pairs of a row, on average, that are computed again; where more are in doubt, the rank has no distances (NaN)."""
ROWS, GPU_ROWS = 256, 2048
COLUMNS, GPU_COLUMNS = 2048, 2**20
BYTES_OF_A_PAIR = 80


@dataclass(frozen=True, eq=False)
class _Doubt:
    """A distance that the bounds leave open: of `row` at the place `column` of the ranks. others: (c,) points that may
    be the one; nearer: how many of them are nearer than it."""

    row: int
    column: int
    others: Tensor
    nearer: int


def far(
    products: Products, bound: Bound, slices: Iterable[Tensor], rows: Tensor, k: int, *, scale: float, memory: int
) -> Float32[np.ndarray, "a r"]:
    """Distances of the first points, at most `ANCHORS`, to their neighbours at the ranks `powers(k, m)`.

    products, bound: float64 ones of m points. slices: the data, iterated once more only where something must be
    computed again. rows: (m,) row of the data that each point is. memory: bytes for the pairs. Each is what float64
    differences give, rounded to float32; NaN at a rank where too many pairs would have to be computed again.
    """
    m, count = len(rows), min(len(rows), ANCHORS)
    ranks = torch.tensor(powers(k, m), dtype=torch.int64, device=bound.q.device)
    if not len(ranks):
        return np.zeros((count, 0), np.float32)
    threads, most = workers(bound.q.device), grain(bound.q.device, ROWS, GPU_ROWS)
    step = max(1, min(most, int(memory / (BYTES_OF_A_PAIR * m * threads)), -(-count // threads)))
    parts = parallel(lambda r: _tile(products, bound, r, m, ranks), ranges(count, step), threads)
    squared = torch.cat([part[0] for part in parts])
    doubts = [doubt for part in parts for doubt in part[1]]
    pairs = torch.zeros(len(ranks), dtype=torch.int64)
    for doubt in doubts:
        pairs[doubt.column] += len(doubt.others)
    lost = pairs > MOST * count
    squared[:, lost] = torch.nan
    _settle([doubt for doubt in doubts if not lost[doubt.column]], squared, slices, rows.cpu(), scale)
    distances: np.ndarray = (np.sqrt(squared.clamp(min=0).numpy()) / scale).astype(np.float32)
    return distances


def _tile(products: Products, bound: Bound, rows: Range, m: int, ranks: Tensor) -> tuple[Tensor, list[_Doubt]]:
    """(middle of the brackets (rows, ranks), float64 on the CPU; what they leave open)."""
    some, half = slice(*rows), bound.half
    assert half is not None
    low = torch.empty((rows[1] - rows[0], m), dtype=torch.float64, device=half.device)
    for columns in ranges(m, grain(half.device, COLUMNS, GPU_COLUMNS)):
        part = low[:, slice(*columns)]
        torch.sub(half[slice(*columns)], products(rows, columns), out=part)
    low.add_(half[some, None]).mul_(2).sub_(bound.tau)
    low.diagonal(rows[0]).fill_(torch.inf)
    width = 2 * (1.1 * (bound.error[some] + bound.error.max()) + bound.tau)
    least = _sorted(low)[:, ranks - 1]
    most = least + width[:, None]
    doubts = []
    for i, j in (most - least > SINGLE * least).nonzero().tolist():
        others = ((low[i] <= most[i, j]) & (low[i] + width[i] >= least[i, j])).nonzero()[:, 0]
        nearer = int((low[i] + width[i] < least[i, j]).sum())
        doubts.append(_Doubt(rows[0] + i, j, others.cpu(), int(ranks[j]) - 1 - nearer))
    return ((least + most) / 2).cpu(), doubts


def _sorted(values: Tensor) -> Tensor:
    """Each row in rising order; numpy's sort is several times as fast as torch's."""
    return values.sort(1).values if massive(values.device) else torch.from_numpy(np.sort(values.numpy(), axis=1))


def _settle(doubts: list[_Doubt], squared: Tensor, slices: Iterable[Tensor], rows: Tensor, scale: float) -> None:
    if not doubts:
        return
    sizes = torch.tensor([len(doubt.others) for doubt in doubts])
    left = torch.repeat_interleave(torch.tensor([doubt.row for doubt in doubts]), sizes)
    right = torch.cat([doubt.others for doubt in doubts])
    values = differences.squared(slices, rows[left], rows[right], scale).split(sizes.tolist())
    for doubt, value in zip(doubts, values, strict=True):
        squared[doubt.row, doubt.column] = value.sort().values[doubt.nearer]
