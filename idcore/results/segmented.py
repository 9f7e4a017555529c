"""Pieces of different dimension of a layer: written and read here alone."""

from dataclasses import dataclass

import numpy as np

from idcore import spec
from idcore.shapes import Int
from idcore.spec import Request
from idcore.store import Store


@dataclass(frozen=True, eq=False)
class Pieces:
    """ids, stderrs: dimension of each piece, rising, and its spread over the sweeps. labels: (n,) int, the piece of
    each sample, -1 for none. likelihoods: natural logarithm for 1, 2, ... pieces, of which the highest was taken. note:
    why there are none ("" where there are)."""

    ids: tuple[float, ...]
    stderrs: tuple[float, ...]
    labels: Int[np.ndarray, " n"]
    likelihoods: tuple[float, ...]
    note: str = ""


def key(request: Request, layer: str) -> str:
    """Key of the pieces of one layer."""
    return spec.key("pieces", spec.layer_key(request, layer))


def read(store: Store, request: Request, layer: str) -> Pieces | None:
    """The pieces of one layer, None until they have been sought."""
    entry = store.get(key(request, layer))
    if entry is None or "pieces" not in entry.meta:
        return None
    of = entry.meta["pieces"]
    labels = entry.arrays["labels"].astype(np.int64)
    return Pieces(tuple(of["ids"]), tuple(of["stderrs"]), labels, tuple(of["likelihoods"]), of["note"])


def save(store: Store, request: Request, layer: str, pieces: Pieces) -> None:
    """Keep the pieces of one layer."""
    meta = {name: getattr(pieces, name) for name in ("ids", "stderrs", "likelihoods", "note")}
    known = {name: list(value) if isinstance(value, tuple) else value for name, value in meta.items()}
    store.put(key(request, layer), {"labels": pieces.labels.astype(np.int16)},
              {"kind": "pieces", "request": spec.to_json(request), "layer": layer, "pieces": known})  # fmt: skip
