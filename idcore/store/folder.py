"""The store in a folder, on a disk of this machine or one that several machines share."""

import contextlib
import os
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open

from idcore import errors
from idcore.store.shelf import BAD, LOCK, SUFFIX, File, Header, Stop, key_of

_ABANDONED = 3600.0  # seconds after which a temporary file has no writer any more


class Folder:
    """A `Shelf`. Locks are those of the system, which frees them when their holder dies; not re-entrant."""

    period = 0.3

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, key: str) -> Path:
        return self.root / "v1" / key[:2] / f"{key}{SUFFIX}"

    def files(self) -> Iterator[File]:
        for path in self.root.glob(f"v1/*/*{SUFFIX}"):
            if key := key_of(path.as_posix()):
                with contextlib.suppress(OSError):
                    state, aside = path.stat(), path.parent.name == BAD
                    mark = f"{state.st_ino} {state.st_size}"  # not its time, which changes with every use
                    yield File(key, state.st_size, 0.0 if aside else state.st_mtime, mark, aside)

    def read(self, key: str) -> tuple[Header, dict[str, np.ndarray]]:
        return _read(self.path(key), arrays=True)

    def header(self, key: str) -> Header:
        return _read(self.path(key), arrays=False)[0]

    def headers(self, files: Iterable[File]) -> Iterator[tuple[File, Header | None]]:
        for file in files:
            with contextlib.suppress(OSError):
                try:
                    yield file, self.header(file.key)
                except ValueError:
                    yield file, None

    def write(self, key: str, data: bytes) -> None:
        path = self.path(key)
        temporary = path.with_name(f".{key}.{os.getpid()}.{threading.get_ident()}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(temporary, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise

    def touch(self, key: str) -> None:
        os.utime(self.path(key))

    def remove(self, key: str, aside: bool = False) -> None:
        (self._aside(key) if aside else self.path(key)).unlink(missing_ok=True)

    def set_aside(self, key: str) -> None:
        bad = self._aside(key)
        bad.parent.mkdir(parents=True, exist_ok=True)
        os.replace(self.path(key), bad)

    @contextlib.contextmanager
    def lock(self, key: str, cancelled: Stop | None) -> Iterator[None]:
        path = self.path(key).with_suffix(LOCK)
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, thread_local=False)
        try:
            lock.acquire(cancel_check=cancelled)
        except Timeout:
            raise errors.Cancelled("The job was cancelled.") from None
        try:
            yield
        finally:
            _free(lock)

    def is_locked(self, key: str) -> bool:
        path = self.path(key).with_suffix(LOCK)
        if not path.exists():
            return False
        lock = FileLock(path)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return True
        _free(lock)
        return False

    def tidy(self) -> None:
        for path in self.root.glob("v1/??/.*.tmp"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _ABANDONED:
                    path.unlink()

    def _aside(self, key: str) -> Path:
        return self.root / "v1" / BAD / f"{key}{SUFFIX}"


def _read(path: Path, arrays: bool) -> tuple[Header, dict[str, np.ndarray]]:
    try:
        # pread, not mmap: a file that shrinks while it is mapped would kill the process.
        with safe_open(path, framework="np", backend="pread") as file:
            return file.metadata() or {}, file.get_tensors() if arrays else {}
    except SafetensorError as error:
        raise ValueError(str(error)) from error


def _free(lock: FileLock) -> None:
    # Unlinked while it is held: whoever waits on the old inode sees that it has no name any more and tries again.
    with contextlib.suppress(OSError):
        os.unlink(lock.lock_file)
    lock.release()
