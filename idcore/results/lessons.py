"""Numbers that Learn tells with and that ship without the records behind them: written and read here alone."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from idcore import record, spec
from idcore.estimators.summary import LayerSummary, kept
from idcore.record import Layer
from idcore.store import Store


@dataclass(frozen=True)
class Moment:
    """The last hidden layer after an epoch of a training: ID, one standard error, and the accuracies on the labels that
    the network learns from and on the true ones of the test set, in 0 ... 1; None before the first epoch."""

    epoch: int
    id: float
    err: float
    train_accuracy: float | None
    test_accuracy: float | None


@dataclass(frozen=True)
class Lesson:
    """A network by its checkpoint layers. rows: in call order. labels: share of the 30 nearest neighbours that have the
    label of their point, by layer, () where no label stands twice; chance: what neighbours without any relation to it
    would have. course: of the last hidden layer by epoch, () where it was not measured on the way."""

    layers: tuple[Layer, ...]
    rows: tuple[LayerSummary, ...]
    labels: tuple[float, ...] = ()
    chance: float = 0.0
    train_accuracy: float | None = None
    test_accuracy: float | None = None
    course: tuple[Moment, ...] = ()

    def row(self, layer: str) -> LayerSummary:
        """The row of a layer. Raises KeyError."""
        return {row.layer: row for row in self.rows}[layer]

    @property
    def last_hidden(self) -> LayerSummary:
        """The row of the layer before the output."""
        return self.rows[-2]


@dataclass(frozen=True)
class Scaled:
    """A network of two layers that was trained with its output scaled by alpha, and the ID of its hidden layer.

    movement: how far the weights went, relative to their size. accuracy: on the digits it learned. cka: linear CKA of
    the hidden layer before and after. before, after: ID and standard error, on new digits. alignment: of the centred
    tangent kernel before and after, on new digits; test_error: share of them that is wrong. Both None where they were
    not kept."""

    alpha: float
    movement: float
    accuracy: float
    cka: float
    before: float
    before_err: float
    after: float
    after_err: float
    alignment: float | None = None
    test_error: float | None = None


@dataclass(frozen=True, eq=False)
class Chain:
    """The samples of a network in each of its layers. labels, ids: (n,) int64. nearest: by layer, the place of the
    nearest neighbour of each sample, (n,) int64. pca, umap: by layer, a map of it, (n, 2) float32 of values that are
    kept to a two-thousandth of themselves."""

    class_names: tuple[str, ...]
    labels: np.ndarray
    ids: np.ndarray
    nearest: Mapping[str, np.ndarray]
    pca: Mapping[str, np.ndarray]
    umap: Mapping[str, np.ndarray]


def save(store: Store, name: str, lesson: Lesson) -> None:
    """Keep a lesson under its name."""
    values = dataclasses.asdict(lesson) | {"layers": [record.layer_to_json(layer) for layer in lesson.layers]}
    _put(store, name, values)


def read(store: Store, name: str) -> Lesson:
    """A lesson by its name. Raises KeyError where there is none."""
    values = _get(store, name)
    return Lesson(
        layers=tuple(map(record.layer_from_json, values["layers"])),
        rows=tuple(kept(row) for row in values["rows"]),
        labels=tuple(values["labels"]),
        chance=values["chance"],
        train_accuracy=values["train_accuracy"],
        test_accuracy=values["test_accuracy"],
        course=tuple(Moment(**moment) for moment in values["course"]),
    )


def save_luminance(store: Store, rows: dict[float, LayerSummary]) -> None:
    """Keep the row of the input by the lambda of its luminance gradient."""
    _put(store, "luminance", {"rows": [[gradient, dataclasses.asdict(row)] for gradient, row in rows.items()]})


def luminance(store: Store) -> dict[float, LayerSummary]:
    """The row of the input by the lambda of its luminance gradient. Raises KeyError."""
    return {gradient: kept(row) for gradient, row in _get(store, "luminance")["rows"]}


def save_scaled(store: Store, scaled: Sequence[Scaled]) -> None:
    """Keep what became of a network by the scale of its output."""
    _put(store, "scaled", {"networks": [dataclasses.asdict(one) for one in scaled]})


def scaled(store: Store) -> tuple[Scaled, ...]:
    """What became of a network by the scale of its output, alpha rising. Raises KeyError."""
    return tuple(Scaled(**one) for one in _get(store, "scaled")["networks"])


def save_spectrum(store: Store, name: str, eigenvalues: Mapping[str, np.ndarray]) -> None:
    """Keep the eigenvalues of a network by layer, falling, each (m,) float64."""
    store.put(spec.key("lesson", f"spectrum {name}"), dict(eigenvalues), {"kind": "lesson", "name": f"spectrum {name}"})


def spectrum(store: Store, name: str) -> dict[str, np.ndarray]:
    """The eigenvalues of a network by layer, falling. Raises KeyError."""
    entry = store.get(spec.key("lesson", f"spectrum {name}"))
    if entry is None:
        raise KeyError(name)
    return dict(entry.arrays)


_PARTS = {"nearest": (np.int16, np.int64), "pca": (np.float16, np.float32), "umap": (np.float16, np.float32)}


def save_chain(store: Store, name: str, chain: Chain) -> None:
    """Keep the samples of a network by layer, fewer than 32,768 of them."""
    arrays = {"labels": chain.labels, "ids": chain.ids}
    for part, (short, _) in _PARTS.items():
        arrays |= {f"{part} {layer}": values.astype(short) for layer, values in getattr(chain, part).items()}
    meta = {"kind": "lesson", "name": f"chain {name}", "class_names": list(chain.class_names)}
    store.put(spec.key("lesson", f"chain {name}"), arrays, meta)


def chain(store: Store, name: str) -> Chain:
    """The samples of a network by layer. Raises KeyError."""
    entry = store.get(spec.key("lesson", f"chain {name}"))
    if entry is None:
        raise KeyError(name)
    parts: dict[str, dict[str, np.ndarray]] = {part: {} for part in _PARTS}
    for key, values in entry.arrays.items():
        part, _, layer = key.partition(" ")
        if part in parts:
            parts[part][layer] = values.astype(_PARTS[part][1])
    return Chain(tuple(entry.meta["class_names"]), entry.arrays["labels"], entry.arrays["ids"], **parts)


def _put(store: Store, name: str, values: dict[str, Any]) -> None:
    store.put(spec.key("lesson", name), {}, {"kind": "lesson", "name": name, "values": values})


def _get(store: Store, name: str) -> dict[str, Any]:
    entry = store.get(spec.key("lesson", name))
    if entry is None:
        raise KeyError(name)
    values: dict[str, Any] = entry.meta["values"]
    return values
