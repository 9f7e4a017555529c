"""What came from outside is read, checked and kept: images, representations, weights, data sets."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from idcore import confined, results, spec
from idcore.data import versions
from idcore.data.places import base, on_disk
from idcore.data.read import fetch_absent, read_dataset, read_images, read_representations
from idcore.data.text_files import holds_texts, read_texts
from idcore.errors import DataError
from idcore.files.endings import TEXT_TABLES, TEXTS
from idcore.limits import BUDGET, Budget
from idcore.networks import hub
from idcore.networks.weights import keep_file
from idcore.spec import FOLDER, UPLOAD, Architecture, ReadJob, Recipe, Representations, Request
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")
_READERS: dict[str, tuple[Callable[..., Any], str]] = {
    "images": (read_images, "The archive"),
    "representations": (read_representations, "The file"),
    "texts": (read_texts, "The file"),
    "dataset": (read_dataset, "The data set"),
}


def read(job: ReadJob, store: Store, budget: Budget = BUDGET, watch: Watch = UNWATCHED) -> None:
    """Read what the job names, in a process of its own, and keep what is needed of it. Raises RequestError for what is
    refused, Cancelled."""
    watch.report("reading", "Reading.")
    if job.what == "weights":
        keep_file(job.name, job.architecture or Architecture(), store, watch)
    else:
        if job.download:
            fetch_absent(job.name, watch)
        read, what = _READERS[job.what]
        confined.run(read, job.name, what=what, store=store, watch=watch)
    watch.report("done", "Done.")


def kind_of(digest: str, store: Store) -> Literal["images", "texts", "representations"]:
    """What an upload is read as, by the end of its name; a table is looked into, in a process of its own. Raises
    RequestError where it is no longer in the store."""
    ending = PurePath(results.upload(store, digest)[1]).suffix.lower()
    if ending == ".zip":
        return "images"
    if ending not in TEXT_TABLES:
        return "texts" if ending in TEXTS else "representations"
    return "texts" if confined.run(holds_texts, digest, what="The table", store=store)[0][1] else "representations"


def as_it_is(asked: T, store: Store, watch: Watch = UNWATCHED) -> T:
    """A request, a job or a part of one with the names of data sets and folders as they are now: read, where they have
    changed or were not read yet. Raises DataError where it asks for what they held once, and as `read` does."""
    changes = dict[str, Any]()
    for field in fields(asked):
        value = getattr(asked, field.name)
        if is_dataclass(type(value)):
            changes[field.name] = as_it_is(value, store, watch)
        elif field.name == "dataset" and on_disk(value):
            changes[field.name] = _current(value, store, watch)
        elif field.name == "name" and isinstance(asked, Architecture) and value.startswith(f"hf:{FOLDER}"):
            changes[field.name] = f"hf:{hub.current(value.removeprefix('hf:'))}"
    return replace(asked, **changes)


def _current(name: str, store: Store, watch: Watch) -> str:
    plain = base(name)
    if versions.absent(name) and (read_once := name if name != plain else versions.latest(plain, store)):
        return read_once  # what was measured of it is in the store; who needs an image is told that it is not here
    if (current := versions.current(plain, store)) is None:
        read(ReadJob("dataset", plain), store, watch=watch)
        current = versions.latest(plain, store) or plain
    if name not in (plain, current):
        raise DataError(versions.changed(name))
    return current


def read_first(request: Request, store: Store, watch: Watch) -> None:
    """Read the uploads of a request that have not been read yet. Raises as `read` does."""
    weights = request.network.weights
    names = [request.data.dataset, *([weights.dataset] if isinstance(weights, Recipe) else ())]
    for name in dict.fromkeys(names):
        if name.startswith(UPLOAD) and store.meta(spec.key("dataset", name)) is None:
            digest = name.removeprefix(UPLOAD)
            ending = PurePath(results.upload(store, digest)[1]).suffix.lower()
            # A network is shown no matrices: what it is asked about is texts or images.
            shown: Literal["texts", "images"] = "texts" if ending in TEXTS else "images"
            job = ReadJob("representations" if isinstance(weights, Representations) else shown, digest)
            read(job, store, watch=watch)
