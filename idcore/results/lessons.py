"""Numbers that Learn tells with and that ship without the records behind them: written and read here alone."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from idcore import record, spec
from idcore.estimators.summary import LayerSummary
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


def save(store: Store, name: str, lesson: Lesson) -> None:
    """Keep a lesson under its name."""
    values = dataclasses.asdict(lesson) | {"layers": [record.layer_to_json(layer) for layer in lesson.layers]}
    _put(store, name, values)


def read(store: Store, name: str) -> Lesson:
    """The same. Raises KeyError where there is none."""
    values = _get(store, name)
    return Lesson(
        layers=tuple(map(record.layer_from_json, values["layers"])),
        rows=tuple(LayerSummary(**row) for row in values["rows"]),
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
    """The same. Raises KeyError."""
    return {gradient: LayerSummary(**row) for gradient, row in _get(store, "luminance")["rows"]}


def save_scaled(store: Store, scaled: Sequence[Scaled]) -> None:
    """Keep what became of a network by the scale of its output."""
    _put(store, "scaled", {"networks": [dataclasses.asdict(one) for one in scaled]})


def scaled(store: Store) -> tuple[Scaled, ...]:
    """The same, alpha rising. Raises KeyError."""
    return tuple(Scaled(**one) for one in _get(store, "scaled")["networks"])


def save_spectrum(store: Store, name: str, eigenvalues: Mapping[str, np.ndarray]) -> None:
    """Keep the eigenvalues of a network by layer, falling, each (m,) float64."""
    store.put(spec.key("lesson", f"spectrum {name}"), dict(eigenvalues), {"kind": "lesson", "name": f"spectrum {name}"})


def spectrum(store: Store, name: str) -> dict[str, np.ndarray]:
    """The same. Raises KeyError."""
    entry = store.get(spec.key("lesson", f"spectrum {name}"))
    if entry is None:
        raise KeyError(name)
    return dict(entry.arrays)


def _put(store: Store, name: str, values: dict[str, Any]) -> None:
    store.put(spec.key("lesson", name), {}, {"kind": "lesson", "name": name, "values": values})


def _get(store: Store, name: str) -> dict[str, Any]:
    entry = store.get(spec.key("lesson", name))
    if entry is None:
        raise KeyError(name)
    values: dict[str, Any] = entry.meta["values"]
    return values
