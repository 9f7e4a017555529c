"""Squared distances of chosen pairs as float64 differences of the values themselves, summed over blocks of columns."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from idcore.geometry.products import Range, ranges
from idcore.geometry.threads import parallel, scratch, shares, workers

WIDTH = 512
MOST = 2**22
"""Values of a block of columns held as float64."""
BATCH = 128
"""Pairs at once: both operands (BATCH x WIDTH float64) stay in the cache of a core."""
GPU_BATCH = 8192


def squared(slices: Iterable[Tensor], a: Tensor, b: Tensor, scale: float) -> Tensor:
    """(p,) float64 on the CPU: |x_a - x_b|^2 scale^2 of p pairs of rows. a, b: (p,) int64."""
    total = torch.zeros(len(a), dtype=torch.float64)
    for x in slices:
        total += _of_slice(x, a, b, scale).cpu()
        del x
    return total


def _of_slice(x: Tensor, a: Tensor, b: Tensor, scale: float) -> Tensor:
    rows, places = torch.unique(torch.cat([a, b]), return_inverse=True)
    rows, (left, right) = rows.to(x.device), places.to(x.device).view(2, -1)
    batch = BATCH if x.device.type == "cpu" else GPU_BATCH
    chunks = ranges(x.shape[1], max(16, min(WIDTH, MOST // len(rows))))

    def work(job: tuple[Range, Sequence[Range]]) -> Tensor:
        pairs, columns = job
        total = torch.zeros(pairs[1] - pairs[0], dtype=torch.float64, device=x.device)
        for c, d in columns:
            y = scratch("values", (len(rows), d - c), x, torch.float64)
            y.copy_(x[:, c:d] if len(rows) == len(x) else x[:, c:d].index_select(0, rows))
            if scale != 1:
                y *= scale
            for p in range(*pairs, batch):
                end = min(p + batch, pairs[1])
                difference = scratch("left", (end - p, d - c), x, torch.float64)
                other = scratch("right", (end - p, d - c), x, torch.float64)
                torch.index_select(y, 0, left[p:end], out=difference)
                difference -= torch.index_select(y, 0, right[p:end], out=other)
                total[p - pairs[0] : end - pairs[0]] += _lengths(difference, whole=len(chunks) == 1)
        return total

    threads = workers(x.device)
    if len(chunks) < 2 * threads:  # few columns: share out the pairs
        step = -(-len(a) // threads)
        return torch.cat(parallel(work, [(r, chunks) for r in ranges(len(a), step)], threads))
    return torch.stack(parallel(work, [((0, len(a)), run) for run in shares(chunks, threads)], threads)).sum(0)


def _lengths(difference: Tensor, whole: bool) -> Tensor:
    """Sums of squares of the rows. Where a row is `whole`, in the order in which numpy sums: then distances that differ
    by rounding alone rank as in a brute force written with numpy."""
    if whole and difference.device.type == "cpu":
        return torch.from_numpy(np.square(difference.numpy()).sum(1))
    return torch.linalg.vecdot(difference, difference)
