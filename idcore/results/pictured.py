"""Curves that a small picture is drawn of, where the records behind them are not kept: written and read here alone."""

from collections.abc import Mapping

import numpy as np

from idcore import spec
from idcore.spec import Regime
from idcore.store import Store


def save_picture(store: Store, name: str, curves: Mapping[Regime, np.ndarray]) -> None:
    """Keep the curves of a picture. curves: (layers, 3) float64, relative depth, ID, one standard error."""
    store.put(
        spec.key("picture", name),
        {str(regime): curves[regime] for regime in curves},
        {"kind": "picture", "name": name, "order": list(curves)},
    )


def picture(store: Store, name: str) -> dict[Regime, np.ndarray]:
    """The curves of a picture by regime, in the order in which they were kept. Raises KeyError where there is none."""
    entry = store.get(spec.key("picture", name))
    if entry is None:
        raise KeyError(name)
    return {regime: entry.arrays[regime] for regime in entry.meta["order"]}
