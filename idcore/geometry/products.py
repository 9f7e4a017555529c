"""Products of centred points, chunk by chunk, and the bound on the error of the distances made from them.

The bound: an inner product of c terms, summed in any order, is off by at most (c + 1) u |x| |y| (Higham, Accuracy
and Stability of Numerical Algorithms, 2002, section 3.1), u the unit roundoff. Short chunks keep c, and so the bound,
small; the sums of chunks are added in float64.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from idcore.geometry.threads import grain, massive, parallel, scratch, shares, workers
from idcore.shapes import Float, Float64, Int64, Num

CHUNK = 512
"""Columns of one product."""
GROUP, GPU_GROUP = 8, 64
"""Products that are summed in their own precision before they are added to the float64 total."""
KEPT = 2**22
"""Numbers up to which centred points are kept, and not made again for each product; a GPU keeps what fits into half of
the memory that it may take."""
AVERAGED = 48
"""Rows whose means lie near those of all: the points are longer for it by a twentieth at most."""
LEAF, GPU_LEAF = 128, 2**14
"""Rows below which the square of a block is taken whole, its lower half for nothing."""
BLOCK, GPU_BLOCK = 2**19, 2**24
"""Numbers of a block of columns that are looked at together."""

Range = tuple[int, int]
Products = Callable[[Range, Range], Tensor]
"""Products G of the points in two ranges, (rows, columns); the tensor is good until the thread's next call."""


@dataclass(frozen=True, eq=False)
class Bound:
    """A squared distance from products is off by at most error_i + error_j + tau; q: (m,) float64, |x|^2, centred.

    Candidates are judged by their lowest squared distance, low = q_i - error_i + q_j - error_j - 2 G_ij - tau. While
    they are collected each stands as half_j - G_ij, which is low / 2 but for a part that is the same for all others of
    a point.
    """

    q: Float64[Tensor, " m"]
    error: Float64[Tensor, " m"]
    tau: float

    @property
    def half(self) -> Tensor | None:
        return (self.q - self.error) / 2

    def limit(self, values: Tensor, rows: slice, others: Tensor | slice) -> Tensor:
        """(r,) above which nothing is nearer than the k values (r, k) of the points `rows`; others: which those k are,
        (r, k), or a range that they are from."""
        error = self.error[others]
        width = self.error[rows, None] + (error.max() if isinstance(others, slice) else error) + self.tau
        return (values + 1.1 * width).amax(1)

    def interval(self, value: Tensor, rows: slice, index: Tensor) -> tuple[Tensor, Tensor]:
        """(low, high) squared distance, from value = half_i + half_j - G; all (r, c) float64."""
        low = 2 * value - self.tau
        return low, low + 2 * (self.error[rows, None] + self.error[index] + self.tau)


def bound(q: Tensor, dtype: torch.dtype, d: int, path: int) -> Bound:
    """The bound for products of d columns in `dtype`, with sums of at most `path` terms and sums.

    Products: 2 (path + 1) u. Centring moves a point by 2 u |x|, a squared distance by 8 u (q_i + q_j), and that of the
    whole matrix, in place, by 6 u more (`spectrum.from_gram`). A few u for the last sums, and 2 % for the second order.
    tau: what d products that underflow can add up to.
    """
    u = torch.finfo(dtype).eps / 2
    return Bound(q, 1.02 * (2 * path + 20) * u * q, 4.0 * d * torch.finfo(dtype).tiny)


def without(whole: Bound, tail: Float64[Tensor, " m"]) -> Bound:
    """The bound where the products leave out columns that hold `tail`, (m,), of the squared length of each point: what
    those add to a product is at most |t_i| |t_j| (Cauchy and Schwarz), and twice that at most tail_i + tail_j."""
    return Bound(whole.q + tail, whole.error + 1.001 * tail, whole.tau)


def ranges(d: int, width: int) -> list[Range]:
    """Ranges of `width` that cover 0 ... d."""
    return [(a, min(a + width, d)) for a in range(0, d, width)]


