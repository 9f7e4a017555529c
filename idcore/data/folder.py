"""A folder of images below the data root: classes and perhaps train and test, as in torchvision's ImageFolder."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from idcore.data import source
from idcore.data.catalogue import DATASETS, wnids
from idcore.data.look import Pulse, Seen, keep
from idcore.data.names import clean, is_hidden, passed_over
from idcore.data.picture import ENDINGS
from idcore.data.tree import Tree, left_out, read_tree
from idcore.errors import DataError
from idcore.limits import LIMITS
from idcore.networks.train import Progress
from idcore.record import Dataset
from idcore.spec import FOLDER
from idcore.store import Store

_FILES = 5_000_000  # images in a folder; ImageNet has 1.3 million


def read_folder(
    name: str,
    folder: Path,
    store: Store,
    progress: Callable[[Progress], None] | None,
    cancelled: Callable[[], bool] | None,
) -> Dataset:
    """Look at the images below `folder` and keep what was found under `name`; see `read.read_dataset`."""
    pulse = Pulse(f"Listing {name}", 0, progress, cancelled)
    hidden = list[str]()
    paths = sorted(_walk(folder, pulse, hidden))
    known = DATASETS.get(name)
    seen = Seen(good=list(range(len(paths))))
    if known is None and len(paths) <= LIMITS.images:
        pulse, seen = Pulse(f"Reading {name}", len(paths), progress, cancelled), Seen()
        for i, path in enumerate(paths):
            pulse(i)
            seen.look(i, path, lambda path=path: source.read_file(folder / path))  # type: ignore[misc]
    if not seen.good:
        raise DataError(
            f"{folder} holds no image that can be read. {' '.join(left_out(seen.bad))} Put images there, with a folder "
            f"for each class; their names must end in {', '.join(ENDINGS)}."
        )
    tree = read_tree([paths[i] for i in seen.good])
    base = known or Dataset(
        name, clean(name.removeprefix(FOLDER)), (), seen.shape, {}, f"The folder {clean(str(folder), 200)}"
    )
    if known is not None:
        tree = _known(tree, wnids(name), known)
    elif len(paths) > LIMITS.images:
        base = replace(base, notes=(f"The {len(paths):,} images were listed and not looked at.",))
    joined = "\0".join(paths[seen.good[i]] for i in tree.kept).encode("utf-8", "surrogateescape")
    base = replace(base, notes=(*base.notes, *seen.notes, *passed_over(hidden)))
    return keep(base, tree, {"paths": np.frombuffer(joined, np.uint8)}, store)


def _walk(folder: Path, pulse: Pulse, hidden: list[str]) -> Iterator[str]:
    """Paths, relative to the folder, of the files that are images by name; links are followed, no folder twice.
    hidden: gets the names of what is passed over (`names.is_hidden`)."""
    count, visited = 0, set[str]()
    for top, folders, names in os.walk(folder, followlinks=True):
        pulse(count)
        real = os.path.realpath(top)
        if real in visited:
            folders.clear()
            continue
        visited.add(real)
        hidden += filter(is_hidden, (*folders, *names))
        folders[:] = [f for f in folders if not is_hidden(f)]
        here = [n for n in names if n.lower().endswith(ENDINGS) and not is_hidden(n)]
        count += len(here)
        if count > _FILES:
            raise DataError(f"{folder} holds more than {_FILES:,} images, which is the limit.")
        yield from (os.path.relpath(os.path.join(top, n), folder) for n in here)


def _known(tree: Tree, ids: tuple[str, ...], known: Dataset) -> Tree:
    """With the labels and the classes of ImageNet, whichever of its folders are there."""
    number = {folder: i for i, folder in enumerate(ids)}
    label = np.array([number.get(folder, -1) for folder in tree.folders], np.int64)[tree.labels]
    good, notes = label >= 0, tree.notes
    if not good.any():
        raise DataError(
            f"{known.name} has folders that are called {ids[0]}, {ids[1]} and so on; none of them is there."
        )
    if not good.all():
        notes = (*notes, f"{int((~good).sum()):,} images in folders that are no class of {known.name} were left out.")
    present = len(np.unique(label[good]))
    if present < len(ids):
        notes = (*notes, f"{present} of its {len(ids)} classes are there.")
    test = None if tree.test is None else tree.test[good]
    return Tree(tree.kept[good], label[good], ids, known.classes, test, True, notes)
