"""What is known of a data set. Plain Python, so that a page can list them without torch."""

from typing import TYPE_CHECKING

from idcore.data import places
from idcore.data.known import KNOWN
from idcore.data.places import SHIPPED, folders, present, where
from idcore.record import Dataset

if TYPE_CHECKING:
    from idcore.store import Store

__all__ = ["DATASETS", "SHIPPED", "describe", "folders", "present", "where", "wnids"]

DATASETS: dict[str, Dataset] = {one.facts.name: one.facts for one in KNOWN}
"""Every one that has a name."""


def wnids(name: str) -> tuple[str, ...]:
    """The folder of each class by label, for ImageNet and Imagenette; nothing for the others."""
    return next((one.wnids for one in KNOWN if one.facts.name == name), ())


def describe(name: str, store: "Store | None" = None) -> Dataset | None:
    """What is known of a data set: what was found when it was read (the last time, where the name has no digest), else
    the facts below; None for nothing."""
    if store is not None and name not in SHIPPED:
        from idcore import results
        from idcore.data import versions

        if places.on_disk(name) and places.base(name) == name:
            name = versions.latest(name, store) or name
        known = next((dataset for dataset in results.datasets(store) if dataset.name == name), None)
        if known is not None:
            return known
    return DATASETS.get(places.base(name))
