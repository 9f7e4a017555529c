"""Squared distances of chosen pairs as float64 differences of the values themselves, summed over blocks of columns."""

from collections.abc import Iterable

import torch
from torch import Tensor

from idcore.geometry.products import Range, ranges
from idcore.geometry.threads import parallel, workers

WIDTH = 512
BATCH = 128
"""Pairs at once: both operands (BATCH x WIDTH float64) stay in the cache of a core."""


def squared(slices: Iterable[Tensor], a: Tensor, b: Tensor, scale: float) -> Tensor:
    """(p,) float64 on the CPU: |x_a - x_b|^2 scale^2 of p pairs of rows. a, b: (p,) int64."""
    total = torch.zeros(len(a), dtype=torch.float64)
    for x in slices:
        total += _of_slice(x, a, b, scale).cpu()
    return total


def _of_slice(x: Tensor, a: Tensor, b: Tensor, scale: float) -> Tensor:
    rows, places = torch.unique(torch.cat([a, b]), return_inverse=True)
    rows, (left, right) = rows.to(x.device), places.to(x.device).view(2, -1)
    chunks = ranges(x.shape[1], WIDTH)
    threads = workers(x.device)
    batch = BATCH if x.device.type == "cpu" else 8192

    def work(share: list[Range]) -> Tensor:
        total = torch.zeros(len(a), dtype=torch.float64, device=x.device)
        for c, d in share:
            y = x[:, c:d].index_select(0, rows).double()
            if scale != 1:
                y *= scale
            for p in range(0, len(a), batch):
                difference = y.index_select(0, left[p : p + batch])
                difference -= y.index_select(0, right[p : p + batch])
                total[p : p + batch] += torch.linalg.vecdot(difference, difference)
        return total

    shares = [chunks[i * len(chunks) // threads : (i + 1) * len(chunks) // threads] for i in range(threads)]
    return torch.stack(parallel(work, [share for share in shares if share], threads)).sum(0)
