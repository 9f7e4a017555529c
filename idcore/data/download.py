"""Data sets fetched at a person's wish; addresses, digests and where the files go are those of `known`."""

import hashlib
import http
import http.client
import os
import shutil
import tarfile
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from idcore.data.known import KNOWN, File
from idcore.data.places import PLACES, where
from idcore.errors import Cancelled, DataError
from idcore.watch import UNWATCHED, Watch

_ADDRESSES = {one.facts.name: one.address for one in KNOWN if one.address is not None}
TIMEOUT = 30.0
"""Seconds without a byte after which a server is given up."""


def download(
    name: str,
    root: Path,
    watch: Watch = UNWATCHED,
) -> None:
    """Fetch the files of a data set into the data root. Raises DataError where that is not possible (no network, disk
    full, the wrong file), and Cancelled."""
    wanted = files(name)
    for number, (addresses, path, digest) in enumerate(wanted, 1):
        said = f"Downloading {name}" + (f", file {number} of {len(wanted)}" if len(wanted) > 1 else "")
        target, errors, good = root / path, [], _is(root / path, digest)
        for address in addresses if not good else ():
            try:
                _fetch(said, address, target, digest, watch.heartbeat())
                good = True
                break
            except (OSError, ValueError, http.client.HTTPException) as error:
                errors.append(f"{address}: {' '.join(str(error).split())[:300]}")
        if not good:
            raise DataError(
                f"{name} could not be downloaded ({'; '.join(errors)}). Put its files {where(name, root)}; "
                "or choose another data set, such as mnist5k, which needs no network."
            )
        try:
            _unpack(name, target, root)
        except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
            raise DataError(
                f"{target} could not be unpacked ({error}). Is there room on the disk? Then try again."
            ) from error


def megabytes(name: str) -> float:
    """How much is fetched for a data set, about; 0 where nothing can be."""
    return next((one.megabytes for one in KNOWN if one.facts.name == name), 0.0)


def offered(name: str) -> bool:
    """Whether a data set can be fetched; ImageNet and a person's own folders cannot."""
    return name in _ADDRESSES


def files(name: str) -> list[File]:
    """What is fetched for a data set. Raises DataError where nothing can be."""
    if not offered(name):
        raise DataError(f"{name} cannot be downloaded from here: ask its owners for it.")
    from idcore.torchvision_seam import torchvision

    return _ADDRESSES[name](torchvision.datasets)


def _fetch(said: str, address: str, target: Path, digest: str, watch: Watch) -> None:
    """What came before a connection was cut is kept beside the target, and the next try goes on from there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    with _alone(part):
        try:
            left = _copy(said, address, part, watch)
        except Cancelled:
            part.unlink(missing_ok=True)
            raise
        if left:
            raise OSError(f"the connection was cut {left:,} bytes before the end; the next try goes on from there")
        if not _is(part, digest):
            found = _digest(part, digest)
            part.unlink()
            raise OSError(f"its {_algorithm(digest)} is {found} and should be {digest}: this is another file")
        os.replace(part, target)


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
        while chunk := source.read(2**18):
            sink.write(chunk)
            done += len(chunk)
            watch.report("downloading", f"{said}: {done / 1e6:.1f}{of} MB", done, max(total, done))
    return max(0, total - done)


@contextmanager
def _alone(part: Path) -> Iterator[None]:
    lock = FileLock(f"{part}.lock", timeout=0)
    try:
        with lock:
            try:
                yield
            finally:
                Path(lock.lock_file).unlink(missing_ok=True)
    except Timeout:
        raise OSError("another process is fetching it just now") from None


def _algorithm(digest: str) -> str:
    return "md5" if len(digest) == 32 else "sha256"


def _is(path: Path, digest: str) -> bool:
    return path.exists() and _digest(path, digest) == digest


def _digest(path: Path, like: str) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.new(_algorithm(like), usedforsecurity=False)).hexdigest()


def _unpack(name: str, path: Path, root: Path) -> None:
    """Only what has the digest of the data set's own archive gets here."""
    if path.suffix in (".tgz", ".gz") and not path.name.endswith("-ubyte.gz"):
        with tarfile.open(path) as archive:
            archive.extractall(root, filter="data")
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for part in PLACES[name].files:
                with archive.open(f"gzip/{part}.gz") as source, open(path.with_name(f"{part}.gz"), "wb") as sink:
                    shutil.copyfileobj(source, sink)
