"""The units that each sample excites most, among all samples."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from idcore.estimators.units import NONE, blocks, ranks
from idcore.shapes import Float, Float64, Int64

MOST = 10
"""Units that are named for a sample."""
_STEP = 1e-10  # parts equals by their number, and is far below what parts others


@dataclass(frozen=True, eq=False)
class Excited:
    """By sample, the units that it excites most, first those where most other samples have less; among equals the one
    whose value is further above its mean, in its standard deviations, then by number. Units of one value on all samples
    excite nothing.

    units: (n, 10) int64, `NONE` where there are fewer. percentile: (n, 10) float64 in [0, 1], the share of the other
    samples whose value is below, equal ones as one half. values: (n, 10) float32, of the units on the sample; both NaN
    for none.
    """

    units: Int64[np.ndarray, "n m"]
    percentile: Float[np.ndarray, "n m"]
    values: Float[np.ndarray, "n m"]


@dataclass(frozen=True, eq=False)
class Taken:
    """The same of the blocks of columns so far. order: (n, at most 10), falling, by what they are ordered. count: units
    so far."""

    excited: Excited
    order: Float64[np.ndarray, "n l"]
    count: int


def take(before: Taken | None, x: Float[np.ndarray, "n b"]) -> Taken:
    """What was taken so far, and one block of columns more."""
    for start, stop in blocks(x.shape[1], len(x)):
        count = 0 if before is None else before.count
        part, own = _part(x[:, start:stop], count)
        if before is not None:
            own = np.concatenate([before.order, own], 1)
            part = _each(lambda a, b: np.concatenate([a, b], 1), before.excited, part)
        best = _largest(own)
        kept = _each(lambda a, at=best: np.take_along_axis(a, at, 1), part)
        before = Taken(kept, np.take_along_axis(own, best, 1), count + stop - start)
    assert before is not None
    return before


def end(taken: Taken) -> Excited:
    """What was taken, with `NONE` and NaN in place of what is not there."""
    (n, m), excited = taken.order.shape, taken.excited
    none = ~np.isfinite(taken.order)
    units = np.full((n, MOST), NONE)
    percentile, values = np.full((n, MOST), np.nan), np.full((n, MOST), np.nan, np.float32)
    units[:, :m] = np.where(none, NONE, excited.units)
    percentile[:, :m] = np.where(none, np.nan, excited.percentile)
    values[:, :m] = np.where(none, np.nan, excited.values)
    return Excited(units, percentile, values)


def _part(x: np.ndarray, begin: int) -> tuple[Excited, np.ndarray]:
    """(all units of a block as they stand, (n, b) by what they are ordered)."""
    n = len(x)
    below = ranks(x.T).T - 1  # (n, b): samples with less, equal ones as one half
    wide = x.astype(np.float64)
    deviation = wide.std(0)
    dead = (x == x[0]).all(0)
    far = (wide - wide.mean(0)) / np.where(deviation > 0, deviation, 1.0)
    units = np.broadcast_to(np.arange(begin, begin + x.shape[1]), x.shape)
    order = 2 * below + 0.5 + 0.4 * far / (1 + np.abs(far)) - _STEP * units  # twice the ranks are whole numbers
    order[:, dead] = -np.inf
    return Excited(units, below / (n - 1), x.astype(np.float32)), order


def _largest(own: np.ndarray) -> np.ndarray:
    """Places of the largest of each row, falling."""
    if own.shape[1] > MOST:
        some = np.argpartition(-own, MOST - 1, axis=1)[:, :MOST]
        order = np.argsort(-np.take_along_axis(own, some, 1), axis=1, kind="stable")
        largest: np.ndarray = np.take_along_axis(some, order, 1)
        return largest
    return np.argsort(-own, axis=1, kind="stable")


def _each(change: Callable[..., np.ndarray], *parts: Excited) -> Excited:
    return Excited(*(change(*(getattr(one, name) for one in parts)) for name in ("units", "percentile", "values")))
