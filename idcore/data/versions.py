"""What a folder under the data root holds now: its name with the digest of what was read is the name of a data set.

`folder-birds` is the folder, whatever lies in it; `folder-birds@0123456789ab` is what was read there once, and no
result of it is ever shown for anything else. Whether the folder still holds that is seen from names, sizes and times of
its files and their places on the disk, and again from the bytes of each image when it is measured. No torch.
"""

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from idcore import spec
from idcore.data import places
from idcore.errors import DataError
from idcore.files.names import is_hidden
from idcore.files.picture import ENDINGS
from idcore.settings import settings
from idcore.spec import FOLDER
from idcore.store import Store

_FILES = 5_000_000  # images in a folder; ImageNet has 1.3 million
_PATIENCE = 10.0
"""A folder is looked at again after this many times the seconds that a look takes: small ones at every turn."""


class _Look(NamedTuple):
    at: float
    seconds: float
    stamp: str


_looks: dict[Path, _Look] = {}


def walk(folder: Path, tell: Callable[[int], None] = lambda _: None, hidden: list[str] | None = None) -> Iterator[str]:
    """Paths, relative to the folder, of the files that are images by name; links are followed, no folder twice.
    tell: called with how many there are so far. hidden: gets the names of what is passed over (`names.is_hidden`)."""
    count, visited = 0, set[str]()
    for top, folders, names in os.walk(folder, followlinks=True):
        tell(count)
        real = os.path.realpath(top)
        if real in visited:
            folders.clear()
            continue
        visited.add(real)
        if hidden is not None:
            hidden += filter(is_hidden, (*folders, *names))
        folders[:] = [f for f in folders if not is_hidden(f)]
        here = [n for n in names if n.lower().endswith(ENDINGS) and not is_hidden(n)]
        count += len(here)
        if count > _FILES:
            raise DataError(f"{folder} holds more than {_FILES:,} images, which is the limit.")
        yield from (os.path.relpath(os.path.join(top, n), folder) for n in here)


def stamp(folder: Path) -> str:
    """A digest of what the disk says of the images of a folder: names, sizes, times of content and of entry, places.
    The time of an entry cannot be set back by those who replace a file and give it the old time."""
    digest = hashlib.sha256()
    for path in sorted(walk(folder)):
        about: tuple[int, ...] = ()
        with contextlib.suppress(OSError):  # gone since it was listed
            found = os.stat(folder / path)
            about = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
        digest.update(f"{path}\0{about}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def keep(name: str, version: str, seen: str, store: Store) -> None:
    """Note what a folder held when it was read. name: `folder-NAME`. version: the name of what was read. seen: its
    `stamp` before the reading began."""
    store.put(spec.key("folder", name), {}, {"kind": "folder", "dataset": version, "stamp": seen})


def latest(name: str, store: Store) -> str | None:
    """The name of what was read last in a folder, None where it was not read."""
    meta = store.meta(spec.key("folder", places.base(name)))
    return None if meta is None else meta["dataset"]


def current(name: str, store: Store, root: Path | None = None, fresh: bool = True) -> str | None:
    """The name of what a folder holds, None where it was not read or has changed since. fresh: look at the disk in any
    case, and not only once in a while."""
    meta = store.meta(spec.key("folder", places.base(name)))
    folder = places.find(name, settings().data if root is None else root)
    if meta is None or folder is None or _stamp(folder, fresh) != meta["stamp"]:
        return None
    return meta["dataset"] if store.meta(spec.key("dataset", meta["dataset"])) else None


def checked(name: str, store: Store, root: Path | None = None) -> str:
    """The name of what a folder holds; as it is where the folder was not read. Raises DataError where it has changed
    since it was read, or does not hold what was read there under this very name."""
    if latest(name, store) is None:
        return name
    now = current(name, store, root)
    if now is None or name not in (now, places.base(now)):
        raise DataError(changed(name))
    return now


def changed(name: str) -> str:
    """The sentence on a folder that has changed."""
    folder = places.base(name).removeprefix(FOLDER)[:80]
    return (
        f"The folder {folder!r} has changed since it was read: what was measured before is no longer what lies there. "
        f"Read it again, and measure it again as {places.base(name)[:80]}."
    )


def _stamp(folder: Path, fresh: bool) -> str:
    now, last = time.monotonic(), _looks.get(folder)
    if last is None or fresh or now - last.at > _PATIENCE * last.seconds:
        found = stamp(folder)
        last = _looks[folder] = _Look(now, time.monotonic() - now, found)
    return last.stamp
