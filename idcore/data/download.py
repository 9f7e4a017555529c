"""Data sets fetched at a person's wish; addresses, digests and where the files go are those of `known`."""

import shutil
import tarfile
import zipfile
from pathlib import Path

from idcore.data.known import KNOWN, File
from idcore.data.places import PLACES, where
from idcore.errors import DataError
from idcore.fetch import fetch, is_it
from idcore.watch import UNWATCHED, Watch

_ADDRESSES = {one.facts.name: one.address for one in KNOWN if one.address is not None}


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
        target, errors, good = root / path, [], is_it(root / path, digest)
        for address in addresses if not good else ():
            try:
                fetch(said, address, target, digest, watch)
                good = True
                break
            except OSError as error:
                errors.append(f"{address}: {error}")
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
