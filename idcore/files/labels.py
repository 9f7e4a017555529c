"""Labels that came from outside, as classes with names."""

import sys

import numpy as np

from idcore.errors import DataError
from idcore.files.names import clean, clean_all, natural
from idcore.limits import Limits

LABELS = frozenset({"label", "labels", "class", "classes", "target", "targets", "y"})
"""What an array or a column of labels may be called, in any case of letters."""


def is_label(name: str) -> bool:
    return name.strip().lower() in LABELS


def is_coordinate(name: str, fractions: bool) -> bool:
    """Whether a column of this name, whose numbers have fractions, is y beside x and no label."""
    return fractions and name.strip().lower() == "y"


def coordinate(name: str) -> str:
    return f"The column {clean(name)} holds fractions, and so no labels; it was kept as a unit."


def encoded(array: np.ndarray, name: str) -> tuple[np.ndarray, list[str]]:
    """(codes (n,), the word for each code) of whole numbers or text, (n,) or (n, 1). Raises DataError."""
    flat, kind, name = np.ascontiguousarray(array.reshape(-1)), array.dtype.kind, clean(name)
    if kind not in "biufUS":
        raise DataError(f"The labels {name} must be whole numbers or text, not {array.dtype}.")
    if kind == "U" and _characters(flat).max(initial=0) > sys.maxunicode:
        raise DataError(f"The labels {name} hold characters that do not exist. Save them again.")
    values, codes = np.unique(flat, return_inverse=True)
    if kind == "f":
        wrong = [value for value in values.tolist() if not float(value).is_integer()]
        if wrong:
            raise DataError(not_whole(name, wrong[0]))
        return codes, [f"{value:.0f}" for value in values]
    try:
        return codes, [value.decode() if kind == "S" else str(value) for value in values.tolist()]
    except UnicodeDecodeError:
        raise DataError(f"The labels {name} are bytes that are not text in UTF-8. Save them as text.") from None


def _characters(array: np.ndarray) -> np.ndarray:
    """Code points, uint32, of text as numpy holds it; a file may hold any number in their place."""
    return array.view(np.dtype("u4").newbyteorder(array.dtype.byteorder))


def ordered(codes: np.ndarray, words: list[str], limits: Limits) -> tuple[np.ndarray, tuple[str, ...], tuple[str, ...]]:
    """(labels (n,) int64, class names by label, notes): classes by name, 2 before 10. Raises DataError."""
    if len(words) > limits.classes:
        raise DataError(many_classes(limits))
    order = sorted(range(len(words)), key=lambda i: natural(words[i]))
    names, notes = clean_all((words[i] for i in order), "class", limits.name)
    return np.argsort(order)[codes].astype(np.int64), names, notes


def many_classes(limits: Limits) -> str:
    return (
        f"There are more than {limits.classes:,} different labels. Labels say to which class a sample belongs; a name "
        "for each sample must be left out, or called otherwise."
    )


def not_whole(name: str, value: float) -> str:
    return (
        f"The labels {clean(name)} hold {value:g}; labels must be whole numbers or text. Leave out what is no label, "
        "or call it otherwise."
    )
