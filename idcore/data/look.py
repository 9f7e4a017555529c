"""What is learned of images while they are looked at one by one, and how it is kept."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from idcore import results
from idcore.data import source
from idcore.data.tree import Tree, left_out
from idcore.files.archive import Reason
from idcore.files.picture import Unreadable, decode
from idcore.record import Dataset
from idcore.store import Store


@dataclass
class Inspection:
    """What is learned while images are decoded, one by one."""

    good: list[int] = field(default_factory=list)
    shapes: set[tuple[int, ...]] = field(default_factory=set)
    remarks: Counter[str] = field(default_factory=Counter)
    bad: list[Reason] = field(default_factory=list)

    def look(self, index: int, path: str, read: Callable[[], bytes], decoded: bool = True) -> None:
        try:
            content = read()
            picture = decode(content) if decoded else None
        except Unreadable as error:
            self.bad.append((error.kind, path, error.reason))
            return
        self.good.append(index)
        if picture is not None:
            self.shapes.add(picture.pixels.shape)
            self.remarks.update(picture.remarks)

    @property
    def shape(self) -> tuple[int, int, int] | None:
        return next(iter(self.shapes)) if len(self.shapes) == 1 else None  # type: ignore[return-value]

    @property
    def notes(self) -> tuple[str, ...]:
        return (*left_out(self.bad), *(f"{n:,} images: {remark}." for remark, n in self.remarks.items()))


def keep(base: Dataset, tree: Tree, arrays: dict[str, np.ndarray], store: Store) -> Dataset:
    """Fill in what the folders say, and keep it."""
    labels, notes, test = tree.labels, tree.notes, tree.test
    splits = {"all": np.ones(len(labels), bool)}
    if test is None and tree.labelled and np.unique(labels, return_counts=True)[1].min() >= 5:
        test = source.held_out(labels)
        notes = (*notes, "There are no folders train and test: one in five images of each class is the test set.")
    if test is None:
        test = np.zeros(len(labels), bool)
    else:
        splits = {"train": ~test, "test": test, **splits}
    dataset = replace(
        base,
        classes=tree.classes,
        sizes={split: int(there.sum()) for split, there in splits.items()},
        smallest={split: int(np.unique(labels[there], return_counts=True)[1].min()) for split, there in splits.items()},
        notes=(*base.notes, *notes),
        labelled=tree.labelled,
    )
    results.save_dataset(store, dataset, {"labels": labels, "test": test, **arrays})
    return dataset
