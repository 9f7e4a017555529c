"""Squared distances from bfloat16 products: half the time of float32 ones, and bounds on their error all the same.

The points are rounded to bfloat16, which moves none by more than 2^-8 of its length. The distance of two rounded points
differs from the true one by at most what both were moved, |x_i - y_i| + |x_j - y_j| (triangle inequality). Three more
columns hold half the squared length of a row, as a sum of bfloat16 numbers, and meet ones in the other factor, whose
points are negative: so each product is |y_i - y_j|^2 / 2 at once, and what is rounded off it is relative to the
distance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import pad

from idcore.geometry.products import KEPT, Products, Range, all_of, column_means, mirror, ranges
from idcore.geometry.threads import grain, parallel, scratch, shares, workers
from idcore.shapes import Float, Float64, Int64, Num

CHUNK, GPU_CHUNK = 1720, 4088
"""Columns of one product; the lengths make it a multiple of 64 with them. Layers of 512 columns are one product."""
PARTS = 3
"""bfloat16 numbers whose sum is a float32 one."""
LENGTHS = 2 * PARTS + 2
"""Columns that hold the squared lengths, and two of zeros."""
PANEL, GPU_PANEL = 256, 2**14
"""Rows of one product on and above the diagonal."""
U16, U32 = 2.0**-8, 2.0**-24


@dataclass(frozen=True, eq=False)
class Rounded:
    """As `products.Bound`, of values that need no `half`. q: (m,) float64, |y|^2 of the rounded points. chunks:
    products in a sum. columns: of a product, at most.

    A product of c columns, summed in any order in float32, and the squared lengths in it are off by at most
    3 (c + 2) u (q_i + q_j) (Higham 2002, section 3.1); then it is rounded to bfloat16. u is twice as large on a GPU,
    whose matrix units cut off where others round (Fasi et al., Numerical behavior of NVIDIA tensor cores, 2021).
    """

    q: Float64[Tensor, " m"]
    chunks: int
    columns: int

    half = None

    def limit(self, values: Tensor, rows: slice, others: Tensor | slice) -> Tensor:
        furthest = self._high(values.double(), rows).amax(1, keepdim=True).sqrt() + self._moved[rows]
        return (1.01 * (furthest.square() + self._lost[rows]) / 2)[:, 0]

    def interval(self, value: Tensor, rows: slice, index: Tensor) -> tuple[Tensor, Tensor]:
        least = (2 * value - self._lost[rows]).clamp(min=0) / (1 + self._rate)
        low = (least.sqrt() - self._moved[rows]).clamp(min=0).square()
        return torch.where(torch.isfinite(value), low, torch.inf), self._high(value, rows)

    def _high(self, value: Tensor, rows: slice) -> Tensor:
        most = (2 * value + self._lost[rows]).clamp(min=0) / (1 - self._rate)
        return (most.sqrt() + self._moved[rows]).square()

    @property
    def _rate(self) -> float:
        return 1.02 * (U16 + self.chunks * U32)

    @cached_property
    def _lost(self) -> Tensor:
        """(m, 1) of a product and the squared lengths in it."""
        terms = self.columns + 2 * LENGTHS
        return 3.1 * terms * grain(self.q.device, 1, 2) * U32 * (self.q + self.q.max())[:, None]

    @cached_property
    def _moved(self) -> Tensor:
        """(m, 1) what rounding moved a point and another, and centring in float32 before."""
        length = self.q.sqrt()
        return 1.001 * (U16 + 4 * U32) * (length + length.max())[:, None]


def quick(device: torch.device) -> bool:
    """Whether bfloat16 products are faster than float32 ones here."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    # A private name of torch: where another version lacks it, float32 is what is left.
    known = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return device.type == "cpu" and known is not None and known()


def quick64(device: torch.device) -> bool:
    """Whether float64 products are as fast as float32 ones here: on the NVIDIA GPUs made for that."""
    return device.type == "cuda" and torch.cuda.get_device_capability(device) in ((8, 0), (9, 0), (10, 0))


def from_columns(x: Num[Tensor, "n d"], rows: Int64[Tensor, " m"], scale: float) -> tuple[Products, Rounded]:
    """Products of all rows of wide points, kept: (n, n) float32 for each thread. x: (n, d), rows: (m,)."""
    n, chunks, mean = len(x), ranges(x.shape[1], grain(x.device, CHUNK, GPU_CHUNK)), column_means(x, scale)
    runs = shares(chunks, workers(x.device))

    def work(run: Sequence[Range]) -> tuple[Tensor, Tensor]:
        total, q = torch.zeros((n, n), device=x.device), torch.zeros(n, dtype=torch.float64, device=x.device)
        for c in run:
            left, right = _empty_sides(x, (n, c[1] - c[0]))
            length = _round(x[:, slice(*c)], mean[slice(*c)], scale, left)
            _complete(left, right, length)
            q += length
            for a, b in ranges(n, grain(x.device, PANEL, GPU_PANEL)):
                panel = torch.mm(left[a:b], right[a:].T, out=scratch("panel", (b - a, n - a), x, torch.bfloat16))
                total[a:b, a:] += scratch("wide panel", (b - a, n - a), x, torch.float32).copy_(panel)
        return total, q

    (total, q), *others = parallel(work, runs, len(runs))
    for more, lengths in others:
        total += more
        q += lengths
    mirror(total)
    whole = all_of(rows, n)

    def products(a: Range, b: Range) -> Tensor:
        return total[slice(*a), slice(*b)] if whole else total[rows[slice(*a)][:, None], rows[slice(*b)]]

    return products, Rounded(q[rows], len(chunks), chunks[0][1])


