"""Ideal inputs of units: written and read here alone. No torch."""

from dataclasses import dataclass

import numpy as np

from idcore import spec
from idcore.spec import IdealJob
from idcore.store import Store


@dataclass(frozen=True, eq=False)
class Sought:
    """image: (h, w, 1 or 3) uint8. activation: of the unit on the image before it was rounded to 256 levels. best: the
    largest activation of the unit on the samples."""

    image: np.ndarray
    activation: float
    best: float


def key(job: IdealJob, unit: int) -> str:
    """Key of the ideal input of one unit; it does not depend on the units beside it."""
    return spec.key("ideal", spec.layer_key(job.request, job.layer), unit, job.natural, job.steps, job.seed)


def read(store: Store, job: IdealJob, unit: int) -> Sought | None:
    """None until it has been found."""
    entry = store.get(key(job, unit))
    return None if entry is None else Sought(entry.arrays["image"], entry.meta["activation"], entry.meta["best"])


def save(store: Store, job: IdealJob, unit: int, sought: Sought) -> None:
    """Keep it."""
    meta = {"kind": "ideal", "request": spec.to_json(job), "unit": unit}
    store.put(key(job, unit), {"image": sought.image}, meta | {"activation": sought.activation, "best": sought.best})
