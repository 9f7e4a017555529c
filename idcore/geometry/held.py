"""Candidates for the nearest neighbours of few points, from whole rows of their products.

On a CPU numpy finds the lowest values of whole rows several times as fast as they are collected tile by tile.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from idcore.geometry.products import Bound, Products, Range, ranges
from idcore.geometry.rounded import Rounded
from idcore.geometry.search import Candidates, minima
from idcore.geometry.threads import parallel, scratch, workers

MOST = 4096
"""Points up to which this is faster: each product is made twice, and each row read whole."""
STRIP = 256
"""Rows that a thread takes at once: few enough for its cache."""
GROUP = 8
"""Columns of which the least value is looked at first."""


def candidates(
    products: Products, bound: Bound | Rounded, levels: Sequence[Sequence[Range]], keep: Sequence[int]
) -> list[Candidates]:
    """The `keep` lowest of every point within its range, for each level of nested ranges (`search.splits`)."""
    m, dtype = len(bound.q), products((0, 1), (0, 1)).dtype
    half = None if bound.half is None else bound.half.to(dtype)
    lists = [Candidates(torch.empty((m, n), dtype=dtype), torch.empty((m, n), dtype=torch.int32)) for n in keep]

    def strip(rows: Range) -> None:
        g = products(rows, (0, m))
        low = g if half is None else torch.sub(half, g, out=scratch("low", (len(g), m), g, dtype))
        low.diagonal(rows[0]).fill_(torch.inf)
        for kept, level in zip(lists, levels, strict=True):
            for a, b in level:
                first, last = max(a, rows[0]), min(b, rows[1])
                if first < last:
                    _lowest(low[first - rows[0] : last - rows[0], a:b], a, kept, slice(first, last))

    threads = workers(bound.q.device)
    parallel(strip, ranges(m, min(STRIP, -(-m // threads))), threads)
    if half is not None:
        for kept in lists:
            kept.value.add_(half[:, None])
    return lists


def _lowest(values: Tensor, start: int, kept: Candidates, rows: slice) -> None:
    """Write the lowest values of each row, (r, c), and their columns, counted from `start`, into these rows."""
    index = _columns(values, kept.value.shape[1])
    kept.value[rows] = values.gather(1, index)
    kept.index[rows] = index + start


def _columns(values: Tensor, n: int) -> Tensor:
    """(r, n) columns of the n lowest of each row, (r, c). Where few are sought, they are within the n groups of columns
    whose least values are lowest."""
    groups = values.shape[1] // GROUP
    if 2 * n > groups:
        return torch.from_numpy(np.argpartition(values.numpy(), n - 1, axis=1)[:, :n])
    near = _columns(minima(values, GROUP, groups), n)
    within = (near[:, None] + groups * torch.arange(GROUP)[:, None]).flatten(1)
    rest = torch.arange(groups * GROUP, values.shape[1]).expand(len(values), -1)
    columns = torch.cat([within, rest], 1)
    return columns.gather(1, _columns(values.gather(1, columns), n))
