"""Where uploaded pictures lie among the samples of a request: written and read here alone. No torch."""

from dataclasses import dataclass

import numpy as np

from idcore import spec
from idcore.spec import PlaceJob
from idcore.store import Store

_ARRAYS = ("shown", "predictions", "indices", "distances", "coordinates")


@dataclass(frozen=True, eq=False)
class Placed:
    """p pictures among n samples in each of l layers.

    layers: names in call order. shown: (p, s, s, 3) uint8, each as the network saw it, small. predictions: (p,) int64,
    class of the data set, -1 for none. indices: (l, p, k) int64, the nearest samples, nearest first; distances:
    (l, p, k) float64, in units of the layer. coordinates: (l, p, c) float64, on the principal axes of the samples (as
    `LayerGeometry.coordinates`), NaN where a layer has fewer. notes: sentences on what was done to the pictures.
    """

    layers: tuple[str, ...]
    shown: np.ndarray
    predictions: np.ndarray
    indices: np.ndarray
    distances: np.ndarray
    coordinates: np.ndarray
    notes: tuple[str, ...] = ()


def key(job: PlaceJob) -> str:
    """Key of the places of the pictures of an upload."""
    return spec.key("place", job)


def read(store: Store, job: PlaceJob) -> Placed | None:
    """None until they have been found."""
    entry = store.get(key(job))
    if entry is None:
        return None
    arrays = {name: entry.arrays[name] for name in _ARRAYS}
    return Placed(layers=tuple(entry.meta["layers"]), notes=tuple(entry.meta["notes"]), **arrays)


def save(store: Store, job: PlaceJob, placed: Placed) -> None:
    """Keep them."""
    meta = {"kind": "place", "request": spec.to_json(job), "layers": list(placed.layers), "notes": list(placed.notes)}
    store.put(key(job), {name: getattr(placed, name) for name in _ARRAYS}, meta)
