"""What overlap and CKA would be by chance: the same layers, the samples of one of them permuted.

Groger, Wen, Brbic, "Revisiting the Platonic representation hypothesis: an Aristotelian view" (2026): a similarity s is
compared with those under K permutations of the rows of one side; of a matrix of layers with the largest of each
permutation, so that one threshold holds for all cells at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.estimators.cka import _Parts, _parts, _unbiased
from idcore.record import LayerGeometry, Neighbours
from idcore.shapes import Float64

PERMUTATIONS = 200
ALPHA = 0.05
_HEAD = 0.9999
"""Share of |K|**2 that the directions which are followed through the permutations hold."""
DENSE = 12_000
"""Points up to which who is near whom is held as a square of truth values."""


@dataclass(frozen=True)
class Chance:
    """mean, quantile: of the similarities under permutation, the quantile at 95 %. p: probability of one as large as
    the observed, (1 + those that are) / (1 + permutations). calibrated: 0 where chance could give it, 1 at the largest
    value that there is. permutations: how many."""

    mean: float
    quantile: float
    p: float
    calibrated: float
    permutations: int


def calibrate(value: float, null: Float64[np.ndarray, " k"], most: float = 1.0, alpha: float = ALPHA) -> Chance:
    """null: the similarities under permutation. most: the largest value that the similarity can have. Raises
    PointsError for no permutations, alpha outside (0, 1), and values that are not finite."""
    if not len(null) or not 0 < alpha < 1:
        raise PointsError(f"A null needs one permutation or more and a level within 0 ... 1; {len(null)} and {alpha}.")
    if not (np.isfinite(value) and np.isfinite(null).all()):
        raise PointsError("A similarity that is not finite cannot be compared with chance.")
    threshold = float(np.quantile(np.append(null, value), 1 - alpha, method="higher"))
    p = float((1 + np.count_nonzero(null >= value)) / (len(null) + 1))
    above = max(0.0, value - threshold) / (most - threshold) if most > threshold else float(value >= most)
    quantile = float(np.quantile(null, 1 - alpha, method="higher"))
    return Chance(float(null.mean()), quantile, p, min(1.0, above), len(null))


def overlap_null(
    tables: Sequence[Neighbours], others: Sequence[Neighbours], k: int, permutations: int = PERMUTATIONS, seed: int = 0
) -> Float64[np.ndarray, "k a b"]:
    """Neighbourhood overlap of each table with each of the others, the samples of the others permuted, (permutations,
    tables, others) float64; the mean is k / (n - 1). One permutation holds for all of them, so that the largest of each
    is the null of the matrix. Raises PointsError for other numbers of points, and k beyond a table."""
    n = tables[0].n
    for table in (*tables, *others):
        if table.n != n:
            raise PointsError(f"Both tables must hold the same samples; they have {n} and {table.n} points.")
        if not 1 <= k <= table.k:
            raise PointsError(f"k must be from 1 to {table.k}, the neighbours in the table; it is {k}.")
    if n > DENSE:
        raise PointsError(f"The null of the overlap is drawn for at most {DENSE:,} samples; there are {n:,}.")
    random, rows = np.random.default_rng(seed), np.arange(n)[:, None]
    null = np.empty((permutations, len(tables), len(others)))
    orders = [random.permutation(n) for _ in range(permutations)]
    for j, other in enumerate(others):
        near = np.zeros((n, n), bool)
        near[rows, other.indices[:, :k]] = True
        for s, order in enumerate(orders):
            for i, table in enumerate(tables):
                common = near[order[:, None], order[table.indices[:, :k]]]
                null[s, i, j] = np.count_nonzero(common) / (n * k)
    return null


def cka_null(
    geometries: Sequence[LayerGeometry],
    others: Sequence[LayerGeometry],
    debiased: bool = True,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> Float64[np.ndarray, "k a b"]:
    """Linear CKA of each layer with each of the others, the samples of the others permuted, (permutations, layers,
    others) float64. The directions that hold 99.99 % of a layer's kernel are followed, what is left of it as it is on
    average. Raises PointsError as `cka.cka_matrix`."""
    left, right = ([_parts(one, debiased) for one in side] for side in (geometries, others))
    n = left[0].n
    if any(part.n != n for part in (*left, *right)):
        raise PointsError("CKA compares layers of the same samples; these have other numbers of them.")
    (first, held_a, ends_a), (second, held_b, ends_b) = _heads(left), _heads(right)
    tails = (1 - np.multiply.outer(held_a, held_b)) / (n - 1)
    sizes = np.array([[a.size * b.size for b in right] for a in left])
    if debiased:
        own_a, own_b = (
            [_unbiased(part.size**2, _norms(part), _norms(part)) for part in side] for side in (left, right)
        )
        sizes = np.sqrt(np.multiply.outer(own_a, own_b))
        norms_a, norms_b = (np.stack([_norms(part) for part in side]) for side in (left, right))
    random, null = np.random.default_rng(seed), np.empty((permutations, len(left), len(right)))
    for s in range(permutations):
        order = random.permutation(n)
        cross = (first.T @ second[order]) ** 2
        product = np.add.reduceat(np.add.reduceat(cross, ends_a, axis=0), ends_b, axis=1) + tails
        if debiased:
            product += 1 / ((n - 1) * (n - 2)) - n / (n - 2) * (norms_a @ norms_b[:, order].T)
        null[s] = product / sizes
    return null


def threshold(null: Float64[np.ndarray, "k a b"], alpha: float = ALPHA, symmetric: bool = False) -> float:
    """What no cell of a matrix exceeds by chance: the quantile of the largest cell of each permutation. symmetric: of
    layers with themselves, whose diagonal is left out."""
    values = null
    if symmetric:
        if null.shape[1] < 2:
            return float("-inf")
        values = null[:, ~np.eye(null.shape[1], dtype=bool)]
    return float(np.quantile(values.reshape(len(values), -1).max(axis=1), 1 - alpha, method="higher"))


def _heads(
    parts: Sequence[_Parts],
) -> tuple[Float64[np.ndarray, "n c"], Float64[np.ndarray, " l"], np.ndarray]:
    """(directions times the roots of their eigenvalues, of all layers side by side; trace of each; where it begins)."""
    columns, held, begins, at = [], [], [], 0
    for part in parts:
        enough = np.cumsum(part.head**2) >= _HEAD * part.size**2
        count = int(np.argmax(enough)) + 1 if enough.any() else len(part.head)
        columns.append(part.directions[:, :count] * np.sqrt(part.head[:count]))
        held.append(float(part.head[:count].sum()))
        begins.append(at)
        at += count
    return np.concatenate(columns, axis=1), np.array(held), np.array(begins)


def _norms(part: _Parts) -> Float64[np.ndarray, " n"]:
    assert part.norms is not None
    return part.norms
