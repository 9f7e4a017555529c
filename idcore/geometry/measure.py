"""The measurement of one layer: activations in, the exact `LayerGeometry` out."""

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from idcore.geometry import held, linearised, points, rdm, spectrum
from idcore.geometry.duplicates import part
from idcore.geometry.far import far
from idcore.geometry.neighbours import PATIENCE, precisions
from idcore.geometry.products import Range, add_gram, from_gram, from_points, mirror
from idcore.geometry.search import splits
from idcore.geometry.table import Tables, tables
from idcore.geometry.threads import measuring, soon, workers
from idcore.record import (
    Layer,
    LayerGeometry,
    Neighbours,
    apart_samples,
    holds_distances,
    powers,
    unmeasured,
)
from idcore.shapes import Float64, Int

Slices = Iterable[Tensor]
"""Blocks of columns of one layer, (n, d_c) each, any floating dtype, in column order; iterated again where needed."""

SMALLEST_BLOCK = 64
BYTES_OF_A_PAIR = 48
"""Memory for each pair of samples of a wide layer: products, eigenvectors and their workspace, each n x n float64."""
JOINED = 4
"""Copies of a narrow layer for which there must be room before its slices are joined."""
DRAWN = 20_000
"""Distinct samples above which fewer Gaussian samples are drawn, `FEWER`, and the ratios of `SOUGHT` points of each are
taken: a whole one takes as long as the layer's own neighbours."""
FEWER = 2
SOUGHT = 10_000
AT_ONCE = 4096
"""Distinct samples up to which each step has a thread of its own; the threads share those of more."""
SEED = 2019
FARTHEST = 2.0**100
"""Times that the values may be larger or smaller than 1: their coordinates are kept as float32."""


@dataclass(frozen=True, eq=False)
class Pass:
    """What one pass over the slices leaves. count: of slices. gram: (n, n) float64, or None where the points are held
    and narrow, and float64 products of all of them are not wanted. group: (n,) int64, first sample equal to each.
    dead: columns that are constant. rounding: of the distances (`points.rounding`)."""

    slices: Slices
    count: int
    n: int
    d: int
    device: torch.device
    gram: Float64[Tensor, "n n"] | None
    group: Int[np.ndarray, " n"]
    dead: int
    rounding: float

    @property
    def narrow(self) -> bool:
        """Whether the points are held whole and have fewer columns than rows."""
        return self.d < self.n and self.count == 1


class Unmeasurable(Exception):
    """Why a layer has no numbers, as a sentence."""

    def __init__(self, reason: str, n: int, non_finite: int = 0) -> None:
        super().__init__(reason)
        self.n, self.non_finite = n, non_finite


def measure(
    slices: Slices, layer: Layer, *, memory: int, k: int = 64, draws: int = 5, coordinates: int = 150
) -> LayerGeometry:
    """Everything that is kept of a layer, from one pass over its slices, or two where a distance must be recomputed.

    slices: see `Slices`; a list of one tensor is a layer that is held whole. memory: bytes that the work may take
    beside the slices. k: neighbours of each distinct sample. draws: Gaussian samples. coordinates: leading principal
    coordinates to keep. Never raises for bad data: the record then has a `note` and no numbers. Values whose squares
    float64 cannot hold, or whose coordinates float32 cannot, are measured in another unit, and a note says so.
    """
    start, asked = time.perf_counter(), layer
    try:
        with measuring():
            first = _pass(slices, layer.units, 1.0, memory, k)
            scale = _scale(first)
            if not 1 / FARTHEST <= scale <= FARTHEST:
                told = f"All lengths are in units of {1 / scale:.4g}: squares of values so far from 1 cannot be held."
                layer = replace(layer, remarks=(*layer.remarks, told))
                slices, scale = points.Times(first.slices, scale), 1.0
                first = _pass(slices, layer.units, scale, memory, k)
            if scale != 1:
                first = _pass(first.slices, layer.units, scale, memory, k)
            distinct, member = np.unique(first.group, return_inverse=True)
            m = len(distinct)
            if m < 3:
                raise Unmeasurable(_too_few(m, first.n), first.n)
            order, levels, block_of = _blocks(m)
            rows = torch.from_numpy(distinct[order])
            sought = None
            if m > DRAWN and draws > FEWER:
                draws, sought = FEWER, SOUGHT
            # Each on a thread of its own where that is enough for it, and nothing is asked of the network again.
            threads = workers(first.device) if m <= AT_ONCE and isinstance(first.slices, list) else 1
            begin, share = partial(soon, apart=threads > 1), memory // threads
            # The products are centred first, as distances allow.
            eigenvalues, components = _spectrum(first, scale, coordinates, memory).begin(apart=threads > 1)
            near = begin(lambda: _tables(first, scale, rows, levels, min(k, m - 1), share))
            beyond = begin(lambda: _far(first, scale, rows, min(k, m - 1), share))

            def ratios(number: int) -> np.ndarray:
                return linearised.draw(number, eigenvalues(), m, share, first.device, sought)

            drawn = [begin(partial(ratios, number)) for number in range(draws)]
            nearest, seen = near(), components()
            table, blocks = _in_order(nearest, order, first.rounding)
            apart, apart_of = _apart(first, scale, seen, member, table)
            samples, distances = np.stack([sample() for sample in drawn]), beyond()
    except Unmeasurable as reason:
        return unmeasured(layer, reason.n, str(reason), non_finite=reason.non_finite)
    notes = list(layer.remarks)
    if sought is not None:
        notes.append(
            f"The linearised ID is the mean of {draws} Gaussian samples of {m:,} points, each from the ratios of "
            f"{sought:,} of them."
        )
    return LayerGeometry(
        layer=asked,
        n=first.n,
        note="",
        group=member.astype(np.int32),
        neighbours=table,
        blocks=blocks,
        block_of=block_of[:, np.argsort(order)],
        eigenvalues=seen.eigenvalues,
        coordinates=seen.coordinates,
        norms=seen.norms,
        linearised=samples,
        far=distances[np.argsort(order[: len(distances)])],
        far_of=np.sort(order[: len(distances)]).astype(np.int32),
        apart=apart,
        apart_of=apart_of,
        dead=first.dead,
        brute_rows=nearest.brute_rows,
        refined_pairs=nearest.refined_pairs,
        seconds=time.perf_counter() - start,
        notes=tuple(notes),
    )


