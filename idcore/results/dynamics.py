"""How layers change while a network learns: after which epochs it is measured, and what that leaves. No torch.

Two kinds of entry, written and read here alone: `watch`, one for a training, with the history and a row of numbers for
each measured layer and epoch; and the records of these layers, under the job, the epoch and the layer.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from idcore import record, spec
from idcore.estimators.summary import LayerSummary, kept
from idcore.record import Layer, LayerGeometry
from idcore.results import measured
from idcore.spec import ALGORITHM, USUAL, WatchJob
from idcore.store import Store

_BEFORE = {"discard": 0.1, "variance": 0.9}
"""What the rows of an entry are made with that does not say it."""


@dataclass(frozen=True, eq=False)
class Dynamics:
    """How far a training that is measured on the way has come.

    history: the finished epochs, as `networks.train` tells them. layers: those that are measured, in call order. rows:
    numbers of the layers by epoch, 0 before training. labels, ids: (n,) int64, of the samples they were measured on.
    measuring: seconds that went into measuring, by epoch. complete: whether the training has ended. apart: epochs from
    one measurement to the next, to begin with (`is_measured`).
    """

    job: WatchJob
    layers: tuple[Layer, ...]
    labels: np.ndarray
    ids: np.ndarray
    class_names: tuple[str, ...]
    history: tuple[dict[str, Any], ...] = ()
    rows: Mapping[int, tuple[LayerSummary, ...]] = field(default_factory=dict)
    measuring: Mapping[int, float] = field(default_factory=dict)
    complete: bool = False
    apart: int = 1
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def last_hidden(self) -> str:
        """Name of the layer before the output."""
        return self.layers[-2 if len(self.layers) > 1 else -1].name

    @property
    def trained(self) -> float:
        """Seconds that went into training."""
        seconds: float = sum(epoch["seconds"] for epoch in self.history)
        return seconds


def is_measured(epoch: int, apart: int = 1) -> bool:
    """Whether a training is measured after so many epochs, 0 being before the first: apart times 0, 1, 2, 3, 5, 8, 12,
    16, 24, 32, 48, 64, 96, ...; and after its last, wherever that falls."""
    times, rest = divmod(epoch, apart)
    if rest or times <= 3 or times in (5, 8, 12):
        return not rest
    return times // (times & -times) in (1, 3) and times > 12  # 2^k and 3 * 2^k


def epochs(most: int, apart: int = 1) -> tuple[int, ...]:
    """The measured epochs of a training of so many."""
    return tuple(epoch for epoch in range(most + 1) if is_measured(epoch, apart) or epoch == most)


def key(job: WatchJob) -> str:
    """Key of the `watch` entry."""
    return spec.key("watch", job)


def read(store: Store, job: WatchJob) -> Dynamics | None:
    """How far such a training has come, None until it has begun, or where its numbers are of another version of the
    measurement or made with another reading: then it begins again."""
    entry = store.get(key(job))
    if entry is None or entry.meta.get("algorithm", 1) != ALGORITHM:
        return None
    if entry.meta.get("reading", _BEFORE) != USUAL.of_rows:
        return None
    meta, training = entry.meta, store.meta(spec.training_key(job.network)) or {}
    return Dynamics(
        job=job,
        layers=tuple(map(record.layer_from_json, meta["layers"])),
        labels=entry.arrays["labels"],
        ids=entry.arrays["ids"],
        class_names=tuple(meta["class_names"]),
        history=max(tuple(meta["history"]), tuple(training.get("history", ())), key=len),  # measured, or gone on since
        rows={int(epoch): tuple(kept(row) for row in rows) for epoch, rows in meta["rows"].items()},
        measuring={int(epoch): seconds for epoch, seconds in meta["measuring"].items()},
        complete=meta["complete"],
        apart=meta.get("apart", 1),
        versions=meta["versions"],
    )


def save(store: Store, dynamics: Dynamics) -> None:
    """Keep how far a training that is measured on the way has come."""
    meta = {
        "kind": "watch",
        "request": spec.to_json(dynamics.job),
        "layers": [record.layer_to_json(layer) for layer in dynamics.layers],
        "class_names": list(dynamics.class_names),
        "history": list(dynamics.history),
        "rows": {str(epoch): [dataclasses.asdict(row) for row in rows] for epoch, rows in dynamics.rows.items()},
        "measuring": {str(epoch): seconds for epoch, seconds in dynamics.measuring.items()},
        "complete": dynamics.complete,
        "apart": dynamics.apart,
        "versions": dict(dynamics.versions),
        "algorithm": ALGORITHM,
        "reading": USUAL.of_rows,
    }
    store.put(key(dynamics.job), {"labels": dynamics.labels, "ids": dynamics.ids}, meta)


def layer(store: Store, job: WatchJob, epoch: int, name: str) -> LayerGeometry | None:
    """The record of a layer after an epoch, None where there is none."""
    return measured.layer(store, _about(job, epoch), name)  # type: ignore[arg-type]


def save_layer(store: Store, job: WatchJob, epoch: int, geometry: LayerGeometry) -> None:
    """Keep the record of a layer after an epoch."""
    measured.save_layer(store, _about(job, epoch), geometry)  # type: ignore[arg-type]


def forget(store: Store, job: WatchJob) -> None:
    """Remove what a training that has not ended has left, its state too."""
    training = read(store, job)
    for epoch in training.rows if training else ():
        for one in training.layers if training else ():
            store.delete(spec.layer_key(_about(job, epoch), one.name))  # type: ignore[arg-type]
    store.delete(key(job))
    store.delete(spec.training_key(job.network))


def _about(job: WatchJob, epoch: int) -> dict[str, Any]:
    return {"watch": spec.to_json(job), "epoch": epoch}
