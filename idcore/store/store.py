"""What the store promises, wherever its bytes lie.

An entry is replaced as a whole or not at all; what is read has passed its digest, or it is a miss. Entries can be
computed again, so the store would rather lose one than serve a wrong one, and a full disk costs time, never a result.
"""

import contextlib
import os
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from idcore.errors import StoreError
from idcore.store.entry import Entry, decode, encode
from idcore.store.folder import Folder
from idcore.store.objects import Objects
from idcore.store.shelf import File, Header, Shelf, is_key

DEFAULT_LIMIT = 10 * 2**30
_DAMAGED = (ValueError, KeyError, TypeError)


class StoreWarning(UserWarning):
    """A result could not be kept; it was returned all the same."""


class Store:
    """Entries under `root`, a folder or an address such as s3://bucket/prefix, at most `limit` bytes of them; safe
    between threads and processes.

    period: seconds that whoever waits for a change should let pass between two looks. written: bytes, by this object.
    read_only: nothing is written,
    moved or locked (for entries shipped with the package). Raises StoreError for an address that cannot be used.
    """

    def __init__(self, root: str | os.PathLike[str], limit: int = DEFAULT_LIMIT, read_only: bool = False) -> None:
        place = os.fspath(root)
        self._shelf: Shelf = Objects(place) if "://" in place else Folder(Path(place).absolute())
        self.root, self.period = self._shelf.root, self._shelf.period
        self.limit = limit
        self.read_only = read_only
        self.written = 0
        self.warnings: deque[str] = deque(maxlen=20)
        self._budget = 0.0  # bytes that may be written before the store is weighed again
        self._kinds: dict[str, tuple[str, str | None]] = {}  # by key: mark of the file, and what it is
        self._guard = threading.Lock()

    def get(self, key: str) -> Entry | None:
        """The entry, verified against its digest, or None. A bad file is moved to `v1/bad/` and is a miss."""
        entry = self._read(key)
        if entry is not None and not self.read_only:
            with contextlib.suppress(OSError):
                self._shelf.touch(key)
        return entry

    def meta(self, key: str) -> dict[str, Any] | None:
        """The JSON values of the entry from its header alone, verified; None when there is no such entry."""
        entry = self._read(key, arrays=False)
        return None if entry is None else entry.meta

    def put(self, key: str, arrays: dict[str, np.ndarray], meta: dict[str, Any]) -> StoreWarning | None:
        """Write an entry, atomically. arrays: numeric or bool, any layout. meta: JSON values.

        Where the disk is full or cannot be written the warning is issued, kept in `warnings` and returned.
        Raises StoreError where the store was opened for reading only.
        """
        self._refuse_read_only()
        data = encode(_known(key), arrays, meta)
        try:
            self._shelf.write(key, data)
        except OSError as error:
            return self._warn(f"The result was not kept in the store at {self.root}: {error.strerror or error}.")
        self.written += len(data)
        self._budget -= len(data)
        if self._budget < 0:
            self._evict(key)
        return None

    def put_failure(self, key: str, message: str, **meta: Any) -> StoreWarning | None:
        """Keep the sentence that says why there is no such entry."""
        return self.put(key, {}, {"kind": "failure", "failure": message, **meta})

    def compute_once(
        self,
        key: str,
        make: Callable[[], tuple[dict[str, np.ndarray], dict[str, Any]]],
        cancelled: Callable[[], bool] | None = None,
    ) -> Entry:
        """The entry of `key`, made by `make` where it is missing: once, however many processes ask.

        make returns (arrays, meta). Raises Cancelled while it waits for another process, and what `make` raises.
        """
        entry = self.get(key)
        if entry is not None:
            return entry
        with self.locked(key, cancelled):
            entry = self.get(key)
            if entry is None:
                entry = Entry(*make())
                if not self.read_only:
                    self.put(key, entry.arrays, entry.meta)
        return entry

    @contextlib.contextmanager
    def locked(self, key: str, cancelled: Callable[[], bool] | None = None) -> Iterator[None]:
        """Hold the lock of a key; it is free when its holder dies: at once in a folder, within 20 s on object storage.
        The lock is not re-entrant.

        cancelled: asked while waiting; Cancelled is raised when it says yes. A store that cannot be written has no
        locks: the work is done, perhaps twice.
        """
        lock = self._shelf.lock(_known(key), cancelled)
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
        except OSError as error:
            why = error.strerror or error
            raise StoreError(f"An entry of the store at {self.root} could not be removed: {why}.") from None

    def keys(self, kind: str | None = None) -> list[str]:
        """Keys of all entries, or of those whose meta says this kind, sorted; foreign files are left out."""
        return [key for key, _ in self.entries(kind)] if kind else [file.key for file in self._listed()]

    def entries(self, kind: str | None = None) -> list[tuple[str, dict[str, Any]]]:
        """(key, meta) of all entries, or of those of one kind, sorted by key; from their headers alone."""
        # What each file holds is remembered, so that a list of one kind opens the files of that kind only.
        wanted = [file for file in self._listed() if kind is None or self._may_be(file, kind)]
        found = []
        for file, header in self._shelf.headers(wanted):
            entry = self._decoded(file.key, header or {}, None)
            if entry is not None:
                self._kinds[file.key] = file.mark, entry.meta.get("kind")
                if kind is None or kind == entry.meta.get("kind"):
                    found.append((file.key, entry.meta))
        return found

    def size(self) -> int:
        """Bytes of all entries, those set aside included."""
        return sum(file.size for file in self._files())

    def path(self, key: str) -> Path | str:
        """The file of an entry. Raises StoreError for a name that is not a sha256."""
        return self._shelf.path(_known(key))

    def _refuse_read_only(self) -> None:
        if self.read_only:
            raise StoreError(f"The store at {self.root} was opened for reading only: nothing can be written to it.")

    def _files(self) -> list[File]:
        with contextlib.suppress(OSError):
            return list(self._shelf.files())
        return []

    def _listed(self) -> list[File]:
        return sorted((file for file in self._files() if not file.aside), key=lambda file: file.key)

    def _may_be(self, file: File, kind: str) -> bool:
        mark, known = self._kinds.get(file.key, ("", None))
        return mark != file.mark or known == kind

    def _read(self, key: str, arrays: bool = True) -> Entry | None:
        _known(key)
        try:
            header, found = self._shelf.read(key) if arrays else (self._shelf.header(key), None)
        except OSError:
            return None
        except _DAMAGED:
            header, found = {}, None
        return self._decoded(key, header, found)

    def _decoded(self, key: str, header: Header, arrays: dict[str, np.ndarray] | None) -> Entry | None:
        """None, and the file is set aside, where it does not pass its digest."""
        try:
            return decode(key, header, arrays)
        except _DAMAGED:
            if not self.read_only:
                with contextlib.suppress(OSError):
                    self._shelf.set_aside(key)
            return None

    def _evict(self, newest: str) -> None:
        """Remove what was used least recently, never what is locked or was just written, until the store is below its
        limit."""
        with self._guard:
            files = sorted(self._files(), key=lambda file: file.used)
            total = sum(file.size for file in files)
            for file in files:
                if total <= self.limit:
                    break
                if file.aside or file.key != newest and not self.is_locked(file.key):
                    with contextlib.suppress(OSError):
                        self._shelf.remove(file.key, file.aside)
                        total -= file.size
            # Other processes write as well: weigh again long before this one alone could reach the limit.
            self._budget = max((self.limit - total) / 4, self.limit / 100)
        self._shelf.tidy()

    def _warn(self, sentence: str) -> StoreWarning:
        warning = StoreWarning(sentence)
        if sentence not in self.warnings:
            self.warnings.append(sentence)
        warnings.warn(warning, stacklevel=3)
        return warning


def _known(key: str) -> str:
    if not is_key(key):
        raise StoreError(f"A key of the store is 64 hexadecimal digits, not {key!r}.")
    return key