def blocks(x: Num[Tensor, "n d"]) -> list[Range]:
    """The columns of x in ranges to be looked at together. x: (n, d), the rows that are looked at."""
    return ranges(x.shape[1], max(CHUNK, grain(x.device, BLOCK, GPU_BLOCK) // len(x)))


def means(x: Num[Tensor, "n d"], scale: float) -> Float[Tensor, " d"]:
    """(d,) means of the columns, near enough: a common shift leaves distances as they are, to rounding.

    Of many points they are the middle one of the means of three parts of every so many rows, which no single row that
    is far from all others can move. float64 for float64 points or a scale (sums of huge values overflow in float32).
    """
    some = _averaged(x)
    if len(some) == len(x):
        return _mean(x, scale)
    a, b, c = (_mean(some[i::3], scale) for i in range(3))
    return torch.minimum(a, b).maximum(torch.maximum(a, b).minimum(c))


def _averaged(x: Num[Tensor, "n d"]) -> Num[Tensor, "m d"]:
    """The rows of x that are averaged."""
    return x[:: max(1, grain(x.device, len(x) // AVERAGED, 1))]


def _mean(x: Num[Tensor, "n d"], scale: float) -> Float[Tensor, " d"]:
    if x.dtype == torch.float64 or scale != 1:
        return (x.double() * scale).mean(0) / scale
    return x.mean(0, dtype=torch.float32)


def column_means(x: Num[Tensor, "n d"], scale: float) -> Float[Tensor, " d"]:
    """`means` of a whole layer: of many columns at a time, since few rows of each are read. x: (n, d)."""
    return torch.cat(parallel(lambda c: means(x[:, slice(*c)], scale), blocks(_averaged(x)), workers(x.device)))


def centred(
    x: Tensor, mean: Tensor, dtype: torch.dtype, scale: float, name: str = "centred", out: Tensor | None = None
) -> Tensor:
    """(x - mean) * scale as `dtype`, off by at most 2 u relative in each element; in `out`, or in the scratch memory
    `name`.

    x: (n, c) floating. mean: (c,). out: (n, c).
    """
    out = scratch(name, (x.shape[0], x.shape[1]), x, dtype) if out is None else out
    if x.dtype == torch.float64 or scale != 1:
        return out.copy_((x.double() - mean).mul_(scale))
    if x.dtype == dtype:
        return torch.sub(x, mean, out=out)
    return out.copy_(x).sub_(mean.to(dtype))


def triangle(x: Float[Tensor, "n c"], out: Float[Tensor, "n n"], beta: int) -> None:
    """out = beta out + x x^T on and above the diagonal; below it only parts are written. x: (n, c), out: (n, n)."""
    n = len(x)
    if n <= grain(x.device, LEAF, GPU_LEAF):
        torch.addmm(out, x, x.T, beta=beta, out=out)
        return
    half = (n // 2 + 15) // 16 * 16
    triangle(x[:half], out[:half, :half], beta)
    triangle(x[half:], out[half:, half:], beta)
    corner = out[:half, half:]
    torch.addmm(corner, x[:half], x[half:].T, beta=beta, out=corner)


def mirror(matrix: Float[Tensor, "n n"]) -> Float[Tensor, "n n"]:
    """Copy the part above the diagonal below it, in place. matrix: (n, n)."""
    for a, b in ranges(len(matrix), grain(matrix.device, 256, 4096)):
        square = matrix[a:b, a:b].triu_()
        square += square.triu(1).T
        matrix[b:, a:b] = matrix[a:b, b:].T
    return matrix


def accumulate(
    total: Float64[Tensor, "n n"], parts: Sequence[Range], part: Callable[[Range], Tensor], memory: int
) -> None:
    """Add y y^T of every y = part(range), (n, c), above the diagonal, to `total`, (n, n) float64.

    Each thread sums its own share, so that the result depends on the number of threads by rounding alone. memory:
    bytes for the accumulators; with little of it there are fewer threads.
    """
    if massive(total.device):
        for columns in parts:
            total += _together(part(columns))
        return
    n = len(total)
    threads = max(1, min(workers(total.device), int(memory // max(16 * n * n, 1)), len(parts)))
    runs = shares(parts, threads)

    def work(i: int) -> Tensor:
        result = total if i == 0 else torch.zeros_like(total)
        for j, columns in enumerate(runs[i]):
            y = part(columns)
            group = scratch("group", (n, n), y, y.dtype)
            if j == 0:
                group.zero_()  # parts below the diagonal are never written, and must not hold NaN
            triangle(y, group, beta=int(j % GROUP > 0))
            if j % GROUP == GROUP - 1 or j == len(runs[i]) - 1:
                result += group
        return result

    for extra in parallel(work, range(threads), threads)[1:]:
        total += extra


def _together(y: Float[Tensor, "n c"]) -> Float64[Tensor, "n n"]:
    """y y^T, the products of each `CHUNK` columns in one call."""
    whole = y.shape[1] // CHUNK
    several = y[:, : whole * CHUNK].unflatten(1, (whole, CHUNK)).movedim(1, 0)
    rest = y[:, whole * CHUNK :]
    return torch.bmm(several, several.mT).sum(0, dtype=torch.float64).add_(rest @ rest.T)


def at_once(n: int, device: torch.device, memory: int) -> int:
    """Columns of n numbers that `accumulate` takes at once. memory: bytes for them and their products."""
    return CHUNK * grain(device, 1, max(1, min(GPU_GROUP, memory // (32 * n * (n + CHUNK)))))


def add_gram(
    total: Float64[Tensor, "n n"], x: Num[Tensor, "n d"], dtype: torch.dtype, scale: float, memory: int
) -> None:
    """Add the products of the centred rows of x, above the diagonal. x: (n, d), total: (n, n) float64."""
    mean = column_means(x, scale)

    def part(columns: Range) -> Tensor:
        return centred(x[:, slice(*columns)], mean[slice(*columns)], dtype, scale)

    accumulate(total, ranges(x.shape[1], at_once(len(x), x.device, memory)), part, memory)


def all_of(rows: Int64[Tensor, " m"], n: int) -> bool:
    """Whether the rows are all n, in their order."""
    return len(rows) == n and bool((rows[1:] > rows[:-1]).all())


def from_gram(
    gram: Float64[Tensor, "n n"], rows: Int64[Tensor, " m"], dtype: torch.dtype, d: int, slices: int = 1
) -> tuple[Products, Bound]:
    """Products of chosen rows out of a whole matrix that `add_gram` made with `dtype` from d columns in `slices`."""

    whole = all_of(rows, len(gram))

    def products(a: Range, b: Range) -> Tensor:
        if whole:
            return gram[slice(*a), slice(*b)]
        # One after the other: a third of the time of both indices at once.
        return gram.index_select(0, rows[slice(*a)]).index_select(1, rows[slice(*b)])

    additions = math.ceil(d / (CHUNK * GROUP)) + slices * (workers(gram.device) + 1) if dtype == torch.float64 else 1
    path = min(d, CHUNK) + grain(gram.device, GROUP, GPU_GROUP) + additions
    return products, bound(gram.diagonal()[rows], dtype, d, path)


def from_all(
    x: Num[Tensor, "n d"], rows: Int64[Tensor, " m"], dtype: torch.dtype, scale: float, memory: int
) -> tuple[Products, Bound]:
    """As `from_points`, of products that are made once and kept, (m, m) in `dtype` for each thread; only those above
    the diagonal are computed. memory: bytes for them; with little of it there are fewer threads."""
    m, d = len(rows), x.shape[1]
    threads = max(1, min(workers(x.device), memory // (dtype.itemsize * m * m)))
    mean, runs = column_means(x, scale), shares(ranges(d, CHUNK), threads)

    def work(number: int) -> Tensor:
        out = scratch(f"all {number}", (m, m), x, dtype)  # a quick thread may take two runs
        for i, c in enumerate(runs[number]):
            chosen = torch.index_select(x[:, slice(*c)], 0, rows, out=scratch("chosen", (m, c[1] - c[0]), x, x.dtype))
            triangle(centred(chosen, mean[slice(*c)], dtype, scale), out, beta=int(i > 0))
        return out

    total, *others = parallel(work, range(len(runs)), len(runs))
    for other in others:
        total += other
    mirror(total)

    def products(a: Range, b: Range) -> Tensor:
        return total[slice(*a), slice(*b)]

    return products, bound(total.diagonal().double(), dtype, d, min(d, CHUNK) + math.ceil(d / CHUNK) + len(runs))


def from_points(
    x: Num[Tensor, "n d"], rows: Int64[Tensor, " m"], dtype: torch.dtype, scale: float, memory: int
) -> tuple[Products, Bound]:
    """Products of chosen rows of x, made when they are asked for: nothing of size n x n is kept. x: (n, d). memory:
    bytes for the centred points of a GPU."""
    chunks = ranges(x.shape[1], CHUNK)
    mean, whole = column_means(x, scale), all_of(rows, len(x))
    kept = None

    def part(r: Range, c: Range, name: str, out: Tensor | None = None) -> Tensor:
        if kept is not None:
            return kept[slice(*r), slice(*c)]
        chosen = x[slice(*r), slice(*c)]
        if not whole:
            buffer = scratch(name + " rows", (r[1] - r[0], c[1] - c[0]), x, x.dtype)
            chosen = torch.index_select(x[:, slice(*c)], 0, rows[slice(*r)], out=buffer)
        return centred(chosen, mean[slice(*c)], dtype, scale, name, out)

    def products(a: Range, b: Range) -> Tensor:
        out = scratch("products", (a[1] - a[0], b[1] - b[0]), x, dtype)
        for i, c in enumerate(chunks):
            y = part(a, c, "a")
            if a == b:
                triangle(y, out, beta=int(i > 0))
            else:
                torch.addmm(out, y, part(b, c, "b").T, beta=int(i > 0), out=out)
        return mirror(out) if a == b else out

    def norms(r: Range) -> Tensor:
        return torch.stack([torch.linalg.vecdot(y := part(r, c, "a"), y).double() for c in chunks]).sum(0)

    if len(rows) * x.shape[1] <= grain(x.device, KEPT, memory // (2 * dtype.itemsize)):
        made = torch.empty((len(rows), x.shape[1]), dtype=dtype, device=x.device)
        for c in chunks:
            part((0, len(rows)), c, "a", made[:, slice(*c)])
        kept = made
    q = torch.cat(parallel(norms, ranges(len(rows), grain(x.device, 1024, 2**15)), workers(x.device)))
    return products, bound(q, dtype, x.shape[1], min(x.shape[1], CHUNK) + len(chunks))
