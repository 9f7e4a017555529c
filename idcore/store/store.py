"""What the store promises, wherever its bytes lie.

An entry is replaced as a whole or not at all; what is read has passed its digest, or it is a miss. Entries can be
computed again, so the store would rather lose one than serve a wrong one, and a full disk costs time, never a result.
"""

import contextlib
import errno
import functools
import os
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from idcore.errors import StoreError
from idcore.store.entry import Entry, decode, encode
from idcore.store.folder import Folder
from idcore.store.index import Index
from idcore.store.objects import Objects
from idcore.store.shelf import DAMAGED, File, Header, Shelf, is_key
from idcore.watch import UNWATCHED, Watch

T = TypeVar("T")
DEFAULT_LIMIT = 10 * 2**30
GALLERY = Path(__file__).parent.parent / "gallery"
"""Results that come with the package; `python -m idcore.pipeline.gallery` makes them."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


class StoreWarning(UserWarning):
    """A result could not be kept; it was returned all the same."""


class Store:
    """Entries under `root`, a folder or an address such as s3://bucket/prefix, at most `limit` bytes of them; safe
    between threads and processes.

    period: seconds that whoever waits for a change should let pass between two looks. written: bytes, by this object.
    read_only: nothing is written, moved or locked (for entries shipped with the package). under: a store whose entries
    are found where this one has none of the key; they are no part of its size, and stay when it is emptied. Raises
    StoreError for an address that cannot be used.
    """

    def __init__(self, root: str | os.PathLike[str], limit: int = DEFAULT_LIMIT, read_only: bool = False,
                 under: "Store | None" = None) -> None:  # fmt: skip
        address = os.fspath(root)
        self._shelf: Shelf = Objects(address) if "://" in address else Folder(Path(address).absolute())
        self.root, self.period = self._shelf.root, self._shelf.period
        self.limit = limit
        self.read_only, self.under = read_only, under
        self.written = 0
        self.warnings: deque[str] = deque(maxlen=20)
        self._budget = 0.0  # bytes that may be written before the store is weighed again
        self._index = Index(self._shelf, lambda key, header: self._decoded(key, header, None), save=not read_only)
        self._guard = threading.Lock()

    def get(self, key: str) -> Entry | None:
        """The entry, verified against its digest, or None. A bad file is moved to `v1/bad/` and is a miss."""
        entry = self._read(key)
        if entry is None:
            return None if self.under is None else self.under.get(key)
        if not self.read_only:
            with contextlib.suppress(OSError):
                self._shelf.touch(key)
        return entry

    def meta(self, key: str) -> dict[str, Any] | None:
        """The JSON values of the entry from its header alone, verified; None when there is no such entry."""
        entry = self._read(key, arrays=False)
        if entry is None:
            return None if self.under is None else self.under.meta(key)
        return entry.meta

    def put(self, key: str, arrays: dict[str, np.ndarray], meta: dict[str, Any]) -> StoreWarning | None:
        """Write an entry, atomically. arrays: numeric or bool, any layout. meta: JSON values.

        Where the disk is full, what was used least recently makes room. Where that does not help, or the disk cannot be
        written, the warning is issued, kept in `warnings` and returned.
        Raises StoreError where the store was opened for reading only.
        """
        self._refuse_read_only()
        pieces = encode(_known(key), arrays, meta)
        try:
            self._write(key, pieces)
        except OSError as error:
            return self._warn(f"The result was not kept in the store at {self.root}: {error.strerror or error}.")
        size = sum(map(len, pieces))
        self.written += size
        self._budget -= size
        if self._budget < 0:
            self._evict(key)
        return None

    def compute_once(
        self,
        key: str,
        make: Callable[[], tuple[dict[str, np.ndarray], dict[str, Any]]],
        watch: Watch = UNWATCHED,
    ) -> Entry:
        """The entry of `key`, made by `make` where it is missing: once, however many processes ask.

        make returns (arrays, meta). Raises Cancelled while it waits for another process, and what `make` raises.
        """
        entry = self.get(key)
        if entry is not None:
            return entry
        with self.locked(key, watch):
            entry = self.get(key)
            if entry is None:
                entry = Entry(*make())
                if not self.read_only:
                    self.put(key, entry.arrays, entry.meta)
        return entry

    @contextlib.contextmanager
    def locked(self, key: str, watch: Watch = UNWATCHED) -> Iterator[None]:
        """Hold the lock of a key; it is free when its holder dies: at once in a folder, within 20 s on object storage.
        The lock is not re-entrant.

        Raises Cancelled while it waits. A store that cannot be written has no locks: the work is done, perhaps twice.
        """
        lock = self._shelf.lock(_known(key), watch)
        with contextlib.ExitStack() as stack:
            try:
                if not self.read_only:
                    stack.enter_context(lock)
            except OSError as error:
                self._warn(f"The store at {self.root} cannot be written: {error.strerror or error}.")
            yield

    def is_locked(self, key: str) -> bool:
        """Whether some living process or thread holds the lock of the key."""
        try:
            return self._shelf.is_locked(_known(key))
        except OSError:
            return False

    def delete(self, key: str) -> None:
        """Remove an entry; nothing happens where there is none. Raises StoreError where it cannot be removed."""
        self._refuse_read_only()
        try:
            self._shelf.remove(_known(key))
            self._index.changed()
        except OSError as error:
            why = error.strerror or error
            raise StoreError(f"An entry of the store at {self.root} could not be removed: {why}.") from None

    def keys(self, kind: str | None = None) -> list[str]:
        """Keys of all entries of its own, or of those whose meta says this kind, sorted; foreign files are left out."""
        if kind is None:
            return sorted(file.key for file in self._index.files() if not file.aside)
        return [key for key, _ in self.entries(kind)]

    def entries(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        """(key, meta) of all entries of a kind, sorted by key, from their headers alone. The meta are shared by all who
        ask: not to be changed."""
        return self._with_under(self._index.entries(kind), self.under.entries(kind) if self.under else [])

    def values(self, kind: str, make: Callable[[dict[str, Any]], T]) -> list[tuple[str, T]]:
        """(key, what `make` makes of the meta) of all entries of a kind, sorted by key: made once of each entry, by the
        first who asks, and shared."""
        return self._with_under(self._index.values(kind, make), self.under.values(kind, make) if self.under else [])

    @property
    def changes(self) -> int:
        """How often this object has written something, or taken it away."""
        return self._index.changes

    @contextlib.contextmanager
    def still(self) -> Iterator[None]:
        """Within, this thread lists entries as they were when it did so first, and what this process has changed since:
        for what asks for lists again and again at one moment, such as a page that is drawn."""
        with self._index.still(), self.under.still() if self.under else contextlib.nullcontext():
            yield

    @staticmethod
    def _with_under(own: list[tuple[str, T]], under: list[tuple[str, T]]) -> list[tuple[str, T]]:
        return sorted(({**dict(under), **dict(own)}).items()) if under else own

    def size(self) -> int:
        """Bytes of all entries of its own, those set aside included."""
        return sum(file.size for file in self._index.files())

    def tidy(self) -> None:
        """Remove what killed writers left, and close the store to other users of the machine; for the start of a
        process."""
        if not self.read_only:
            self._shelf.tidy()

    def path(self, key: str) -> Path | str:
        """The file of an entry. Raises StoreError for a name that is not a sha256."""
        return self._shelf.path(_known(key))

    def _refuse_read_only(self) -> None:
        if self.read_only:
            raise StoreError(f"The store at {self.root} was opened for reading only: nothing can be written to it.")

    def _write(self, key: str, pieces: list[memoryview]) -> None:
        try:
            self._shelf.write(key, pieces)
        except OSError as error:
            if error.errno not in _FULL:
                raise
            self._evict(key, room=2 * sum(map(len, pieces)))  # file systems round up
            self._shelf.write(key, pieces)
        finally:
            self._index.changed()

    def _read(self, key: str, arrays: bool = True) -> Entry | None:
        _known(key)
        try:
            header, payload = self._shelf.read(key) if arrays else (self._shelf.header(key), None)
        except OSError:
            return None
        except DAMAGED:
            header, payload = {}, None
        return self._decoded(key, header, payload)

    def _decoded(self, key: str, header: Header, arrays: dict[str, np.ndarray] | None) -> Entry | None:
        """None, and the file is set aside, where it does not pass its digest."""
        try:
            return decode(key, header, arrays)
        except DAMAGED:
            if not self.read_only:
                with contextlib.suppress(OSError):
                    self._shelf.set_aside(key)
                    self._index.changed()
            return None

    def _evict(self, newest: str, room: int = 0) -> None:
        """Remove what was used least recently, never what is locked or was just written, until the store is below its
        limit and `room` bytes were freed."""
        self._shelf.tidy()
        with self._guard:
            files: list[File] = []
            with contextlib.suppress(OSError):
                files = sorted(self._shelf.files(), key=lambda file: file.used)
            total = sum(file.size for file in files)
            least = min(self.limit, total - room)
            for file in files:
                if total <= least:
                    break
                if file.aside or file.key != newest and not self.is_locked(file.key):
                    with contextlib.suppress(OSError):
                        self._shelf.remove(file.key, file.aside)
                        total -= file.size
            self._index.changed()
            # Other processes write as well: weigh again long before this one alone could reach the limit.
            self._budget = max((self.limit - total) / 4, self.limit / 100)

    def _warn(self, sentence: str) -> StoreWarning:
        warning = StoreWarning(sentence)
        if sentence not in self.warnings:
            self.warnings.append(sentence)
        warnings.warn(warning, stacklevel=3)
        return warning


@functools.lru_cache(maxsize=4)
def shared(root: str, limit: int) -> Store:
    """The one store of this process at `root`, tidied: what one part of the app has read of it, the others need not."""
    store = with_gallery(root, limit)
    store.tidy()
    return store


def with_gallery(root: str | os.PathLike[str], limit: int = DEFAULT_LIMIT) -> Store:
    """The store at `root`, over the results that come with the package."""
    return Store(root, limit=limit, under=gallery())


@functools.cache
def gallery() -> Store:
    """The results that come with the package."""
    return Store(GALLERY, read_only=True)


def _known(key: str) -> str:
    if not is_key(key):
        raise StoreError(f"A key of the store is 64 hexadecimal digits, not {key!r}.")
    return key
