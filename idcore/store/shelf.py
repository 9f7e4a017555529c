"""The seam between what the store promises and where its bytes lie: `folder.Folder`, `objects.Objects`.

Both have one layout: `v1/ab/<key>.safetensors`, where ab are the first two digits of the key; `<key>.lock` beside it
while the key is locked; `v1/bad/` for what was damaged; `v1/in/index.safetensors`, see `index`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from idcore.watch import Watch

SUFFIX, LOCK, BAD, INDEX = ".safetensors", ".lock", "bad", "index"
DAMAGED = (ValueError, KeyError, TypeError)
"""What is raised by reading what cannot be a file of the store."""
_DIGITS = frozenset("0123456789abcdef")
Header = dict[str, str]


@dataclass(frozen=True)
class File:
    """What a listing says of an entry. size: bytes. used: when last, in seconds since 1970, 0 for what was set aside.
    mark: another one where the file has been replaced."""

    key: str
    size: int
    used: float
    mark: str
    aside: bool = False


class Shelf(Protocol):
    """root: where it is, as it was given. period: seconds that whoever waits for a change should let pass between two
    looks. What fails raises OSError; what cannot be a file of the store, one of DAMAGED."""

    period: float

    @property
    def root(self) -> Path | str: ...

    def path(self, key: str) -> Path | str: ...

    def files(self) -> Iterable[File]:
        """All entries as they are now, those set aside included; foreign files left out."""

    def listed(self) -> Mapping[str, tuple[File, ...]]:
        """The same by folder, quickly: when each was last used may be out of date, and a folder in which no file came,
        went or was replaced gives the very same tuple as the last time."""

    def read(self, key: str) -> tuple[Header, dict[str, np.ndarray]]: ...

    def header(self, key: str) -> Header: ...

    def headers(self, files: Iterable[File]) -> Iterator[tuple[File, Header | None]]:
        """The headers of those that are still there, in their order; None for one that is damaged."""

    def write(self, key: str, pieces: Sequence[memoryview]) -> None:
        """Whole or not at all, and never half to a reader."""

    def touch(self, key: str) -> None:
        """Remember that the entry was used."""

    def remove(self, key: str, aside: bool = False) -> None: ...

    def set_aside(self, key: str) -> None: ...

    def lock(self, key: str, watch: Watch) -> AbstractContextManager[None]:
        """Raises errors.Cancelled while it waits."""

    def is_locked(self, key: str) -> bool: ...

    def tidy(self) -> None:
        """Remove what killed writers left."""


def is_key(name: object) -> bool:
    """Whether this is a sha256 in hexadecimal digits."""
    return isinstance(name, str) and len(name) == 64 and _DIGITS.issuperset(name)


def key_of(path: str) -> str | None:
    """The key of the entry in a file `.../ab/<key>.safetensors` or `.../bad/<key>.safetensors`, None for another's."""
    folder, _, name = path.rpartition("/")
    key = name.removesuffix(SUFFIX)
    known = key != name and is_key(key) and folder.rpartition("/")[2] in (key[:2], BAD)
    return key if known else None
