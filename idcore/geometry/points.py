"""What is handed in as points, checked; and the look at values that are too large, too small or not finite."""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from idcore.errors import PointsError
from idcore.geometry.products import CHUNK, means, ranges
from idcore.given import unmasked

LIMIT = 1e300
"""Spread above which squares and sums overflow even in float64 with a scale."""


def as_points(x: Any) -> Tensor:
    """(n, d) floating tensor of an array or tensor; whole numbers and truth values become float64.

    Raises PointsError: masked, not 2-D, no columns, fewer than 2 rows, complex or not numbers. That all values are
    finite is seen later, by `comfortable` and `safe_scale`, without a pass of its own.
    """
    x = unmasked(x, "The points")
    try:
        x = x.detach() if isinstance(x, Tensor) else torch.as_tensor(x)
    except (TypeError, ValueError, RuntimeError):
        raise PointsError("The points must be an array or tensor of real numbers, (samples, units).") from None
    if x.ndim != 2:
        raise PointsError(
            f"The points must be 2-D, (samples, units); their shape is {tuple(x.shape)}. Flatten each sample."
        )
    if x.is_complex():
        raise PointsError(
            f"The points must be real numbers, not {x.dtype}. Give the real and imaginary parts as columns."
        )
    if len(x) < 2:
        raise PointsError(f"Distances need at least 2 points; there are {len(x)}.")
    if x.shape[1] < 1:
        raise PointsError("The points have no columns; give at least one.")
    if not x.is_floating_point():
        x = x.double()
    return x


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
        for a, b in ranges(x.shape[1], CHUNK):
            values = x[:, a:b].double()
            wrong = int((~torch.isfinite(values)).sum())
            bad += wrong
            if not wrong:
                largest = max(largest, float((values - means(values, 2.0**-64)).abs().max()))
        del x
    return largest, bad


def comfortable(q: Tensor) -> bool:
    """Whether the squared norms q of the centred points are finite, and no square over- or underflows in float32."""
    return 2.0**-40 <= float(q.max()) <= 2.0**80


def rescale(largest: float) -> float:
    """Power of two that brings `largest` near one."""
    return 2.0 ** max(-1000, min(1000, -math.frexp(largest)[1])) if largest else 1.0
