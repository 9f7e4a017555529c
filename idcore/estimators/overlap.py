"""Neighbourhood overlap: do two layers, or a layer and the labels, agree on who is near whom?

Doimo, Glielmo, Ansuini, Laio, "Hierarchical nucleation in deep neural networks", NeurIPS 2020:
chi = mean over the points of the share of the k nearest neighbours that are common (k = 30 in the paper).
"""

import numpy as np

from idcore.errors import PointsError
from idcore.given import unmasked
from idcore.record import Neighbours
from idcore.shapes import Int

K = 30


def overlap(a: Neighbours, b: Neighbours, k: int = K) -> float:
    """Share of the k nearest neighbours that two tables over the same samples have in common, in 0 ... 1; unrelated
    tables give k / (n - 1). For two layers use tables of `samples.sample_neighbours`. Raises PointsError when the
    tables differ in their number of points or k is out of range."""
    if a.n != b.n:
        raise PointsError(f"Both tables must hold the same samples; they have {a.n} and {b.n} points.")
    both = np.sort(np.concatenate([_first(a, k), _first(b, k)], axis=1), axis=1)
    return float(np.count_nonzero(both[:, 1:] == both[:, :-1]) / (a.n * k))


def label_overlap(table: Neighbours, labels: np.ndarray, k: int = K) -> float:
    """Share of the k nearest neighbours that have the label of their point, in 0 ... 1. labels: (n,), any type.
    Raises PointsError for another number of labels or k out of range."""
    labels = np.asarray(unmasked(labels, "The labels"))
    if labels.shape != (table.n,):
        raise PointsError(f"There must be one label for each of the {table.n} points; their shape is {labels.shape}.")
    return float(np.mean(labels[_first(table, k)] == labels[:, None]))


def _first(table: Neighbours, k: int) -> Int[np.ndarray, "n {k}"]:
    if not 1 <= k <= table.k:
        raise PointsError(f"k must be from 1 to {table.k}, the neighbours in the table; it is {k}.")
    return table.indices[:, :k]
