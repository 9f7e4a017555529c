"""What came from outside: uploads as they came, data sets and files of weights as they were read."""

import dataclasses
import hashlib
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np

from idcore import spec
from idcore.errors import RequestError, StoreError
from idcore.limits import LIMITS
from idcore.record import Dataset
from idcore.results.measured import readable
from idcore.spec import Architecture
from idcore.store import Store

_ENDING = 16  # characters


@dataclass(frozen=True)
class OwnWeights:
    """A person's file of weights that was read. name: as its owner calls it. architecture: that it fits. classes:
    outputs of the network. notes: sentences on what was left out or converted."""

    digest: str
    name: str
    architecture: Architecture
    classes: int
    notes: tuple[str, ...]


def save_upload(store: Store, content: bytes, name: str) -> str:
    """Keep a file as it came, for a worker to read; returns its sha256. name: as its owner calls it. Raises StoreError
    where there is no room for it."""
    digest = hashlib.sha256(content).hexdigest()
    array, ending = np.frombuffer(content, np.uint8), PurePath(name).suffix[:_ENDING]  # says what kind of file it is
    kept = name if len(name) <= LIMITS.name else name[: LIMITS.name - len(ending)] + ending
    _put(store, spec.key("upload", digest), {"bytes": array}, {"kind": "upload", "name": kept})
    return digest


def _put(store: Store, key: str, arrays: dict[str, np.ndarray], meta: dict[str, Any]) -> None:
    """Unlike a result, what came from outside is of use only where it was kept."""
    if (warning := store.put(key, arrays, meta)) is not None:
        raise StoreError(f"What came could not be kept, and without that it cannot be measured. {warning}")


def upload(store: Store, digest: str) -> tuple[memoryview, str]:
    """(bytes, name) of an uploaded file. Raises RequestError where it is no longer there."""
    entry = store.get(spec.key("upload", digest))
    if entry is None:
        raise RequestError("This upload is no longer in the store. Upload the file again.")
    return np.ascontiguousarray(entry.arrays["bytes"]).data, entry.meta["name"]


def weights_files(store: Store) -> list[OwnWeights]:
    """All files of weights that have been read, from their headers alone."""
    return [weights for _, weights in store.values("file", _weights) if weights is not None]


def save_dataset(store: Store, dataset: Dataset, arrays: dict[str, np.ndarray]) -> None:
    """Keep what was found out about a data set. arrays: labels (n,) int64, and whatever its reader needs. Raises
    StoreError where there is no room."""
    values = dataclasses.asdict(dataset)
    _put(store, spec.key("dataset", dataset.name), arrays, {"kind": "dataset", "dataset": values})


def dataset(store: Store, name: str) -> tuple[Dataset, dict[str, np.ndarray]] | None:
    """(description, arrays) of a data set that was read, None where it has not been."""
    entry = store.get(spec.key("dataset", name))
    info = None if entry is None else readable(_dataset, entry.meta)
    return None if entry is None or info is None else (info, entry.arrays)


def datasets(store: Store) -> list[Dataset]:
    """All data sets that have been read, from their headers alone."""
    return [dataset for _, dataset in store.values("dataset", _listed) if dataset is not None]


def _weights(meta: dict[str, Any]) -> OwnWeights | None:
    architecture = spec.from_json(meta.get("architecture"))
    if not isinstance(architecture, Architecture):
        return None
    return OwnWeights(meta["digest"], meta["name"], architecture, meta["classes"], tuple(meta["notes"]))


def _listed(meta: dict[str, Any]) -> Dataset | None:
    return readable(_dataset, meta)


def _dataset(meta: dict[str, Any]) -> Dataset:
    values = meta["dataset"]
    shape, matrices = values["shape"], tuple((name, units) for name, units in values["matrices"])
    listed = {name: tuple(values[name]) for name in ("classes", "notes")}
    return Dataset(**{**values, **listed, "shape": None if shape is None else tuple(shape), "matrices": matrices})
