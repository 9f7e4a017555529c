"""What a run leaves in the store: the formats of its entries, read and written here alone. No torch.

Keys are those of `spec`; the arrays and the meta of each kind are listed in docs/architecture.md.
"""

import difflib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from idcore import record, spec
from idcore.errors import RequestError
from idcore.estimators.embedding import Embedding
from idcore.record import Layer, LayerGeometry
from idcore.spec import EmbedJob, NetworkSpec, Request
from idcore.store import Store

SHIPPED = Path(__file__).parent / "networks" / "shipped"
"""Store of the weights that come with the package, opened for reading only."""


@dataclass(frozen=True, eq=False)
class Run:
    """A measured request: its samples, all layers of its network, and how well the network does on the samples.

    layers: every layer of the network in call order, measured or not. labels, ids: (n,) int64. predictions: (n,) int64,
    empty until the output has been seen. Accuracies are fractions; None where the data or the training has none.
    sample_accuracy: of the predictions on these n samples. seconds: time until the entry was written.
    estimate: what it was expected to cost, a sentence. notes: sentences for the reader. created: seconds since 1970.
    """

    request: Request
    layers: tuple[Layer, ...]
    labels: np.ndarray
    predictions: np.ndarray
    ids: np.ndarray
    class_names: tuple[str, ...]
    train_accuracy: float | None = None
    test_accuracy: float | None = None
    sample_accuracy: float | None = None
    device: str = "cpu"
    seconds: float = 0.0
    estimate: str = ""
    notes: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    created: float = field(default_factory=time.time)

    @property
    def checkpoints(self) -> tuple[str, ...]:
        """Names of the checkpoint layers."""
        return tuple(layer.name for layer in self.layers if layer.checkpoint)


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


_RUN_ARRAYS = ("labels", "predictions", "ids")
_RUN_VALUES = ("train_accuracy", "test_accuracy", "sample_accuracy", "device", "seconds", "versions", "created")
_TRAINING_VALUES = ("train_accuracy", "test_accuracy", "seconds")


def devices(store: Store) -> tuple[str, ...]:
    """The devices that the workers have, what `auto` takes first; none until a worker has said so."""
    return tuple((store.meta(spec.key("devices")) or {}).get("devices", ()))


def save_devices(store: Store, names: Sequence[str]) -> None:
    """Say which devices the workers have."""
    if devices(store) != tuple(names):
        store.put(spec.key("devices"), {}, {"kind": "devices", "devices": list(names)})


def run(store: Store, request: Request) -> Run | None:
    """The run of a request, None until it has begun."""
    entry = store.get(spec.run_key(request))
    return None if entry is None or entry.failure else _run(entry.meta, entry.arrays)


def runs(store: Store) -> list[Run]:
    """All runs, the newest first, from their headers alone: labels, predictions and ids are left empty."""
    found = [_run(meta, {}) for _, meta in store.entries("run") if _known(meta)]
    return sorted(found, key=lambda run: -run.created)


def save_run(store: Store, run: Run) -> None:
    """Keep a run under its request."""
    meta = {
        "kind": "run",
        "request": spec.to_json(run.request),
        "layers": [record.layer_to_json(layer) for layer in run.layers],
        "class_names": list(run.class_names),
        "notes": list(run.notes),
        "estimate": run.estimate,
        **{name: getattr(run, name) for name in _RUN_VALUES},
    }
    arrays = {name: np.asarray(getattr(run, name), np.int64) for name in _RUN_ARRAYS}
    store.put(spec.run_key(run.request), arrays, meta)


def layer(store: Store, request: Request, name: str) -> LayerGeometry | None:
    """The record of one layer, None until it has been measured."""
    entry = store.get(spec.layer_key(request, name))
    return None if entry is None or entry.failure else record.from_entry(entry.arrays, entry.meta)


