"""The store in a folder, on a disk of this machine or one that several machines share."""

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open

from idcore import errors
from idcore.store.shelf import BAD, LOCK, SUFFIX, File, Header, key_of
from idcore.watch import Watch

_ABANDONED = 3600.0  # seconds after which a temporary file has no writer any more, where that cannot be asked
_GRAIN = 2.0  # seconds within which a folder may change twice and show one time, on the coarsest file systems
_LONG_AGO = 86400.0  # seconds, more than clocks of two machines differ
_MODE = 0o600


@dataclass
class _Seen:
    """A folder when it was last listed. time: of its last change, seen first at `since`, seconds of our own clock.
    settled: whether another change would show another time."""

    time: int
    since: float
    settled: bool
    files: tuple[File, ...]


class Folder:
    """A `Shelf`. Locks are those of the system, which frees them when their holder dies; not re-entrant."""

    period = 0.3

    def __init__(self, root: Path) -> None:
        self.root = root
        self._seen: dict[str, _Seen] = {}

    def path(self, key: str) -> Path:
        return self.root / "v1" / key[:2] / f"{key}{SUFFIX}"

    def files(self) -> Iterator[File]:
        for name in self._folders():
            yield from self._list(name)

    def listed(self) -> dict[str, tuple[File, ...]]:
        seen, self._seen = self._seen, {}
        top, now = f"{self.root}/v1", time.monotonic()
        for name in self._folders():
            with contextlib.suppress(FileNotFoundError):
                changed = os.stat(f"{top}/{name}").st_mtime_ns
                known = seen.get(name)
                if known is None or known.time != changed:
                    settled = time.time() - changed / 1e9 > _LONG_AGO
                    known = _Seen(changed, now, settled, self._again(name, known))
                elif not known.settled:
                    known = _Seen(changed, known.since, now - known.since > _GRAIN, self._again(name, known))
                self._seen[name] = known
        return {name: known.files for name, known in self._seen.items()}

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

    def write(self, key: str, pieces: Sequence[memoryview]) -> None:
        path = self.path(key)
        temporary = path.with_name(f".{key}.{os.getpid()}.{threading.get_ident()}.tmp")
        try:
            self._make(path.parent)
            with _create(temporary) as file:
                for piece in pieces:
                    while piece:
                        piece = piece[file.write(piece) :]
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
        self._make(bad.parent)
        os.replace(self.path(key), bad)

    @contextlib.contextmanager
    def lock(self, key: str, watch: Watch) -> Iterator[None]:
        path = self.path(key).with_suffix(LOCK)
        self._make(path.parent)
        lock = FileLock(path, mode=_MODE, thread_local=False)
        try:
            lock.acquire(cancel_check=watch.cancelled)
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
        lock = FileLock(path, mode=_MODE)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return True
        _free(lock)
        return False

    def tidy(self) -> None:
        self._close()
        with contextlib.suppress(OSError):
            for path in self.root.glob("v1/??/.*.tmp"):
                with contextlib.suppress(OSError), open(path, "rb") as file:
                    if _abandoned(file.fileno()):
                        path.unlink()

    def _make(self, folder: Path) -> None:
        if not folder.exists():
            (self.root / "v1").mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)

    def _close(self) -> None:
        """Nobody else may look into the entries, of earlier versions either."""
        top = self.root / "v1"
        with contextlib.suppress(OSError):
            if top.stat().st_mode & 0o077:
                top.chmod(0o700)

    def _folders(self) -> list[str]:
        """Names of the folders that may hold entries."""
        try:
            return [name for name in os.listdir(self.root / "v1") if len(name) == 2 or name == BAD]
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _list(self, name: str) -> Iterator[File]:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(self.root / "v1" / name) as files:
            for file in files:
                if key := key_of(f"{name}/{file.name}"):
                    with contextlib.suppress(OSError):
                        state, aside = file.stat(), name == BAD
                        mark = f"{state.st_ino} {state.st_size} {state.st_mtime_ns}"
                        yield File(key, state.st_size, 0.0 if aside else state.st_mtime, mark, aside)

    def _again(self, name: str, known: _Seen | None) -> tuple[File, ...]:
        files = tuple(self._list(name))
        return known.files if known is not None and known.files == files else files

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


def _create(path: Path) -> FileIO:
    """A new file, locked for as long as it is open, so that others see whether its writer lives."""
    while True:
        file = FileIO(path, "w", opener=lambda name, flags: os.open(name, flags, _MODE))
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()  # taken for an abandoned one before it was locked


def _abandoned(temporary: int) -> bool:
    try:
        fcntl.flock(temporary, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False
    except OSError:
        return time.time() - os.fstat(temporary).st_mtime > _ABANDONED
