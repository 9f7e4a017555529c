"""Repeated measurements of the same samples: arrays (samples, repeats, units), and two matrices that are called halves.

Their mean is the layer; the repeats are kept beside it, for they tell how reliable it is.
"""

import re
from dataclasses import replace

import numpy as np

from idcore.files.names import clean
from idcore.files.table import Table

_REPEATS = re.compile(r"(?P<stem>.*?)[ ._-]*(repeats?|repetitions?|reps|trials)", re.IGNORECASE)
_HALVES = re.compile(
    r"(?P<stem>.*?)[ ._-]*((half|split)[ ._-]*(?P<number>[12])|(?P<odd>odd)|(?P<even>even))([ ._-]*(repeats|trials))?",
    re.IGNORECASE,
)


def repeated(table: Table) -> tuple[Table, dict[str, np.ndarray]]:
    """(the table with means in place of repeats, the repeats (n, r, units) by the name of their mean).

    Repeats are an array of three axes or more whose name ends with repeats, repetitions, reps or trials, the second
    axis being the repeats; halves are two matrices of one shape called half1 and half2, split1 and split2, or odd and
    even, after the same name. What was averaged is said.
    """
    repeats_of, kept, notes = dict[str, np.ndarray](), [], [*table.notes]
    taken = {name for name, _ in table.matrices}
    halves = _pairs(table)
    done = set[str]()
    for name, array in table.matrices:
        if name in halves:
            stem, first, second = halves[name]
            if stem in done:
                continue
            done.add(stem)
            title = _free(stem, taken)
            notes.append(
                f"{clean(title)} is the mean of two halves of its repeats, {clean(first)} and {clean(second)}."
            )
            parts = dict(table.matrices)
            repeats = np.stack([_float(parts[first]), _float(parts[second])], axis=1)
        elif (match := _REPEATS.fullmatch(name)) and array.ndim > 2 and array.dtype.kind in "biuf" and len(array):
            title = _free(match["stem"] or name, taken - {name})
            repeats = _float(array.reshape(*array.shape[:2], -1))
            notes.append(f"{clean(title)} is the mean of {array.shape[1]:,} repeats of each sample, {clean(name)}.")
        else:
            kept.append((name, array))
            continue
        taken.add(title)
        if repeats.shape[1] > 1:
            repeats_of[title] = repeats
        kept.append((title, repeats.mean(axis=1) if repeats.shape[1] else repeats[:, :0, 0]))
    return replace(table, matrices=kept, notes=notes), repeats_of


def _pairs(table: Table) -> dict[str, tuple[str, str, str]]:
    """(name of both, first half, second half) by the name of either."""
    sides: dict[tuple[str, str], dict[bool, str]] = {}
    shapes = {name: array.shape for name, array in table.matrices}
    for name, array in table.matrices:
        match = _HALVES.fullmatch(name)
        if match and array.ndim == 2 and array.dtype.kind in "biuf" and array.size:
            kind = "odd" if match["odd"] or match["even"] else "half"
            second = bool(match["even"]) or match["number"] == "2"
            sides.setdefault((match["stem"], kind), {})[second] = name
    pairs = {}
    for (stem, _), both in sides.items():
        if len(both) == 2 and shapes[both[False]] == shapes[both[True]]:
            for name in both.values():
                pairs[name] = stem or "mean", both[False], both[True]
    return pairs


def _float(array: np.ndarray) -> np.ndarray:
    """As float32 where that holds it, else float64."""
    small = array.dtype.kind == "f" and array.dtype.itemsize <= 4 or array.dtype.itemsize <= 2
    return array.astype(np.float32 if small else np.float64)


def _free(name: str, taken: set[str]) -> str:
    new, number = name, 1
    while new in taken:
        number += 1
        new = f"{name} ({number})"
    return new
