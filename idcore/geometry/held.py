"""Candidates for the nearest neighbours from whole rows of products: of few points, and on a GPU of any number.

On a CPU numpy finds the lowest values of whole rows several times as fast as they are collected tile by tile; on a GPU
few large calls do.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from idcore.geometry.products import Bound, Products, Range, ranges
from idcore.geometry.rounded import Rounded
from idcore.geometry.search import Candidates, minima
from idcore.geometry.threads import massive, parallel, scratch, workers

MOST = 4096
"""Points up to which this is faster on a CPU: each product is made twice, and each row read whole."""
STRIP = 2**21
"""Values that a thread takes at once."""
GPU_STRIP = 1024, 8192
"""Least and most rows that a GPU takes at once; of columns as many as there is memory for."""
GPU_BYTES = 32
"""Memory for each value of those: its product, itself, and what is copied to be sought in."""
GROUP = 8
"""Columns of which the least value is looked at first."""
FEW = 8
"""Neighbours up to which what may be among them is sooner picked out by its values than the lowest are."""


def candidates(
    products: Products,
    bound: Bound | Rounded,
    levels: Sequence[Sequence[Range]],
    k: Sequence[int],
    keep: Sequence[int],
    memory: int,
    sought: int | None = None,
) -> list[Candidates]:
    """The `keep` lowest of every point within its range, for each level of nested ranges (`search.splits`), or as many
    of them as may be among its k nearest. memory: bytes for the values of a GPU. sought: of the first so many points
    only.
    """
    q, dtype = bound.q, products((0, 1), (0, 1)).dtype
    half = None if bound.half is None else bound.half.to(dtype)
    m, some = len(q), len(q) if sought is None else sought
    lists = [
        Candidates(
            torch.full((some, n), torch.inf, dtype=dtype, device=q.device),
            torch.zeros((some, n), dtype=torch.int32, device=q.device),
        )
        for n in keep
    ]

    def low(rows: Range, columns: Range) -> Tensor:
        g = products(rows, columns)
        values = g if half is None else torch.sub(half[slice(*columns)], g, out=scratch("low", g.shape, g, dtype))
        values.diagonal(rows[0] - columns[0]).fill_(torch.inf)
        return values

    def strip(rows: Range) -> None:
        values = low(rows, (0, m))
        for kept, level, n in zip(lists, levels, k, strict=True):
            for a, b in level:
                first, last = max(a, rows[0]), min(b, rows[1])
                if first < last:
                    some, part = slice(first, last), values[first - rows[0] : last - rows[0], a:b]
                    if n > FEW or n * GROUP > b - a:
                        _keep(kept, some, part, a)
                    else:
                        _keep_few(kept, some, part, a, bound, n)

    if massive(q.device):
        _of_gpu(low, lists, levels, m, memory)
    else:
        threads = workers(q.device)
        parallel(strip, ranges(some, max(1, min(STRIP // m, -(-some // threads)))), threads)
        lists = [_narrowed(kept) for kept in lists]
    if half is not None:
        for kept in lists:
            kept.value.add_(half[:some, None])
    return lists


def _of_gpu(low: Products, lists: Sequence[Candidates], levels: Sequence[Sequence[Range]], m: int, memory: int) -> None:
    """Fill the lists from tiles of many rows and columns, all ranges of a level at once."""
    some, device = len(lists[0].value), lists[0].value.device
    least, most = GPU_STRIP
    values = memory // (2 * GPU_BYTES)
    height = max(least, min(most, values // m))
    edges = [torch.tensor(level, device=device) for level in levels]
    starts, ends = ([e[:, i].repeat_interleave(e[:, 1] - e[:, 0]) for e in edges] for i in (0, 1))
    for rows in ranges(some, height):
        own = slice(*rows)
        for columns in ranges(m, max(least, values // height)):
            tile = low(rows, columns)
            for i, (kept, level) in enumerate(zip(lists, levels, strict=True)):
                if len(level) == 1:
                    _keep(kept, own, tile, columns[0])
                    continue
                width = min(max(b - a for a, b in level), tile.shape[1])
                first = (starts[i][own] - columns[0]).clamp(min=0)
                within = first[:, None] + torch.arange(width, device=device)
                outside = within >= (ends[i][own] - columns[0]).clamp(max=tile.shape[1])[:, None]
                part = tile.gather(1, within.clamp_(max=tile.shape[1] - 1)).masked_fill_(outside, torch.inf)
                _keep(kept, own, part, first[:, None] + columns[0])


def _keep_few(kept: Candidates, rows: slice, values: Tensor, start: int, bound: Bound | Rounded, k: int) -> None:
    """As `_keep`, but only what may be among the k nearest; where a row has room for that, a place stays empty."""
    most, (r, c) = kept.value.shape[1], values.shape
    groups, dtype = c // GROUP, values.dtype
    # No limit is below 0, and bfloat16 numbers from there on are ordered as their bits are, which are found sooner.
    bits = torch.int16 if dtype == torch.bfloat16 else dtype
    least = minima(values.view(bits), GROUP, groups)
    nearest = least.topk(k, dim=1, largest=False, sorted=False).values.view(dtype)
    limit = bound.limit(nearest, rows, slice(start, start + c)).to(dtype)[:, None]
    low = _where(least <= limit.view(bits))
    point, group = low // groups, low % groups
    hit = _where(values[:, : groups * GROUP].unflatten(1, (GROUP, groups))[point, :, group] <= limit[point])
    rest_point, rest = torch.nonzero(values[:, groups * GROUP :] <= limit, as_tuple=True)
    point = torch.cat([point[hit // GROUP], rest_point])
    column = torch.cat([group[hit // GROUP] + groups * (hit % GROUP), rest + groups * GROUP])
    if len(rest):
        order = point.argsort(stable=True)
        point, column = point[order], column[order]
    count = torch.bincount(point, minlength=r)
    place = torch.arange(len(point)) - (count.cumsum(0) - count)[point]
    full = count >= most
    if full.any():
        fit = ~full[point]
        point, column, place = point[fit], column[fit], place[fit]
        some = torch.nonzero(full)[:, 0]
        _keep(kept, rows.start + some, values[some], start)
    kept.value[rows][point, place] = values[point, column]
    kept.index[rows][point, place] = (column + start).int()


def _where(mask: Tensor) -> Tensor:
    """The places of what is true, of the flattened mask; numpy finds them in half of the time of torch."""
    return torch.from_numpy(np.flatnonzero(mask.numpy()))


def _narrowed(kept: Candidates) -> Candidates:
    """Without the columns that hold no candidate of any point, but for one."""
    n = int(torch.isfinite(kept.value).sum(1).max()) + 1
    return Candidates(kept.value[:, :n].contiguous(), kept.index[:, :n].contiguous())


def _keep(kept: Candidates, rows: slice | Tensor, values: Tensor, start: int | Tensor) -> None:
    """Keep the lowest of these values, (r, c), beside what was kept of these rows; start: what the first column is."""
    n = kept.value.shape[1]
    column = _columns(values, min(n, values.shape[1]))
    value, index = values.gather(1, column), (column + start).int()
    if massive(values.device):
        value, index = torch.cat([kept.value[rows], value], 1), torch.cat([kept.index[rows], index], 1)
        column = _columns(value, n)
        value, index = value.gather(1, column), index.gather(1, column)
    kept.value[rows], kept.index[rows] = value, index


def _columns(values: Tensor, n: int) -> Tensor:
    """(r, n) columns of the n lowest of each row, (r, c). Where few are sought, they are within the n groups of columns
    whose least values are lowest."""
    groups = values.shape[1] // GROUP
    if 2 * n > groups:
        if massive(values.device):
            return values.topk(n, dim=1, largest=False, sorted=False).indices
        known = values.float() if values.dtype == torch.bfloat16 else values  # to numpy
        return torch.from_numpy(np.argpartition(known.numpy(), n - 1, axis=1)[:, :n])
    device = values.device
    near = _columns(minima(values, GROUP, groups), n)
    within = (near[:, None] + groups * torch.arange(GROUP, device=device)[:, None]).flatten(1)
    rest = torch.arange(groups * GROUP, values.shape[1], device=device).expand(len(values), -1)
    columns = torch.cat([within, rest], 1)
    return columns.gather(1, _columns(values.gather(1, columns), n))
