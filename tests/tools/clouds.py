"""Clouds of points that are hard to tell apart, of every type, and their neighbours by brute force."""

from functools import cache

import numpy as np
import torch
from scipy.spatial.distance import cdist

RNG = np.random.default_rng


def brute_force(x, k):
    """Indices and distances from float64 differences, ties by index."""
    x = np.asarray(x.double() if isinstance(x, torch.Tensor) else x, dtype=np.float64)
    apart = cdist(x, x)
    np.fill_diagonal(apart, np.inf)
    indices = np.argsort(apart, axis=1, kind="stable")[:, :k]
    return indices, np.take_along_axis(apart, indices, axis=1)


@cache
def squares(name):
    """(m, m) squared distances of a cloud of `CLOUDS`, from float64 differences."""
    x = torch.as_tensor(CLOUDS[name]).double()
    return torch.from_numpy(cdist(x, x, "sqeuclidean"))


@cache
def _of(name):
    return brute_force(CLOUDS[name], min(64, len(CLOUDS[name]) - 1))


def nearest(name, k):
    """The k nearest neighbours of each point of a cloud of `CLOUDS`, as `brute_force` has them; k: at most 64."""
    indices, distances = _of(name)
    assert k <= indices.shape[1]
    return indices[:, :k], distances[:, :k]


def manifold(n, d, seed=0, dimension=5):
    rng = RNG(seed)
    return np.sin(rng.standard_normal((n, dimension)) @ rng.standard_normal((dimension, d)) / 2)


def with_near_duplicates(n, d):
    x = manifold(n, d, 1)
    x[: n // 50] = x[n // 2 : n // 2 + n // 50] + 1e-7 * RNG(2).standard_normal((n // 50, d))
    return x


def with_exact_duplicates(n, d):
    x = manifold(n, d, 3).astype(np.float32)
    x[10:90] = x[5]
    x[200:220] = x[300:320]
    x[250] = 0.0
    x[251] = -x[250]  # -0.0
    return x


def saturated_softmax(n, classes, sharpness):
    logits = sharpness * RNG(4).standard_normal((n, classes))
    return torch.softmax(torch.tensor(logits, dtype=torch.float32), dim=1)


def dwarfed(n, d, factor, dtype):
    x = RNG(5).standard_normal((n, d))
    x[:, d // 2] *= factor
    return x.astype(dtype)


CLOUDS = {
    "standard": RNG(0).standard_normal((400, 100)).astype(np.float32),
    "standard, wide": RNG(0).standard_normal((200, 4096)).astype(np.float32),
    "manifold": manifold(500, 300).astype(np.float32),
    "offset 1e3": (1e3 + RNG(1).standard_normal((400, 100))).astype(np.float32),
    "offset 1e6": (1e6 + RNG(1).standard_normal((400, 100))).astype(np.float32),
    "offset 1e3, float64": 1e3 + manifold(400, 700),
    "offset 1e6, float64": 1e6 + manifold(400, 100),
    "near-duplicates": with_near_duplicates(400, 50),
    "near-duplicates, wide": with_near_duplicates(400, 900),
    "near-duplicates, float32": with_near_duplicates(400, 50).astype(np.float32),
    "exact duplicates": with_exact_duplicates(400, 30),
    "exact duplicates, wide": with_exact_duplicates(400, 600),
    "softmax": saturated_softmax(400, 10, 3),
    "saturated softmax": saturated_softmax(400, 10, 60),
    "softmax of many classes": saturated_softmax(400, 1000, 30),
    "float16": torch.tensor(manifold(400, 200)).half(),
    "bfloat16": torch.tensor(manifold(400, 200)).bfloat16(),
    "bfloat16, wide": torch.tensor(RNG(6).standard_normal((300, 1500))).bfloat16(),
    "one column": RNG(7).standard_normal((400, 1)),
    "one column, float16": torch.tensor(RNG(7).standard_normal((400, 1))).half(),
    "two columns": RNG(8).standard_normal((400, 2)).astype(np.float32),
    "17 columns": RNG(9).standard_normal((400, 17)),
    "a million columns": RNG(10).standard_normal((6, 10**6), dtype=np.float32),
    "a column that dwarfs": dwarfed(400, 60, 1e6, np.float64),
    "a column that dwarfs, float32": dwarfed(400, 60, 1e6, np.float32),
    "a column that dwarfs, wide": dwarfed(300, 800, 1e8, np.float32),
    "tiny values": (1e-25 * manifold(400, 60)).astype(np.float32),
    "huge values": (1e25 * manifold(400, 60)).astype(np.float32),
    "tiny values, wide": (1e-25 * manifold(300, 600)).astype(np.float32),
    "huge values, wide": (1e25 * manifold(300, 600)).astype(np.float32),
    "largest float32": 3e38 * np.sign(RNG(1).standard_normal((100, 40))).astype(np.float32),
    "lattice": RNG(11).integers(0, 3, (300, 4)),
    "binary, wide": RNG(12).integers(0, 2, (200, 400)).astype(np.float32),
    "bool": RNG(13).integers(0, 2, (60, 8)).astype(bool),
    "one row far away": np.vstack([manifold(300, 40), 1e9 * np.ones((1, 40))]),
    "two points": np.array([[0.0, 3.0], [4.0, 0.0]]),
    "all the same": np.ones((5, 3)),
}
