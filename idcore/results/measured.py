"""A measured request: the run, and the record of each of its layers. Written and read here alone."""

import contextlib
import difflib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from idcore import record, spec
from idcore.errors import RequestError
from idcore.record import Layer, LayerGeometry
from idcore.spec import Request
from idcore.store import Store

T = TypeVar("T")
_NAMED = 24
"""So many layers are all named where one is asked for that is not there; of more, the nearest half as many."""


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
    def finished(self) -> bool:
        """Whether the whole run has been gone through: each sample has its prediction, or what stands for none."""
        return len(self.predictions) == len(self.labels)

    @property
    def checkpoints(self) -> tuple[str, ...]:
        """Names of the checkpoint layers."""
        return tuple(layer.name for layer in self.layers if layer.checkpoint)


_RUN_ARRAYS = ("labels", "predictions", "ids", "learned_labels")
_RUN_VALUES = ("train_accuracy", "test_accuracy", "sample_accuracy", "device", "seconds", "versions", "created")


def run(store: Store, request: Request) -> Run | None:
    """The run of a request, None until it has begun."""
    entry = store.get(spec.run_key(request))
    return None if entry is None else readable(_run, entry.meta, entry.arrays)


def runs(store: Store) -> list[Run]:
    """All runs, the newest first, from their headers alone: labels, predictions and ids are left empty."""
    listed = (run for _, run in store.values("run", _listed) if run is not None)
    return sorted(listed, key=lambda run: -run.created)


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
    return None if entry is None else readable(record.from_entry, entry.arrays, entry.meta)


def save_layer(store: Store, request: Request, geometry: LayerGeometry) -> None:
    """Keep the record of one layer."""
    arrays, meta = record.to_entry(geometry)
    meta = {"kind": "layer", "request": spec.to_json(request), **meta}
    store.put(spec.layer_key(request, geometry.layer.name), arrays, meta)


def chosen(layers: Sequence[Layer], selection: str | Sequence[str]) -> tuple[Layer, ...]:
    """The layers that a selection names, in call order: "checkpoints", "all", or names, also of a module that gives
    another's output (`Layer.also`). Raises RequestError."""
    if selection == "all":
        return tuple(layers)
    if selection == "checkpoints":
        return tuple(layer for layer in layers if layer.checkpoint)
    names = [selection] if isinstance(selection, str) else list(selection)
    known = [layer.name for layer in layers]
    called = {other: layer.name for layer in layers for other in layer.also} | {name: name for name in known}
    for name in names:
        if name not in called:
            few = len(known) <= _NAMED
            near = known if few else difflib.get_close_matches(name, known, n=_NAMED // 2, cutoff=0.0)
            told = ", ".join(near) + ("" if few else f" and {len(known) - len(near)} more; these are the nearest")
            close = difflib.get_close_matches(name, list(called), n=1) if few else []
            asked = f"Did you mean {close[0]}?" if close else "Choose one of its layers."
            raise RequestError(f"The network has no layer {name!r}; it has {told}. {asked}")
    if not names:
        raise RequestError("Choose at least one layer.")
    meant = {called[name] for name in names}
    return tuple(layer for layer in layers if layer.name in meant)


def readable(read: Callable[..., T], *entry: Any) -> T | None:
    """What `read` makes of an entry, None where another version of Layerscope wrote it in another way."""
    with contextlib.suppress(RequestError, KeyError, TypeError):
        return read(*entry)
    return None


def _listed(meta: dict[str, Any]) -> Run | None:
    return readable(_run, meta, {})


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
