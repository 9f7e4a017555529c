"""The detector curve: how well the best single unit of a layer tells each class from all others, the unit chosen on one
half of the samples and judged on the other."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.estimators.units import areas, blocks, membership, ranks
from idcore.shapes import Float, Int64

PERMUTATIONS = 10


@dataclass(frozen=True)
class Detector:
    """value: mean over the classes of the AUC of the best unit of each, on the half that did not choose it. stderr: of
    that mean over the classes. null, null_sd: mean and standard deviation of the same over permutations of the labels,
    among which units are chosen anew. n: samples that judge. classes: that were judged, those with two samples or more.
    """

    value: float
    stderr: float
    null: float
    null_sd: float
    n: int
    classes: int


def detector(columns: Iterable[Float[np.ndarray, "n _"]], of: Int64[np.ndarray, " n"], seed: int = 0) -> Detector:
    """The detector of a layer. columns: its units in blocks, finite. of: (n,) class of each sample, from 0. seed: of
    the halves, in which each class has as many samples (to one), and of the permutations. Raises PointsError where
    fewer than two classes have two samples."""
    draw = np.random.default_rng(seed)
    counts = np.bincount(of)
    judged = np.flatnonzero(counts >= 2)
    if len(judged) < 2:
        raise PointsError(
            f"Detectors are chosen on one half of the samples and judged on the other, so two classes need two samples "
            f"or more; {len(judged)} {'has' if len(judged) == 1 else 'have'}. Take more samples."
        )
    first = _halves(of, draw)
    sets = [of] + [_permuted(of, first, draw) for _ in range(PERMUTATIONS)]
    k, half = len(counts), np.flatnonzero(first)
    members = np.concatenate([membership(labels[half], k)[:, judged] for labels in sets], axis=1)  # (m, sets * judged)
    best = np.full(members.shape[1], -np.inf)
    held = np.zeros((members.shape[1], len(of) - len(half)))  # values of the chosen units on the other half
    for block in columns:
        for start, stop in blocks(block.shape[1], len(of)):
            values = np.ascontiguousarray(block[:, start:stop].T, dtype=np.float64)
            auc = areas(ranks(values[:, first]), members)
            unit = auc.argmax(0)
            area = auc[unit, np.arange(len(unit))]
            better = area > best
            best[better] = area[better]
            held[better] = values[unit[better]][:, ~first]
    judge = np.concatenate([membership(labels[~first], k)[:, judged] for labels in sets], axis=1)
    ranked, has = ranks(held), judge.sum(0)
    reached = ((ranked * judge.T).sum(1) - has * (has + 1) / 2) / (has * (len(judge) - has))
    table = reached.reshape(len(sets), len(judged))
    null = table[1:].mean(1)
    return Detector(
        float(table[0].mean()),
        float(table[0].std(ddof=1) / len(judged) ** 0.5),
        float(null.mean()),
        float(null.std(ddof=1)),
        int((~first).sum()),
        len(judged),
    )


def _halves(of: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """(n,) bool: the half that chooses; of each class half the samples, of an odd one by chance one more or less."""
    first = np.zeros(len(of), np.bool_)
    for c in np.unique(of):
        places = draw.permutation(np.flatnonzero(of == c))
        odd = int(draw.integers(2)) if len(places) % 2 and len(places) > 1 else 0
        first[places[: len(places) // 2 + odd]] = True
    return first


def _permuted(of: np.ndarray, first: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Permuted within each half, so that each keeps its counts."""
    permuted = of.copy()
    for half in (first, ~first):
        permuted[half] = draw.permutation(of[half])
    return permuted
