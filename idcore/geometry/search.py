"""Candidates for the nearest neighbours from approximate squared distances, and the certificate that none is missed.

The true squared distance of two points lies in an interval [low, high] that follows from their product
(`products.Bound`, `rounded.Rounded`). A row keeps its K + SPARE lowest. The K-th lowest upper bound among them bounds
the true K-th distance from above; a row is certified when every point that was left out lies above it.
"""

import itertools
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
import torch
from torch import Tensor

from idcore.geometry.products import Bound, Products, Range, ranges
from idcore.geometry.rounded import Rounded
from idcore.geometry.threads import grain, parallel, scratch, workers
from idcore.shapes import Float, Int64, Num

TOLERANCE = 1e-12
"""Relative error of a squared distance that is accepted; half of it in the distance."""
SPARE = 10
"""Candidates kept beyond k (and an eighth of k)."""
COARSE_SPARE, GPU_COARSE_SPARE = 24, 30
"""The same of bfloat16 products, whose bounds are wider; a GPU keeps them for next to nothing."""
TILE = (512, 2048)
"""Least and largest number of rows of a tile."""
ROWS, GPU_ROWS = 4096, 2**16
"""Points judged at once."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """of each point: value (m, K) float, half_i + half_j - G, and index (m, K) int32. Inf where there are fewer than K
    others."""

    value: Tensor
    index: Tensor


def splits(m: int, levels: int) -> list[list[Range]]:
    """The ranges of each level: 0 ... m, its halves, their halves, ..."""
    ranges = [[(0, m)]]
    for _ in range(levels - 1):
        ranges.append([half for a, b in ranges[-1] for half in ((a, (a + b) // 2), ((a + b) // 2, b))])
    return ranges


class Shortlist:
    """The lowest values of each of the first `sought` points so far, within its range of one level; shared by the
    threads.

    Values are half_j - G. `limit`, (sought,): values above it cannot be among the k nearest, or are not among the
    `keep` lowest.
    """

    def __init__(self, bound: Bound | Rounded, k: int, keep: int, dtype: torch.dtype, sought: int) -> None:
        self.bound, self.k, self.keep = bound, k, keep
        self.limit = torch.full_like(bound.q[:sought], torch.inf, dtype=dtype)
        self.hits: list[tuple[Tensor, Tensor, Tensor]] = []  # point, other, value
        self.count = 0
        self.lock = Lock()

    def add(self, values: Tensor, rows: Range, cols: Range, first: bool) -> None:
        """Take up what is low enough. values: (r, c). first: nothing is known of these points yet."""
        width = max(1, min(16, values.shape[1] // (3 * self.keep)))
        groups = values.shape[1] // width
        if first:
            limit = self._first_limit(minima(values, width, groups), rows, cols)
            with self.lock:
                self.limit[slice(*rows)] = limit
        limit = self.limit[slice(*rows)]
        for a, w, g in ((0, width, groups), (groups * width, 1, values.shape[1] % width)):
            if g == 0:
                continue
            part = values[:, a : a + w * g]
            point, group = torch.nonzero(minima(part, w, g) <= limit[:, None], as_tuple=True)
            near = part.unflatten(1, (w, g)).movedim(2, 1)[point, group]
            hit, within = torch.nonzero(near <= limit[point, None], as_tuple=True)
            other = cols[0] + a + within * g + group[hit]
            with self.lock:
                self.hits.append((point[hit] + rows[0], other, near[hit, within]))
                self.count += hit.shape[0]
                if self.count > 2 * self.keep * self.limit.shape[0]:
                    self.fold()

    def _first_limit(self, least: Tensor, rows: Range, cols: Range) -> Tensor:
        best = least.topk(min(self.keep, least.shape[1]), dim=1, largest=False).values
        if best.shape[1] < self.k:
            return torch.full_like(best[:, 0], torch.inf)
        limit = self.bound.limit(best[:, : self.k], slice(*rows), slice(*cols)).to(best.dtype)
        return limit if best.shape[1] < self.keep else limit.minimum(best[:, -1])

    def fold(self) -> Candidates:
        """Cut to the `keep` lowest of each point."""
        point, other, value = (torch.cat(part) for part in zip(*self.hits, strict=True))
        order = _rising(value)
        order = order[point[order].argsort(stable=True)]
        count = torch.bincount(point, minlength=len(self.limit))
        rank = torch.arange(len(point), device=point.device) - (count.cumsum(0) - count)[point[order]]
        order, rank = order[rank < self.keep], rank[rank < self.keep]
        point, other, value = point[order], other[order], value[order]
        self.hits, self.count = [(point, other, value)], point.shape[0]
        values = torch.full((len(self.limit), self.keep), torch.inf, dtype=value.dtype, device=value.device)
        index = torch.zeros_like(values, dtype=torch.int32)
        values[point, rank], index[point, rank] = value, other.int()
        limit = self.bound.limit(values[:, : self.k], slice(len(self.limit)), index[:, : self.k].long())
        self.limit = self.limit.minimum(limit.to(values.dtype))
        return Candidates(values, index)


def _rising(values: Float[Tensor, " p"]) -> Int64[Tensor, " p"]:
    """The places of the values in rising order; numpy's sort is several times as fast as torch's."""
    return torch.from_numpy(np.argsort(values.float().numpy() if values.dtype == torch.bfloat16 else values.numpy()))


def minima(values: Num[Tensor, "r c"], width: int, groups: int) -> Num[Tensor, "r {groups}"]:
    """(r, groups) least of the values in columns g, g + groups, ... values: (r, c), by rows or columns."""
    if width == 1:
        return values
    if values.stride(1) == 1:
        blocks: Tensor = values[:, : width * groups].unflatten(1, (width, groups))
        return blocks.amin(1)
    blocks = values.T[: width * groups].unflatten(0, (width, groups))
    return blocks.amin(0).T.contiguous()


def scan(
    products: Products,
    bound: Bound | Rounded,
    levels: Sequence[Sequence[Range]],
    k: Sequence[int],
    keep: Sequence[int],
    memory: int,
    sought: int | None = None,
) -> list[Candidates]:
    """The candidates of every point within its range, for each level of nested ranges (`splits`).

    k, keep: neighbours and candidates of a point, for each level. memory: bytes for the tiles of all threads. sought:
    of the first so many points only, among all; there is one level then. One sweep over the tiles on and above the
    diagonal serves all levels.
    """
    m, device = len(bound.q), bound.q.device
    some = m if sought is None else sought
    half = bound.half
    dtype = products((0, 1), (0, 1)).dtype
    lists = [Shortlist(bound, *numbers, dtype, some) for numbers in zip(k, keep, strict=True)]

    def tile(job: tuple[Range, Range]) -> None:
        rows, cols = job
        g = products(rows, cols)
        values = (
            g if half is None else torch.sub(half[slice(*cols)].to(dtype), g, out=scratch("low", g.shape, g, dtype))
        )
        shared = [any(a <= min(rows + cols) and max(rows + cols) <= b for a, b in level) for level in levels]
        if rows == cols:
            values.fill_diagonal_(torch.inf)
        for candidates in itertools.compress(lists, shared):
            candidates.add(values, rows, cols, first=rows == cols)
        if rows != cols and cols[0] < some:
            if half is not None:
                torch.sub(half[slice(*rows), None].to(dtype), g, out=values)
            for candidates in itertools.compress(lists, shared):
                candidates.add(values.T, cols, rows, first=False)
        if rows != cols:
            return
        for candidates, level in itertools.compress(zip(lists, levels, strict=True), map(operator.not_, shared)):
            for a, b in level:
                if rows[0] <= a and b <= rows[1]:
                    own = slice(a - rows[0], b - rows[0])
                    candidates.add(values[own, own], (a, b), (a, b), first=True)

    size, threads = tile_rows(m, memory, workers(device)), workers(device)
    blocks = tiles([(0, m)] if some == m else [(0, some), (some, m)], levels[:0] if some < m else levels, size)
    of_sought = [block for block in blocks if block[0] < some]
    parallel(tile, [(a, a) for a in of_sought], threads)
    parallel(tile, [(a, b) for i, a in enumerate(of_sought) for b in blocks[i + 1 :]], threads)
    folded = [candidates.fold() for candidates in lists]
    for candidates in folded:
        candidates.value.add_(0 if half is None else half[:some].to(dtype)[:, None])
    return folded


def tile_rows(m: int, memory: int, threads: int) -> int:
    """Rows of a tile: large for few merges, small enough to occupy the threads and for four tiles a thread."""
    low, high = TILE
    return max(low, min(high, -(-m // 3), int((memory / (32 * threads)) ** 0.5)))


def tiles(cut: list[Range], levels: Sequence[Sequence[Range]], size: int) -> list[Range]:
    """`cut` into ranges of at most `size` points that cut no range of a level in two unless they hold it whole."""
    for level in levels:
        if max(b - a for a, b in cut) > size:
            cut = list(level)
    while max(b - a for a, b in cut) > size:
        cut = [half for a, b in cut for half in ((a, (a + b) // 2), ((a + b) // 2, b))]
    return cut


@dataclass(frozen=True, eq=False)
class CandidateBounds:
    """What the bounds say of each candidate (m, K) and each point (m,).

    value: (m, K) float64, middle of the bounds. possible: may be among the k nearest. unsure: possible, and its value
    or its place among the others is not known well enough. missed: points for which a neighbour may have been left out.
    """

    index: Tensor
    value: Tensor
    possible: Tensor
    unsure: Tensor
    missed: Tensor


def certify(
    candidates: Candidates, bound: Bound | Rounded, k: int, others: Tensor, rough: bool = False
) -> CandidateBounds:
    """Judge the candidates of all points. others: (m,) points that each point has beside it in its range. rough: all
    that is possible will be computed again; it counts as unsure, and more may be possible."""
    step, judged = grain(others.device, ROWS, GPU_ROWS), _roughly if rough else _certify
    parts = [judged(candidates, slice(a, b), bound, k, others) for a, b in ranges(len(others), step)]
    columns = zip(*((v.index, v.value, v.possible, v.unsure, v.missed) for v in parts), strict=True)
    index, value, possible, unsure, missed = (torch.cat(column) for column in columns)
    # In a row that is in order what is possible comes first.
    most = index.shape[1] if rough else max(min(k, index.shape[1]), int(possible.sum(1).max()))
    return CandidateBounds(index[:, :most], value[:, :most], possible[:, :most], unsure[:, :most], missed)


def _roughly(candidates: Candidates, rows: slice, bound: Bound | Rounded, k: int, others: Tensor) -> CandidateBounds:
    value, index = candidates.value[rows], candidates.index[rows].long()
    nearest, place = value.topk(min(k, value.shape[1]), dim=1, largest=False, sorted=False)
    limit = bound.limit(nearest, rows, index.gather(1, place))
    possible = (value <= limit[:, None]) & torch.isfinite(value)
    missed = (value.amax(1) <= limit) & (others[rows] > value.shape[1])
    return CandidateBounds(index, value.double(), possible, possible, missed)


def _certify(candidates: Candidates, rows: slice, bound: Bound | Rounded, k: int, others: Tensor) -> CandidateBounds:
    index = candidates.index[rows].long()
    low, high = bound.interval(candidates.value[rows].double(), rows, index)
    low, order = low.sort(dim=1)
    index, high = index.gather(1, order), high.gather(1, order)
    kth = high.kthvalue(min(k, high.shape[1]), dim=1, keepdim=True).values
    possible = (low <= kth) & torch.isfinite(low)
    missed = (low[:, -1] <= kth[:, 0]) & (others[rows] > low.shape[1])
    overlap = torch.zeros_like(possible)
    if low.shape[1] > 1:
        overlap[:, :-1] |= high[:, :-1] >= low[:, 1:]
        overlap[:, 1:] |= high.cummax(dim=1).values[:, :-1] >= low[:, 1:]
    unsure = possible & (overlap | (high - low > 2 * TOLERANCE * low))
    return CandidateBounds(index, (low + high) / 2, possible, unsure, missed)
