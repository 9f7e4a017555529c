"""Names and numbers of the samples among the arrays of a file: by them samples are known again elsewhere."""

import re
import sys
from dataclasses import dataclass, replace

import numpy as np

from idcore.files.names import clean
from idcore.files.table import Table
from idcore.limits import Limits

_NAMES = re.compile(r"name|stim|imag|file|path|pict|word|text|sent|item|cond|sample|trial")
_IDS = re.compile(r"(.*[._ -])?(ids?|idx|ind(ex|ices)|numbers?)|.*[a-z](IDs?|Ids?|Idx|Index)")
_LONG = 200
"""Characters of a name that are kept."""
_TEXT = "US"


@dataclass(frozen=True)
class Named:
    """names, numbers: of each sample, as text; none where the file gives none."""

    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


def may_hold_names(path: str) -> bool:
    """Whether the last part of a path is what names of samples are called."""
    return _NAMES.search(_last(path).lower()) is not None or may_hold_numbers(path)


def may_hold_numbers(path: str) -> bool:
    """Whether the last part of a path is what numbers of samples are called."""
    return _IDS.fullmatch(_last(path)) is not None or _IDS.fullmatch(_last(path).lower()) is not None


def is_text(array: np.ndarray) -> bool:
    return array.dtype.kind in _TEXT


def named(table: Table, limits: Limits) -> tuple[Table, Named]:
    """(the table without its arrays of text and its numbers of samples, names and numbers of the samples). An array of
    text is taken as names where it has one for each sample, those that are called so or all differ before others; any
    other is left out, and said. A table of nothing but text, or of a single array, stays as it is."""
    matrices = [(name, array) for name, array in table.matrices if array.dtype.kind in "biuf" and array.ndim]
    full = [array for _, array in matrices if array.ndim > 1 and array.size > max(array.shape)]
    rows = len((full or [array for _, array in matrices] or [np.zeros(0)])[0])
    if not rows or len(table.matrices) < 2:
        return table, Named()
    notes, words, numbers = [*table.notes], dict[str, tuple[str, ...]](), dict[str, tuple[str, ...]]()
    kept = []
    for name, array in table.matrices:
        if is_text(array):
            of_samples = _words(array, rows, limits)
            if of_samples is None:
                notes.append(f"{clean(name)} holds text that is no name for each of the {rows:,} samples; left out.")
            else:
                words[name] = of_samples
        elif full and may_hold_numbers(name) and (of_samples := _numbers(array, rows)) is not None:
            numbers[name] = of_samples
        else:
            kept.append((name, array))
    chosen = sorted(words, key=lambda name: (len(set(words[name])) < rows, not may_hold_names(name)))
    notes += [f"{clean(name)} holds more text and was left out." for name in chosen[1:]]
    notes += [f"{clean(name)} holds more numbers of the samples and was left out." for name in list(numbers)[1:]]
    notes += [f"The names of the samples are the array {clean(name)}." for name in chosen[:1]]
    notes += [f"The numbers of the samples are the array {clean(name)}." for name in list(numbers)[:1]]
    chosen_names = words[chosen[0]] if chosen else ()
    return replace(table, matrices=kept, notes=notes), Named(chosen_names, next(iter(numbers.values()), ()))


def _words(array: np.ndarray, rows: int, limits: Limits) -> tuple[str, ...] | None:
    """One for each sample, None where that is not what it holds."""
    if array.size != rows or max(array.shape, default=0) != rows or array.dtype.itemsize * rows > 4 * limits.listing:
        return None
    flat = np.ascontiguousarray(array.reshape(-1))
    if flat.dtype.kind == "S":
        return tuple(clean(word.decode("utf-8", "replace"), _LONG) for word in flat.tolist())
    characters = flat.view(np.dtype("u4").newbyteorder(flat.dtype.byteorder))
    if characters.max(initial=0) > sys.maxunicode:
        return None
    return tuple(clean(str(word), _LONG) for word in flat.tolist())


def _numbers(array: np.ndarray, rows: int) -> tuple[str, ...] | None:
    """Whole numbers, one for each sample and none twice."""
    if array.size != rows or max(array.shape) != rows:
        return None
    flat = array.reshape(-1)
    if not np.isfinite(flat).all() or (flat < 0).any() or (flat != np.floor(flat)).any() or len(set(flat)) < rows:
        return None
    return tuple(str(int(number)) for number in flat.tolist())


def _last(name: str) -> str:
    return re.split(r"[./]", name)[-1]
