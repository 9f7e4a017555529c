"""A folder under the data root that was read, as pages find it."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from idcore import results
from idcore.data import versions
from idcore.record import Dataset
from idcore.settings import settings
from idcore.store import Store


def keep_folder(store: Store, dataset: Dataset, labels: np.ndarray) -> str:
    """Keep what was found in a folder that holds nothing; returns the name of what was read."""
    plain, found = dataset.name, f"{dataset.name}@0123456789ab"
    folder = settings().data / plain.removeprefix("folder-")
    Path(folder).mkdir(parents=True, exist_ok=True)
    results.save_dataset(store, replace(dataset, name=found), {"labels": labels})
    versions.keep(plain, found, versions.stamp(plain, folder), store)
    return found
