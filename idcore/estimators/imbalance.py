"""Information imbalance: does being near in one representation foretell being near in another?

Glielmo, Zeni, Cheng, Csanyi, Laio, "Ranking the information content of distance measures", PNAS Nexus 1 (2022) pgac039:
Delta(A -> B) = 2 / N times the mean, over the points and their k nearest in A, of their rank in B. It is 2 / N (k = 1;
(k + 1) / N) where A tells all of B, and 1 where it tells nothing. The ranks are counted over all the points: those that
a table of nearest neighbours does not hold cannot be guessed (0.13 for a true 0.06).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import pairs
from idcore.shapes import Float, Float64, Int

LEAST = 10
MATRIX_ANCHORS = 500
"""Of each two of several layers: with an error of about 0.01, and less than 3 s for seven layers of 10,000 samples."""


@dataclass(frozen=True)
class Imbalance:
    """a_to_b: Delta(A -> B), 0 ... about 1; low where A foretells B. error_a_to_b: one standard error, from the spread
    over the points. The other direction likewise. n: points; anchors: those whose neighbours were followed. k: as asked
    for."""

    a_to_b: float
    b_to_a: float
    error_a_to_b: float
    error_b_to_a: float
    n: int
    anchors: int
    k: int


def imbalance(
    a: Float[np.ndarray, "n p"], b: Float[np.ndarray, "m q"], k: int = 1, anchors: int | None = None, seed: int = 0
) -> Imbalance:
    """Both directions between two clouds of the same samples. anchors: how many points' neighbours are followed, drawn
    by the seed; all when left out. Distances that are equal to rounding share the mean of their ranks, so that a cloud
    whose points are all alike tells nothing. Raises PointsError for other numbers of points, fewer than 10, NaN, and k
    or anchors out of range."""
    n = len(a)
    rows = _checked(n, len(b), k, anchors, seed)
    there, back = [], []
    both = zip(pairs.blocks(pairs.centred(a), rows), pairs.blocks(pairs.centred(b), rows), strict=True)
    for (_, in_a), (_, in_b) in both:
        near_a, near_b = _nearest(in_a, k), _nearest(in_b, k)
        there.append(_ranks(near_a, in_b, near_b.slack, k))
        back.append(_ranks(near_b, in_a, near_a.slack, k))
    forth, reverse = (2 / n * np.concatenate(part) for part in (there, back))
    # Of the finite set of points an anchor sample leaves out, so that all of them have no error from the draw; the
    # error told is that of the points being a sample themselves.
    return Imbalance(
        a_to_b=float(forth.mean()),
        b_to_a=float(reverse.mean()),
        error_a_to_b=float(forth.std(ddof=1) / len(forth) ** 0.5),
        error_b_to_a=float(reverse.std(ddof=1) / len(reverse) ** 0.5),
        n=n,
        anchors=len(rows),
        k=int(k),
    )


@dataclass(frozen=True, eq=False)
class Imbalances:
    """values: (l, l) float64, Delta from the layer of the row to that of the column; errors: one standard error of
    each, from the spread over the anchors. n: samples; anchors: those whose neighbours were followed."""

    values: Float64[np.ndarray, "l l"]
    errors: Float64[np.ndarray, "l l"]
    n: int
    anchors: int


def imbalances(
    clouds: Sequence[Float[np.ndarray, "_ _"]], k: int = 1, anchors: int = MATRIX_ANCHORS, seed: int = 0
) -> Imbalances:
    """Between each two of several clouds of the same samples, each (n, d). Raises PointsError as `imbalance`, and for
    no clouds."""
    if not clouds:
        raise PointsError("There are no layers to compare.")
    n, size = len(clouds[0]), len(clouds)
    for cloud in clouds:
        rows = _checked(n, len(cloud), k, anchors, seed)
    points = [pairs.centred(cloud) for cloud in clouds]
    parts: list[np.ndarray] = []
    for blocks in zip(*(pairs.blocks(x, rows) for x in points), strict=True):
        distances = [squared for _, squared in blocks]
        near = [_nearest(squared, k) for squared in distances]
        parts.append(
            np.array([[_ranks(a, other, b.slack, k) for other, b in zip(distances, near, strict=True)] for a in near])
        )
    values = 2 / n * np.concatenate(parts, axis=2)  # (l, l, anchors)
    spread = values.std(axis=2, ddof=1) / values.shape[2] ** 0.5
    return Imbalances(values.mean(axis=2).reshape(size, size), spread.reshape(size, size), n, len(rows))


def _checked(n: int, other: int, k: int, anchors: int | None, seed: int) -> Int[np.ndarray, " anchors"]:
    """The rows that are followed. Raises PointsError."""
    if other != n:
        raise PointsError(f"The information imbalance compares the same samples; these have {n:,} and {other:,}.")
    if n < LEAST:
        raise PointsError(f"The information imbalance needs at least {LEAST} points; there are {n}.")
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or not 1 <= k <= n - 1:
        raise PointsError(f"k must be a whole number from 1 to n - 1 = {n - 1:,}, not {k!r}.")
    if anchors is not None and not anchors >= 2:
        raise PointsError(f"There must be 2 or more anchors, not {anchors}.")
    if anchors is None or anchors >= n:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, anchors, replace=False))


@dataclass(frozen=True, eq=False)
class _Nearest:
    """The k nearest of each row: row, column and weight of each, those tied at the k-th place in equal parts. slack:
    what two distances of a row must differ by."""

    row: Int[np.ndarray, " p"]
    column: Int[np.ndarray, " p"]
    weight: Float64[np.ndarray, " p"]
    slack: Float64[np.ndarray, "b 1"]


def _nearest(squared: Float64[np.ndarray, "b n"], k: int) -> _Nearest:
    slack = pairs.tolerance(squared)
    last = np.partition(squared, k - 1, axis=1)[:, k - 1 : k]
    row, column = np.nonzero(squared <= last + slack)
    sure = squared[row, column] < (last - slack)[row, 0]
    ties = np.bincount(row[~sure], minlength=len(squared))
    share = (k - np.bincount(row[sure], minlength=len(squared))) / ties
    return _Nearest(row, column, np.where(sure, 1.0, share[row]), slack)


def _ranks(near: _Nearest, other: Float64[np.ndarray, "b n"], slack: np.ndarray, k: int) -> Float64[np.ndarray, " b"]:
    """Mean rank in `other` of the k nearest, of each row; equal distances share the mean of their ranks."""
    b = len(other)
    row, column = near.row, near.column
    values, rank = other[row, column], np.empty(len(row))
    if len(row) == b:  # one of each row: a count costs less than to order all
        less = np.count_nonzero(other < (values - slack[:, 0])[:, None], axis=1)
        rank = (less + 1 + np.count_nonzero(other <= (values + slack[:, 0])[:, None], axis=1)) / 2
    else:
        ordered = np.sort(other, axis=1)
        starts = np.searchsorted(row, np.arange(b + 1))
        for i in range(b):
            some = slice(starts[i], starts[i + 1])
            less = np.searchsorted(ordered[i], values[some] - slack[i, 0], side="left")
            rank[some] = (less + 1 + np.searchsorted(ordered[i], values[some] + slack[i, 0], side="right")) / 2
    mean: np.ndarray = np.bincount(row, near.weight * rank, minlength=b) / k
    return mean
