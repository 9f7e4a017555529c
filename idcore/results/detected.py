"""What the units of a layer detect: written and read here alone. No torch."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from idcore import record, spec
from idcore.estimators.detectors import Detector
from idcore.estimators.excited import MOST
from idcore.record import Layer
from idcore.results.measured import readable
from idcore.shapes import Bool, Float, Int
from idcore.spec import Request
from idcore.store import Store

BEST, BINS = 3, 24
_ARRAYS = (
    *("auc", "auc_class", "balanced_accuracy", "selectivity", "dead", "top", "values"),
    *("edges", "of_class", "of_others", "excited", "percentile", "excitation"),
)
_VERSION = 2
"""1 did not say what each sample excites."""


@dataclass(frozen=True, eq=False)
class Detected:
    """d units of a layer on n samples.

    layer: as its units were counted: flattened, or the mean of each channel. note: why there is nothing ("" where there
    is); then the arrays are empty. detector: None where there is none. auc: (d, 3) float64, of the classes that a unit
    detects best, falling; auc_class: (d, 3) int64, their labels (fewer than 3 where there are fewer classes).
    balanced_accuracy: of the best of them, 0.5 is chance. selectivity, dead, top: as in `Units`. values: (d, 9)
    float32, of the samples `top`, NaN for none. edges: (d, 2) float64, the least and the largest value; of_class,
    of_others: (d, 24) int32, samples of the best class and of the others in equal bins between them. excited,
    percentile, excitation: (n, 10), of each sample the units that it excites most, as in `Excited`. remarks: sentences
    for the reader.
    """

    layer: Layer
    n: int
    note: str = ""
    remarks: tuple[str, ...] = ()
    detector: Detector | None = None
    auc: Float[np.ndarray, "d b"] = dataclasses.field(default_factory=lambda: np.zeros((0, BEST)))
    auc_class: Int[np.ndarray, "d b"] = dataclasses.field(default_factory=lambda: np.zeros((0, BEST), np.int64))
    balanced_accuracy: Float[np.ndarray, " d"] = dataclasses.field(default_factory=lambda: np.zeros(0))
    selectivity: Float[np.ndarray, " d"] = dataclasses.field(default_factory=lambda: np.zeros(0))
    dead: Bool[np.ndarray, " d"] = dataclasses.field(default_factory=lambda: np.zeros(0, np.bool_))
    top: Int[np.ndarray, "d t"] = dataclasses.field(default_factory=lambda: np.zeros((0, 9), np.int64))
    values: Float[np.ndarray, "d t"] = dataclasses.field(default_factory=lambda: np.zeros((0, 9), np.float32))
    edges: Float[np.ndarray, "d 2"] = dataclasses.field(default_factory=lambda: np.zeros((0, 2)))
    of_class: Int[np.ndarray, "d h"] = dataclasses.field(default_factory=lambda: np.zeros((0, BINS), np.int32))
    of_others: Int[np.ndarray, "d h"] = dataclasses.field(default_factory=lambda: np.zeros((0, BINS), np.int32))
    excited: Int[np.ndarray, "m e"] = dataclasses.field(default_factory=lambda: np.zeros((0, MOST), np.int64))
    percentile: Float[np.ndarray, "m e"] = dataclasses.field(default_factory=lambda: np.zeros((0, MOST)))
    excitation: Float[np.ndarray, "m e"] = dataclasses.field(default_factory=lambda: np.zeros((0, MOST), np.float32))

    @property
    def units(self) -> int:
        return len(self.dead)


def unit_name(layer: Layer, unit: int) -> str:
    """A unit in words: its place in the layer, the channel first where there is one."""
    if len(layer.shape) < 2:
        return f"channel {unit}" if layer.reduce == "mean" else f"unit {unit}"
    position = [int(i) for i in np.unravel_index(unit, layer.shape)]
    channel = None if layer.channels is None else position.pop(layer.channels)
    at = ", ".join(map(str, position))
    return f"unit {unit} at {at}" if channel is None else f"channel {channel} at {at}"


def key(request: Request, layer: str) -> str:
    """Key of what the units of one layer detect."""
    return spec.key("units", spec.layer_key(request, layer), _VERSION)


def read(store: Store, request: Request, layer: str) -> Detected | None:
    """None until they have been counted."""
    entry = store.get(key(request, layer))
    return None if entry is None else readable(_read, entry.arrays, entry.meta)


def save(store: Store, request: Request, layer: str, detected: Detected) -> None:
    """Keep them. layer: the name under which they were asked for."""
    values = None if detected.detector is None else dataclasses.asdict(detected.detector)
    meta = {
        "kind": "units",
        "request": spec.to_json(request),
        "layer": record.layer_to_json(detected.layer),
        "n": detected.n,
    }
    meta |= {"note": detected.note, "remarks": list(detected.remarks), "detector": values}
    store.put(key(request, layer), {name: np.asarray(getattr(detected, name)) for name in _ARRAYS}, meta)


def _read(arrays: dict[str, np.ndarray], meta: dict[str, object]) -> Detected:
    values = meta["detector"]
    return Detected(
        record.layer_from_json(meta["layer"]),  # type: ignore[arg-type]
        int(meta["n"]),  # type: ignore[call-overload]
        str(meta["note"]),
        tuple(meta["remarks"]),  # type: ignore[arg-type]
        None if values is None else Detector(**values),  # type: ignore[arg-type]
        **{name: arrays[name] for name in _ARRAYS},
    )