def from_rows(
    x: Num[Tensor, "n d"], rows: Int64[Tensor, " m"], mean: Float[Tensor, " d"], scale: float, memory: int
) -> tuple[Products, Rounded]:
    """Products of chosen rows of x, made when they are asked for, of factors that are kept where they are few.

    x: (n, d), rows: (m,), mean: (d,). memory: bytes for the factors of a GPU.
    """
    chunks, whole = ranges(x.shape[1], grain(x.device, CHUNK, GPU_CHUNK)), all_of(rows, len(x))
    few = len(rows) * x.shape[1] <= grain(x.device, KEPT, memory // (4 * torch.bfloat16.itemsize))
    sides = [
        [torch.empty((len(rows), b - a + LENGTHS), dtype=torch.bfloat16, device=x.device) for _ in range(2)]
        for a, b in chunks
        if few
    ]

    def lengths(r: Range) -> Tensor:
        parts = []
        for i, c in enumerate(chunks):
            left, right = (side[slice(*r)] for side in sides[i]) if few else _empty_sides(x, (r[1] - r[0], c[1] - c[0]))
            chosen = x[slice(*r), slice(*c)] if whole else x[rows[slice(*r)], slice(*c)]
            parts.append(_round(chosen, mean[slice(*c)], scale, left).float())
            if few:
                _complete(left, right, parts[i])
        return torch.stack(parts)

    some = ranges(len(rows), grain(x.device, 1024, 2**14))
    length = torch.cat(parallel(lengths, some, workers(x.device)), 1)  # (chunks, m)

    def side(r: Range, i: int, name: str) -> tuple[Tensor, Tensor]:
        if few:
            left, right = sides[i]
            return left[slice(*r)], right[slice(*r)]
        c = chunks[i]
        buffer = scratch("chosen", (r[1] - r[0], c[1] - c[0]), x, x.dtype)
        chosen = torch.index_select(x[:, slice(*c)], 0, rows[slice(*r)], out=buffer)
        factors = _empty_sides(x, (r[1] - r[0], c[1] - c[0]), name)
        factors[0][:, :-LENGTHS] = _centred(chosen, mean[slice(*c)], scale)
        return _complete(*factors, length[i, slice(*r)])

    def products(a: Range, b: Range) -> Tensor:
        block = scratch("block", (a[1] - a[0], b[1] - b[0]), x, torch.bfloat16)
        if len(chunks) == 1:  # what follows reads half as much of these
            return torch.mm(side(a, 0, "a")[0], side(b, 0, "b")[1].T, out=block)
        out = scratch("products", (a[1] - a[0], b[1] - b[0]), x, torch.float32)
        for i in range(len(chunks)):
            left, right = side(a, i, "a")
            if a == b:
                for p, q in ranges(len(left), grain(x.device, PANEL, GPU_PANEL)):
                    torch.mm(left[p:q], right[p:].T, out=block[p:q, p:])
            else:
                torch.mm(left, side(b, i, "b")[1].T, out=block)
            out.copy_(block) if i == 0 else out.add_(block)
        return mirror(out) if a == b else out

    return products, Rounded(length.double().sum(0), len(chunks), chunks[0][1])


def _centred(x: Tensor, mean: Tensor, scale: float) -> Tensor:
    out = scratch("centred", (x.shape[0], x.shape[1]), x, torch.float32)
    if x.dtype == torch.float64 or scale != 1:
        return out.copy_((x.double() - mean).mul_(scale))
    return torch.sub(x, mean, out=out) if x.dtype == torch.float32 else out.copy_(x).sub_(mean)


def _round(x: Tensor, mean: Tensor, scale: float, left: Tensor) -> Float64[Tensor, " n"]:
    """The squared lengths of the centred and rounded points, (n, c), which are put into their factor `left`."""
    near = left[:, :-LENGTHS].copy_(_centred(x, mean, scale))
    back = scratch("centred", (x.shape[0], x.shape[1]), x, torch.float32).copy_(near)
    norms: Tensor = torch.linalg.vector_norm(back, dim=1)  # half of the time of a product of each with itself
    return norms.double().square()


def _empty_sides(like: Tensor, shape: tuple[int, int], name: str = "") -> tuple[Tensor, Tensor]:
    """Memory for the factors (n, c + LENGTHS) of products of rounded points; shape: (n, c)."""
    n, c = shape
    left, right = (scratch(f"{side} {name}", (n, c + LENGTHS), like, torch.bfloat16) for side in ("left", "right"))
    return left, right


def _complete(left: Tensor, right: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
    """The factors of products that are |y_i - y_j|^2 / 2, of which `left` holds the points. length: (n,)."""
    rest, parts = length / 2, []
    for _ in range(PARTS):
        parts.append(rest.bfloat16())
        rest = rest - parts[-1]
    left[:, -LENGTHS:] = pad(pad(torch.stack(parts, 1), (0, PARTS), value=1), (1, 1))
    right[:, -LENGTHS:] = left[:, -LENGTHS:].flip(1)
    torch.neg(left[:, :-LENGTHS], out=right[:, :-LENGTHS])
    return left, right
