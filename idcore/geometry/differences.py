"""Squared distances of chosen pairs as float64 differences of the values themselves, summed over blocks of columns."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from idcore.geometry.products import Range, ranges
from idcore.geometry.threads import grain, parallel, scratch, shares, workers
from idcore.shapes import Float64, Int64, Num

WIDTH, GPU_WIDTH = 2048, 2**15
SHORT = 512
BLOCK = 2**17
"""Values of a block of pairs: small enough for the cache of a core, large enough for the calls not to count."""
GPU_BLOCK = 2**24


def squared(
    slices: Iterable[Tensor], a: Int64[Tensor, " p"], b: Int64[Tensor, " p"], scale: float
) -> Float64[Tensor, " p"]:
    """(p,) float64 on the device of a: |x_a - x_b|^2 scale^2 of p pairs of rows. a, b: (p,) int64."""
    total = torch.zeros(len(a), dtype=torch.float64, device=a.device)
    for x in slices:
        total += _of_slice(x, a.to(x.device), b.to(x.device), scale).to(a.device)
        del x  # or it would lie in memory beside the next slice while that is made
    return total


def _of_slice(
    x: Num[Tensor, "n d"], a: Int64[Tensor, " p"], b: Int64[Tensor, " p"], scale: float
) -> Float64[Tensor, " p"]:
    width = min(grain(x.device, WIDTH, GPU_WIDTH), x.shape[1])
    chunks = ranges(x.shape[1], width)
    batch = grain(x.device, BLOCK, GPU_BLOCK) // width

    def work(job: tuple[Range, list[Range]]) -> Tensor:
        (first, last), columns = job
        total = torch.zeros(last - first, dtype=torch.float64, device=x.device)
        # Both sides of a batch of pairs, so that each operation does twice the work.
        cuts = [(p, min(p + batch, last)) for p in range(first, last, batch)]
        batches = [(total[p - first : q - first], torch.cat([a[p:q], b[p:q]]), q - p) for p, q in cuts]
        for c, d in columns:
            y = x[:, c:d]
            for lengths, both, size in batches:
                values = scratch("values", (2 * size, d - c), x, x.dtype)
                sides = scratch("sides", (2 * size, d - c), x, torch.float64)
                sides.copy_(torch.index_select(y, 0, both, out=values))
                if scale != 1:
                    sides *= scale
                left = sides[:size]
                left -= sides[size:]
                lengths += _lengths(left)
        return total

    threads = workers(x.device) if len(a) * x.shape[1] > BLOCK else 1
    if len(chunks) < 2 * threads:  # few columns: share out the pairs
        step = -(-len(a) // threads)
        return torch.cat(parallel(work, [(r, chunks) for r in ranges(len(a), step)], threads))
    jobs = [((0, len(a)), list(run)) for run in shares(chunks, threads)]
    return torch.stack(parallel(work, jobs, threads)).sum(0)


def _lengths(difference: Tensor) -> Tensor:
    """Sums of squares of the rows, (p, c), which may be overwritten. Of short rows in the order in which numpy sums:
    then distances that differ by rounding alone rank as in a brute force written with numpy."""
    if difference.shape[1] <= SHORT and difference.device.type == "cpu":
        values = difference.numpy()
        return torch.from_numpy(np.square(values, out=values).sum(1))
    squares: Tensor = torch.linalg.vecdot(difference, difference)
    return squares
