"""All that is told of two layers of the same samples, of each layer of one result with each of another: a row of
columns, each number beside its error, its bounds or what chance could give."""

from collections.abc import Mapping, Sequence

from idcore.errors import PointsError
from idcore.estimators import overlap
from idcore.estimators.cka import cka_matrix
from idcore.estimators.imbalance import imbalances
from idcore.estimators.null import DENSE, PERMUTATIONS, cka_null, overlap_null, threshold
from idcore.estimators.reliability import Reliability
from idcore.estimators.rsa import rsa_matrix, rsa_null
from idcore.estimators.samples import sample_neighbours
from idcore.record import LayerGeometry

Cell = dict[str, float | int | str | None]
_UNIFORM = 1 / 3**0.5
"""Standard deviation of 2 / N times a rank that is as likely to be any."""


def between(
    first: Sequence[LayerGeometry],
    second: Sequence[LayerGeometry],
    reliable: tuple[Mapping[str, Reliability], Mapping[str, Reliability]] = ({}, {}),
    permutations: int = PERMUTATIONS,
) -> tuple[list[Cell], list[str]]:
    """(a row for each layer of the first with each of the second, those of the same samples in the same order; why a
    number is not there). reliable: by layer, of each side. rsa_null, cka_null, overlap_null: what the most alike of all
    these pairs reaches by chance in 5 % of the permutations of the samples. rsa_ceiling: see `ceiling`. imbalance_null:
    what one direction of one pair undercuts by chance in 5 %, where all ranks are as likely. Raises PointsError where a
    side has no layer with numbers, and for other numbers of samples."""
    left, right = ([one for one in side if not one.note] for side in (first, second))
    if not left or not right:
        raise PointsError("There is nothing to compare: a side has no layer that varies.")
    cells: list[list[Cell]] = [[{"first": a.layer.name, "second": b.layer.name, "n": a.n} for b in right] for a in left]
    notes = []
    for what, tell in (("RSA", _rsa), ("CKA", _cka), ("overlap", _overlap), ("information imbalance", _imbalance)):
        try:
            tell(cells, left, right, permutations)
        except PointsError as error:
            notes.append(f"No {what}: {error}")
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            most = ceiling(reliable[0].get(a.layer.name), reliable[1].get(b.layer.name))
            if most is not None:
                cells[i][j]["rsa_ceiling"] = most
    return [cell for row in cells for cell in row], notes


def ceiling(a: Reliability | None, b: Reliability | None) -> float | None:
    """The largest RSA that two layers can have whose distances agree but for the noise of the repeats: the root of the
    product of their reliabilities, 1 for a layer without noise; None where neither has repeats, or halves that do not
    agree."""
    if a is None and b is None:
        return None
    whole = 1.0
    for one in (a, b):
        if one is not None:
            if one.ceiling is None:
                return None
            whole *= one.ceiling
    return whole


def _rsa(cells: list[list[Cell]], a: Sequence[LayerGeometry], b: Sequence[LayerGeometry], permutations: int) -> None:
    matrix, null = rsa_matrix(a, b), threshold(rsa_null(a, b, permutations))
    for row, told in zip(cells, matrix, strict=True):
        for cell, one in zip(row, told, strict=True):
            cell |= {"rsa": one.value, "rsa_err": one.error, "rsa_null": null, "rsa_n": one.n, "rsa_pairs": one.pairs}


def _cka(cells: list[list[Cell]], a: Sequence[LayerGeometry], b: Sequence[LayerGeometry], permutations: int) -> None:
    matrix, null = cka_matrix(a, b), threshold(cka_null(a, b, permutations=permutations))
    for row, told in zip(cells, matrix, strict=True):
        for cell, one in zip(row, told, strict=True):
            cell |= {"cka": one.value, "cka_low": one.low, "cka_high": one.high, "cka_null": null}


def _overlap(
    cells: list[list[Cell]], a: Sequence[LayerGeometry], b: Sequence[LayerGeometry], permutations: int
) -> None:
    k = min([overlap.K, *(one.neighbours.k for one in (*a, *b))])
    left, right = ([sample_neighbours(one, k) for one in side] for side in (a, b))
    null = threshold(overlap_null(left, right, k, permutations)) if a[0].n <= DENSE else None
    for row, one in zip(cells, left, strict=True):
        for cell, other in zip(row, right, strict=True):
            cell |= {"overlap": overlap.overlap(one, other, k), "overlap_k": k, "overlap_null": null}


def _imbalance(
    cells: list[list[Cell]], a: Sequence[LayerGeometry], b: Sequence[LayerGeometry], permutations: int
) -> None:
    imbalance = imbalances([one.coordinates for one in (*a, *b)])
    null = 1 - 1.645 * _UNIFORM / imbalance.anchors**0.5
    for i, row in enumerate(cells):
        for j, cell in enumerate(row, start=len(a)):
            cell |= {
                "imbalance_forth": float(imbalance.values[i, j]),
                "imbalance_forth_err": float(imbalance.errors[i, j]),
                "imbalance_back": float(imbalance.values[j, i]),
                "imbalance_back_err": float(imbalance.errors[j, i]),
                "imbalance_null": null,
            }
