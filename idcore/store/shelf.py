"""The seam between what the store promises and where its bytes lie: `folder.Folder`, `objects.Objects`.

Both have one layout: `v1/ab/<key>.safetensors`, where ab are the first two digits of the key; `<key>.lock` beside it
while the key is locked; `v1/bad/` for what was damaged.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

import numpy as np

SUFFIX, LOCK, BAD = ".safetensors", ".lock", "bad"
_DIGITS = frozenset("0123456789abcdef")
Header = dict[str, str]
Stop = Callable[[], bool]


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
    looks. What fails raises OSError; what cannot be a file of the store, ValueError, KeyError or TypeError."""

    period: float

    @property
    def root(self) -> Path | str: ...

    def path(self, key: str) -> Path | str: ...

    def files(self) -> Iterable[File]:
        """All entries, those set aside included; foreign files left out."""

    def read(self, key: str) -> tuple[Header, dict[str, np.ndarray]]: ...

    def header(self, key: str) -> Header: ...

    def headers(self, files: Iterable[File]) -> Iterator[tuple[File, Header | None]]:
        """The headers of those that are still there, in their order; None for one that is damaged."""

    def write(self, key: str, data: bytes) -> None:
        """Whole or not at all, and never half to a reader."""

    def touch(self, key: str) -> None:
        """Remember that the entry was used."""

    def remove(self, key: str, aside: bool = False) -> None: ...

    def set_aside(self, key: str) -> None: ...

    def lock(self, key: str, cancelled: Stop | None) -> AbstractContextManager[None]:
        """Raises errors.Cancelled while it waits."""

    def is_locked(self, key: str) -> bool: ...

    def tidy(self) -> None:
        """Remove what killed writers left."""


def is_key(name: object) -> bool:
    """Whether this is a sha256 in hexadecimal digits."""
    return isinstance(name, str) and len(name) == 64 and _DIGITS.issuperset(name)


def key_of(path: str) -> str | None:
    """The key of the entry in a file `.../ab/<key>.safetensors` or `.../bad/<key>.safetensors`, None for another's."""
    file = PurePosixPath(path)
    known = file.suffix == SUFFIX and is_key(file.stem) and file.parent.name in (file.stem[:2], BAD)
    return file.stem if known else None
