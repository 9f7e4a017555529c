"""Classes as people name them: by their names, or by number where that can mean nothing else. Plain Python."""

import difflib
import re
from collections.abc import Iterable

from idcore.errors import DataError
from idcore.record import Dataset

_NUMBER = re.compile(r"-?\d+")


def labels(asked: Iterable[str | int], known: Dataset | None) -> tuple[int, ...]:
    """The labels of the classes that are asked for, each by its name or, where no class is called by a number, by its
    place among them, from 0. known: the data set, None where it was not read: then places are all there is.

    Where a class is called 10, a number is a name: choosing "2" never means the third of "1", "10", "2". Raises
    DataError with the names that are closest.
    """
    names = known.classes if known is not None else ()
    numbered = any(_NUMBER.fullmatch(name) for name in names)
    return tuple(_label(str(one).strip(), names, numbered, known) for one in asked)


def by_place(places: Iterable[int], known: Dataset | None) -> bool:
    """Whether the places of classes, written as numbers, are read as these places again."""
    try:
        return labels(map(str, places), known) == tuple(places)
    except DataError:
        return False


def _label(text: str, names: tuple[str, ...], numbered: bool, known: Dataset | None) -> int:
    number = _NUMBER.fullmatch(text) is not None
    if names.count(text) == 1:
        return names.index(text)
    if number and not numbered:
        return int(text)
    title = known.title if known is not None else "This data set"
    if names.count(text) > 1:
        places = " and ".join(str(i) for i, name in enumerate(names) if name == text)
        raise DataError(f"{title} has several classes called {text[:80]!r}: those of number {places}. Give the number.")
    if not names:
        raise DataError(f"A class must be a whole number where the data set has not been read, not {text[:80]!r}.")
    close = difflib.get_close_matches(text[:80], names, n=5, cutoff=0.0)
    why = "; they are called by numbers, so a number is a name and no place among them" if number else ""
    raise DataError(f"{title} has no class {text[:80]!r}; among its classes are {', '.join(close)}{why}.")
