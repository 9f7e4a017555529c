"""What is handed in as points, checked; and the look at values that are too large, too small or not finite."""

import math
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from idcore.errors import PointsError
from idcore.geometry.products import CHUNK, Range, blocks, means
from idcore.geometry.threads import parallel, workers
from idcore.given import numbers
from idcore.shapes import Float, Num

LIMIT = 1e300
"""Spread above which squares and sums overflow even in float64 with a scale."""
FIRST = 8
"""Rows in which most columns that are not constant differ."""
ROWS = 16, 128
VALUES = 2**24
"""Rows and values that tell their size well enough: of many columns few rows."""


def as_tensor(x: Any, what: str) -> Tensor:
    """A dense tensor of whatever a person hands in (`given.numbers`), sharing its memory where that can be.

    what: what x is, for the sentence. Raises PointsError.
    """
    if isinstance(x, (list, tuple)) and x and all(isinstance(part, Tensor) for part in x):
        shapes = {tuple(part.shape) for part in x}
        if len(shapes) > 1:
            raise PointsError(f"{what} must have one shape; there are {sorted(shapes)[:4]} among them.")
        x = torch.stack([part.detach() for part in x])
    x = numbers(x, what)
    if not isinstance(x, Tensor):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that the array cannot be written to: nobody will
            return torch.from_numpy(x)
    if x.is_meta or x.is_nested:
        raise PointsError(f"{what} must be an array or tensor of real numbers; this tensor holds none, or is ragged.")
    x = x.detach()
    if x.is_floating_point() and x.element_size() < 2:  # float8: torch does not calculate with it
        x = x.float()
    dense: Tensor = x.dequantize() if x.is_quantized else x.to_dense() if x.layout != torch.strided else x
    return dense


def as_points(x: Any) -> Float[Tensor, "n d"]:
    """(n, d) floating tensor of an array or tensor; whole numbers and truth values become float64.

    Raises PointsError: masked, not 2-D, no columns, fewer than 2 rows, complex or not numbers. That all values are
    finite is seen later, by `comfortable` and `safe_scale`, without a pass of its own.
    """
    points = as_tensor(x, "The points")
    if points.ndim != 2:
        raise PointsError(
            f"The points must be 2-D, (samples, units); their shape is {tuple(points.shape)}. Flatten each sample."
        )
    if points.is_complex():
        raise PointsError(
            f"The points must be real numbers, not {points.dtype}. Give the real and imaginary parts as columns."
        )
    if len(points) < 2:
        raise PointsError(f"Distances need at least 2 points; there are {len(points)}.")
    if points.shape[1] < 1:
        raise PointsError("The points have no columns; give at least one.")
    if not points.is_floating_point():
        points = points.double()
    return points


@dataclass(frozen=True, eq=False)
class Times:
    """Slices in another unit, re-iterable: each times a power of two, in its own dtype, so to the last bit. factor:
    brings their spread near one, and so no offset that such a spread leaves digits for overflows."""

    slices: Iterable[Tensor]
    factor: float

    def __iter__(self) -> Iterator[Tensor]:
        for x in self.slices:
            scaled = torch.empty_like(x)
            for a, b in blocks(x):
                scaled[:, a:b] = x[:, a:b].double() * self.factor
            del x
            yield scaled


def safe_scale(x: Tensor) -> float:
    """Power of two that brings the spread of points near one. Raises PointsError for NaN or infinite values, and for a
    spread above `LIMIT`."""
    largest, bad = extent([x])
    if bad:
        raise PointsError(f"{bad} of the {x.numel()} values are NaN or infinite. Remove or replace them first.")
    if largest > LIMIT:
        raise PointsError(f"The values spread over {largest:.3g}; distances overflow above {LIMIT:g}. Rescale them.")
    return rescale(largest)


def extent(slices: Iterable[Tensor]) -> tuple[float, int]:
    """(largest |x - mean| of the finite values, number of values that are NaN or infinite)."""
    largest, bad = 0.0, 0
    for x in slices:
        for a, b in blocks(x):
            values = x[:, a:b].double()
            wrong = int((~torch.isfinite(values)).sum())
            bad += wrong
            if not wrong:
                largest = max(largest, float((values - means(values, 2.0**-64)).abs().max()))
        del x
    return largest, bad


def constant(x: Num[Tensor, "n d"]) -> int:
    """Number of constant columns; columns that differ in their `FIRST` rows are not looked at further. x: (n, d)."""

    def of(columns: Range) -> int:
        y = x[:, slice(*columns)]
        alike = (y[:FIRST] == y[0]).all(0).nonzero()[:, 0]
        return sum(int((y[:, some] == y[0, some]).all(0).sum()) for some in alike.split(CHUNK))

    return sum(parallel(of, blocks(x[:FIRST]), workers(x.device)))


def weighted_variances(x: Num[Tensor, "n d"], scale: float) -> tuple[float, float]:
    """(sum over the columns of variance times mean square, sum of the variances) of the values times scale, from
    some of the rows. Their ratio is the mean square of the values, each column weighted by what it adds to the
    distances. x: (n, d)."""
    some = _some(x)

    def of(columns: Range) -> tuple[float, float]:
        values = some[:, slice(*columns)]
        if x.element_size() < 4 or scale != 1:
            values = values.double() * scale
        mean = values.mean(0)
        variance, mean = (values - mean).square_().mean(0).double(), mean.double()
        return float(variance @ (variance + mean.square())), float(variance.sum())

    weighted, varying = zip(*parallel(of, blocks(some), workers(x.device)), strict=True)
    return sum(weighted), sum(varying)


def _some(x: Num[Tensor, "n d"]) -> Num[Tensor, "m d"]:
    """Rows that tell the size of the values."""
    least, most = ROWS
    return x[:: max(1, len(x) // max(least, min(most, VALUES // x.shape[1])))]


def rounding(dtype: torch.dtype, weighted: float, varying: float, scale: float) -> float:
    """What a distance may be off by, in units of the data, because the values were rounded to `dtype`.

    A value is off by up to u |x|, u = eps / 2, and a distance by the part of this along the line between its points.
    Where the columns are off each on its own, the difference of two distances has a standard deviation of at most
    1.15 u s, s the root of the ratio that `size` gives; taken is 4 u s, the worst case of one column. The offset
    counts: float32 values of 10,000 and some are known to 0.001.
    """
    return 2 * torch.finfo(dtype).eps * (weighted / varying) ** 0.5 / scale if varying > 0 else 0.0


def rounding_of(x: Num[Tensor, "n d"]) -> float:
    """`rounding` of points held in memory, x: (n, d) finite."""
    some = _some(x)
    scale = rescale(max(abs(float(value)) for value in (some.amin(), some.amax())))
    scale = scale if not 2.0**-20 < scale < 2.0**20 else 1.0
    return rounding(x.dtype, *weighted_variances(x, scale), scale)


def comfortable(q: Tensor) -> bool:
    """Whether the squared norms q of the centred points are finite, and no square over- or underflows in float32."""
    return 2.0**-40 <= float(q.max()) <= 2.0**80


def rescale(largest: float) -> float:
    """Power of two that brings `largest` near one."""
    return 2.0 ** max(-1000, min(1000, -math.frexp(largest)[1])) if largest else 1.0
