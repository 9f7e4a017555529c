"""Pretrained weights: fetched once into torch's own folder, and read without running anything of them.

Their sha256 is compared with the known one before anything of them is read: no other file reaches the reader, which
therefore needs no process of its own.
"""

import glob
import hashlib
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO
from urllib.request import Request, urlopen

import numpy as np
import torch
from filelock import FileLock, Timeout
from torch import nn

from idcore.data.catalogue import DATASETS
from idcore.errors import NetworkError
from idcore.networks import extras
from idcore.networks.build import give, skeleton
from idcore.networks.catalogue import LIBRARIES, CatalogueEntry, Offer, carried, lookup, offer, uninstalled
from idcore.networks.fit import fit
from idcore.networks.weights_file import read
from idcore.spec import Architecture
from idcore.torchvision_seam import torchvision
from idcore.watch import HEARTBEAT, UNWATCHED, Watch

PATIENCE = 20.0
"""Seconds without an answer after which there is no connection."""
_CHUNK = 2**18
_PARTIAL = ".partial"


def pretrained(
    architecture: Architecture,
    entry: str,
    watch: Watch = UNWATCHED,
) -> tuple[nn.Module, tuple[str, ...], str]:
    """(the network in eval mode on the CPU, names of its classes, none where nobody says; a sentence on where it came
    from). entry: name of the weights, or DEFAULT.

    Raises NetworkError where there are none of this name, where they can be neither found nor fetched, or where the
    file is not the one that its name promises; and Cancelled.
    """
    known = lookup(architecture.name, entry)
    if known.family in LIBRARIES:
        watch.report("downloading", f"{LIBRARIES[known.family]} is fetching its weights.", 0, 1)
        module, classes, more = extras.pretrained(known)
        return module.eval(), classes, f"Pretrained: the weights that {LIBRARIES[known.family]} offers. {more}".strip()
    chosen = offer(known, entry)
    path = fetch(known, chosen, watch)
    watch.report("downloading", f"Reading {path.name}.", 1, 1)
    module = _loaded(architecture, chosen, path)
    if chosen.package:
        note = f"Pretrained: {chosen.file} of the package {chosen.package}."
        return module.eval(), DATASETS["imagenet"].classes, note
    classes = torchvision.models.get_model_weights(known.name)[chosen.name].meta["categories"]
    return module.eval(), tuple(classes), f"Pretrained: {chosen.name} of torchvision ({chosen.file})."


def folder() -> Path:
    """Where torch keeps what it fetches."""
    return Path(torch.hub.get_dir()).expanduser() / "checkpoints"


def fetch(
    entry: CatalogueEntry,
    chosen: Offer,
    watch: Watch = UNWATCHED,
) -> Path:
    """The file of the weights, of the package that carries it or fetched where it is not there; whole and with the
    right sha256, or not at all.

    Raises NetworkError with the file and the folder where there is no connection, and Cancelled.
    """
    path = carried(chosen) if chosen.package else folder() / chosen.file
    if path is None:
        raise NetworkError(uninstalled(entry, chosen))
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with _alone(path, watch):
                if not path.exists():
                    _download(chosen, path, watch)
                    return path
    except OSError as error:  # of the connection, or of the disk
        raise NetworkError(_absent(entry, chosen, error)) from error
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not found.startswith(chosen.digest):
        raise NetworkError(
            f"The file {path} is damaged or another one: its sha256 begins with {found[: len(chosen.digest)]}, not "
            f"with {chosen.digest}. "
            + (f"Install {chosen.package} again." if chosen.package else "Remove it, and it is fetched again.")
        )
    return path


def _download(
    chosen: Offer,
    path: Path,
    watch: Watch,
) -> None:
    for left in path.parent.glob(f"{glob.escape(path.name)}*{_PARTIAL}"):  # of a process that was killed
        left.unlink(missing_ok=True)
    request = Request(chosen.url, headers={"User-Agent": "torch.hub"})
    with (
        urlopen(request, timeout=PATIENCE) as answer,
        NamedTemporaryFile(dir=path.parent, prefix=path.name, suffix=_PARTIAL, delete=False) as part,
    ):
        try:
            total = int(answer.headers.get("Content-Length") or 0)
            said = round(chosen.megabytes * 2**20)
            found = _copy(answer, part, chosen.file, total or said, watch)
            if total and part.tell() != total:
                raise NetworkError(
                    f"The download of {chosen.file} broke off after {part.tell():,} of {total:,} bytes. Run it again."
                )
            if not found.startswith(chosen.digest):
                raise NetworkError(
                    f"What came from {chosen.url} is not {chosen.file}: its sha256 begins with "
                    f"{found[: len(chosen.digest)]}, not with {chosen.digest}. Nothing was kept; run it again."
                )
            part.flush()
            os.fsync(part.fileno())
            os.chmod(part.name, 0o644)  # a temporary file is its owner's alone; this folder is everybody's
            os.replace(part.name, path)
        finally:
            Path(part.name).unlink(missing_ok=True)


def _copy(
    answer: IO[bytes],
    part: IO[bytes],
    name: str,
    total: int,
    watch: Watch,
) -> str:
    """Copies to the end; returns the sha256."""
    digest, pulse = hashlib.sha256(), watch.heartbeat()
    while chunk := answer.read(_CHUNK):
        part.write(chunk)
        digest.update(chunk)
        done = part.tell()
        text = f"Downloading {name}: {done / 2**20:.0f} of {total / 2**20:.0f} MB."
        pulse.report("downloading", text, done, max(done, total))
    return digest.hexdigest()


@contextmanager
def _alone(path: Path, watch: Watch) -> Iterator[None]:
    """One process at a time fetches a file; the others wait for it."""
    lock = FileLock(f"{path}.lock")
    while True:
        watch.check()
        try:
            lock.acquire(timeout=HEARTBEAT)
            break
        except Timeout:
            continue
    try:
        yield
    finally:
        lock.release()


def _loaded(architecture: Architecture, chosen: Offer, path: Path) -> nn.Module:
    assert chosen.form.crop is not None
    shape = (3, *chosen.form.crop)
    with path.open("rb") as file:  # the mapping lives as long as an array stands on it
        arrays, _ = read(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)), path.name)
    weights = fit(arrays, architecture, shape).weights
    # Copies: the network must not stand on a file that somebody may change.
    state = {name: torch.from_numpy(np.array(array)) for name, array in weights.items()}
    module = skeleton(architecture, shape, chosen.classes)
    give(module, state, assign=True)
    return module


def _absent(entry: CatalogueEntry, chosen: Offer, error: OSError) -> str:
    cause = getattr(error, "reason", None) or error  # urllib wraps what happened
    reason = str(getattr(cause, "strerror", None) or cause).strip(".")
    return (
        f"The weights {chosen.name} of {entry.title} are not on this computer and could not be fetched ({reason}). Put "
        f"the file {chosen.file} from {chosen.url} into the folder {folder()}, or choose untrained weights."
    )
