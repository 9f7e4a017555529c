"""What a run leaves in the store: the formats of its entries, read and written here alone. No torch.

Keys are those of `spec`; the arrays and the meta of each kind are listed in docs/architecture.md.
"""

import dataclasses
import difflib
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from idcore import record, spec
from idcore.errors import RequestError
from idcore.estimators.accuracy import Accuracy, Probe
from idcore.estimators.embedding import Embedding
from idcore.limits import LIMITS
from idcore.record import Dataset, Layer, LayerGeometry
from idcore.spec import Architecture, EmbedJob, NetworkSpec, Request
from idcore.store import Store

SHIPPED = Path(__file__).parent / "networks" / "shipped"
"""Store of the weights that come with the package, opened for reading only."""


@dataclass(frozen=True, eq=False)
class Run:
    """A measured request: its samples, all layers of its network, and how well the network does on the samples.

    layers: every layer of the network in call order, measured or not. labels, ids: (n,) int64. predictions: (n,) int64,
    empty until the output has been seen, -1 where there is no network. learned_labels: (n,) int64, the shuffled labels
    that the network was trained on, -1 for a sample it was not trained on, empty where it was on none. Accuracies are
    fractions; None where the data or the training has none.
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
    learned_labels: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))

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


@dataclass(frozen=True)
class OwnWeights:
    """A person's file of weights that was read. name: as its owner calls it. architecture: that it fits. classes:
    outputs of the network. notes: sentences on what was left out or converted."""

    digest: str
    name: str
    architecture: Architecture
    classes: int
    notes: tuple[str, ...]


_RUN_ARRAYS = ("labels", "predictions", "ids", "learned_labels")
_RUN_VALUES = ("train_accuracy", "test_accuracy", "sample_accuracy", "device", "seconds", "versions", "created")
_ENDING = 16  # characters
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


def save_upload(store: Store, content: bytes, name: str) -> str:
    """Keep a file as it came, for a worker to read; returns its sha256. name: as its owner calls it."""
    digest = hashlib.sha256(content).hexdigest()
    array, ending = np.frombuffer(content, np.uint8), PurePath(name).suffix[:_ENDING]  # says what kind of file it is
    kept = name if len(name) <= LIMITS.name else name[: LIMITS.name - len(ending)] + ending
    store.put(spec.key("upload", digest), {"bytes": array}, {"kind": "upload", "name": kept})
    return digest


def upload(store: Store, digest: str) -> tuple[memoryview, str]:
    """(bytes, name) of an uploaded file. Raises RequestError where it is no longer there."""
    entry = store.get(spec.key("upload", digest))
    if entry is None:
        raise RequestError("This upload is no longer in the store. Upload the file again.")
    return np.ascontiguousarray(entry.arrays["bytes"]).data, entry.meta["name"]


def weights_files(store: Store) -> list[OwnWeights]:
    """All files of weights that have been read, from their headers alone."""
    return [
        OwnWeights(meta["digest"], meta["name"], architecture, meta["classes"], tuple(meta["notes"]))
        for _, meta in store.entries("file")
        if isinstance(architecture := spec.from_json(meta.get("architecture")), Architecture)
    ]


def save_dataset(store: Store, dataset: Dataset, arrays: dict[str, np.ndarray]) -> None:
    """Keep what was found out about a data set. arrays: labels (n,) int64, and whatever its reader needs."""
    values = dataclasses.asdict(dataset)
    store.put(spec.key("dataset", dataset.name), arrays, {"kind": "dataset", "dataset": values})


def dataset(store: Store, name: str) -> tuple[Dataset, dict[str, np.ndarray]] | None:
    """(description, arrays) of a data set that was read, None where it has not been."""
    entry = store.get(spec.key("dataset", name))
    return None if entry is None or entry.failure else (_dataset(entry.meta["dataset"]), entry.arrays)


def datasets(store: Store) -> list[Dataset]:
    """All data sets that have been read, from their headers alone."""
    return [_dataset(meta["dataset"]) for _, meta in store.entries("dataset") if "dataset" in meta]


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


def probe_key(request: Request, layer: str) -> str:
    """Key of the linear probe of one layer."""
    return spec.key("probe", spec.layer_key(request, layer))


def probe(store: Store, request: Request, layer: str) -> Probe | str | None:
    """The linear probe of one layer, a sentence where it cannot be probed, None until that has been tried."""
    meta = store.meta(probe_key(request, layer))
    if meta is None or "probe" not in meta:
        return None
    values = meta["probe"]
    return values if isinstance(values, str) else Probe(**{**values, "accuracy": Accuracy(**values["accuracy"])})


def save_probe(store: Store, request: Request, layer: str, found: Probe | str) -> None:
    """Keep a linear probe, or the sentence that says why there is none."""
    values = found if isinstance(found, str) else dataclasses.asdict(found)
    store.put(probe_key(request, layer), {}, {"kind": "probe", "request": spec.to_json(request), "layer": layer,
                                              "probe": values})  # fmt: skip


def _dataset(values: dict[str, Any]) -> Dataset:
    shape, matrices = values["shape"], tuple((name, units) for name, units in values["matrices"])
    listed = {name: tuple(values[name]) for name in ("classes", "notes")}
    return Dataset(**{**values, **listed, "shape": None if shape is None else tuple(shape), "matrices": matrices})


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
