"""Whether a matrix can be measured at all, seen when it is received and not after somebody has waited for it."""

import math
from collections.abc import Iterator

import numpy as np

from idcore.errors import DataError
from idcore.estimators.twonn import MIN_POINTS
from idcore.spec import USUAL

_RECORD, _FIT = 3, math.ceil(MIN_POINTS / (1 - USUAL.discard))
"""Distinct samples that distances to two neighbours need; those of which TwoNN keeps enough after its discard."""
_SPREAD = 1e300  # as geometry.points.LIMIT
_STEP = 2**22  # values looked at together


def check(arrays: dict[str, np.ndarray]) -> tuple[str, ...]:
    """Sentences on the matrices that cannot be measured, or have no ID. Raises DataError where none can be."""
    reasons = {name: reason for name, array in arrays.items() if (reason := why_not(array))}
    if len(reasons) == len(arrays):
        name, reason = next(iter(reasons.items()))
        others = f" None of the {len(reasons):,} matrices can be." if len(reasons) > 1 else ""
        raise DataError(f"{name} cannot be measured: {reason}{others}")
    said = [f"{name} cannot be measured: {reason}" for name, reason in reasons.items()]
    few = {name: count for name, array in arrays.items() if name not in reasons and (count := _distinct(array)) < _FIT}
    return (
        *said,
        *(f"{name} has {count} distinct samples; an ID needs at least {_FIT}." for name, count in few.items()),
    )


def why_not(array: np.ndarray) -> str:
    """Why no choice of the rows of (n, d) can be measured, "" where one can."""
    n, d = array.shape
    finite = sum(len(rows) for rows in _finite_rows(array))
    if not finite:
        bad = d - int(np.any([np.isfinite(part).any(axis=0) for part in _parts(array)], axis=0).sum())
        hint = f" Leave out the {bad:,} of its {d:,} columns that hold nothing else." if 0 < bad < d else ""
        return f"each of its {n:,} rows has NaN or infinite values.{hint}"
    count = _distinct(array)
    if count == 1 < n:
        return f"all of its {finite:,} samples are the same point."
    if count < _RECORD:
        return f"it has {count} distinct {'sample' if count == 1 else 'samples'}, and {_RECORD} are the least."
    largest = max(float(np.abs(rows).max(initial=0)) for rows in _finite_rows(array))
    return (
        f"its values reach {largest:.3g}; distances overflow above {_SPREAD:g}. Rescale them."
        if largest > _SPREAD
        else ""
    )


def _distinct(array: np.ndarray) -> int:
    """How many different rows there are without NaN and infinite values, counted up to `_FIT`."""
    seen: set[bytes] = set()
    for rows in _finite_rows(array):
        for row in rows + 0:  # -0 becomes 0
            seen.add(row.tobytes())
            if len(seen) == _FIT:
                return _FIT
    return len(seen)


def _finite_rows(array: np.ndarray) -> Iterator[np.ndarray]:
    for part in _parts(array):
        yield part[np.isfinite(part).all(axis=1)]


def _parts(array: np.ndarray) -> Iterator[np.ndarray]:
    step = max(1, _STEP // array.shape[1])
    return (array[i : i + step] for i in range(0, len(array), step))