def _pass(slices: Slices, units: int, scale: float, memory: int, k: int) -> Pass:
    """One pass over the slices. A layer whose first slice is all of it is kept: it need not be made again."""
    gram, dead, d, count = None, 0, 0, 0
    size = np.zeros(2)
    for x in _joined(slices, units, memory):
        n, whole = len(x), x.shape[1] >= units
        if d == 0:
            group = np.zeros(n, np.int64)
            room, narrow = BYTES_OF_A_PAIR * n * n <= memory, whole and x.shape[1] < n
            if not narrow and not room:
                raise Unmeasurable(_no_room(n, memory), n)
            wanted = not narrow or (room and n <= held.MOST and precisions(k, n, x.device) == (torch.float64,))
            gram = None if not wanted or n < 2 else torch.zeros((n, n), dtype=torch.float64, device=x.device)
        d, count = d + x.shape[1], count + 1
        group = part(group, x)
        dead += points.constant(x)
        size += points.weighted_variances(x, scale)
        if gram is not None:
            add_gram(gram, x, torch.float64, scale, memory - gram.nbytes)
        device, dtype = x.device, x.dtype
        if whole:
            slices = [x]
            break
        del x  # or it would lie in memory beside the next slice while that is made
    if d == 0:
        raise Unmeasurable("The layer has no units.", 0)
    rounding = points.rounding(dtype, float(size[0]), float(size[1]), scale)
    return Pass(slices, count, n, d, device, None if gram is None else mirror(gram), group, dead, rounding)


def _joined(slices: Slices, units: int, memory: int) -> Iterator[Tensor]:
    """The slices; those of a layer with fewer units than samples as one, where there is room for that."""
    parts = []
    for x in slices:
        x = x.detach()
        if x.shape[1] < units < len(x) and JOINED * len(x) * units * x.element_size() <= memory:
            parts.append(x.clone())
        else:
            yield x
        del x
    if parts:
        yield torch.cat(parts, 1)


def _scale(first: Pass) -> float:
    """Power of two by which to multiply the values, 1 for nearly all data. Raises Unmeasurable."""
    if first.gram is not None:
        q = first.gram.diagonal()
    else:
        x = next(iter(first.slices))
        q = from_points(x, torch.arange(first.n, device=first.device), torch.float32, 1.0, 0)[1].q
    if points.comfortable(q):
        return 1.0
    largest, bad = points.extent(first.slices)
    if bad:
        raise Unmeasurable(f"{bad} of the {first.n} x {first.d} values are NaN or infinite.", first.n, bad)
    if largest > points.LIMIT:
        reason = f"The values spread over {largest:.3g}; distances overflow above {points.LIMIT:g}."
        raise Unmeasurable(reason, first.n)
    return points.rescale(largest)


