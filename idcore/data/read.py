"""What comes from outside is read once, here: data sets and folders under the data root, zips of images, single images.

What is found out goes into the store (`results.save_dataset`): a description, labels, which samples are the test set,
and where each image is. The images themselves stay where they are.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from idcore import results
from idcore.data import formats, measurable, places, source, versions
from idcore.data.catalogue import DATASETS, SHIPPED
from idcore.data.download import download as fetch
from idcore.data.download import offered
from idcore.data.folder import read_folder
from idcore.data.look import Inspection, keep
from idcore.data.tree import left_out, read_tree
from idcore.errors import DataError
from idcore.files import archive
from idcore.files.arrays import read_arrays
from idcore.files.names import clean, passed_over
from idcore.files.picture import Picture, Unreadable, decode
from idcore.limits import LIMITS
from idcore.record import Dataset
from idcore.results import passages
from idcore.settings import settings
from idcore.spec import UPLOAD
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch


def read_dataset(
    name: str,
    store: Store,
    download: bool = False,
    watch: Watch = UNWATCHED,
    root: Path | None = None,
) -> Dataset:
    """Look at a data set of the catalogue or a folder under the data root, and keep what was found under a name that
    says what was in it (`versions`).

    download: fetch it where it is not there. Images of a person's own folder are decoded once to see that they are
    good, as long as there are no more than LIMITS.images. Raises DataError where it is not there, cannot be fetched, or
    holds no image; and Cancelled.
    """
    root = settings().data if root is None else root
    if download:
        fetch_absent(name, watch, root)
    if name not in SHIPPED and not places.on_disk(name):
        source.dataset(name)  # says what is wrong with the name
    if name in SHIPPED:
        return DATASETS[name]
    name = places.base(name)
    folder = places.find(name, root)
    if folder is None:
        ways = f"Put its files {places.where(name, root)}"
        raise DataError(f"{name} is not here. {ways}{', or download it' if offered(name) else ''}; or choose another.")
    if name in formats.READERS:
        return _read_files(name, folder, store)
    return read_folder(name, folder, store, watch)


def _read_files(name: str, folder: Path, store: Store) -> Dataset:
    """Of a data set whose files hold all of its images."""
    before = versions.stamp(name, folder)
    parts, digest = formats.parts(name, folder)
    dataset, labels = replace(DATASETS[name], name=f"{name}@{digest}"), np.concatenate([labels for _, labels in parts])
    results.save_dataset(store, dataset, {"labels": labels, "test": np.arange(len(labels)) >= dataset.sizes["train"]})
    versions.keep(name, dataset.name, before, store)
    return dataset


def fetch_absent(
    name: str,
    watch: Watch = UNWATCHED,
    root: Path | None = None,
) -> None:
    """Fetch the files of a data set that is known by name where they are not here. Raises DataError, Cancelled."""
    root, name = settings().data if root is None else root, places.base(name)
    if name in places.PLACES and places.find(name, root) is None:
        fetch(name, root, watch)


def read_images(
    digest: str,
    store: Store,
    watch: Watch = UNWATCHED,
) -> Dataset:
    """Look at an uploaded zip of images and keep what was found under `upload-<digest>`.

    Every image is decoded once; a bad one is left out, and the notes say how many and why. Raises DataError where none
    is left or a limit is passed, and Cancelled.
    """
    content, title = results.upload(store, digest)
    images = archive.opened(content)
    entries, refused, hidden = archive.members(images)
    pulse, seen = watch.heartbeat(), Inspection(bad=refused)
    for i, (index, path) in enumerate(entries):
        pulse.report("reading", f"Reading images: {i:,}", i, len(entries))
        seen.look(index, path, lambda index=index: archive.read(images, index))  # type: ignore[misc]
        if len(seen.good) > LIMITS.images:
            raise DataError(f"This archive holds more than {LIMITS.images:,} images, which is the limit. Upload fewer.")
    if not seen.good:
        why = " ".join(left_out(seen.bad)) or "It is empty."
        raise DataError(
            f"This archive holds no image that can be read. {why} Upload a zip with a folder for each class."
        )
    paths = dict(entries)
    tree = read_tree([paths[index] for index in seen.good])
    kept = [seen.good[i] for i in tree.kept]
    base = Dataset(
        UPLOAD + digest,
        clean(title) or "Upload",
        (),
        seen.shape,
        {},
        "A zip of images, uploaded",
        notes=(*seen.notes, *passed_over(hidden)),
    )
    names = passages.packed([paths[index] for index in kept], "name")
    return keep(base, tree, {"members": np.array(kept, np.int32), **names}, store)


def read_representations(
    digest: str,
    store: Store,
    watch: Watch = UNWATCHED,
) -> Dataset:
    """Read an uploaded file of matrices and keep it as the data set `upload-<digest>`, with the arrays "labels" and
    "matrix/0", "matrix/1", ... in the order of its `matrices`, "repeats/0", ... of those that are a mean of repeats,
    and the names and numbers of the samples as text, where the file gives them. Raises DataError, RequestError,
    Cancelled."""
    content, name = results.upload(store, digest)
    watch.report("reading", f"Reading {clean(name)}.", 0, 1)
    matrices = read_arrays(content, name)
    watch.check()
    unmeasured = measurable.check(matrices.arrays)
    n = len(next(iter(matrices.arrays.values())))
    labels = np.zeros(n, np.int64) if matrices.labels is None else matrices.labels
    dataset = Dataset(
        name=UPLOAD + digest,
        title=clean(name),
        classes=matrices.class_names or ("all samples",),
        shape=None,
        sizes={"all": n},
        source=f"uploaded: {clean(name)}",
        smallest={"all": int(np.bincount(labels).min())},
        matrices=tuple((name, array.shape[1]) for name, array in matrices.arrays.items()),
        notes=(*matrices.notes, *unmeasured),
        labelled=matrices.labels is not None,
    )
    arrays = {f"matrix/{i}": array for i, array in enumerate(matrices.arrays.values())}
    for i, name in enumerate(matrices.arrays):
        if name in matrices.repeats:
            arrays[f"repeats/{i}"] = matrices.repeats[name]
    for what, words in (("name", matrices.names), ("number", matrices.numbers)):
        if words:
            arrays |= passages.packed(words, what)
    results.save_dataset(store, dataset, {"labels": labels, **arrays})
    return dataset


def uploaded_pictures(digest: str, store: Store) -> Iterator[tuple[dict[str, np.ndarray], tuple[str, ...]]]:
    """The pictures of an upload, each as {"pixels": (c, h, w)} and what was converted; see `read_pictures`."""
    for picture in read_pictures(*results.upload(store, digest)):
        yield {"pixels": picture.pixels}, picture.remarks


def read_pictures(content: bytes | memoryview, name: str) -> list[Picture]:
    """One uploaded image, or those of a zip, with what was converted.

    Raises DataError at the first that cannot be read: whoever asks about an image wants that one. The form of a network
    is put on by `shape.formed`.
    """
    title, most = clean(name) or "The image", 100
    try:
        if bytes(content[:4]) != b"PK\x03\x04":
            return [decode(content)]
        images = archive.opened(memoryview(content))
        entries, refused, _ = archive.members(images)
        if refused or not 0 < len(entries) <= most:
            raise DataError(
                " ".join((f"{title} holds {len(entries)} images; 1 to {most} are read.", *left_out(refused)))
            )
        return [decode(archive.read(images, index)) for index, _ in entries]
    except Unreadable as error:
        raise DataError(f"{title} cannot be used: {error.reason}. Choose another image.") from error
