"""Redundancy of a wide layer: what a random chunk of its units knows of the rest.

Doimo, Glielmo, Goldt, Laio, "Redundant representations help generalization in wide neural networks", NeurIPS 2022: of
w_c units drawn without replacement the accuracy with the trained read-out, not fitted again; the share R2 of the
variance of all units that a linear fit from the chunk explains; and the mean correlation of what it leaves over. Where
the units are copies of few with noise of their own, R2 nears 1, the residuals are uncorrelated, and the error of the
chunk falls as w_c**-1/2 to that of the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import pairs
from idcore.given import numbers
from idcore.shapes import Float, Float64, Int

RIDGE = 1e-8
ENOUGH = 5
"""Samples for each unit of a chunk. With as many units as samples every fit is exact, whatever the units are."""
FEWEST = 2
DRAWS = 40
_SMALL = 1e-8


@dataclass(frozen=True)
class Chunk:
    """w: units of the chunk. r2: share of the variance of all units explained, on the samples that were fitted.
    residual_correlation: mean of |correlation| of the residuals over all pairs of units. accuracy: share of the samples
    that the chunk's part of the read-out gets right; None without a read-out. All are means over the draws, and
    r2_spread and accuracy_spread their standard deviations over the draws. n: samples. note: what must be said of the
    fit ("" for nothing)."""

    w: int
    r2: float
    residual_correlation: float
    accuracy: float | None
    r2_spread: float
    accuracy_spread: float | None
    n: int
    draws: int
    note: str = ""


Readout = tuple[Any, Any, Any]
"""weights (classes, W), bias (classes,) or None, labels (n,) int."""


def redundancy(
    features: Float[np.ndarray, "n w"],
    sizes: Sequence[int],
    readout: Readout | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    order: Int[np.ndarray, " w"] | None = None,
) -> tuple[Chunk, ...]:
    """One row for each size. order: the chunk is the first w of these columns, once, in place of draws.

    The fit is told on the samples that it was made of: below 5 samples for each unit of a chunk R2 is too high, and a
    note says so. Raises PointsError for sizes that are not whole numbers from 1 to W, no more than 2 samples for
    each unit of a chunk, features that do not vary, and a read-out that does not fit.
    """
    n, width = features.shape
    values = np.asarray(features, dtype=np.float64)
    if not np.isfinite(values).all():
        raise PointsError("The features hold NaN or infinite values. Remove or replace them first.")
    chosen = _sizes(sizes, n, width)
    if not (isinstance(draws, (int, np.integer)) and draws >= 1):
        raise PointsError(f"There must be one draw or more, not {draws!r}.")
    if order is not None and not np.array_equal(np.sort(order), np.arange(width)):
        raise PointsError(f"The order must be a permutation of the {width} columns.")
    logits = None if readout is None else _readout(readout, n, width)
    centred = pairs.centred(values)  # in a unit in which the ridge is small, whatever the unit of the features
    total = float((centred**2).sum())
    if not total > 0:
        raise PointsError("The features do not vary: there is nothing to explain.")
    gram = centred.T @ centred
    random = np.random.default_rng(seed)
    rows = []
    for w in chosen:
        chunks = [order[:w]] if order is not None else [random.permutation(width)[:w] for _ in range(draws)]
        told = np.array([_explained(gram, total, chunk) for chunk in chunks])
        right = None if logits is None else np.array([_accuracy(values, chunk, logits) for chunk in chunks])
        rows.append(Chunk(
            w=w, r2=float(told[:, 0].mean()), residual_correlation=float(told[:, 1].mean()),
            accuracy=None if right is None else float(right.mean()), r2_spread=float(told[:, 0].std()),
            accuracy_spread=None if right is None else float(right.std()), n=n, draws=len(chunks), note=_note(n, w),
        ))  # fmt: skip
    return tuple(rows)


def _explained(gram: Float64[np.ndarray, "w w"], total: float, chunk: Int[np.ndarray, " c"]) -> tuple[float, float]:
    """(R2, mean |correlation| of the residuals) of the ridge regression of all columns on those of the chunk. The
    chunk's own columns are explained to the ridge."""
    inner, across = gram[np.ix_(chunk, chunk)], gram[chunk]
    weights = np.linalg.solve(inner + RIDGE * np.eye(len(chunk)), across)
    rest = np.setdiff1d(np.arange(len(gram)), chunk)
    left = gram[np.ix_(rest, rest)] - weights[:, rest].T @ (2 * across[:, rest] - inner @ weights[:, rest])
    variance = np.maximum(np.diag(left), 0)
    norms = np.sqrt(variance) + _SMALL
    correlation = np.abs(left) / norms[:, None] / norms
    pairs_ = len(gram) * (len(gram) - 1) / 2
    mean = float(np.tril(correlation, -1).sum() / pairs_) if pairs_ else 0.0
    return float(1 - variance.sum() / total), mean


