"""Representational similarity analysis: do two representations of the same samples agree on which are far apart?

Kriegeskorte, Mur, Bandettini, "Representational similarity analysis", Frontiers in Systems Neuroscience 2 (2008) 4: the
rank correlation (Spearman) of the two representational dissimilarity matrices (RDMs) over all pairs of samples, here of
Euclidean distances. 1: the same order of distances; near 0: independent representations.

One standard error over the samples: pairs share samples, so that their number says little. It is the spread of the
influence of each sample (Hampel 1974; of Spearman's coefficient: Croux, Dehon, "Influence functions of the Spearman and
Kendall correlation measures", Statistical Methods & Applications 19, 2010), summed over the pairs that it is part of
(Hoeffding 1948, for means over pairs). Chance: the samples of one side permuted (Mantel 1967).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import pairs
from idcore.record import APART, LayerGeometry, apart_samples, holds_distances
from idcore.shapes import Float, Float64, Int

LEAST = 10
PERMUTATIONS = 200
EXACT, SINGLE = 1e-12, 4e-7
"""Share of the largest distance by which two must differ to be told apart: made of float64 points, and of what a record
keeps as float32."""
_WIDE = 4


@dataclass(frozen=True)
class RSA:
    """value: Spearman's rank correlation of the distances, -1 ... 1. error: one standard error over the samples.
    n: samples; pairs: of them, n (n - 1) / 2."""

    value: float
    error: float
    n: int
    pairs: int


@dataclass(frozen=True, eq=False)
class RDM:
    """Distances of each two of some samples. distances: (b (b - 1) / 2,), of 0 and 1, 0 and 2, ...; of: (b,) which
    samples."""

    distances: Float[np.ndarray, " p"]
    of: Int[np.ndarray, " b"]


def rdm(geometry: LayerGeometry) -> RDM:
    """The distances that a record holds: of all samples up to 512, else of 512 of them, the same in every record of so
    many samples. Raises PointsError where the layer has no numbers, or the record none of its distances."""
    name = geometry.layer.name
    if geometry.note:
        raise PointsError(geometry.note)
    if len(geometry.apart):
        return RDM(geometry.apart, geometry.apart_of)
    x = geometry.coordinates
    if not holds_distances(geometry.eigenvalues, x.shape[1]):
        raise PointsError(
            f"The record of {name!r} is of an older version, without the distances that RSA compares: measure it once "
            "more under another N or seed, or in an empty store."
        )
    of = apart_samples(geometry.n)
    return RDM(of_points(x[of]), of)


def of_points(x: Float[np.ndarray, "n d"]) -> Float64[np.ndarray, " p"]:
    """Euclidean distances of each two points in the units of `pairs.centred`, condensed. Raises PointsError for NaN."""
    n, parts = len(x), []
    for rows, squared in pairs.blocks(pairs.centred(x)):
        parts.append(squared[rows[:, None] < np.arange(n)])
    distances: np.ndarray = np.sqrt(np.maximum(np.concatenate(parts), 0)) if parts else np.zeros(0)
    return distances


@dataclass(frozen=True, eq=False)
class Ranks:
    """Distances by their ranks. values: (p,), about their mean, as a share of p; equal distances share the mean of
    theirs. order: (p,), rising; first, last: (p,), where in that order the distances equal to each begin and end."""

    values: Float64[np.ndarray, " p"]
    order: Int[np.ndarray, " p"]
    first: Int[np.ndarray, " p"]
    last: Int[np.ndarray, " p"]


def ranks(distances: Float[np.ndarray, " p"], tie: float = EXACT) -> Ranks:
    """tie: share of the largest distance by which two must differ to be told apart; those that lie so close together,
    and apart from all others, are equal. Raises PointsError where all are: no order is defined."""
    order = np.argsort(distances, kind="stable")
    inorder = distances[order].astype(np.float64)
    slack = tie * float(inorder[-1]) if len(inorder) else 0.0
    starts = np.flatnonzero(np.append(True, np.diff(inorder) > slack))
    ends = np.append(starts[1:], len(order))
    # Distances that follow closely over a long way are no ties: they are as they are.
    wide = inorder[ends - 1] - inorder[starts] > _WIDE * slack
    if wide.any():
        begins = np.append(True, inorder[1:] != inorder[:-1])
        begins &= np.repeat(wide, ends - starts)
        begins[starts] = True
        starts = np.flatnonzero(begins)
        ends = np.append(starts[1:], len(order))
    if len(starts) < 2:
        raise PointsError("All samples are equally far from one another: RSA is not defined, for there is no order.")
    first, last = np.empty_like(order), np.empty_like(order)
    first[order], last[order] = np.repeat(starts, ends - starts), np.repeat(ends, ends - starts)
    return Ranks((first + last - len(order)) / (2.0 * len(order)), order, first, last)


def rsa_matrix(geometries: Sequence[LayerGeometry], others: Sequence[LayerGeometry] = ()) -> list[list[RSA]]:
    """RSA of every layer with every other, symmetric; or, where there are `others`, with every one of them. Over the
    samples whose distances all of these records hold. Raises PointsError as `rdm`, and for other numbers of samples,
    fewer than 10, and distances that are all the same."""
    rows, columns, _ = _aligned(geometries, others or geometries)
    return [[_rsa(a, b) for b in columns] for a in rows]


def rsa_null(
    geometries: Sequence[LayerGeometry],
    others: Sequence[LayerGeometry],
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> Float64[np.ndarray, "k a b"]:
    """RSA of each layer with each of the others, the samples of the others permuted, (permutations, layers, others)
    float64; near 0. One permutation holds for all, so that the largest of each is the null of the matrix. Raises
    PointsError as `rsa_matrix`."""
    rows, columns, n = _aligned(geometries, others)
    above = np.triu_indices(n, 1)
    left = np.stack([a.values / np.linalg.norm(a.values) for a in rows])
    random, null = np.random.default_rng(seed), np.empty((permutations, len(rows), len(columns)))
    orders = [random.permutation(n) for _ in range(permutations)]
    for j, column in enumerate(columns):
        square = np.zeros((n, n))
        square[above] = column.values / np.linalg.norm(column.values)
        square += square.T
        for s, order in enumerate(orders):
            null[s, :, j] = left @ square[order[above[0]], order[above[1]]]
    return null


def rsa_of_points(a: Float[np.ndarray, "n p"], b: Float[np.ndarray, "m q"]) -> RSA:
    """RSA of two clouds of the same samples over all of their pairs, exact. Raises PointsError as `rsa_matrix`, and for
    NaN."""
    _check(len(a), len(b))
    return _rsa(ranks(of_points(a)), ranks(of_points(b)))


def _check(n: int, other: int) -> None:
    if n != other:
        raise PointsError(f"RSA compares representations of the same samples; these have {n:,} and {other:,}.")
    if n < LEAST:
        raise PointsError(f"RSA needs at least {LEAST} samples; there are {n}.")


def _aligned(
    geometries: Sequence[LayerGeometry], others: Sequence[LayerGeometry]
) -> tuple[list[Ranks], list[Ranks], int]:
    """(ranks of the distances of each layer, of each of the others, how many samples these are between)."""
    n = geometries[0].n
    for one in (*geometries, *others):
        _check(n, one.n)
    rdms = {id(one): rdm(one) for one in (*geometries, *others)}
    common = np.arange(n)
    for held in rdms.values():
        common = np.intersect1d(common, held.of)
    if len(common) < LEAST:
        raise PointsError(
            f"The records hold the distances of {len(common)} common samples; RSA needs {LEAST}. Choose {APART} or "
            "fewer samples, of which all distances are kept."
        )
    ranked = {key: ranks(_between(one, common), SINGLE) for key, one in rdms.items()}
    return [ranked[id(one)] for one in geometries], [ranked[id(one)] for one in others], len(common)


def _between(one: RDM, common: Int[np.ndarray, " c"]) -> Float[np.ndarray, " p"]:
    """Distances of each two of the samples `common`, condensed in their order."""
    if np.array_equal(one.of, common):
        return one.distances
    b = len(one.of)
    position = np.argsort(one.of)[np.searchsorted(np.sort(one.of), common)]
    i, j = np.triu_indices(len(common), 1)
    low, high = np.minimum(position[i], position[j]), np.maximum(position[i], position[j])
    chosen: np.ndarray = one.distances[low * b - low * (low + 1) // 2 + high - low - 1]
    return chosen


def _rsa(a: Ranks, b: Ranks) -> RSA:
    p = len(a.values)
    n = (1 + round((1 + 8 * p) ** 0.5)) // 2
    if a is b or np.array_equal(a.values, b.values):
        return RSA(1.0, 0.0, n, p)
    size = float((a.values @ a.values) * (b.values @ b.values)) ** 0.5
    value = float(np.clip(a.values @ b.values / size, -1, 1))
    influence = (a.values * b.values + _above(a, b) + _above(b, a)) * p / size
    i, j = np.triu_indices(n, 1)
    of_sample = (np.bincount(i, influence, n) + np.bincount(j, influence, n)) / (n - 1)
    # The estimate is a mean over pairs: a sample moves it by twice the mean influence of its pairs.
    return RSA(value, float(2 * of_sample.std(ddof=1) / n**0.5), n, p)


def _above(a: Ranks, b: Ranks) -> Float64[np.ndarray, " p"]:
    """For each pair the mean, over all pairs, of b where a is not below its own: how its rank moves the others'."""
    after = np.append(np.cumsum(b.values[a.order][::-1])[::-1], 0.0)
    half: np.ndarray = (after[a.first] + after[a.last]) / 2 / len(a.values)  # of equal ones, half
    return half
