"""What the files of a data set hold now: its name with the digest of what was read is the name of what is measured.

`folder-birds` is the folder, whatever lies in it, and `cifar10` the files of CIFAR-10, whichever they are;
`folder-birds@0123456789ab` is what was read there once, and no result of it is ever shown for anything else. Whether
the files are still those is seen from their names, sizes and times and their places on the disk, and again from their
bytes when they are measured. No torch.
"""

import contextlib
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from idcore import spec
from idcore.data import places
from idcore.data.places import PLACES
from idcore.errors import DataError
from idcore.files.endings import TEXTS
from idcore.files.names import is_hidden
from idcore.files.picture import ENDINGS
from idcore.settings import settings
from idcore.spec import FOLDER
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch

_FILES = 5_000_000  # images in a folder; ImageNet has 1.3 million
_PATIENCE, _QUICK = 10.0, 0.5
"""Files are looked at again after this many times the seconds that a look takes; at once where that is quick."""


class _Look(NamedTuple):
    at: float
    seconds: float
    stamp: str


_Key = tuple[str, Path | str, Path]
_looks: dict[tuple[str, Path], _Look] = {}
_glances: dict[_Key, Thread] = {}
_answers: dict[_Key, str | None] = {}


def walk(
    folder: Path,
    watch: Watch = UNWATCHED,
    hidden: list[str] | None = None,
    endings: tuple[str, ...] = ENDINGS,
) -> Iterator[str]:
    """Paths, relative to the folder, of the files that are images by name, or whose names end in one of `endings`;
    links are followed, no folder twice. watch: told how many there are so far. hidden: gets the names of what is
    passed over (`names.is_hidden`)."""
    count, visited, listing = 0, set[str](), watch.heartbeat()
    for top, folders, names in os.walk(folder, followlinks=True):
        listing.report("reading", f"Listing {folder.name}: {count:,}", count, count)
        real = os.path.realpath(top)
        if real in visited:
            folders.clear()
            continue
        visited.add(real)
        if hidden is not None:
            hidden += filter(is_hidden, (*folders, *names))
        folders[:] = [f for f in folders if not is_hidden(f)]
        here = [n for n in names if n.lower().endswith(endings) and not is_hidden(n)]
        count += len(here)
        if count > _FILES:
            raise DataError(f"{folder} holds more than {_FILES:,} files, which is the limit.")
        yield from (os.path.relpath(os.path.join(top, n), folder) for n in here)


def stamp(name: str, folder: Path) -> str:
    """A digest of what the disk says of the files of a data set: names, sizes, times of content and of entry, places.
    The time of an entry cannot be set back by those who replace a file and give it the old time."""
    digest = hashlib.sha256()
    for path in _files(name, folder):
        about: tuple[int, ...] = ()
        with contextlib.suppress(OSError):  # gone since it was listed
            stat = os.stat(folder / path)
            about = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
        digest.update(f"{path}\0{about}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _files(name: str, folder: Path) -> list[str]:
    location = PLACES.get(places.base(name))
    if location is None or location.any:
        return sorted(walk(folder)) or sorted(walk(folder, endings=TEXTS))
    return [path.name for part in location.files if (path := places.file(folder, part)) is not None]


def keep(name: str, version: str, seen: str, store: Store) -> None:
    """Note what a data set held when it was read. name: without a digest. version: the name of what was read. seen: its
    `stamp` before the reading began."""
    store.put(spec.key("folder", name), {}, {"kind": "folder", "dataset": version, "stamp": seen})


def latest(name: str, store: Store) -> str | None:
    """The name of what was read last of a data set, None where it was not read."""
    meta = store.meta(spec.key("folder", places.base(name)))
    return None if meta is None else meta["dataset"]


def read_here(name: str, store: Store) -> bool:
    """Whether a data set was read on this machine, and is not only known from results that came with the package."""
    meta = store.meta(spec.key("folder", places.base(name)))
    return meta is not None and bool(meta["stamp"])


def current(name: str, store: Store, root: Path | None = None, fresh: bool = True) -> str | None:
    """The name of what a data set holds, None where it was not read or has changed since. fresh: look at the disk in
    any case, and not only once in a while."""
    meta = store.meta(spec.key("folder", places.base(name)))
    folder = places.find(name, settings().data if root is None else root)
    if meta is None or folder is None or _stamp(name, folder, fresh) != meta["stamp"]:
        return None
    return meta["dataset"] if store.meta(spec.key("dataset", meta["dataset"])) else None


def glance(name: str, store: Store, root: Path) -> str | None:
    """`current` for a page, which cannot wait for the million files of ImageNet: where a look takes long, what was seen
    last counts (at first, what was read) while a thread looks again."""
    key = places.base(name), store.root, root
    if (thread := _glances.get(key)) is None or not thread.is_alive():
        thread = _glances[key] = Thread(target=_answer, args=(key, name, store, root), daemon=True)
        thread.start()
    thread.join(_QUICK)
    return _answers[key] if key in _answers else latest(name, store)


def _answer(key: _Key, name: str, store: Store, root: Path) -> None:
    try:
        _answers[key] = current(name, store, root, fresh=False)
    except DataError:  # not what a folder can be called, or too many files
        _answers[key] = None


def checked(name: str, store: Store, root: Path | None = None) -> str:
    """The name of what a data set holds; as it is where it was not read. Raises DataError where it is not here, has
    changed since it was read, or does not hold what was read there under this very name."""
    if latest(name, store) is None:
        return name
    if absent(name, root):
        raise DataError(not_here(name, root))
    now = current(name, store, root)
    if now is None or name not in (now, places.base(now)):
        raise DataError(changed(name))
    return now


def absent(name: str, root: Path | None = None) -> bool:
    """Whether a data set is made of files that are not here: what was measured of it stands all the same, by the name
    with the digest."""
    return places.on_disk(name) and places.find(name, settings().data if root is None else root) is None


def not_here(name: str, root: Path | None = None) -> str:
    """The sentence on such a data set."""
    where = places.where(name, settings().data if root is None else root)
    return f"The images of {places.base(name)[:80]} are not on this machine. They must lie {where}."


def changed(name: str) -> str:
    """The sentence on a data set that has changed."""
    plain = places.base(name)[:80]
    what = f"The folder {plain.removeprefix(FOLDER)!r}" if plain.startswith(FOLDER) else f"The data set {plain}"
    return (
        f"{what} has changed since it was read: what was measured before is no longer what lies there. "
        f"Read it again, and measure it again as {plain}."
    )


def _stamp(name: str, folder: Path, fresh: bool) -> str:
    key = places.base(name), folder
    now, last = time.monotonic(), _looks.get(key)
    if last is None or fresh or last.seconds < _QUICK or now - last.at > _PATIENCE * last.seconds:
        new = stamp(name, folder)
        last = _looks[key] = _Look(now, time.monotonic() - now, new)
    return last.stamp
