"""How the estimators disagree on clouds of known dimension: `python -m benchmarks.disagree` writes
idcore/estimators/known.json, which the table of estimators shows below itself."""

import json
import math
from collections.abc import Callable

import numpy as np
import torch

from idcore.estimators.known import FILE
from idcore.estimators.second import second_opinions
from idcore.estimators.table import estimates
from idcore.geometry.measure import measure
from idcore.record import Layer

SIZES = (500, 2000, 10_000)


def _cube(random: np.random.Generator, n: int, d: int) -> np.ndarray:
    return random.random((n, d))


def _gaussian(random: np.random.Generator, n: int, d: int) -> np.ndarray:
    return random.normal(size=(n, d))


def _sphere(random: np.random.Generator, n: int, d: int) -> np.ndarray:
    x = random.normal(size=(n, d + 1))
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def _noisy(random: np.random.Generator, n: int, d: int) -> np.ndarray:
    return np.pad(random.random((n, d)), ((0, 0), (0, 20 - d))) + 0.01 * random.normal(size=(n, 20))


CLOUDS: tuple[tuple[str, int, Callable[[np.random.Generator, int, int], np.ndarray]], ...] = (
    ("cube of 2", 2, _cube),
    ("square with noise in 20", 2, _noisy),
    ("cube of 5", 5, _cube),
    ("sphere of 9", 9, _sphere),
    ("Gaussian of 10", 10, _gaussian),
    ("cube of 20", 20, _cube),
)


def rows(n: int, clouds: int = len(CLOUDS)) -> list[dict[str, object]]:
    """A row for each of the first clouds, of n points: its name, its dimension, [id, stderr] by estimator; null for no
    number."""
    lines = []
    for i, (name, d, make) in enumerate(CLOUDS[:clouds]):
        x = torch.from_numpy(make(np.random.default_rng([2019, i]), n, d))
        layer = Layer("cloud", 0, 0.0, "cloud", tuple(x.shape[1:]), x.shape[1])
        record = measure([x], layer, memory=2**30, draws=1)
        told = [(one.name, one.id, one.stderr) for one in estimates(record)]
        told += [(one.name, said.id, said.stderr) for one, said in second_opinions(record)]
        lines.append({"cloud": name, "d": d, "ids": {one: [_plain(id), _plain(e)] for one, id, e in told}})
    return lines


def _plain(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 4)


def main() -> None:
    """Write the file."""
    by_size = {str(n): rows(n) for n in SIZES}
    FILE.write_text(json.dumps(by_size, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
