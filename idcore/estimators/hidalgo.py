"""Hidalgo: a cloud parted into pieces of different dimension.

Allegra, Facco, Denti, Laio, Mira, "Data segmentation based on the local intrinsic dimension", Scientific Reports 10
(2020) 16449. The ratio mu = r2 / r1 of a point of piece k has density d_k mu**-(d_k + 1), and each of its q = 3 nearest
neighbours is of the same piece with odds zeta / (1 - zeta). Gibbs sampling of the dimensions, the shares p and the
pieces; without the term of the neighbours a ratio alone cannot tell one piece from another.
"""

import inspect
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import ties
from idcore.estimators.compiled import kept
from idcore.record import Neighbours
from idcore.shapes import Float64, Int64
from idcore.text import brief

Q = 3
ZETA = 0.8
SWEEPS = 2000
STARTS = 5
MOST = 20
LEAST = 20
"""Points for each piece."""
GROWING = 1000, 3
"""Sweeps and starts where several numbers of pieces are tried."""


@dataclass(frozen=True, eq=False)
class Hidalgo:
    """ids: (components,) float64, rising, mean over the second half of the sweeps; stderrs: their standard deviations
    there. labels: (n,) int64, the piece that each point was in most often, -1 for points whose ratio means nothing (r1
    = 0 or r1 = r2). log_likelihood: mean over the same sweeps, natural logarithm, of the best of the starts; of several
    numbers of components that with the highest is the one to take. confidence: (n,) float64, share of the sweeps that a
    point was in its piece; NaN where there is none."""

    ids: Float64[np.ndarray, " k"]
    labels: Int64[np.ndarray, " n"]
    log_likelihood: float
    stderrs: Float64[np.ndarray, " k"]
    confidence: Float64[np.ndarray, " n"]

    __repr__ = brief

    @property
    def sizes(self) -> Int64[np.ndarray, " k"]:
        return np.bincount(self.labels[self.labels >= 0], minlength=len(self.ids)).astype(np.int64)


def hidalgo(
    table: Neighbours, components: int, seed: int = 0, sweeps: int = SWEEPS, starts: int = STARTS, zeta: float = ZETA
) -> Hidalgo:
    """table: 3 or more neighbours of each distinct point. components: 1 ... 20. The same seed gives the same pieces on
    the same machine. Raises PointsError for components out of range, fewer than 20 points for each, too few neighbours,
    or too many ties."""
    if isinstance(components, bool) or not isinstance(components, (int, np.integer)) or not 1 <= components <= MOST:
        raise PointsError(f"The number of components must be a whole number from 1 to {MOST}, not {components!r}.")
    if not 0 < zeta < 1:
        raise PointsError(f"zeta must lie between 0 and 1, not {zeta}.")
    if table.k < Q:
        raise PointsError(f"Hidalgo looks at {Q} neighbours of each point; there are {table.k}.")
    r1, r2 = table.distances[:, :2].T
    ratios = ties.ratios(r1, r2, table.rounding)
    used = ratios.used
    if len(used) < LEAST * components:
        raise PointsError(
            f"{components} components need at least {LEAST * components} points with 0 < r1 < r2; there are "
            f"{len(used):,} of {table.n:,}."
        )
    ties.judged(ratios, len(used) / ratios.log_mu.sum())
    position = np.full(table.n, -1)
    position[used] = np.arange(len(used))
    near = position[table.indices[used, :Q]]
    back, ends = _reverse(near)
    norms = _norms(len(used), zeta)
    sample, best = _sampler(), None
    for start in range(starts):
        random = np.random.default_rng([seed, start])
        pieces = random.integers(0, components, len(used))
        one = sample(ratios.log_mu, near, back, ends, norms, math.log(zeta / (1 - zeta)), pieces, components, sweeps,
                     int(random.integers(2**31)))  # fmt: skip
        if best is None or one[2].mean() > best[2].mean():
            best = one
    assert best is not None
    counts, traced, likelihood = best
    order = np.argsort(traced.mean(axis=0), kind="stable")
    counts, traced = counts[:, order], traced[:, order]
    labels, confidence = np.full(table.n, -1, np.int64), np.full(table.n, np.nan)
    labels[used] = counts.argmax(axis=1)
    confidence[used] = counts.max(axis=1) / counts.sum(axis=1)
    return Hidalgo(traced.mean(axis=0), labels, float(likelihood.mean()), traced.std(axis=0), confidence)


def growing(table: Neighbours, most: int) -> Iterator[Hidalgo]:
    """One piece, two, ..., `most`, as far as there are points for them; the one with the highest likelihood is the one
    to take. Raises PointsError as `hidalgo` does where not even one piece can be had."""
    for pieces in range(1, most + 1):
        try:
            yield hidalgo(table, pieces, 0, *GROWING)
        except PointsError:
            if pieces == 1:
                raise
            return


