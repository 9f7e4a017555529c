"""What chunks of the last hidden layer know of the rest: written and read here alone."""

import dataclasses
from dataclasses import dataclass

from idcore import spec
from idcore.estimators.redundancy import Chunk
from idcore.spec import Request
from idcore.store import Store


@dataclass(frozen=True)
class Chunks:
    """rows: one for each size of a chunk, rising. layer: name of the last hidden layer; width: its units. n: samples.
    accuracy: of the whole layer with the trained read-out, None where there is none. note: why there are no rows, or
    what must be said of them."""

    rows: tuple[Chunk, ...]
    layer: str
    width: int
    n: int
    accuracy: float | None
    note: str = ""


def key(request: Request) -> str:
    """Key of the chunks of a network on its samples."""
    return spec.key("chunks", spec.run_key(request))


def read(store: Store, request: Request) -> Chunks | None:
    """The chunks, None until they have been taken."""
    meta = store.meta(key(request))
    if meta is None or "chunks" not in meta:
        return None
    values = meta["chunks"]
    return Chunks(**{**values, "rows": tuple(Chunk(**row) for row in values["rows"])})


def save(store: Store, request: Request, chunks: Chunks) -> None:
    """Keep the chunks of a network."""
    meta = {"kind": "chunks", "request": spec.to_json(request), "chunks": dataclasses.asdict(chunks)}
    store.put(key(request), {}, meta)
