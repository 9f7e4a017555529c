"""The exact nearest neighbours of points held in memory."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from idcore.errors import PointsError
from idcore.geometry import points, rounded
from idcore.geometry.duplicates import part
from idcore.geometry.products import (
    CHUNK,
    KEPT,
    Bound,
    Products,
    add_gram,
    column_means,
    from_all,
    from_gram,
    from_points,
    mirror,
    without,
)
from idcore.geometry.search import splits
from idcore.geometry.table import Tables, tables
from idcore.geometry.threads import massive, measuring
from idcore.record import Neighbours
from idcore.shapes import Float64, Int, Int64, Num

MEMORY = 2**30
WIDE = 4096
"""Rows up to which the whole matrix of products is held (columns shared out over the threads)."""
BREAK_EVEN = 100
"""Rows per neighbour below which products in float64 cost less than recomputing float32 candidates."""
PATIENCE = 0.003
"""Share of the points that coarser products may leave to brute force; more of them take longer than finer products."""


FEW = 8
"""Neighbours up to which candidates from bfloat16 products are few enough to be recomputed."""
COARSE, GPU_COARSE = (3, 2**38), (2, 2**41)
"""n^3 d, of a GPU n^2 d, up to which finer products take less than bfloat16 ones and what those leave to be recomputed:
as long from 2^35 to 2^37, a quarter more at 1000 x 512 and 2000 x 64."""
PROBED = 2**34
"""Products (of numbers) up to which bfloat16 is tried at once: more of them are worth a look at a sample first."""
SAMPLE, RUN = (1024, 4096), 16
"""Points and columns that tell whether bfloat16 is enough, the columns in runs that lie in one line of memory;"""
PROBE = 64
"""points of those whose neighbours are sought;"""
CANDIDATES = 8
"""pairs to be recomputed for each neighbour up to which it is."""


def neighbours(x: Any, k: int | None = None) -> Neighbours:
    """The k nearest neighbours of each of n points, Euclidean, exact: distances as from float64 differences to 1e-12
    relative, ties by index, exact duplicates at distance 0.

    x: (n, d) array or tensor of real numbers. k: 64, or n - 1 when that is less, when left out.
    Raises PointsError for what cannot be measured, and for k outside 1 ... n - 1.
    """
    x = points.as_points(x)
    k = min(64, len(x) - 1) if k is None else _whole(k, len(x))
    group = part(np.zeros(len(x), np.int64), x)
    representatives, member = np.unique(group, return_inverse=True)
    if len(representatives) == 1:
        points.safe_scale(x)  # for NaN and infinity only
        index, distance = np.zeros((1, 0), np.int64), np.zeros((1, 0))
    else:
        table = among(x, torch.from_numpy(representatives), min(k, len(representatives) - 1)).tables[0]
        index, distance = table.index.numpy(), table.distance.numpy()
    if len(representatives) < len(x):
        index, distance = with_copies(index, distance, member, k)
    return Neighbours(index.astype(np.int32), distance, points.rounding_of(x))


def distinct_neighbours(x: Any, k: int) -> tuple[Neighbours, int]:
    """(table over the distinct points of x, in order of first appearance; number of copies that were merged).

    Raises PointsError as `neighbours` does; k must be less than the number of distinct points.
    """
    x = points.as_points(x)
    rows = np.unique(part(np.zeros(len(x), np.int64), x))
    if len(rows) <= k:
        points.safe_scale(x)  # says so when NaN or infinity is the reason
        raise PointsError(
            f"Only {len(rows)} of the {len(x)} points are distinct; {k} neighbours need at least {k + 1} of them."
        )
    nearest = among(x, torch.from_numpy(rows), k).tables[0]
    table = Neighbours(nearest.index.numpy().astype(np.int32), nearest.distance.numpy(), points.rounding_of(x))
    return table, len(x) - len(rows)


def among(
    x: Num[Tensor, "n d"],
    rows: Int64[Tensor, " m"],
    k: int,
    memory: int | None = None,
    sought: int | None = None,
    head: int | None = None,
) -> Tables:
    """The k nearest neighbours of the distinct rows of x among themselves; of the first `sought` of them only, where
    that is given. x: (n, d) finite, rows: (m,) int64. head: the first columns that hold nearly all of the distances:
    candidates are sought by those."""
    levels, scale = splits(len(rows), 1), 1.0
    d = x.shape[1]
    memory = room(x.device) if memory is None else memory
    with measuring():
        tries = [(dtype, d) for dtype in precisions(k, len(rows), x.device)]
        if head is not None and head < d and len(tries) > 1:
            tries.insert(0, (torch.float32, head))
        elif head is None and _coarse_enough(x, rows, k, memory):
            tries.insert(0, (torch.bfloat16, d))
        for dtype, width in tries:
            products, bound = _products(x, rows.to(x.device), dtype, scale, memory, width)
            if scale == 1 and not points.comfortable(bound.q):
                scale = points.safe_scale(x)
                products, bound = _products(x, rows.to(x.device), dtype, scale, memory, width)
            patience = math.inf if dtype == torch.float64 else PATIENCE
            tried = dtype == torch.bfloat16 and len(rows) ** 2 * d <= PROBED  # without a look at a sample
            most = CANDIDATES * k * len(rows) if tried else math.inf
            nearest = tables(
                products,
                bound,
                [x],
                rows,
                levels,
                [k],
                scale=scale,
                memory=memory,
                patience=patience,
                most=most,
                sought=sought,
                whole=None if dtype == torch.float64 else x,
            )
            if nearest is not None:
                return nearest
    raise AssertionError("float64 products are never given up")


def room(device: torch.device) -> int:
    """Bytes for the work where nobody says how many: of a GPU a quarter of what is free."""
    return torch.cuda.mem_get_info(device)[0] // 4 if device.type == "cuda" else MEMORY


def _coarse_enough(x: Tensor, rows: Tensor, k: int, memory: int) -> bool:
    """Whether to try bfloat16 products: of many, whether they leave few candidates to a sample of the points in a
    sample of the columns. Where they leave many, recomputing those takes many times as long as float32 products."""
    power, least = GPU_COARSE if massive(x.device) else COARSE
    if k > FEW or len(rows) ** power * x.shape[1] <= least or not rounded.quick(x.device):
        return False
    if len(rows) ** 2 * x.shape[1] <= PROBED:
        return True
    apart = RUN * -(-x.shape[1] // SAMPLE[1])
    runs = x.unfold(1, RUN, apart) if apart > RUN else x[:, :, None]
    x = runs[rows[:: -(-len(rows) // SAMPLE[0])].to(x.device)].flatten(1)
    rows = torch.arange(len(x), device=x.device)
    products, bound = rounded.from_rows(x, rows, column_means(x, 1.0), 1.0, memory)
    if not points.comfortable(bound.q):
        return False
    levels, some = splits(len(rows), 1), min(PROBE, len(rows))
    nearest = tables(
        products, bound, [x], rows, levels, [k], scale=1.0, memory=memory, patience=PATIENCE, sought=some, whole=x
    )
    return nearest is not None and nearest.refined_pairs <= CANDIDATES * k * some


def precisions(k: int, m: int, device: torch.device) -> tuple[torch.dtype, ...]:
    """Precisions of the products to try in turn, for k neighbours of m points."""
    fine = k * BREAK_EVEN > m or rounded.quick64(device)
    return (torch.float64,) if fine else (torch.float32, torch.float64)


def _products(
    x: Tensor, rows: Tensor, dtype: torch.dtype, scale: float, memory: int, width: int
) -> tuple[Products, Bound | rounded.Rounded]:
    n, y = len(x), x[:, :width]
    if dtype == torch.bfloat16:
        if n <= WIDE and width > n and 16 * n * n <= memory:
            return rounded.from_columns(x, rows, scale)
        return rounded.from_rows(x, rows, column_means(x, scale), scale, memory)
    if n <= WIDE and n * width > KEPT and 32 * n * n <= memory:
        gram = torch.zeros((n, n), dtype=torch.float64, device=x.device)
        add_gram(gram, y, dtype, scale, memory // 2)
        products, bound = from_gram(mirror(gram), rows, dtype, width)
    elif n <= WIDE and width > CHUNK and 32 * n * n <= memory:
        products, bound = from_all(y, rows, dtype, scale, memory // 2)
    else:
        products, bound = from_points(y, rows, dtype, scale, memory)
    if width < x.shape[1]:
        tails = x[:, width:].split(WIDE)
        tail = torch.cat([torch.linalg.vecdot(some, some).double() for some in tails])[rows]
        bound = without(bound, tail * scale * scale)
    return products, bound


def with_copies(
    index: Int[np.ndarray, "m few"], distance: Float64[np.ndarray, "m few"], member: Int[np.ndarray, " n"], k: int
) -> tuple[Int[np.ndarray, "n {k}"], Float64[np.ndarray, "n {k}"]]:
    """The table over all samples from that over distinct points: copies at distance 0, ties by index.

    index, distance: (m, k'). member: (n,) distinct point of each sample, numbered by first appearance.
    """
    n = len(member)
    order = np.argsort(member, kind="stable")
    ends = np.cumsum(np.bincount(member))
    copies = np.split(order, ends[:-1])
    all_index, all_distance = np.zeros((n, k), np.int64), np.zeros((n, k))
    for point, samples in enumerate(copies):
        near = [samples, *(copies[j][: k + 1] for j in index[point])]
        candidates = np.concatenate(near)
        far = np.repeat(np.concatenate([[0.0], distance[point]]), [len(c) for c in near])
        best = np.lexsort((candidates, far))
        for sample in samples:
            own = best[candidates[best] != sample][:k]
            all_index[sample], all_distance[sample] = candidates[own], far[own]
    return all_index, all_distance


def _whole(k: Any, n: int) -> int:
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or not 1 <= k <= n - 1:
        raise PointsError(f"k must be a whole number from 1 to n - 1 = {n - 1}, not {k!r}.")
    return int(k)
