"""A file from an address: whole and with its digest, or not at all. What a cut connection left is gone on with."""

import hashlib
import http
import http.client
import os
import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from idcore.errors import Cancelled
from idcore.watch import HEARTBEAT, UNWATCHED, Watch

TIMEOUT = 30.0
"""Seconds without a byte after which a server is given up."""
_CHUNK = 2**18


def fetch(said: str, address: str, target: Path, digest: str, watch: Watch = UNWATCHED) -> None:
    """Fetch a file that is not there yet; of several processes that want it one does, and the others wait.

    said: how what is told on the way begins. digest: the file's md5, its sha256, or the first digits of that. Raises
    OSError with the reason in words (no connection, no room, cut, another file), and Cancelled, which keeps nothing.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    with _alone(part, said, watch):
        if is_it(target, digest):
            return
        if is_it(part, digest):  # all had come when its process was ended
            os.replace(part, target)
            return
        try:
            left = _copy(said, address, part, watch.heartbeat())
        except Cancelled:
            part.unlink(missing_ok=True)
            raise
        except (OSError, ValueError, http.client.HTTPException) as error:
            if getattr(error, "code", None) == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                part.unlink()  # more had come than there is now: the next try begins again
            raise OSError(_reason(error)) from error
        if left:
            raise OSError(f"the connection was cut {left:,} bytes before the end; the next try goes on from there")
        if not is_it(part, digest):
            own = digest_of(part, digest)[: len(digest)]
            part.unlink()
            raise OSError(f"its {_algorithm(digest)} is {own} and should be {digest}: this is another file")
        os.replace(part, target)


def is_it(path: Path, digest: str) -> bool:
    """Whether a file is there and has this digest."""
    return path.exists() and digest_of(path, digest).startswith(digest)


def digest_of(path: Path, like: str) -> str:
    """The digest of a file, in the algorithm of another."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.new(_algorithm(like), usedforsecurity=False)).hexdigest()


def _algorithm(digest: str) -> str:
    return "md5" if len(digest) == 32 else "sha256"


def _copy(said: str, address: str, part: Path, watch: Watch) -> int:
    """Bytes that are still missing, as far as the server says how many there are."""
    done = part.stat().st_size if part.exists() else 0
    more = {"Range": f"bytes={done}-"} if done else {}
    request = urllib.request.Request(address, headers={"User-Agent": "layerscope", **more})
    with urllib.request.urlopen(request, timeout=TIMEOUT) as source, open(part, "ab") as sink:
        if source.status != http.HTTPStatus.PARTIAL_CONTENT:
            sink.truncate(done := 0)
        left = int(source.headers.get("Content-Length") or 0)
        total, of = done + left, f" of {(done + left) / 1e6:.1f}" if left else ""
        if left > shutil.disk_usage(part.parent).free:
            raise OSError(f"it has {left:,} bytes, and that much is not free on the disk of {part.parent}")
        while chunk := source.read(_CHUNK):
            sink.write(chunk)
            done += len(chunk)
            watch.report("downloading", f"{said}: {done / 1e6:.1f}{of} MB", done, max(total, done))
        sink.flush()
        os.fsync(sink.fileno())
    return max(0, total - done)


def _reason(error: Exception) -> str:
    cause = getattr(error, "reason", None) or error  # urllib wraps what happened
    return " ".join(str(getattr(cause, "strerror", None) or cause).split())[:300].strip(".")


@contextmanager
def _alone(part: Path, said: str, watch: Watch) -> Iterator[None]:
    lock = FileLock(f"{part}.lock")
    while True:
        watch.check()
        try:
            lock.acquire(timeout=HEARTBEAT)
            break
        except Timeout:
            watch.report("downloading", f"{said}: another process is fetching it; waiting for that.", 0, 1)
    try:
        yield
    finally:
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()
