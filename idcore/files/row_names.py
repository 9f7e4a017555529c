"""Columns that number or name the samples, as pandas, R and AnnData write them: they are no units of a layer."""

import re

import numpy as np

from idcore.files.names import clean

_UNNAMED = re.compile(r"unnamed: \d+(\.\d+|_level_\d+)*|__index_level_\d+__|level_\d+|index")
"""What pandas calls an index that has no name."""
_NAMED = re.compile(r"id|idx|uid|uuid|key|rn|(row|sample|obs)[ ._-]?(id|idx|index|nr|no|number|names?)|.+[ ._-]id")
_BY_CHANCE = 10
"""Fewer samples than these may count without being an index."""


def title(name: str, j: int) -> str:
    """What a sentence calls column j, whose name is "" where it has none."""
    return f"The column {clean(name)}" if name else f"Column {j + 1}"


def is_row_name(name: str) -> bool:
    """Whether a column of this name may number or name the samples."""
    return _is_index(name) or _NAMED.fullmatch(name.strip().lower()) is not None


def units(names: list[str], matrix: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """(the columns of matrix (n, d) that do not number the samples, sentences on those that do, or may).

    One that does has the name of an index and holds whole numbers, each of them once where pandas did not choose the
    name; or no column has a name, and the first of several counts ten samples or more. Any other stays, also one that
    counts; but that is said.
    """
    out, notes = [], []
    begins = np.isin(matrix[0], (0, 1)) & np.all(np.diff(matrix[:3], axis=0) == 1, axis=0) & (len(matrix) > 2)
    for j, (name, column) in enumerate(zip(names, matrix.T, strict=True)):
        counting = begins[j] and np.array_equal(column, column[0] + np.arange(len(column)))
        first = j == 0 and len(names) > 1 and not any(names) and len(column) >= _BY_CHANCE
        if _numbers_rows(name, column) or first and counting:
            out.append(j)
            notes.append(f"{title(name, j)} numbers the samples and is no unit; it was left out.")
        elif _is_index(name):
            notes.append(f"{title(name, j)} has the name of an index, but not its numbers; it was kept as a unit.")
        elif counting:
            notes.append(
                f"{title(name, j)} counts the samples ({column[0]:g}, {column[1]:g}, ...); it was kept as a unit."
            )
    return np.delete(matrix, out, axis=1) if out else matrix, notes


def _numbers_rows(name: str, column: np.ndarray) -> bool:
    whole = is_row_name(name) and np.all(np.isfinite(column)) and np.all(column == np.floor(column))
    return bool(whole) and (_is_index(name) or len(np.unique(column)) == len(column))


def _is_index(name: str) -> bool:
    return _UNNAMED.fullmatch(name.strip().lower()) is not None
