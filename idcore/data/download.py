"""Data sets fetched at a person's wish: addresses and digests are torchvision's, and so is where the files go."""

import hashlib
import http.client
import os
import shutil
import tarfile
import urllib.request
import zipfile
from pathlib import Path

from idcore.data.known import KNOWN, File
from idcore.data.places import PLACES, where
from idcore.errors import DataError
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
    for addresses, path, md5 in files(name):
        target, errors, good = root / path, [], _is(root / path, md5)
        for address in addresses if not good else ():
            try:
                _fetch(name, address, target, md5, watch.heartbeat())
                good = True
                break
            except (OSError, ValueError, http.client.HTTPException) as error:
                errors.append(f"{address}: {' '.join(str(error).split())[:150]}")
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


def offered(name: str) -> bool:
    """Whether a data set can be fetched; ImageNet and a person's own folders cannot."""
    return name in _ADDRESSES


def files(name: str) -> list[File]:
    """What is fetched for a data set. Raises DataError where nothing can be."""
    if not offered(name):
        raise DataError(f"{name} cannot be downloaded from here: ask its owners for it.")
    from idcore.torchvision_seam import torchvision

    return _ADDRESSES[name](torchvision.datasets)


def _fetch(name: str, address: str, target: Path, md5: str, watch: Watch) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    digest, done = hashlib.md5(usedforsecurity=False), 0
    request = urllib.request.Request(address, headers={"User-Agent": "layerscope"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as source, open(part, "wb") as sink:
            total = int(source.headers.get("Content-Length") or 0)
            of = f" of {total / 1e6:.0f}" if total else ""
            if total > shutil.disk_usage(target.parent).free:
                raise OSError(f"it has {total:,} bytes, and that much is not free on the disk of {target.parent}")
            while chunk := source.read(2**18):
                sink.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                watch.report("downloading", f"Downloading {name}: {done / 1e6:.0f}{of} MB", done, max(total, done))
        if digest.hexdigest() != md5:
            raise OSError(f"its md5 is {digest.hexdigest()} and should be {md5}: this is another file")
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def _is(path: Path, md5: str) -> bool:
    if not path.exists():
        return False
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest() == md5


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