def _accuracy(
    values: Float64[np.ndarray, "n w"],
    chunk: Int[np.ndarray, " c"],
    logits: tuple[Float64[np.ndarray, "k w"], Float64[np.ndarray, " k"], Int[np.ndarray, " n"]],
) -> float:
    weights, bias, labels = logits
    return float(np.mean(np.argmax(values[:, chunk] @ weights[:, chunk].T + bias, axis=1) == labels))


def _note(n: int, w: int) -> str:
    if n >= ENOUGH * w:
        return ""
    return (
        f"{n / w:.1f} samples for each unit of the chunk, fewer than {ENOUGH}: R2 is too high, by up to {w / n:.2f} "
        f"where the units are independent."
    )


def _sizes(sizes: Any, n: int, width: int) -> list[int]:
    asked = [sizes] if np.ndim(sizes) == 0 else list(sizes)
    if not asked:
        raise PointsError("There must be at least one size of a chunk.")
    for w in asked:
        if isinstance(w, (bool, np.bool_)) or not isinstance(w, (int, np.integer)) or not 1 <= w <= width:
            raise PointsError(f"The size of a chunk must be a whole number from 1 to {width}, the units, not {w!r}.")
    widest = int(max(asked))
    if n <= FEWEST * widest:
        raise PointsError(
            f"A chunk of {widest:,} units needs at least {FEWEST * widest + 1:,} samples, and {ENOUGH * widest:,} for "
            f"a fair R2; there are {n:,}: with fewer the fit is exact whatever the units are. Take at most "
            f"{n // ENOUGH:,} units."
        )
    return [int(w) for w in asked]


def _readout(
    readout: Any, n: int, width: int
) -> tuple[Float64[np.ndarray, "k w"], Float64[np.ndarray, " k"], Int[np.ndarray, " n"]]:
    if not isinstance(readout, (tuple, list)) or len(readout) != 3:
        raise PointsError("The read-out must be (weights, bias, labels): (classes, W), (classes,) or None, and (n,).")
    weights, bias, labels = readout
    weights = np.asarray(numbers(_plain(weights), "The weights of the read-out"), dtype=np.float64)
    if weights.ndim != 2 or weights.shape[1] != width:
        raise PointsError(f"The weights of the read-out must be (classes, {width}); their shape is {weights.shape}.")
    classes = len(weights)
    bias = np.zeros(classes) if bias is None else np.asarray(numbers(_plain(bias), "The bias"), dtype=np.float64)
    labels = np.asarray(numbers(_plain(labels), "The labels"))
    if bias.shape != (classes,):
        raise PointsError(f"The bias of the read-out must be ({classes},); its shape is {bias.shape}.")
    if labels.shape != (n,) or labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= classes:
        raise PointsError(f"The labels must be {n:,} whole numbers, one a sample, from 0 to {classes - 1}.")
    return weights, bias, labels


def _plain(x: Any) -> Any:
    return x.detach().cpu().numpy() if hasattr(x, "detach") else x
