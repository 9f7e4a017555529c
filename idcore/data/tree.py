"""What the folders of images say: classes, and training and test set. Standard library and numpy only."""

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import commonprefix

import numpy as np

from idcore.errors import DataError
from idcore.files.names import clean, clean_all, natural
from idcore.limits import LIMITS

_TEST = {"train": False, "training": False, "test": True, "testing": True, "val": True, "valid": True}
_TEST["validation"] = True


@dataclass(frozen=True, eq=False)
class Tree:
    """kept: (m,) int64, places of the paths that belong to it. labels: (m,) int64. folders: name of the folder of each
    class; classes: the same, fit to be shown. test: (m,) bool, None where no folders say it. labelled: whether there
    are classes. notes: sentences."""

    kept: np.ndarray
    labels: np.ndarray
    folders: tuple[str, ...]
    classes: tuple[str, ...]
    test: np.ndarray | None
    labelled: bool
    notes: tuple[str, ...]


def read_tree(paths: Sequence[str], what: str = "images") -> Tree:
    """The classes of images at relative paths: `cat/1.png`, `train/cat/1.png`, all of it perhaps within other folders.
    what: there is, in sentences.

    A class is the first folder below train, test or val (val counts as test), or below the top. Images in no folder
    at all are one set without classes. Raises DataError for too many classes.
    """
    folders, notes = _unwrapped([path.split("/")[:-1] for path in paths]), []
    tops = [_TEST.get(parts[0].lower()) if parts else None for parts in folders]
    test = None
    if True in tops and False in tops:
        test = [bool(top) for top in tops]
        folders = [parts[1:] if top is not None else [] for parts, top in zip(folders, tops, strict=True)]
        inside = [top is not None for top in tops]
    else:
        inside = [True] * len(paths)
    labelled = any(parts for parts in folders)
    inside = [here and (bool(parts) or not labelled) for here, parts in zip(inside, folders, strict=True)]
    kept = np.flatnonzero(inside)
    if len(kept) < len(paths):
        notes.append(f"{len(paths) - len(kept):,} {what} that lie beside the folders of the classes were left out.")
    names = sorted({folders[i][0] for i in kept}) if labelled else [what]
    if len(names) > LIMITS.classes:
        raise DataError(f"There are {len(names):,} folders of {what}; at most {LIMITS.classes:,} classes are read.")
    number = {name: i for i, name in enumerate(names)}
    labels = np.array([number[folders[i][0]] if labelled else 0 for i in kept], np.int64)
    classes, changed = clean_all(names, "Class")
    if labelled and sorted(names, key=natural) != names:
        notes.append("The classes stand in the order of their names as text, as ImageFolder has it: "
                     f"{', '.join(map(clean, names[:3]))}{', ...' if len(names) > 3 else ''}.")  # fmt: skip
    if not labelled:
        notes.append(f"The {what} stand in no folders: they are taken as one set without classes.")
    split = None if test is None else np.array(test, bool)[kept]
    return Tree(kept, labels, tuple(names), tuple(classes), split, labelled, (*notes, *changed))


def _unwrapped(folders: list[list[str]]) -> list[list[str]]:
    """Without the folders around everything; the last one that is left may be a class and stays."""
    # Once for all of them: paths may be tens of thousands of folders deep.
    around = max(0, min(len(commonprefix(folders)), min(map(len, folders), default=0) - 1))
    folders = [parts[around:] for parts in folders]
    if folders and all(len(parts) == 1 and parts[0].lower() in _TEST for parts in folders):
        same = len({_TEST[parts[0].lower()] for parts in folders}) == 1
        return [[] for _ in folders] if same else folders
    return folders


def turns(labels: np.ndarray) -> np.ndarray:
    """(n,) int64, how many of its class stand before each."""
    order = np.argsort(labels, kind="stable")
    _, starts, counts = np.unique(labels[order], return_index=True, return_counts=True)
    turn = np.empty(len(labels), np.int64)
    turn[order] = np.arange(len(labels)) - np.repeat(starts, counts)
    return turn


def left_out(reasons: Sequence[tuple[str, str, str]]) -> tuple[str, ...]:
    """Sentences about what was left out. reasons: (kind, name, why), one for each."""
    kinds: dict[str, list[tuple[str, str]]] = {}
    for kind, name, why in reasons:
        kinds.setdefault(kind, []).append((name, why))
    return tuple(
        f"{len(cases):,} left out ({kind}), the first of them {clean(cases[0][0]) or 'without a name'}: {cases[0][1]}."
        for kind, cases in kinds.items()
    )
