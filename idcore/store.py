"""The store: arrays and JSON values under a key, on disk. Knows nothing of torch, models or pages.

`root/v1/ab/<key>.safetensors`, where ab are the first two digits of the key. An entry is replaced as a whole or not at
all; what is read has passed its digest, or it is a miss. Entries can be computed again, so the store would rather
lose one than serve a wrong one, and a full disk costs time, never a result.
"""

import contextlib
import os
import re
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open

from idcore.entry import Entry, decode, encode
from idcore.errors import Cancelled, StoreError

DEFAULT_LIMIT = 10 * 2**30
_KEY = re.compile(r"[0-9a-f]{64}")
_SUFFIX = ".safetensors"
_ABANDONED = 3600.0  # seconds after which a temporary file has no writer any more


class StoreWarning(UserWarning):
    """A result could not be kept; it was returned all the same."""


class Store:
    """Entries under `root`, at most `limit` bytes of them; safe between threads and processes.

    read_only: nothing is written, moved or locked (for entries shipped with the package).
    """

    def __init__(self, root: str | os.PathLike[str], limit: int = DEFAULT_LIMIT, read_only: bool = False) -> None:
        self.root = Path(root).absolute()
        self.limit = limit
        self.read_only = read_only
        self.warnings: deque[str] = deque(maxlen=20)
        self._budget = 0.0  # bytes that may be written before the folder is weighed again
        self._kinds: dict[str, tuple[tuple[int, int], str | None]] = {}
        self._guard = threading.Lock()

    def get(self, key: str) -> Entry | None:
        """The entry, verified against its digest, or None. A bad file is moved to `v1/bad/` and is a miss."""
        path = self.path(key)
        entry = self._read(path, key)
        if entry is not None and not self.read_only:
            with contextlib.suppress(OSError):
                os.utime(path)  # last use, for the eviction
        return entry

    def meta(self, key: str) -> dict[str, Any] | None:
        """The JSON values of the entry from its header alone, verified; None when there is no such entry."""
        entry = self._read(self.path(key), key, arrays=False)
        return None if entry is None else entry.meta

    def put(self, key: str, arrays: dict[str, np.ndarray], meta: dict[str, Any]) -> StoreWarning | None:
        """Write an entry, atomically. arrays: numeric or bool, any layout. meta: JSON values.

        Where the disk is full or cannot be written the warning is issued, kept in `warnings` and returned.
        Raises StoreError where the store was opened for reading only.
        """
        self._refuse_read_only()
        path = self.path(key)
        data = encode(key, arrays, meta)
        temporary = path.with_name(f".{key}.{os.getpid()}.{threading.get_ident()}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(temporary, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            return self._warn(f"The result was not kept in the store at {self.root}: {error.strerror or error}.")
        self._budget -= len(data)
        if self._budget < 0:
            self._evict()
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
        """Hold the lock of a key; the system frees it when its holder dies. The lock is not re-entrant.

        cancelled: asked while waiting; Cancelled is raised when it says yes. A store that cannot be written has no
        locks: the work is done, perhaps twice.
        """
        path = self._lock_path(key)
        lock = FileLock(path, thread_local=False)
        with contextlib.ExitStack() as stack:
            try:
                if not self.read_only:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    lock.acquire(cancel_check=cancelled)
                    stack.callback(_free, lock)
            except Timeout:
                raise Cancelled("The job was cancelled.") from None
            except OSError as error:
                self._warn(f"The store at {self.root} cannot be written: {error.strerror or error}.")
            yield

    def is_locked(self, key: str) -> bool:
        """Whether some living process or thread holds the lock of the key."""
        path = self._lock_path(key)
        if not path.exists():
            return False
        lock = FileLock(path)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return True
        except OSError:
            return False
        _free(lock)
        return False

    def delete(self, key: str) -> None:
        """Remove an entry; nothing happens where there is none. Raises StoreError where it cannot be removed."""
        self._refuse_read_only()
        try:
            self.path(key).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"An entry of the store at {self.root} could not be removed: {error.strerror}.") from None

    def keys(self, kind: str | None = None) -> list[str]:
        """Keys of all entries, or of those whose meta says this kind, sorted; foreign files are left out."""
        return [key for key, _ in self.entries(kind)] if kind else sorted(path.stem for path in self._paths())

    def entries(self, kind: str | None = None) -> list[tuple[str, dict[str, Any]]]:
        """(key, meta) of all entries, or of those of one kind, sorted by key; from their headers alone."""
        found = ((key, self.meta(key)) for key in self.keys() if kind is None or self._kind(key) == kind)
        return [(key, meta) for key, meta in found if meta is not None]

    def size(self) -> int:
        """Bytes of all entries, those set aside included."""
        return sum(size for _, size, _ in self._files())

    def _refuse_read_only(self) -> None:
        if self.read_only:
            raise StoreError(f"The store at {self.root} was opened for reading only: nothing can be written to it.")

    def path(self, key: str) -> Path:
        """The file of an entry. Raises StoreError for a name that is not a sha256."""
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise StoreError(f"A key of the store is 64 hexadecimal digits, not {key!r}.")
        return self.root / "v1" / key[:2] / f"{key}{_SUFFIX}"

    def _kind(self, key: str) -> str | None:
        """Remembered by the file's state, so that a list of one kind opens the files of that kind only."""
        with contextlib.suppress(OSError):
            state = self.path(key).stat()
            mark = (state.st_ino, state.st_size)
            if self._kinds.get(key, (None, None))[0] != mark:
                self._kinds[key] = (mark, (self.meta(key) or {}).get("kind"))
            return self._kinds[key][1]
        return None

    def _lock_path(self, key: str) -> Path:
        return self.path(key).with_suffix(".lock")

    def _read(self, path: Path, key: str, arrays: bool = True) -> Entry | None:
        try:
            # pread, not mmap: a file that shrinks while it is mapped would kill the process.
            with safe_open(path, framework="np", backend="pread") as file:
                return decode(key, file.metadata() or {}, file.get_tensors() if arrays else None)
        except OSError:
            return None
        except (SafetensorError, ValueError, KeyError, TypeError):
            self._set_aside(path)
            return None

    def _set_aside(self, path: Path) -> None:
        if not self.read_only:
            with contextlib.suppress(OSError):
                bad = self.root / "v1" / "bad"
                bad.mkdir(parents=True, exist_ok=True)
                os.replace(path, bad / path.name)

    def _paths(self) -> Iterator[Path]:
        for path in self.root.glob(f"v1/??/*{_SUFFIX}"):
            if _KEY.fullmatch(path.stem) and path.parent.name == path.stem[:2]:
                yield path

    def _files(self) -> Iterator[tuple[Path, int, float]]:
        """(path, bytes, time of last use); what was set aside counts as never used."""
        for path in [*self._paths(), *self.root.glob(f"v1/bad/*{_SUFFIX}")]:
            with contextlib.suppress(OSError):
                state = path.stat()
                yield path, state.st_size, 0.0 if path.parent.name == "bad" else state.st_mtime

    def _evict(self) -> None:
        """Remove what was used least recently, never what is locked, until the store is below its limit."""
        with self._guard:
            files = sorted(self._files(), key=lambda file: file[2])
            total = sum(size for _, size, _ in files)
            for path, size, _ in files[:-1]:  # the newest was just written
                if total <= self.limit:
                    break
                if path.parent.name == "bad" or not self.is_locked(path.stem):
                    with contextlib.suppress(OSError):
                        path.unlink()
                        total -= size
            # Other processes write as well: weigh again long before this one alone could reach the limit.
            self._budget = max((self.limit - total) / 4, self.limit / 100)
        for path in self.root.glob("v1/??/.*.tmp"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _ABANDONED:
                    path.unlink()

    def _warn(self, sentence: str) -> StoreWarning:
        warning = StoreWarning(sentence)
        if sentence not in self.warnings:
            self.warnings.append(sentence)
        warnings.warn(warning, stacklevel=3)
        return warning


def _free(lock: FileLock) -> None:
    # Unlinked while it is held: whoever waits on the old inode sees that it has no name any more and tries again.
    with contextlib.suppress(OSError):
        os.unlink(lock.lock_file)
    lock.release()
