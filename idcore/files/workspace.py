"""The matrices among all that people keep in one file: settings, axes of time, names."""

import re

import numpy as np

from idcore.errors import DataError
from idcore.files.labels import is_label
from idcore.files.named import is_text, may_hold_numbers
from idcore.files.names import clean, listed
from idcore.files.table import Table
from idcore.limits import Limits


def matrices(arrays: list[tuple[str, np.ndarray]], others: list[str], notes: list[str]) -> Table:
    """arrays: of numbers, or of text where they may be labels. others: names of what is none, with what they hold.

    A vector whose name `is_label` holds labels; one of text, or of numbers of the samples, stays for `named`. Single
    numbers are left out, and vectors beside matrices; that is said.
    Vectors alone are one unit each, whichever way they lie.
    """
    labels = [
        (name, array.reshape(-1)) for name, array in arrays if may_hold_labels(name) and array.size == _longest(array)
    ]
    about = [
        (name, array.reshape(-1))
        for name, array in arrays
        if name not in dict(labels)
        and array.size == _longest(array) > 1
        and (is_text(array) or may_hold_numbers(name) and array.dtype.kind in "biuf")
    ]
    if all(array.size == _longest(array) for name, array in arrays if name not in dict(labels)):
        about = [(name, array) for name, array in about if is_text(array)]  # vectors alone are units
    rest = [(name, array) for name, array in arrays if name not in dict(labels) and name not in dict(about)]
    full = [(name, array) for name, array in rest if array.size > _longest(array)]
    kept = full or [(name, array.reshape(-1, 1)) for name, array in rest if array.size > 1]
    left = [f"{name} ({_shape(array)})" for name, array in rest if name not in dict(kept)]
    said = [f"Left out, as no matrices of samples x units: {listed([*left, *others])}."] if left or others else []
    return Table([*kept, *about, *((_last(name), array) for name, array in labels)], [*notes, *said])


def check_values(total: int, limits: Limits) -> None:
    """Raises DataError where so many numbers are too many."""
    if total > limits.values:
        raise DataError(
            f"The matrices have {total:,} values together; {limits.values:,} are the most. Keep less of them."
        )


def may_hold_labels(path: str) -> bool:
    """Whether the last part of a path is what labels are called."""
    return is_label(_last(path))


def texts(words: list[str], name: str, limits: Limits) -> np.ndarray:
    """The words as an array. Raises DataError where that would be too long: it has room for the longest everywhere."""
    length = len(words) * max(map(len, words), default=0)
    if length > limits.listing:
        raise DataError(f"The texts of {clean(name)} are too long; {limits.listing:,} characters are the most.")
    return np.array(words, dtype=np.str_)


def _last(name: str) -> str:
    return re.split(r"[./]", name)[-1]


def _longest(array: np.ndarray) -> int:
    return max(array.shape, default=1)


def _shape(array: np.ndarray) -> str:
    return " x ".join(f"{side:,}" for side in array.shape) or "a single number"
