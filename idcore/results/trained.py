"""How weights came about: read from the header of their entry, which `networks.weights` writes. No torch."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idcore import spec
from idcore.results.measured import readable
from idcore.spec import NetworkSpec
from idcore.store import Store

SHIPPED = Path(__file__).parent.parent / "networks" / "shipped"
"""Store of the weights that come with the package, opened for reading only."""
_VALUES = ("train_accuracy", "test_accuracy", "seconds")


@dataclass(frozen=True, eq=False)
class Training:
    """How weights came about. history: one dict per epoch (epoch, loss, train_accuracy, test_accuracy, seconds).
    shipped: they come with the package."""

    network: NetworkSpec
    history: tuple[dict[str, Any], ...]
    train_accuracy: float | None
    test_accuracy: float | None
    seconds: float
    shipped: bool


def training(store: Store, network: NetworkSpec) -> Training | None:
    """How the weights of a network came about, from the header of its entry in the store or among the shipped ones."""
    key = spec.weights_key(network)
    meta, shipped = store.meta(key), False
    if meta is None:
        meta, shipped = shipped_weights().meta(key), True
    return None if meta is None else _listed(meta, shipped)


def trainings(store: Store) -> list[Training]:
    """All trained weights: those of the store, then those shipped with the package."""
    by_key = {
        key: training
        for where, read in ((shipped_weights(), _shipped), (store, _own))
        for key, training in where.values("weights", read)
        if training is not None
    }
    return sorted(by_key.values(), key=lambda training: training.shipped)


def shipped_weights() -> Store:
    """The weights that come with the package."""
    return _read_only(SHIPPED)


@functools.cache
def _read_only(root: Path) -> Store:
    return Store(root, read_only=True)


def _listed(meta: dict[str, Any], shipped: bool) -> Training | None:
    return readable(_training, meta, shipped)


_own, _shipped = functools.partial(_listed, shipped=False), functools.partial(_listed, shipped=True)


def _training(meta: dict[str, Any], shipped: bool) -> Training:
    return Training(
        network=spec.from_json(meta["request"]),
        history=tuple(meta["history"]),
        shipped=shipped,
        **{name: meta[name] for name in _VALUES},
    )
