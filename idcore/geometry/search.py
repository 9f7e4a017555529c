"""Candidates for the nearest neighbours from approximate squared distances, and the certificate that none is missed.

Everything here works on lower bounds. With q = |x|^2 of the centred points and G their products, the true squared
distance lies in [low, low + 2 b], where low = (1 - beta)(q_i + q_j) - 2 G_ij - tau and b = beta (q_i + q_j) + tau
(`products.bound`). A row keeps its K + SPARE lowest `low`. The K-th lowest upper bound among them bounds the
true K-th distance from above; a row is certified when every point that was left out lies above it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import torch
from torch import Tensor

from idcore.geometry.products import Bound, Products, Range, ranges
from idcore.geometry.threads import parallel, scratch, workers

TOLERANCE = 1e-12
"""Relative error of a squared distance that is accepted; half of it in the distance."""
SPARE = 6
"""Candidates kept beyond k (and an eighth of k)."""
TILE = (256, 2048)
"""Least and largest number of rows of a tile."""
ROWS = 4096
"""Points judged at once."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """of each point: low (m, K) float, index (m, K) int32. `low` is inf where there are fewer than K others."""

    low: Tensor
    index: Tensor


def splits(m: int, levels: int) -> list[list[Range]]:
    """The ranges of each level: 0 ... m, its halves, their halves, ..."""
    ranges = [[(0, m)]]
    for _ in range(levels - 1):
        ranges.append([half for a, b in ranges[-1] for half in ((a, (a + b) // 2), ((a + b) // 2, b))])
    return ranges


def lowest(values: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k lowest of each row and their columns, in no order. Minima of groups first: a full search takes longer
    than the product that made the values. values: (r, c)."""
    rows, cols = values.shape
    k = min(k, cols)
    groups = cols // 16
    if groups < 3 * k or values.device.type != "cpu":
        found = values.topk(k, dim=1, largest=False, sorted=False)
        return found.values, found.indices
    minima = values[:, : groups * 16].unflatten(1, (16, groups)).amin(1)
    best = minima.topk(k, dim=1, largest=False, sorted=False).indices
    places = torch.cat(
        [
            (best[:, None, :] + torch.arange(0, groups * 16, groups)[:, None]).flatten(1),
            torch.arange(groups * 16, cols).expand(rows, -1),
        ],
        dim=1,
    )
    found = values.gather(1, places).topk(k, dim=1, largest=False, sorted=False)
    return found.values, places.gather(1, found.indices)


def scan(
    products: Products, bound: Bound, levels: Sequence[Sequence[Range]], keep: Sequence[int], memory: int
) -> list[Candidates]:
    """The candidates of every point within its range, for each level of nested ranges (`splits`).

    keep: candidates of a point, for each level. memory: bytes for the tiles of all threads. One sweep over the tiles on
    and above the diagonal serves all levels.
    """
    m, device = len(bound.q), bound.q.device
    half = (1 - bound.beta) / 2 * bound.q
    sample = products((0, 1), (0, 1)).dtype
    found = [
        Candidates(
            torch.full((m, k), torch.inf, dtype=sample, device=device),
            torch.zeros((m, k), dtype=torch.int32, device=device),
        )
        for k in keep
    ]
    lock = Lock()

    def merge(level: int, rows: Range, low: Tensor, index: Tensor) -> None:
        all_low, all_index = found[level].low[slice(*rows)], found[level].index[slice(*rows)]
        low = torch.cat([all_low, low], dim=1)
        best = low.topk(all_low.shape[1], dim=1, largest=False, sorted=False)
        all_low.copy_(best.values)
        all_index.copy_(torch.cat([all_index, index], dim=1).gather(1, best.indices))

    def update(values: Tensor, rows: Range, cols: Range, at: Sequence[int]) -> None:
        """values: low of the tile, but for a part that is the same along a row."""
        low, place = lowest(values, max(keep[level] for level in at))
        index = (place + cols[0]).int()
        with lock:
            for level in at:
                merge(level, rows, low, index)

    def tile(job: tuple[Range, Range]) -> None:
        rows, cols = job
        g = products(rows, cols)
        values = torch.sub(half[slice(*cols)].to(g.dtype), g, out=scratch("low", (g.shape[0], g.shape[1]), g, g.dtype))
        shared = [
            j
            for j, level in enumerate(levels)
            if any(a <= rows[0] and rows[1] <= b and a <= cols[0] and cols[1] <= b for a, b in level)
        ]
        if rows != cols:
            update(values, rows, cols, shared)
            values = scratch("low", (g.shape[1], g.shape[0]), g, g.dtype).copy_(g.T)
            update(torch.sub(half[slice(*rows)].to(g.dtype), values, out=values), cols, rows, shared)
            return
        values.fill_diagonal_(torch.inf)
        update(values, rows, cols, shared)
        for j, level in enumerate(levels):
            for a, b in level if j not in shared else []:
                if rows[0] <= a and b <= rows[1]:
                    update(values[a - rows[0] : b - rows[0], a - rows[0] : b - rows[0]], (a, b), (a, b), [j])

    blocks = tiles(m, levels, tile_rows(m, memory, workers(device)))
    jobs = [(a, b) for i, a in enumerate(blocks) for b in blocks[i:]]
    parallel(tile, jobs, workers(device))
    for candidates in found:
        candidates.low.mul_(2).add_((2 * half - bound.tau).to(sample)[:, None])
    return found


