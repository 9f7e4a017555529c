"""Layers and their numbers, for figures: measured ones of drawn points, and made-up ones of a small network."""

import numpy as np

from idcore.estimators.summary import LayerSummary, summarise
from idcore.record import Layer
from tests.tools.build_record import brute_geometry

NAMES = ("input", "d1", "output")


def _records(seed: int, n: int = 120):
    random = np.random.default_rng(seed)
    return [brute_geometry(random.normal(size=(n, 6)) * (1 + np.arange(6)), name, order=i, depth=i / (len(NAMES) - 1))
            for i, name in enumerate(NAMES)]  # fmt: skip


RECORDS = {seed: _records(seed) for seed in range(3)}
"""By seed."""
ROWS = {seed: tuple(map(summarise, records)) for seed, records in RECORDS.items()}
PLAN = tuple(record.layer for record in RECORDS[0])

SHAPES = {"input": (1, 28, 28), "conv1": (32, 26, 26), "d1": (128,), "output": (10,)}
KINDS = ("Input", "Conv2d", "Linear", "Linear")
LAYERS = tuple(
    Layer(name, i, i / 3, KINDS[i], shape, int(np.prod(shape)), True) for i, (name, shape) in enumerate(SHAPES.items())
)


def row_of(layer: Layer, id: float | None, **more) -> LayerSummary:
    """Numbers as they might have come out."""
    values = {
        "id_err": 0.3,
        "pc_id": 20,
        "linearised_id": 15.0,
        "dropped": 3,
        "note": "",
        "linearised_err": 0.5,
        "r2": 0.99,
    }
    return LayerSummary(layer.name, layer.order, layer.depth, layer.units, 1000, id, **{**values, **more})


MADE_UP = tuple(row_of(layer, 12.0 - 2 * layer.order) for layer in LAYERS)
