"""The digits of an experiment: disjoint sets to learn from, and others to judge by."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from idcore.data.load import load
from idcore.errors import PointsError
from idcore.estimators import twonn
from idcore.geometry.neighbours import distinct_neighbours
from idcore.networks.train import permuted
from idcore.results.generalised import TEST
from idcore.spec import DISJOINT, MAX_SEED, DataSpec, GeneraliseJob, Recipe
from idcore.store import Store

CLASSES = 10


@dataclass(frozen=True, eq=False)
class Sets:
    """x: (s, n, d) float32, s disjoint sets of n digits in 0 ... 1. labels: (s, n) int64, those that are learned, some
    of them permuted. new: (m, d) digits of the test set; true: (m,) int64, their labels."""

    x: Tensor
    labels: Tensor
    new: Tensor
    true: Tensor


def sets(job: GeneraliseJob, store: Store) -> Sets:
    """Draw them. The labels of each set are permuted among themselves. Raises DataError."""
    drawn = load(DataSpec(split="train", n=DISJOINT * job.n, seed=job.seed), store=store)
    judged = load(DataSpec(split="test", n=TEST, seed=job.seed), store=store)
    labels = drawn.labels.reshape(DISJOINT, job.n)
    noisy = [
        permuted(one, Recipe(shuffled=job.noise, seed=(job.seed + i) % (MAX_SEED + 1))) for i, one in enumerate(labels)
    ]
    return Sets(
        drawn.images.flatten(1).unflatten(0, (DISJOINT, job.n)),
        torch.from_numpy(np.stack(noisy)),
        judged.images.flatten(1),
        torch.from_numpy(judged.labels),
    )


def one_hot(labels: Tensor) -> Tensor:
    """(..., 10) float64."""
    return torch.nn.functional.one_hot(labels, CLASSES).double()


def dimension(activations: Tensor) -> tuple[float | None, float | None]:
    """TwoNN of the distinct points of a cloud (n, d), and one standard error; None where there is none."""
    columns = int((activations != activations[0]).any(0).sum())
    try:
        table, merged = distinct_neighbours(activations.float(), 2)
        fit = twonn.within(twonn.from_neighbours(table, dropped=merged), columns)
    except PointsError:
        return None, None
    return fit.id, fit.stderr