def tile_rows(m: int, memory: int, threads: int) -> int:
    """Rows of a tile: large for few merges, small enough to occupy the threads and for four tiles a thread."""
    low, high = TILE
    return max(low, min(high, -(-m // 3), int((memory / (32 * threads)) ** 0.5)))


def tiles(m: int, levels: Sequence[Sequence[Range]], size: int) -> list[Range]:
    """Ranges of at most `size` points that cut no range of a level in two unless they hold it whole."""
    cut = [(0, m)]
    for level in levels:
        if max(b - a for a, b in cut) > size:
            cut = list(level)
    while max(b - a for a, b in cut) > size:
        cut = [half for a, b in cut for half in ((a, (a + b) // 2), ((a + b) // 2, b))]
    return cut


@dataclass(frozen=True, eq=False)
class Verdict:
    """What the bounds say of each candidate (m, K) and each point (m,), on the CPU.

    value: (m, K) float64, middle of the bounds. possible: may be among the k nearest. unsure: possible, and its value
    or its place among the others is not known well enough. missed: points for which a neighbour may have been left out.
    """

    index: Tensor
    value: Tensor
    possible: Tensor
    unsure: Tensor
    missed: Tensor


def certify(candidates: Candidates, bound: Bound, k: int, others: Tensor) -> Verdict:
    """Judge the candidates of all points. others: (m,) points that each point has beside it in its range."""
    q = bound.q.cpu()
    parts = [_certify(candidates, slice(a, b), q, bound, k, others) for a, b in ranges(len(q), ROWS)]
    columns = zip(*((v.index, v.value, v.possible, v.unsure, v.missed) for v in parts), strict=True)
    return Verdict(*(torch.cat(column) for column in columns))


def _certify(candidates: Candidates, rows: slice, q: Tensor, bound: Bound, k: int, others: Tensor) -> Verdict:
    low, order = candidates.low[rows].cpu().double().sort(dim=1)
    index = candidates.index[rows].cpu().long().gather(1, order)
    width = bound.beta * (q[rows, None] + q[index]) + bound.tau
    high = low + 2 * width
    kth = high.kthvalue(min(k, high.shape[1]), dim=1, keepdim=True).values
    possible = (low <= kth) & torch.isfinite(low)
    missed = (low[:, -1] <= kth[:, 0]) & (others[rows] > low.shape[1])
    overlap = torch.zeros_like(possible)
    if low.shape[1] > 1:
        overlap[:, :-1] |= high[:, :-1] >= low[:, 1:]
        overlap[:, 1:] |= high.cummax(dim=1).values[:, :-1] >= low[:, 1:]
    unsure = possible & (overlap | (width > TOLERANCE * low))
    return Verdict(index, low + width, possible, unsure, missed)
