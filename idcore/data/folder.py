"""A folder of images below the data root: classes and perhaps train and test, as in torchvision's ImageFolder."""

import hashlib
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from idcore.data import source, versions
from idcore.data.catalogue import DATASETS, wnids
from idcore.data.look import Inspection, keep
from idcore.data.places import PLACES
from idcore.data.text_files import read_text_folder
from idcore.data.tree import Tree, left_out, read_tree
from idcore.errors import DataError
from idcore.files.endings import TEXTS
from idcore.files.names import clean, passed_over
from idcore.files.picture import ENDINGS
from idcore.limits import LIMITS
from idcore.record import Dataset
from idcore.spec import FOLDER
from idcore.store import Store
from idcore.watch import Watch


def read_folder(
    name: str,
    folder: Path,
    store: Store,
    watch: Watch,
) -> Dataset:
    """Look at the images below `folder` and keep what was found under the name and the digest of the images
    (`versions`); those of a data set known by name are not decoded. Where there is no image, its texts. See
    `read.read_dataset`."""
    reading, before, hidden = watch.heartbeat(), versions.stamp(name, folder), list[str]()
    paths = sorted(versions.walk(folder, watch, hidden))
    if not paths and name.startswith(FOLDER) and (texts := sorted(versions.walk(folder, endings=TEXTS))):
        return read_text_folder(name, folder, texts, hidden, store, watch)
    known, digests, seen = DATASETS.get(name), dict[str, bytes](), Inspection()
    if listed := len(paths) > LIMITS.images:
        seen.good.extend(range(len(paths)))
    for i, path in enumerate(() if listed else paths):
        reading.report("reading", f"Reading {name}: {i:,}", i, len(paths))
        seen.look(i, path, partial(_read, folder, path, digests), decoded=known is None)
    if not seen.good:
        raise DataError(
            f"{folder} holds no image that can be read. {' '.join(left_out(seen.bad))} Put images there, with a folder "
            f"for each class; their names must end in {', '.join(ENDINGS)}. Texts end in {', '.join(TEXTS)}."
        )
    flat = known is not None and PLACES[name].flat
    tree = read_tree([_in_class(paths[i]) if flat else paths[i] for i in seen.good])
    base = known or Dataset(
        name, clean(name.removeprefix(FOLDER)), (), seen.shape, {}, f"The folder {clean(str(folder), 200)}"
    )
    if known is not None:
        tree = _known(tree, wnids(name), known)
    if listed:
        seen_by = "Whether they change is seen from their names, sizes and times alone."
        base = replace(base, notes=(*base.notes, f"The {len(paths):,} images were listed and not looked at. {seen_by}"))
    kept = [paths[seen.good[i]] for i in tree.kept]
    arrays = {"paths": np.frombuffer("\0".join(kept).encode("utf-8", "surrogateescape"), np.uint8)}
    base = replace(base, notes=(*base.notes, *seen.notes, *passed_over(hidden)))
    if digests:
        arrays["digests"] = np.array([np.frombuffer(digests[path], np.uint8) for path in kept])
    dataset = replace(base, name=f"{name}@{_version(kept, digests, before)}")
    dataset = keep(dataset, tree, arrays, store)
    versions.keep(name, dataset.name, before, store)
    return dataset


def _in_class(path: str) -> str:
    """The path with a folder for the class, whose WordNet id the name of the file begins with: `n01440764/...`."""
    return f"{path.rpartition('/')[2].partition('_')[0]}/{path}"


def _read(folder: Path, path: str, digests: dict[str, bytes]) -> bytes:
    content = source.read_file(folder / path)
    digests[path] = source.digest(content)
    return content


def _version(paths: list[str], digests: dict[str, bytes], stamp: str) -> str:
    """A digest of the images and their paths; of images that were not read, of what the disk says of them."""
    digest = hashlib.sha256(b"" if digests else stamp.encode())
    for path in paths:
        digest.update(path.encode("utf-8", "surrogateescape") + b"\0" + digests.get(path, b""))
    return digest.hexdigest()[:12]


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