def _too_few(m: int, n: int) -> str:
    if m == 1 and n > 1:
        return f"The layer is constant: all {n} samples are the same point."
    return f"Only {m} of the {n} samples {'is' if m == 1 else 'are'} distinct; a measurement needs at least 3."


def _no_room(n: int, memory: int) -> str:
    most, need, have = int((memory / BYTES_OF_A_PAIR) ** 0.5), BYTES_OF_A_PAIR * n * n / 2**20, memory / 2**20
    return (
        f"The products of {n} samples and their eigenvalues take {need:.0f} MiB, more than the memory budget leaves "
        f"({have:.0f} MiB). Choose at most {most} samples or a larger budget."
    )


def _blocks(m: int) -> tuple[np.ndarray, list[list[Range]], np.ndarray]:
    """(order (m,), a fixed random permutation; nested ranges of it; (levels, m) int32 block of each place)."""
    depth = 1
    while m >> depth >= SMALLEST_BLOCK:
        depth += 1
    levels = splits(m, depth)
    block_of = np.stack([np.repeat(np.arange(len(r)), [b - a for a, b in r]) for r in levels]).astype(np.int32)
    return np.random.default_rng(SEED).permutation(m), levels, block_of


def _tables(first: Pass, scale: float, rows: Tensor, levels: list[list[Range]], k: int, memory: int) -> Tables:
    ks = [k] + [2] * (len(levels) - 1)
    if first.gram is not None:
        products, bound = from_gram(first.gram, rows.to(first.device), torch.float64, first.d, first.count)
        nearest = tables(products, bound, first.slices, rows, levels, ks, scale=scale, memory=memory)
        assert nearest is not None
        return nearest
    x = next(iter(first.slices))
    for dtype in precisions(k, len(rows), x.device):
        products, bound = from_points(x, rows.to(x.device), dtype, scale, memory)
        patience = math.inf if dtype == torch.float64 else PATIENCE
        whole = None if dtype == torch.float64 else x
        nearest = tables(
            products, bound, [x], rows, levels, ks, scale=scale, memory=memory, patience=patience, whole=whole
        )
        if nearest is not None:
            break
    assert nearest is not None
    return nearest


def _spectrum(first: Pass, scale: float, coordinates: int, memory: int) -> spectrum.Decomposition:
    if first.gram is not None and not first.narrow:
        return spectrum.from_gram(first.gram, first.d, scale, coordinates)
    x = next(iter(first.slices))
    return spectrum.from_covariance(x, spectrum.covariance(x, scale, memory), scale, coordinates)


def _far(first: Pass, scale: float, rows: Tensor, k: int, memory: int) -> np.ndarray:
    """Distances beyond the table of the first rows of the permutation, (a, r) float32."""
    if not powers(k, len(rows)):
        return np.zeros((0, 0), np.float32)
    chosen = rows.to(first.device)
    if first.gram is not None:
        products, bound = from_gram(first.gram, chosen, torch.float64, first.d, first.count)
        return far(products, bound, first.slices, rows, k, scale=scale, memory=memory)
    x = next(iter(first.slices))
    products, bound = from_points(x, chosen, torch.float64, scale, memory)
    return far(products, bound, [x], rows, k, scale=scale, memory=memory)


def _apart(
    first: Pass, scale: float, seen: spectrum.Components, member: np.ndarray, table: Neighbours
) -> tuple[np.ndarray, np.ndarray]:
    """(distances of each two of some samples, condensed; which samples), nothing where the coordinates hold them."""
    if holds_distances(seen.eigenvalues, seen.coordinates.shape[1]):
        return np.zeros(0, np.float32), np.zeros(0, np.int32)
    chosen = apart_samples(first.n)
    rows = torch.from_numpy(chosen).to(first.device)
    if first.gram is not None:
        products, bound = from_gram(first.gram, rows, torch.float64, first.d, first.count)
        slices = first.slices
    else:
        x = next(iter(first.slices))
        products, bound = from_points(x, rows, torch.float64, scale, 0)
        slices = [x]
    distances = rdm.distances(products, bound, slices, rows, member[chosen], table, scale)
    return distances, chosen.astype(np.int32)


def _in_order(tables: Tables, order: np.ndarray, rounding: float) -> tuple[Neighbours, np.ndarray]:
    """(table over the distinct rows; blocks (levels, m, 2)), from tables in the order of the permutation."""
    inverse = np.argsort(order)
    first = tables.tables[0]
    table = Neighbours(order[first.index.numpy()][inverse].astype(np.int32), first.distance.numpy()[inverse], rounding)
    return table, np.stack([t.distance[:, :2].numpy()[inverse] for t in tables.tables])
