"""Float64 products of chosen pairs of rows: a tenth of the time of their differences, and exact enough for most."""

import math
import warnings
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from idcore.geometry.products import CHUNK, GROUP, Bound, Range, bound, centred, column_means, ranges
from idcore.geometry.threads import massive, parallel, scratch, shares, workers
from idcore.shapes import Float64, Int64, Num

FEW = 4
"""Rows for each pair from which differences of the pairs take less than to centre all rows."""
NARROW = 64
"""Least columns of a product: of fewer, the call takes longer than the product."""
BLOCK = 2**21
"""Values that are centred at once: pieces of rows that are too short are not read at full speed."""

with warnings.catch_warnings():  # torch says once that its sparse tensors are new
    warnings.simplefilter("ignore", UserWarning)
    torch.sparse_csr_tensor(torch.tensor([0, 0]), torch.tensor([], dtype=torch.int64), torch.tensor([]), (1, 1))


def worthwhile(x: Num[Tensor, "n d"], pairs: int) -> bool:
    """Whether so many pairs of rows of x are sooner known from `products` than from their differences."""
    return not massive(x.device) and FEW * pairs > len(x)


def products(x: Num[Tensor, "n d"], pairs: Int64[Tensor, " p"], scale: float) -> tuple[Float64[Tensor, " p"], Bound]:
    """Products of pairs of rows of x, (n, d), centred, times scale**2, and the bound for all rows. pairs: (p,), rows
    a < b as n a + b, each once."""
    n, d = x.shape
    threads = workers(x.device)
    width = min(d, max(NARROW, min(CHUNK, BLOCK // n, -(-d // threads))))
    pieces = max(1, min(d // width // threads, BLOCK // (n * width)))  # of so many columns, each a row of its own
    # Each row with itself too: four times as fast as `vecdot`.
    every, piece = torch.cat([pairs, torch.arange(n) * (n + 1)]), torch.arange(pieces)
    a, b = ((row[:, None] * pieces + piece).flatten() for row in (every // n, every % n))
    order = torch.from_numpy(np.argsort((a * n * pieces + b).numpy()))
    first = torch.cat([a.new_zeros(1), torch.bincount(a, minlength=n * pieces).cumsum(0)])
    empty = torch.zeros(len(a), dtype=torch.float64)
    wanted = torch.sparse_csr_tensor(first, b[order], empty, (n * pieces, n * pieces), check_invariants=True)
    parts, mean = ranges(d, width * pieces), column_means(x, scale)
    runs = shares(parts, threads)

    def work(run: Sequence[Range]) -> Tensor:
        total, block = torch.zeros_like(empty), scratch("pieces", (n, width * pieces), x, torch.float64)
        for group in ranges(len(run), GROUP):
            some = torch.zeros_like(empty)
            for c in run[slice(*group)]:
                centred(x[:, slice(*c)], mean[slice(*c)], torch.float64, scale, out=block[:, : c[1] - c[0]])
                block[:, c[1] - c[0] :] = 0
                y = block.view(-1, width)
                some += torch.sparse.sampled_addmm(wanted, y, y.T, beta=0).values()
            total += some
        return total

    value = torch.empty_like(empty)
    value[order] = torch.stack(parallel(work, runs, len(runs))).sum(0)
    value = value.view(-1, pieces).sum(1)
    path = width + pieces + GROUP + math.ceil(len(parts) / GROUP) + 2 * len(runs)
    return value[: len(pairs)], bound(value[len(pairs) :], torch.float64, d, path)
