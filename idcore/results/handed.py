"""Networks that a function of somebody's own made, of which results are here and the code is not: listed beside the
files of weights that were read. Written and read here alone. No torch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idcore import spec
from idcore.results.measured import readable
from idcore.results.owned import EVERYBODY, save_owner
from idcore.spec import FACTORY, Architecture
from idcore.store import Store

Marks = tuple[tuple[str, float, float, float], ...]
"""What a network does, by layer: its name and three numbers of its output on samples that are always the same."""


@dataclass(frozen=True)
class Handed:
    """digest: what its weights are named by. name: of its weights, the file or where they came from. likeness: sha256
    of its weights, its printed modules and their code. seen: what it does on samples of a shape ("1x28x28"). folder,
    command: where it was measured, and the flags that make it again there."""

    digest: str
    name: str
    architecture: Architecture
    likeness: str
    seen: Mapping[str, Marks] = field(default_factory=dict)
    folder: str = ""
    command: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What its owner calls it."""
        return self.architecture.name.removeprefix(FACTORY)


def save(store: Store, network: Handed) -> None:
    """Keep it; everybody who uses the store sees it."""
    about = {"digest": network.digest, "name": network.name, "classes": 0, "notes": []}
    meta = {
        "kind": "file",
        **about,
        "architecture": spec.to_json(network.architecture),
        "likeness": network.likeness,
        "seen": {shape: [list(mark) for mark in marks] for shape, marks in network.seen.items()},
        "folder": network.folder,
        "command": list(network.command),
    }
    store.put(spec.key("file", network.digest), {}, meta)
    save_owner(store, network.digest, EVERYBODY)


def read(store: Store, digest: str) -> Handed | None:
    """The network of this digest, None where there is none."""
    entry = store.meta(spec.key("file", digest))
    return None if entry is None or "likeness" not in entry else readable(_handed, entry)


def networks(store: Store) -> list[Handed]:
    """All of them, from their headers alone."""
    return [one for _, one in store.values("file", _listed) if one is not None]


def _listed(meta: dict[str, Any]) -> Handed | None:
    return readable(_handed, meta) if "likeness" in meta else None


def _handed(meta: dict[str, Any]) -> Handed:
    seen = {shape: tuple(_mark(*mark) for mark in marks) for shape, marks in meta["seen"].items()}
    return Handed(
        meta["digest"],
        meta["name"],
        spec.from_json(meta["architecture"]),
        meta["likeness"],
        seen,
        meta["folder"],
        tuple(meta["command"]),
    )


def _mark(name: str, *numbers: float) -> tuple[str, float, float, float]:
    mean, deviation, along = (float(number) for number in numbers)
    return str(name), mean, deviation, along
