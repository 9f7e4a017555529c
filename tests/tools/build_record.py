"""A `LayerGeometry` by float64 brute force, for tests that need a record without measuring a network."""

import numpy as np
from scipy.spatial.distance import cdist

from idcore.record import Layer, LayerGeometry, Neighbours, powers, unmeasured


def scattered(n: int, classes: int, most: int = 1700, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(labels, ids) of n samples drawn from a data set of `most`: neither in order nor without gaps, so that no place
    is taken for an id or a class unseen. Every class is there."""
    random = np.random.default_rng(seed)
    return random.permutation(np.arange(n) % classes), random.permutation(most)[:n]


def brute_neighbours(x: np.ndarray, k: int) -> Neighbours:
    """k nearest neighbours of x (n, d): differences in float64, ties by index."""
    x = np.asarray(x, dtype=np.float64)
    squared = cdist(x, x, "sqeuclidean")
    np.fill_diagonal(squared, np.inf)
    indices = _least(squared, k)
    return Neighbours(indices.astype(np.int32), np.sqrt(np.take_along_axis(squared, indices, axis=1)))


def _least(values: np.ndarray, k: int) -> np.ndarray:
    """Where the k least of each row stand, rising, ties by index. A few times the least is faster than to sort all."""
    if k > 4:
        return np.argsort(values, axis=1, kind="stable")[:, :k]
    left, found = values.copy(), np.empty((len(values), k), np.int64)
    for i in range(k):
        found[:, i] = left.argmin(axis=1)
        left[np.arange(len(left)), found[:, i]] = np.inf
    return found


def brute_geometry(
    x: np.ndarray,
    name: str = "layer",
    k: int = 64,
    *,
    order: int = 1,
    depth: float = 0.5,
    levels: int = 5,
    draws: int = 3,
    coordinates: int = 50,
    seed: int = 0,
) -> LayerGeometry:
    """The record of x (n, d). levels: the most halvings into blocks, plus one; draws: of the linearised sample."""
    x = np.asarray(x, dtype=np.float64).reshape(len(x), -1)
    n, d = x.shape
    layer = Layer(name, order, depth, "Linear", (d,), d, checkpoint=True)
    rows, group = np.unique(x, axis=0, return_inverse=True)
    if len(rows) < 3:
        return unmeasured(layer, n, f"Only {len(rows)} of the {n} points are distinct: no dimension to measure.")
    random = np.random.default_rng(seed)
    centred = x - x.mean(axis=0)
    left, singular, right = np.linalg.svd(centred, full_matrices=False)
    singular = singular[: min(n - 1, d)]
    blocks, block_of = _blocks(rows, levels, random)
    ranks = powers(min(k, len(rows) - 1), len(rows))
    every = np.sort(cdist(rows, rows), axis=1) if ranks else None
    return LayerGeometry(
        layer=layer,
        n=n,
        note="",
        group=group.reshape(n).astype(np.int32),
        neighbours=brute_neighbours(rows, min(k, len(rows) - 1)),
        blocks=blocks,
        block_of=block_of,
        eigenvalues=singular**2 / (n - 1),
        coordinates=(left[:, : len(singular)] * singular)[:, :coordinates].astype(np.float32),
        norms=(centred**2).sum(axis=1),
        linearised=_linearised(singular / np.sqrt(n - 1), len(rows), draws, random),
        far=np.zeros((0, 0), np.float32) if every is None else every[:, list(ranks)].astype(np.float32),
        far_of=np.arange(0 if every is None else len(rows), dtype=np.int32),
        dead=int((np.ptp(x, axis=0) == 0).sum()),
    )


def _blocks(rows: np.ndarray, levels: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    m = len(rows)
    deal = random.permutation(m)
    blocks, block_of = np.full((levels, m, 2), np.nan), np.zeros((levels, m), np.int32)
    for level in range(levels):
        for number, members in enumerate(np.array_split(deal, 2**level)):
            block_of[level, members] = number
            if len(members) >= 3:
                blocks[level, members] = brute_neighbours(rows[members], 2).distances
    return blocks, block_of


def _linearised(scales: np.ndarray, m: int, draws: int, random: np.random.Generator) -> np.ndarray:
    samples = (random.normal(size=(m, len(scales))) * scales for _ in range(draws))
    return np.stack([brute_neighbours(sample, 2).distances for sample in samples])
