"""The store on object storage, through fsspec: `s3://bucket/prefix`, with the package s3fs; other addresses that fsspec
knows work where their package is installed. Credentials and endpoint are found as the package finds them
(AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, ...).

One object is written and read in one request, so that it is whole or not there; there are no locks, so `lease` stands
in for them.
"""

import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

import numpy as np

from idcore.errors import StoreError
from idcore.store import entry
from idcore.store.lease import Lease
from idcore.store.shelf import BAD, LOCK, SUFFIX, File, Header, key_of
from idcore.watch import Watch

T = TypeVar("T")
_HEAD = 32 * 2**10  # bytes that hold most headers
_FRESH = 1.0  # seconds that a listing is believed
_REMEMBERED, _AT_ONCE = 20_000, 1000  # headers
_OPTIONS: dict[str, dict[str, Any]] = {
    # One request for one object, whatever its size: two could see two versions of it.
    "s3": {
        "max_concurrency": 1,
        "config_kwargs": {"connect_timeout": 5, "read_timeout": 60, "retries": {"max_attempts": 2}},
    }
}


class Objects:
    """A `Shelf`. What was used last is not known here: what was written first leaves first."""

    period = 1.0

    def __init__(self, url: str) -> None:
        self.root = url.rstrip("/")
        self._files, self._base = _open(self.root)
        self._lease = Lease(self._read, self._write, self._create, self._remove)
        self._headers: OrderedDict[str, tuple[str, Header]] = OrderedDict()
        self._listed: tuple[float, list[File]] = (float("-inf"), [])
        self._folders: dict[str, tuple[File, ...]] = {}
        self._guard = threading.Lock()

    def path(self, key: str) -> str:
        return f"{self._base}/v1/{key[:2]}/{key}{SUFFIX}"

    def files(self) -> list[File]:
        with self._guard:
            if time.monotonic() - self._listed[0] > _FRESH:
                listing = _ask(self._files.find, f"{self._base}/v1", detail=True).items()
                files = [_file(key, path, info) for path, info in listing if (key := key_of(path))]
                self._listed = (time.monotonic(), files)
            return self._listed[1]

    def listed(self) -> dict[str, tuple[File, ...]]:
        folders: dict[str, list[File]] = {}
        for file in self.files():
            folders.setdefault(BAD if file.aside else file.key[:2], []).append(file)
        self._folders = {
            name: before if (before := self._folders.get(name)) == (now := tuple(files)) else now
            for name, files in folders.items()
        }
        return self._folders

    def read(self, key: str) -> tuple[Header, dict[str, np.ndarray]]:
        return entry.parse(_ask(self._files.cat_file, self.path(key)))

    def header(self, key: str) -> Header:
        return self._header(key, self._beginnings([key])[0])

    def headers(self, files: Iterable[File]) -> Iterator[tuple[File, Header | None]]:
        rest = list(files)
        while rest:
            some, rest = rest[:_AT_ONCE], rest[_AT_ONCE:]
            while len(self._headers) > _REMEMBERED:
                self._headers.popitem(last=False)
            self._remember([file for file in some if self._headers.get(file.key, ("",))[0] != file.mark])
            for file in some:
                mark, header = self._headers.get(file.key, ("", {}))
                if mark == file.mark:
                    yield file, header or None

    def write(self, key: str, pieces: Sequence[memoryview]) -> None:
        self._write(self.path(key), b"".join(pieces))
        self._listed = (float("-inf"), [])

    def touch(self, key: str) -> None:
        pass

    def remove(self, key: str, aside: bool = False) -> None:
        self._remove(self._aside(key) if aside else self.path(key))
        self._listed = (float("-inf"), [])

    def set_aside(self, key: str) -> None:
        _ask(self._files.mv, self.path(key), self._aside(key))
        self._listed = (float("-inf"), [])

    def lock(self, key: str, watch: Watch) -> contextlib.AbstractContextManager[None]:
        return self._lease.held(self._lock(key), watch, self.period / 2)

    def is_locked(self, key: str) -> bool:
        return self._lease.is_held(self._lock(key))

    def tidy(self) -> None:
        pass

    def _lock(self, key: str) -> str:
        return self.path(key).removesuffix(SUFFIX) + LOCK

    def _aside(self, key: str) -> str:
        return f"{self._base}/v1/{BAD}/{key}{SUFFIX}"

    def _remember(self, files: list[File]) -> None:
        for file, head in zip(files, self._beginnings([file.key for file in files]), strict=True):
            try:
                self._headers[file.key] = (file.mark, self._header(file.key, head))
            except OSError:
                self._headers.pop(file.key, None)
            except (ValueError, KeyError, TypeError):
                self._headers[file.key] = (file.mark, {})

    def _beginnings(self, keys: list[str]) -> list[bytes | Exception]:
        """Of many at once: one after the other would take minutes for thousands."""
        paths, many = [self.path(key) for key in keys], len(keys)
        return list(_ask(self._files.cat_ranges, paths, [0] * many, [_HEAD] * many, on_error="return"))

    def _header(self, key: str, head: bytes | Exception) -> Header:
        """head: the beginning of the file, or why it was not read."""
        if isinstance(head, FileNotFoundError):
            raise head
        data = self._read(self.path(key)) if isinstance(head, Exception) else head  # no byte, no range
        length = entry.header_length(data)
        if length > len(data):
            data = _ask(self._files.cat_file, self.path(key), start=0, end=length)
        return entry.parse_header(data)

    def _read(self, path: str) -> bytes:
        return bytes(_ask(self._files.cat_file, path))

    def _write(self, path: str, data: bytes) -> None:
        _ask(self._files.pipe_file, path, data)

    def _create(self, path: str, data: bytes) -> None:
        _ask(self._files.pipe_file, path, data, mode="create")

    def _remove(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            _ask(self._files.rm_file, path)


def _open(url: str) -> tuple[Any, str]:
    import fsspec

    protocol = url.split("://")[0]
    try:
        files, base = fsspec.core.url_to_fs(url, use_listings_cache=False, **_OPTIONS.get(protocol, {}))
    except (ImportError, ValueError) as error:
        raise StoreError(
            f"The store {url} cannot be used ({error}). Give a folder, or s3://bucket/prefix with the package s3fs "
            "(pip install -r requirements-extras.txt)."
        ) from error
    return files, str(base).rstrip("/")


def _ask(call: Callable[..., T], *arguments: Any, **options: Any) -> T:
    try:
        return call(*arguments, **options)
    except OSError:
        raise
    except Exception as error:  # the errors of botocore, and of other packages, have no root in common
        raise OSError(f"{type(error).__name__}: {error}") from error


def _file(key: str, path: str, info: dict[str, Any]) -> File:
    times = (info.get(name) for name in ("LastModified", "updated", "last_modified", "created", "mtime"))
    written = next((time.timestamp() for time in times if isinstance(time, datetime)), 0.0)
    aside = path.split("/")[-2] == BAD
    return File(key, int(info["size"]), 0.0 if aside else written, str(sorted(info.items(), key=str)), aside)
