"""Files on the command line: put into the store and read there as an upload of the browser is, within the limits."""

import argparse
from pathlib import Path
from typing import TypeVar

from idcore import results
from idcore.command import FILE
from idcore.data.catalogue import DATASETS
from idcore.data.places import on_disk
from idcore.errors import RequestError
from idcore.files.endings import MATRICES, TEXTS
from idcore.limits import LIMITS
from idcore.spec import FOLDER, UPLOAD, Architecture, DataSpec, ReadJob
from idcore.store import Store
from idcore.watch import Watch

T = TypeVar("T", DataSpec, Architecture)
WEIGHTS = (".safetensors", ".pt", ".pth", ".tar", ".ckpt", ".bin")
"""Endings of files of weights."""


def take_in(arguments: argparse.Namespace, store: Store, watch: Watch) -> None:
    """Read the files that --data and --weights name, and fetch the data set if --download says so; put the names that
    they have from now on in their place. Raises RequestError."""

    def read(job: ReadJob) -> None:
        from idcore import pipeline  # torch

        pipeline.read(job, store, watch=watch)

    name = arguments.data
    if _is_file(name, (".zip", *MATRICES, *TEXTS)):
        from idcore.pipeline.read import kind_of

        digest = kept(name, store)
        read(ReadJob(kind_of(digest, store), digest))
        arguments.data = UPLOAD + digest
    elif on_disk(name):
        if arguments.download and not name.startswith(FOLDER):
            read(ReadJob("dataset", name, download=True))
        arguments.data = _now(DataSpec(name), store, watch).dataset
    elif name not in DATASETS and Path(name).is_dir():
        raise RequestError(
            f"{name} is a folder. Put it directly below the root of the data sets ($LAYERSCOPE_DATA) and call it "
            f"--data {FOLDER}{Path(name).name}, or make a zip of it."
        )
    if on_disk(arguments.train_data or ""):
        arguments.train_data = _now(DataSpec(arguments.train_data), store, watch).dataset
    if (arguments.network or "").startswith(f"hf:{FOLDER}"):
        arguments.network = _now(Architecture(arguments.network), store, watch).name
    if arguments.factory is not None:
        return  # the weights are for what the factory makes
    if arguments.weights is not None and _is_file(arguments.weights, WEIGHTS):
        architecture = Architecture(arguments.network or "cnn", arguments.width, arguments.depth)
        digest = kept(arguments.weights, store)
        read(ReadJob("weights", digest, architecture))
        arguments.weights = FILE + digest


def _now(asked: T, store: Store, watch: Watch) -> T:
    """What was asked for, with the data sets and folders that it names as they are now."""
    from idcore.pipeline.read import as_it_is

    return as_it_is(asked, store, watch)


def _is_file(name: str, endings: tuple[str, ...]) -> bool:
    return name not in DATASETS and (Path(name).suffix.lower() in endings or Path(name).is_file())


def kept(name: str, store: Store, label: str = "") -> str:
    """The digest of a file that is put into the store. label: what it is called there, its own name when left out.
    Raises RequestError."""
    path = Path(name).expanduser()
    try:
        size = path.stat().st_size
        if size > LIMITS.upload:
            raise RequestError(f"{name} has {size:,} bytes; at most {LIMITS.upload:,} are read. Choose a smaller file.")
        content = path.read_bytes()
    except OSError as error:
        raise RequestError(f"The file {name} cannot be read ({error.strerror}). Give the path of a file.") from error
    digest = results.save_upload(store, content, label or path.name)
    results.save_owner(store, digest, results.EVERYBODY)
    return digest
