"""Exact neighbour tables: candidates, certificate, and the recomputation of what the certificate leaves open."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from idcore.geometry import differences, held, pairs
from idcore.geometry.products import Bound, Products, Range
from idcore.geometry.rounded import Rounded
from idcore.geometry.search import COARSE_SPARE, GPU_COARSE_SPARE, SPARE, CandidateBounds, Candidates, certify, scan
from idcore.geometry.threads import grain, massive
from idcore.shapes import Float64, Int64

BYTES_OF_A_PAIR = 64


@dataclass(frozen=True, eq=False)
class NeighbourTable:
    """index: (m, k) int64 into the points; distance: (m, k) float64, rising, ties by index. NaN where there are
    fewer than k others."""

    index: Int64[Tensor, "m k"]
    distance: Float64[Tensor, "m k"]


@dataclass(frozen=True, eq=False)
class Tables:
    """One `NeighbourTable` (on the CPU) for each level, how many points were brute-forced, and pairs recomputed."""

    tables: list[NeighbourTable]
    brute_rows: int
    refined_pairs: int


def tables(
    products: Products,
    bound: Bound | Rounded,
    slices: Iterable[Tensor],
    rows: Tensor,
    levels: Sequence[Sequence[Range]],
    k: Sequence[int],
    *,
    scale: float,
    memory: int,
    patience: float = math.inf,
    most: float = math.inf,
    sought: int | None = None,
    whole: Tensor | None = None,
) -> Tables | None:
    """The k[j] nearest neighbours of every point within its range of level j; all exact.

    rows: (m,) row of the data that each point is, any order; tables are in the order of the points, and ties go by row.
    slices: the data, iterated once more, only when something must be recomputed. memory: bytes for the pairs.
    sought: as `scan` takes it; then the tables have so many rows. whole: the data, where they are one slice and the
    products coarser than float64: those of the candidates are then made first. Returns None when more than a share
    `patience` of the points, counted at each level, would have to be brute-forced, or more than `most` pairs computed
    again.
    """
    m, device = len(rows), bound.q.device
    lengths = [torch.tensor([b - a for a, b in ranges], device=device) for ranges in levels]
    sizes = [(length - 1).repeat_interleave(length) for length in lengths]
    spare = SPARE if isinstance(bound, Bound) else grain(device, COARSE_SPARE, GPU_COARSE_SPARE)
    keep = [max(1, min(n + n // 8 + spare, int(size.max()))) for n, size in zip(k, sizes, strict=True)]
    if massive(device) or (m <= held.MOST and sought is None):
        candidates = held.candidates(products, bound, levels, k, keep, memory, sought)
    else:
        candidates = scan(products, bound, levels, k, keep, memory, sought)
    rough = whole is not None
    verdicts = [certify(c, bound, n, size[:sought], rough) for c, n, size in zip(candidates, k, sizes, strict=True)]
    missed = [torch.nonzero(v.missed)[:, 0] for v in verdicts]
    if sum(map(len, missed)) > patience * (sought or m):
        return None
    rows = rows.to(device)
    keys = _distinct([_keys(v.unsure, v.index, m) for v in verdicts])
    if len(keys) > most:
        return None
    again = len(keys)
    if whole is not None and pairs.worthwhile(whole, again):
        verdicts = _finer(verdicts, whole, rows, k, sizes, scale)
        keys = _distinct([_keys(v.unsure, v.index, m) for v in verdicts])
    values = _recompute(slices, rows, keys, m, scale) if len(keys) else keys.double()
    result = [_finish(v, n, keys, values, rows, scale) for v, n in zip(verdicts, k, strict=True)]
    brute = 0
    for table, points, ranges in zip(result, missed, levels, strict=True):
        brute += _brute(table, points.cpu(), ranges, slices, rows.cpu(), scale, memory)
    return Tables(result, len(torch.unique(torch.cat(missed))), again + brute)


def _finer(
    verdicts: Sequence[CandidateBounds],
    x: Tensor,
    rows: Tensor,
    k: Sequence[int],
    sizes: Sequence[Tensor],
    scale: float,
) -> list[CandidateBounds]:
    """The same candidates, the possible ones judged by float64 products, `missed` of no meaning."""
    n = len(x)
    places = [torch.nonzero(v.possible, as_tuple=True) for v in verdicts]
    of = [_pair(rows[p], rows[v.index[p, c]], n) for (p, c), v in zip(places, verdicts, strict=True)]
    keys = _distinct(of)  # a pair that is a candidate of both, and at several levels, is one product
    g, whole = pairs.products(x, keys, scale)
    bound = Bound(whole.q[rows], whole.error[rows], whole.tau)
    half, finer = (bound.q - bound.error) / 2, []
    for v, (point, column), own, count, size in zip(verdicts, places, of, k, sizes, strict=True):
        value = torch.full_like(v.value, torch.inf)
        value[point, column] = half[point] + half[v.index[point, column]] - g[torch.searchsorted(keys, own)]
        finer.append(certify(Candidates(value, v.index), bound, count, size[: len(value)]))
    return finer


def _keys(mask: Tensor, index: Tensor, m: int) -> Tensor:
    """One number for each unordered pair (point, candidate) of a mask."""
    point, column = torch.nonzero(mask, as_tuple=True)
    return _pair(point, index[point, column], m)


def _distinct(keys: Sequence[Tensor]) -> Tensor:
    """All of them, rising, each once; numpy sorts several times as fast as torch."""
    every = torch.cat(list(keys))
    return torch.unique(every) if massive(every.device) else torch.from_numpy(np.unique(every.numpy()))


def _pair(a: Tensor, b: Tensor, m: int) -> Tensor:
    return torch.minimum(a, b) * m + torch.maximum(a, b)


def _recompute(slices: Iterable[Tensor], rows: Tensor, keys: Tensor, m: int, scale: float) -> Tensor:
    return differences.squared(slices, rows[keys // m], rows[keys % m], scale)


def _ordered(index: Tensor, value: Tensor, k: int, rows: Tensor, scale: float) -> NeighbourTable:
    """The k lowest of each row, ties by row of the data. index, value: (r, c)."""
    distance = _root(value.clamp(min=0)) / scale
    order = rows[index].argsort(dim=1)
    order = order.gather(1, distance.gather(1, order).argsort(dim=1, stable=True))[:, :k]
    return NeighbourTable(index.gather(1, order).cpu(), distance.gather(1, order).cpu())


def _root(value: Tensor) -> Tensor:
    """numpy's root is correctly rounded, and that of a GPU; that of torch on a CPU may be off by a unit, and part what
    is equal, or join what is not."""
    return torch.from_numpy(np.sqrt(value.numpy())) if value.device.type == "cpu" else value.sqrt()


def _finish(
    verdict: CandidateBounds, k: int, keys: Tensor, values: Tensor, rows: Tensor, scale: float
) -> NeighbourTable:
    value = torch.where(verdict.possible, verdict.value, torch.inf)
    if len(keys):
        own = _keys(verdict.unsure, verdict.index, len(rows))
        value[verdict.unsure] = values[torch.searchsorted(keys, own)]
    return _ordered(verdict.index, value, k, rows, scale)


def _brute(
    table: NeighbourTable,
    points: Tensor,
    ranges: Sequence[Range],
    slices: Iterable[Tensor],
    rows: Tensor,
    scale: float,
    memory: int,
) -> int:
    """Fill in the rows of `points` from all differences within their ranges; returns the number of pairs."""
    pairs = 0
    starts = torch.tensor([a for a, _ in ranges])
    k = table.index.shape[1]
    step = max(1, memory // (BYTES_OF_A_PAIR * max(b - a for a, b in ranges)))
    for some in points.split(step) if len(points) else ():
        spans = [torch.arange(*ranges[i]) for i in (torch.searchsorted(starts, some, right=True) - 1).tolist()]
        others = [span[span != point] for span, point in zip(spans, some, strict=True)]
        left = torch.repeat_interleave(some, torch.tensor([len(o) for o in others]))
        value = differences.squared(slices, rows[left], rows[torch.cat(others)], scale).cpu()
        for point, index, distance in zip(some.tolist(), others, value.split([len(o) for o in others]), strict=True):
            best = _ordered(index[None], distance[None], k, rows, scale)
            table.index[point], table.distance[point] = best.index[0], best.distance[0]
        pairs += len(left)
    return pairs
