"""Second opinions on a dimension: of the spectrum alone, of planes fitted to neighbourhoods, of counts of pairs.

None of them is the intrinsic dimension of a curved cloud at the scale of its nearest neighbours; each has a bias of its
own, which is said where it is shown.
"""

from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import pairs
from idcore.estimators.spectrum import Spectrum
from idcore.record import Neighbours
from idcore.shapes import Float, Float64

SHARE = 0.95
LOCAL_K = 64
NEAREST, FARTHEST = 0.005, 0.05
"""Shares of all pairs between whose distances the slope is taken."""
MOST = 2000


@dataclass(frozen=True)
class Opinion:
    """id: the number; stderr: one standard error, NaN where there is none. n: points used. note: what it is from."""

    id: float
    stderr: float
    n: int
    note: str = ""


def rank_me(spectrum: Spectrum) -> float:
    """exp of the entropy of the singular values, each over their sum; 1 ... the number of components. Garrido,
    Balestriero, Najman, LeCun, "RankMe", ICML 2023, eq. 1 (of centred features here). Raises PointsError for zero
    variance."""
    return _effective(np.sqrt(spectrum.eigenvalues), spectrum)


def spectral_entropy(spectrum: Spectrum) -> float:
    """exp of the entropy of the eigenvalues, each over their sum: the effective rank of Roy, Vetterli, EUSIPCO 2007, of
    the covariance. Raises PointsError for zero variance."""
    return _effective(spectrum.eigenvalues, spectrum)


def _effective(values: Float64[np.ndarray, " m"], spectrum: Spectrum) -> float:
    if not spectrum.total > 0:
        raise PointsError("All the points are the same: there is no variance to explain.")
    shares = values[values > 0] / values.sum()
    return float(np.exp(-np.sum(shares * np.log(shares))))


def local_pca(
    x: Float[np.ndarray, "n d"],
    table: Neighbours,
    k: int = LOCAL_K,
    share: float = SHARE,
    most: int = MOST,
    seed: int = 0,
) -> Opinion:
    """Mean over the points of how many components hold `share` of the variance of their k neighbours and themselves
    (Fukunaga, Olsen, "An algorithm for finding intrinsic dimensionality of data", IEEE Trans. Computers C-20 (1971)).
    x: (n, d) in any coordinates that keep the distances. At most `most` points are asked. Raises PointsError."""
    if not 2 <= k <= table.k:
        raise PointsError(f"k must be from 2 to {table.k}, the neighbours in the table; it is {k}.")
    if not 0 < share < 1:
        raise PointsError(f"The share of the variance must lie between 0 and 1, not {share}.")
    if len(x) != table.n:
        raise PointsError(f"There must be one row for each of the {table.n} points of the table; there are {len(x)}.")
    rows = np.arange(table.n)
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
    counts = np.empty(len(rows))
    values = pairs.centred(x)
    for begin in range(0, len(rows), 64):
        some = rows[begin : begin + 64]
        near = values[np.column_stack([some, table.indices[some, :k]])]  # (b, k + 1, d)
        near -= near.mean(axis=1, keepdims=True)
        wide = near.shape[2] > near.shape[1]
        gram = near @ near.transpose(0, 2, 1) if wide else near.transpose(0, 2, 1) @ near
        held = np.cumsum(np.maximum(np.linalg.eigvalsh(gram)[:, ::-1], 0), axis=1)
        if not (held[:, -1] > 0).all():
            raise PointsError(f"Some points have {k} neighbours at distance 0. Merge duplicates first.")
        counts[begin : begin + 64] = 1 + np.sum(held < (share - 1e-12) * held[:, -1:], axis=1)
    error = float(counts.std(ddof=1) / len(counts) ** 0.5) if len(counts) > 1 else float("nan")
    return Opinion(float(counts.mean()), error, len(rows), f"{share:.0%} of the variance of {k} neighbours")


def correlation_dimension(
    x: Float[np.ndarray, "n d"], nearest: float = NEAREST, farthest: float = FARTHEST, most: int = MOST, seed: int = 0
) -> Opinion:
    """Slope of log C(r) against log r, C the share of pairs nearer than r, between the distances that the nearest
    `nearest` and `farthest` of all pairs have (Grassberger, Procaccia, Physica D 9 (1983) 189). x: (n, d) in any
    coordinates that keep the distances. Of more than `most` points as many are taken. The error is the spread over
    halves of the points. Raises PointsError for fewer than 100 points, and where the distances do not grow."""
    if not 0 < nearest < farthest <= 1:
        raise PointsError(f"The shares of pairs must rise within 0 ... 1; they are {nearest} and {farthest}.")
    if len(x) < 100:
        raise PointsError(f"The correlation dimension needs at least 100 points; there are {len(x)}.")
    order = np.random.default_rng(seed).permutation(len(x))[:most]
    squared = np.empty((len(order), len(order)))
    for rows, block in pairs.blocks(pairs.centred(np.asarray(x)[order])):
        squared[rows] = block
    whole = _slope(squared, nearest, farthest)
    half = len(order) // 2
    parts = [_slope(squared[a:b, a:b], nearest, farthest) for a, b in ((0, half), (half, 2 * half))]
    error = abs(parts[0] - parts[1]) / 2
    return Opinion(whole, error, len(order), f"distances of the nearest {nearest:.1%} to {farthest:.0%} of all pairs")


def _slope(squared: Float64[np.ndarray, "n n"], nearest: float, farthest: float) -> float:
    upper = squared[np.triu_indices(len(squared), 1)]
    last = max(int(farthest * len(upper)), 3)
    r = np.sort(np.partition(upper, last - 1)[:last])
    first = max(int(nearest * len(upper)), 1)
    places = np.unique(np.geomspace(first, last, 20).astype(int))
    if not (r[places[0] - 1] > 0 and r[places[-1] - 1] > r[places[0] - 1]):
        raise PointsError("The nearest pairs are all at one distance: the correlation dimension cannot be told.")
    return float(np.polyfit(np.log(r[places - 1]) / 2, np.log(places), 1)[0])
