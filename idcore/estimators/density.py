"""The logarithm of the density at each point, and its error, from a table of neighbours.

d: the intrinsic dimension of the cloud; V: volume of the unit ball in d dimensions; r_k: distance to the k-th
neighbour. kNN: log rho = log(k / (N V r_k**d)), error 1 / sqrt(k) (Doimo, Glielmo, Ansuini, Laio, "Hierarchical
nucleation in deep neural networks", NeurIPS 2020, with k = 30). PAk: the number of neighbours k* grows at each point as
far as the density can be taken as constant, and a slope is fitted to it (Rodriguez, d'Errico, Facco, Laio, "Computing
the free energy without collective variables", J. Chem. Theory Comput. 14 (2018) 1206).
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from idcore.errors import PointsError
from idcore.record import Neighbours
from idcore.shapes import Float64, Int

K = 30
LEAST = 4
"""Neighbours that k* begins from."""
THRESHOLD = 23.92812698
"""Of the likelihood ratio of two densities: chi-square of one degree of freedom at a probability of 1e-6."""
_STEPS = 100

Kind = Literal["knn", "pak", "kstar"]


@dataclass(frozen=True, eq=False)
class Density:
    """log_density: (n,) float64, natural logarithm, per unit of data length to the power d, normalised over the n
    points. error: (n,) float64, one standard error of it. k: (n,) int64, neighbours that it was taken from."""

    log_density: Float64[np.ndarray, " n"]
    error: Float64[np.ndarray, " n"]
    k: Int[np.ndarray, " n"]


def density(table: Neighbours, dimension: float, kind: Kind = "knn", k: int = K) -> Density:
    """The density of each point. kind: "knn" (k neighbours), "pak", or "kstar" (kNN with k* for k). k: of "knn" alone.

    Raises PointsError for a dimension that is not positive, k beyond the table, a table that is too short, and points
    whose k-th neighbour is at distance 0.
    """
    if not (math.isfinite(dimension) and dimension > 0):
        raise PointsError(f"The dimension must be a positive number, not {dimension}.")
    if kind == "knn":
        if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or not 1 <= k <= table.k:
            raise PointsError(
                f"k must be a whole number from 1 to {table.k}, the neighbours that there are of {table.n} points, "
                f"not {k!r}."
            )
        taken = np.full(table.n, k)
    elif kind in ("pak", "kstar"):
        taken = neighbourhoods(table, dimension)
    else:
        raise PointsError(f'The density must be "knn" or "pak", not {kind!r}.')
    reach = _reach(table, taken)
    if kind == "pak":
        return _pak(table, dimension, taken)
    log = np.log(taken) - _log_volume(dimension) - dimension * np.log(reach) - math.log(table.n)
    return Density(log, 1 / np.sqrt(taken), taken)


def neighbourhoods(table: Neighbours, dimension: float) -> Int[np.ndarray, " n"]:
    """k* of each point, (n,) int64: the most neighbours over which the density is that of its neighbours, by a
    likelihood ratio at each step; the least is 3, the largest one less than the table has."""
    columns = table.k
    if columns < LEAST + 1:
        raise PointsError(
            f"Neighbourhoods that adapt need at least {LEAST + 1} neighbours of each point; there are {columns} of "
            f"{table.n} points."
        )
    sizes = np.full(table.n, columns - 1)
    with np.errstate(divide="ignore"):
        log_volume = dimension * np.log(table.distances[:, :columns])  # (n, K); -inf where there are copies
    open_ = np.arange(table.n)
    for j in range(LEAST, columns):  # the j-th neighbour, 1-based, is asked with k = j - 1
        k = j - 1
        own, other = log_volume[open_, k - 1], log_volume[table.indices[open_, j - 1], k - 1]
        with np.errstate(invalid="ignore"):
            ratio = -2 * k * (own + other - 2 * np.logaddexp(own, other) + math.log(4))
        ended = ~(ratio <= THRESHOLD)
        ended &= ~((own == -np.inf) & (other == -np.inf))  # both within copies: nothing to tell yet
        sizes[open_[ended]] = k
        open_ = open_[~ended]
        if not len(open_):
            break
    return sizes


def _pak(table: Neighbours, dimension: float, taken: Int[np.ndarray, " n"]) -> Density:
    """b that maximises sum_l [b + a l - v_l exp(b + a l)], v_l the volumes of the shells, l = 1 ... k*; concave in
    (a, b), by Newton's steps, halved where they lead down. Volumes are in units of that of the whole neighbourhood."""
    with np.errstate(divide="ignore"):
        logs = dimension * np.log(table.distances[:, : taken.max()])
    whole = logs[np.arange(table.n), taken - 1]
    volumes = np.exp(np.minimum(logs - whole[:, None], 0))
    rank = np.arange(1, logs.shape[1] + 1)
    inside = rank <= taken[:, None]
    shells = np.where(inside, np.diff(volumes, prepend=0.0, axis=1), 0.0)
    steps = np.where(inside, rank / taken[:, None], 0.0)  # a l as slope * (l / k*)
    size, total = taken.astype(float), steps.sum(axis=1)

    def likelihood(b: np.ndarray, slope: np.ndarray, rows: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):
            mass = (shells[rows] * np.exp(b[:, None] + slope[:, None] * steps[rows])).sum(axis=1)
        value: np.ndarray = size[rows] * b + slope * total[rows] - mass
        return value

    b, slope = np.log(size), np.zeros(table.n)
    rows = np.arange(table.n)
    for _ in range(_STEPS):
        mass = shells[rows] * np.exp(b[rows, None] + slope[rows, None] * steps[rows])
        s0, s1, s2 = mass.sum(axis=1), (mass * steps[rows]).sum(axis=1), (mass * steps[rows] ** 2).sum(axis=1)
        g0, g1 = size[rows] - s0, total[rows] - s1
        determinant = s0 * s2 - s1 * s1
        determinant = np.where(determinant > 1e-300, determinant, np.inf)
        step_b, step_a = (s2 * g0 - s1 * g1) / determinant, (s0 * g1 - s1 * g0) / determinant
        now, factor = likelihood(b[rows], slope[rows], rows), np.ones(len(rows))
        for _ in range(30):
            there = likelihood(b[rows] + factor * step_b, slope[rows] + factor * step_a, rows)
            worse = ~(there >= now - 1e-12 * np.abs(now))
            if not worse.any():
                break
            factor[worse] /= 2
        b[rows] += factor * step_b
        slope[rows] += factor * step_a
        rows = rows[np.abs(step_b) + np.abs(step_a) > 1e-12 * (1 + np.abs(b[rows]))]
        if not len(rows):
            break
    log = b - whole - _log_volume(dimension) - math.log(table.n)
    return Density(log, np.sqrt((4 * size + 2) / (size * (size - 1))), taken)


def _reach(table: Neighbours, taken: Int[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    reach: np.ndarray = table.distances[np.arange(table.n), taken - 1]
    lost = int((reach <= table.rounding).sum())
    if lost:
        raise PointsError(
            f"{lost:,} of {table.n:,} points have {int(taken[reach <= table.rounding].min())} or more neighbours at "
            f"distance 0: copies have no density. Merge duplicates first, or take a larger k."
        )
    return reach


def _log_volume(dimension: float) -> float:
    return dimension / 2 * math.log(math.pi) - math.lgamma(dimension / 2 + 1)
