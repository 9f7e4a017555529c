"""What each unit of a layer detects: how well its value alone tells one class from all others, and which samples excite
it most."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from idcore.errors import PointsError
from idcore.given import numbers, unmasked
from idcore.shapes import Bool, Float, Float64, Int64, Shaped
from idcore.text import brief

TOP = 9
"""Samples that are named for a unit."""
NONE = -1
"""In place of a class or of a sample where there is none."""
MOST = 2**27
"""Numbers of a table of AUCs, 1 GiB."""
_BLOCK = 2**21  # values whose ranks are held at once


@dataclass(frozen=True, eq=False)
class Units:
    """d units on n samples of k classes.

    auc: (d, k) float64 in [0, 1], the area under the ROC curve of the unit's value as a detector of the class: the
    chance that a sample of the class excites it more than one of another class, ties as one half. best_class: (d,)
    int64, the column of `auc` that is largest, the first of equals; `NONE` for a dead unit. balanced_accuracy: (d,)
    float64, of "at least the threshold" as a detector of that class, at the best threshold; 0.5 is chance.
    selectivity: (d,) float64, NaN where it has no meaning. dead: (d,) bool, the unit has one value on all samples. top:
    (d, 9) int64, the samples with the largest values, largest first, equal values by index; `NONE` for a dead unit, and
    beyond n. classes: (k,), the labels that the columns stand for, in order. n: samples.

    Class, threshold and samples were chosen on the samples that they are judged on: of many units the best AUC is above
    0.5 by chance (`estimators.detectors` judges on other samples).
    """

    auc: Float64[np.ndarray, "d k"]
    best_class: Int64[np.ndarray, " d"]
    balanced_accuracy: Float64[np.ndarray, " d"]
    selectivity: Float64[np.ndarray, " d"]
    dead: Bool[np.ndarray, " d"]
    top: Int64[np.ndarray, "d t"]
    classes: Shaped[np.ndarray, " k"]
    n: int

    __repr__ = brief


def units(x: Any, labels: Any) -> Units:
    """What the units of a layer detect.

    x: (n, d) activations, a sample in each row: an array or tensor, a frame, a list of rows. labels: (n,) of any type
    that sorts. AUC from average ranks (Mann, Whitney 1947; Hanley, McNeil 1982); selectivity (mu_max - mu_rest) /
    (mu_max + mu_rest) of the means of the classes (Morcos, Barrett, Rabinowitz, Botvinick 2018), where no value of x is
    negative, mu_rest the mean over the other classes.

    Raises PointsError: x is not 2-D, has no unit, a value that is not a finite number; another number of labels than
    samples, fewer than two classes; a table of more than `MOST` numbers.

    >>> import idcore, numpy
    >>> labels = numpy.repeat(["cat", "dog"], 20)
    >>> x = numpy.stack([labels == "dog", numpy.arange(40) % 2], axis=1)  # one unit knows dogs, the other nothing
    >>> detected = idcore.units(x, labels)
    >>> str(detected.classes[detected.best_class[0]]), detected.auc.max(axis=1).tolist()
    ('dog', [1.0, 0.5])
    """
    x = matrix(x)
    names, of = classes(labels, len(x))
    return count(x, names, of)


def count(x: Float[np.ndarray, "n d"], names: np.ndarray, of: Int64[np.ndarray, " n"]) -> Units:
    """`units` of what was checked before. x: of `matrix`. names, of: of `classes`."""
    (n, d), k = x.shape, len(names)
    if d * k > MOST:
        raise PointsError(
            f"The AUC of {d:,} units for {k:,} classes would be {d * k:,} numbers; at most {MOST:,} are counted at "
            "once. Give fewer units, or the mean of each channel."
        )
    member = membership(of, k)
    means = member.T / member.sum(0)[:, None]  # (k, n): takes the mean over each class
    auc, mu = np.empty((d, k)), np.empty((d, k))
    best, balanced = np.empty(d, np.int64), np.empty(d)
    dead, top = np.empty(d, np.bool_), np.full((d, TOP), NONE)
    lowest = np.inf
    for start, stop in blocks(d, n):
        values = np.ascontiguousarray(x[:, start:stop].T)  # (b, n): a unit in each row
        order = np.argsort(-values, axis=1, kind="stable")
        ordered = np.take_along_axis(values, order, 1)  # largest first
        here = slice(start, stop)
        auc[here] = areas(_ranks(ordered, order), member)
        dead[here] = ordered[:, 0] == ordered[:, -1]
        best[here] = auc[here].argmax(1)
        balanced[here] = _balanced(ordered, of[order] == best[here, None])
        lowest = min(lowest, float(ordered[:, -1].min()))
        mu[here] = values @ means.T
        top[here, : min(TOP, n)] = order[:, :TOP]
    best[dead], top[dead] = NONE, NONE
    return Units(auc, best, balanced, _selectivity(mu, lowest), dead, top, names, n)


def matrix(x: Any) -> Float[np.ndarray, "n d"]:
    """Activations as float32 or float64, checked. Raises PointsError as `units` says."""
    x = numbers(x, "The activations")
    if hasattr(x, "detach"):
        x = x.detach().cpu()
        x = (x if x.dtype.itemsize in (4, 8) and x.is_floating_point() else x.double()).numpy()
    if x.ndim != 2 or x.shape[1] == 0:
        raise PointsError(
            f"The activations must be (samples, units) with at least one unit; their shape is {x.shape}. Flatten each "
            "sample."
        )
    if x.dtype.kind == "c":
        raise PointsError(f"The activations must be real numbers, not {x.dtype}. Give their absolute values.")
    x = x if x.dtype in (np.float32, np.float64) else x.astype(np.float64)
    bad = x.size - int(np.isfinite(x).sum())
    if bad:
        raise PointsError(
            f"{bad:,} of the {x.size:,} activations {'is' if bad == 1 else 'are'} NaN or infinite, so their units have "
            "no order. Leave these samples or units out."
        )
    checked: np.ndarray = x
    return checked


def classes(labels: Any, n: int) -> tuple[np.ndarray, Int64[np.ndarray, " n"]]:
    """(the classes in order (k,), the class of each sample). Raises PointsError as `units` says."""
    labels = unmasked(labels, "The labels")
    labels = np.asarray(labels.detach().cpu() if hasattr(labels, "detach") else labels)
    if labels.shape != (n,):
        raise PointsError(
            f"There must be one label for each of the {n:,} samples; their shape is {labels.shape}. Give {n:,} labels."
        )
    if labels.dtype.kind in "fc" and not np.isfinite(labels).all():
        raise PointsError("Some labels are NaN or infinite. Leave these samples out, or name their class.")
    try:
        names, of = np.unique(labels, return_inverse=True)
    except TypeError:
        raise PointsError("The labels are of several types, which have no order. Give numbers or names.") from None
    if len(names) < 2:
        raise PointsError(
            f"What a unit detects needs samples of two classes or more; there {'is' if len(names) == 1 else 'are'} "
            f"{len(names)}. Choose samples of more classes."
        )
    return names, of.astype(np.int64)


def membership(of: Int64[np.ndarray, " n"], k: int) -> Float64[np.ndarray, "n k"]:
    """1 where a sample belongs to a class."""
    member = np.zeros((len(of), k))
    member[np.arange(len(of)), of] = 1
    return member


def ranks(values: Float[np.ndarray, "b n"]) -> Float64[np.ndarray, "b n"]:
    """Ranks within each row, from 1; equal values have the mean of theirs."""
    order = np.argsort(-values, axis=1, kind="stable")
    return _ranks(np.take_along_axis(values, order, 1), order)


def areas(ranked: Float64[np.ndarray, "b n"], member: Float64[np.ndarray, "n k"]) -> Float64[np.ndarray, "b k"]:
    """AUC of each row for each class. All sums are of half-integers, so exact up to n = 2^26."""
    has = member.sum(0)
    auc: np.ndarray = (ranked @ member - has * (has + 1) / 2) / (has * (len(member) - has))
    return auc


def blocks(d: int, n: int) -> Iterator[tuple[int, int]]:
    """(start, stop) of the units whose values are held at once."""
    step = max(1, _BLOCK // n)
    return ((start, min(start + step, d)) for start in range(0, d, step))


def _ranks(ordered: np.ndarray, order: np.ndarray) -> np.ndarray:
    """ordered: (b, n), largest first; order: where each stood."""
    n = ordered.shape[1]
    at = np.arange(n)
    new = np.ones(ordered.shape, np.bool_)  # (b, n): the first of equal values
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    first = np.maximum.accumulate(np.where(new, at, 0), axis=1)
    ends = np.ones(ordered.shape, np.bool_)
    ends[:, :-1] = new[:, 1:]
    last = np.minimum.accumulate(np.where(ends, at, n)[:, ::-1], axis=1)[:, ::-1]
    ranked = np.empty(ordered.shape)
    np.put_along_axis(ranked, order, n - (first + last) / 2, 1)
    return ranked


def _balanced(ordered: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The best mean of sensitivity and specificity over thresholds. ordered: (b, n), largest first; right: (b, n), of
    the class, in that order."""
    n, has = ordered.shape[1], right.sum(1, keepdims=True)  # (b, 1)
    hits = np.cumsum(right, axis=1)  # of the class, at or above the threshold
    wrong = np.arange(1, n + 1) - hits
    share = 0.5 * (hits / has + 1 - wrong / (n - has))
    share[:, :-1][ordered[:, 1:] == ordered[:, :-1]] = 0  # no threshold parts equal values
    best: np.ndarray = share.max(1)
    return best  # at the last value all are taken: 0.5


def _selectivity(mu: np.ndarray, lowest: float) -> np.ndarray:
    """mu: (d, k), the mean of each class."""
    selectivity = np.full(len(mu), np.nan)
    highest = mu.max(1)
    rest = (mu.sum(1) - highest) / (mu.shape[1] - 1)
    total = highest + rest
    there = (total > 0) & (lowest >= 0)
    selectivity[there] = np.clip(highest - rest, 0, None)[there] / total[there]
    return selectivity