def save_layer(store: Store, request: Request, geometry: LayerGeometry) -> None:
    """Keep the record of one layer."""
    arrays, meta = record.to_entry(geometry)
    meta = {"kind": "layer", "request": spec.to_json(request), **meta}
    store.put(spec.layer_key(request, geometry.layer.name), arrays, meta)


def chosen(layers: Sequence[Layer], selection: str | Sequence[str]) -> tuple[Layer, ...]:
    """The layers that a selection names, in call order: "checkpoints", "all", or names. Raises RequestError."""
    if selection == "all":
        return tuple(layers)
    if selection == "checkpoints":
        return tuple(layer for layer in layers if layer.checkpoint)
    names = [selection] if isinstance(selection, str) else list(selection)
    known = [layer.name for layer in layers]
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=3, cutoff=0.3) or known[:5]
            raise RequestError(
                f"The network has no layer {name!r}; it has {', '.join(close)}. Choose one of its layers."
            )
    if not names:
        raise RequestError("Choose at least one layer.")
    return tuple(layer for layer in layers if layer.name in names)


def training(store: Store, network: NetworkSpec) -> Training | None:
    """How the weights of a network came about, from the header of its entry in the store or among the shipped ones."""
    key = spec.weights_key(network)
    meta, shipped = store.meta(key), False
    if meta is None or "failure" in meta:
        meta, shipped = Store(SHIPPED, read_only=True).meta(key), True
    return None if meta is None else _training(meta, shipped)


def trainings(store: Store) -> list[Training]:
    """All trained weights: those of the store, then those shipped with the package."""
    stored = store.entries("weights")
    own = {key for key, _ in stored}
    shipped = [(key, meta) for key, meta in Store(SHIPPED, read_only=True).entries("weights") if key not in own]
    return [_training(meta, found is shipped) for found in (stored, shipped) for _, meta in found if _known(meta)]


def embedding_key(job: EmbedJob, layer: str) -> str:
    """Key of a map. A map begins at the one before it, or is turned onto it: so all layers before it are part of it."""
    parameters = {
        "neighbours": job.neighbours,
        "min_dist": float(job.min_dist),
        "seed": job.seed,
        "chained": job.chained,
        "before": list(job.layers[: job.layers.index(layer)]),
    }
    return spec.key("embedding", spec.layer_key(job.request, layer), parameters)


def embedding(store: Store, job: EmbedJob, layer: str) -> Embedding | None:
    """The map of one layer, None until it has been computed."""
    entry = store.get(embedding_key(job, layer))
    if entry is None or entry.failure:
        return None
    return Embedding(positions=entry.arrays["positions"], **entry.meta["embedding"])


def save_embedding(store: Store, job: EmbedJob, layer: str, embedding: Embedding) -> None:
    """Keep the map of one layer."""
    values = {name: value for name, value in vars(embedding).items() if name != "positions"}
    meta = {"kind": "embedding", "request": spec.to_json(job), "layer": layer, "embedding": values}
    store.put(embedding_key(job, layer), {"positions": np.asarray(embedding.positions, np.float32)}, meta)


def _known(meta: dict[str, Any]) -> bool:
    """Whether this version can read the request of an entry; another version may have written it."""
    try:
        spec.from_json(meta["request"])
    except (RequestError, KeyError):
        return False
    return True


def _run(meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> Run:
    empty = np.zeros(0, np.int64)
    values: dict[str, Any] = {name: meta[name] for name in _RUN_VALUES}
    values |= {name: arrays.get(name, empty) for name in _RUN_ARRAYS}
    return Run(
        request=spec.from_json(meta["request"]),
        layers=tuple(map(record.layer_from_json, meta["layers"])),
        class_names=tuple(meta["class_names"]),
        notes=tuple(meta["notes"]),
        estimate=meta.get("estimate", ""),  # entries of earlier versions have none
        **values,
    )


def _training(meta: dict[str, Any], shipped: bool) -> Training:
    return Training(
        network=spec.from_json(meta["request"]),
        history=tuple(meta["history"]),
        shipped=shipped,
        **{name: meta[name] for name in _TRAINING_VALUES},
    )
