"""Texts of samples in the store: written and read here alone, under the data subset they belong to. No torch."""

from dataclasses import dataclass

import numpy as np

from idcore import spec
from idcore.spec import DataSpec
from idcore.store import Store

MOST = 2000
"""Characters that are kept of one: enough to read it, and a shared store shows it where the file is gone."""


@dataclass(frozen=True)
class Passages:
    """texts: of each sample of a subset, in its order, at most `MOST` characters of it. names: of each, where the file
    gives names (FASTA), else none."""

    texts: tuple[str, ...]
    names: tuple[str, ...] = ()


def key(data: DataSpec) -> str:
    """Key of the texts of a data subset; they are the same whatever is done to their tokens."""
    return spec.key("texts", DataSpec(data.dataset, data.split, data.classes, data.n, data.seed))


def read(store: Store, data: DataSpec) -> Passages | None:
    """None where there are none."""
    entry = store.get(key(data))
    if entry is None:
        return None
    names = unpacked(entry.arrays, "name") if "names" in entry.arrays else ()
    return Passages(unpacked(entry.arrays, "text"), names)


def save(store: Store, data: DataSpec, passages: Passages) -> None:
    """Keep them."""
    arrays = packed([text if len(text) <= MOST else text[: MOST - 1] + "…" for text in passages.texts], "text")
    if any(passages.names):
        arrays |= packed(passages.names, "name")
    store.put(key(data), arrays, {"kind": "texts", "request": spec.to_json(data)})


def packed(texts: tuple[str, ...] | list[str], what: str) -> dict[str, np.ndarray]:
    """Texts as arrays: "<what>s" (bytes,) uint8, all in UTF-8 one after the other, "<what>-ends" (n,) int64, where each
    ends."""
    encoded = [text.encode("utf-8", "replace") for text in texts]
    ends = np.cumsum([len(text) for text in encoded], dtype=np.int64)
    return {f"{what}s": np.frombuffer(b"".join(encoded), np.uint8), f"{what}-ends": ends}


def unpacked(arrays: dict[str, np.ndarray], what: str) -> tuple[str, ...]:
    """The inverse of `packed`."""
    content, ends = arrays[f"{what}s"].tobytes(), arrays[f"{what}-ends"].tolist()
    return tuple(content[start:end].decode() for start, end in zip([0, *ends], ends, strict=False))