def _reverse(near: Int64[np.ndarray, "n q"]) -> tuple[Int64[np.ndarray, " p"], Int64[np.ndarray, " ends"]]:
    """(points that have each point as a neighbour, one after the other; where those of each begin, and the end)."""
    who = np.repeat(np.arange(len(near)), near.shape[1])
    whom = near.ravel()
    who, whom = who[whom >= 0], whom[whom >= 0]
    order = np.argsort(whom, kind="stable")
    return who[order], np.searchsorted(whom[order], np.arange(len(near) + 1)).astype(np.int64)


def _norms(n: int, zeta: float) -> Float64[np.ndarray, " n_plus_1"]:
    """log Z of a piece of 0 ... n points: Z(N) = sum over m of C(N - 1, m) C(n - N, q - m) zeta**m (1 - zeta)**(q - m),
    (n + 1,) float64; 0 for N = 0."""
    sizes = np.arange(n + 1, dtype=np.float64)
    total = np.zeros(n + 1)
    for m in range(Q + 1):
        total += _choose(sizes - 1, m) * _choose(n - sizes, Q - m) * zeta**m * (1 - zeta) ** (Q - m)
    total[0] = 1.0
    logs: np.ndarray = np.log(total)
    return logs


def _choose(n: Float64[np.ndarray, " s"], m: int) -> Float64[np.ndarray, " s"]:
    value = np.ones(len(n))
    for i in range(m):
        value *= np.maximum(n - i, 0) / (i + 1)
    return value


@cache
def _sampler() -> Callable[..., Any]:
    """The sweeps, compiled when they are first asked for."""
    import warnings

    with warnings.catch_warnings(), kept() as njit:
        warnings.simplefilter("ignore")
        compiled: Callable[..., Any] = njit(inspect.unwrap(_sweeps))  # of a function that is checked, the function
        return compiled


def _sweeps(  # type: ignore[no-untyped-def]
    log_mu, near, back, ends, norms, odds, pieces, components, sweeps, seed
):
    """Gibbs sampling. log_mu: (n,). near: (n, q), -1 for a neighbour that has no ratio. back, ends: who has whom as a
    neighbour. norms: (n + 1,). odds: log of zeta / (1 - zeta). pieces: (n,), where it begins. Returns (how often each
    point was in each piece over the second half (n, components), dimensions (sweeps / 2, components), likelihood)."""
    np.random.seed(seed)
    n, q = near.shape
    sizes, sums = np.zeros(components, np.int64), np.zeros(components)
    for i in range(n):
        sizes[pieces[i]] += 1
        sums[pieces[i]] += log_mu[i]
    d, shares, chance = np.ones(components), np.ones(components), np.zeros(components)
    prior = np.zeros(components)  # of a piece, but for its norm and what is each point's own
    kept = sweeps // 2
    counts, traced, likelihood = np.zeros((n, components), np.int64), np.zeros((kept, components)), np.zeros(kept)
    for sweep in range(sweeps):
        total = 0.0
        for k in range(components):
            d[k] = np.random.gamma(1.0 + sizes[k], 1.0 / (1.0 + sums[k]))
            shares[k] = np.random.gamma(1.0 + sizes[k], 1.0)
            total += shares[k]
        for k in range(components):
            shares[k] /= total
            prior[k] = np.log(shares[k]) + np.log(d[k])
        for i in range(n):
            old = pieces[i]
            sizes[old] -= 1
            sums[old] -= log_mu[i]
            highest = -np.inf
            base = 0.0  # the norms of all other points, where point i is in no piece
            for k in range(components):
                base -= sizes[k] * norms[sizes[k]]
            for k in range(components):
                chance[k] = prior[k] - (d[k] + 1.0) * log_mu[i]
                grown = sizes[k] + 1
                chance[k] += base + sizes[k] * norms[sizes[k]] - grown * norms[grown]
            for m in range(q):
                j = near[i, m]
                if j >= 0:
                    chance[pieces[j]] += odds
            for m in range(ends[i], ends[i + 1]):
                chance[pieces[back[m]]] += odds
            for k in range(components):
                highest = max(highest, chance[k])
            total = 0.0
            for k in range(components):
                chance[k] = np.exp(chance[k] - highest)
                total += chance[k]
            u = np.random.random() * total
            new = 0
            while new < components - 1 and u >= chance[new]:
                u -= chance[new]
                new += 1
            pieces[i] = new
            sizes[new] += 1
            sums[new] += log_mu[i]
        if sweep >= sweeps - kept:
            at = sweep - (sweeps - kept)
            value = 0.0
            for i in range(n):
                k = pieces[i]
                counts[i, k] += 1
                value += prior[k] - (d[k] + 1.0) * log_mu[i] - norms[sizes[k]]
                for m in range(q):
                    j = near[i, m]
                    if j >= 0 and pieces[j] == k:
                        value += odds
            for k in range(components):
                traced[at, k] = d[k]
            likelihood[at] = value
    return counts, traced, likelihood
