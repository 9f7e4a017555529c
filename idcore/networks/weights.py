"""A `NetworkSpec` as a module with weights: from a seed, from the store, shipped, or trained now and kept."""

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from idcore import spec
from idcore.data import source
from idcore.data.load import Samples, load
from idcore.entry import Entry
from idcore.errors import JobError, NetworkError
from idcore.networks.build import build, required_size
from idcore.networks.train import Progress, accuracy, train
from idcore.results import SHIPPED
from idcore.spec import DataSpec, NetworkSpec, Recipe, Untrained
from idcore.store import Store


@dataclass(frozen=True, eq=False)
class Trained:
    """module: in eval mode, on the CPU. history: one record per epoch (see `train`). train_accuracy: against the labels
    it was trained on; test_accuracy: against true labels; None for an untrained network, whose accuracies `chance`
    reads. note: where it came from."""

    module: nn.Module
    history: tuple[dict[str, Any], ...] = ()
    train_accuracy: float | None = None
    test_accuracy: float | None = None
    note: str = ""


def sample_shape(network: NetworkSpec, dataset: str = "mnist5k") -> tuple[int, int, int]:
    """(c, h, w) of the images that the network takes. dataset: what an untrained network is shown.

    Raises DataError or NetworkError for an unknown name.
    """
    size = required_size(network.architecture)
    shape = source.dataset(_dataset(network, dataset)).shape
    return shape if size is None else (shape[0], *size)


def obtain(
    network: NetworkSpec,
    store: Store,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    dataset: str = "mnist5k",
) -> Trained:
    """The network with its weights; training happens once and its result is kept in the store.

    dataset: what an untrained network will be shown; it decides the number of inputs and outputs. Raises RequestError,
    JobError where the store says that training failed, and Cancelled.
    """
    module = _build(network, dataset)
    if isinstance(network.weights, Untrained):
        return Trained(module.eval(), note=f"Untrained: weights as initialised from seed {network.weights.seed}.")
    key = spec.weights_key(network)
    entry, note = store.get(key), "Trained here; weights from the store."
    if entry is None:
        entry, note = Store(SHIPPED, read_only=True).get(key), "Trained; weights shipped with Layerscope."
    if entry is None:
        note = "Trained here; weights kept in the store."
        entry = store.compute_once(key, lambda: make(network, progress, cancelled), cancelled)
    return _loaded(module, entry, note)


def make(
    network: NetworkSpec,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Train the network by its recipe: (arrays of the state dict, meta) of the entry of the store."""
    recipe = network.weights
    assert isinstance(recipe, Recipe)
    samples, held_out = _splits(network, recipe.dataset, recipe.gradient)
    module, started = _build(network, recipe.dataset), time.monotonic()
    history = train(module, recipe, samples, held_out, progress, cancelled)
    meta = {
        "kind": "weights",
        "request": spec.to_json(network),
        "history": list(history),
        "train_accuracy": history[-1]["train_accuracy"],
        "test_accuracy": history[-1]["test_accuracy"],
        "seconds": time.monotonic() - started,
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
    }
    return {name: value.numpy() for name, value in module.state_dict().items()}, meta


def chance(module: nn.Module, network: NetworkSpec, data: DataSpec) -> tuple[float, float]:
    """(train accuracy, test accuracy) of an untrained network on the whole of the data that it is shown."""
    train_split, test_split = (
        accuracy(module.cpu(), samples.images, torch.from_numpy(samples.labels))
        for samples in _splits(network, data.dataset, data.gradient)
    )
    return train_split, test_split


def _splits(network: NetworkSpec, dataset: str, gradient: float) -> tuple[Samples, Samples]:
    sizes, size = source.dataset(dataset).sizes, sample_shape(network, dataset)[1:]
    train_split, test_split = (
        load(DataSpec(dataset, split, n=sizes[split], gradient=gradient), size) for split in ("train", "test")
    )
    return train_split, test_split


def _dataset(network: NetworkSpec, dataset: str) -> str:
    return network.weights.dataset if isinstance(network.weights, Recipe) else dataset


def _build(network: NetworkSpec, dataset: str) -> nn.Module:
    classes = len(source.dataset(_dataset(network, dataset)).classes)
    return build(network.architecture, sample_shape(network, dataset), classes, network.weights.seed)


def _loaded(module: nn.Module, entry: Entry, note: str) -> Trained:
    if entry.failure is not None:
        raise JobError(entry.failure)
    try:
        module.load_state_dict({name: torch.from_numpy(array) for name, array in entry.arrays.items()})
    except RuntimeError as error:
        raise NetworkError(f"The kept weights do not fit the network: {' '.join(str(error).split())}") from error
    meta = entry.meta
    return Trained(module.eval(), tuple(meta["history"]), meta["train_accuracy"], meta["test_accuracy"], note)
