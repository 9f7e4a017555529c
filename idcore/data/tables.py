"""Matrices of tables in text, `.csv` and `.tsv`."""

import csv
import io
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from idcore.data.labels import is_label, many_classes
from idcore.data.names import clean
from idcore.data.view import View
from idcore.errors import DataError
from idcore.limits import Limits

_FIELD = 64
"""Characters of a number and its separator, on average, that a line of text may have."""


@dataclass(frozen=True, eq=False)
class Table:
    """matrices: (name, (n, ...)). notes: sentences for the reader. labels: (codes (n,), words), where there are any."""

    matrices: list[tuple[str, np.ndarray]]
    notes: list[str] = field(default_factory=list)
    labels: tuple[np.ndarray, list[str]] | None = None


def text(content: memoryview, name: str, separator: str, limits: Limits) -> Table:
    """One matrix, float64, of UTF-8 text: a line for each sample, a column for each unit.

    The first line may name the columns; one that `is_label` holds labels, and a first one without a name holds names of
    rows and is left out. Where no line names the columns, the only one that is not of numbers holds labels. A missing
    value is written NaN. Where there are no commas, semicolons or tabs may separate. Raises DataError.
    """
    start = list(itertools.islice(_lines(content, limits), 2))
    if not start:
        raise DataError("The file is empty.")
    separator = next((s for s in (separator, ";", "\t") if s in start[0]), separator)
    first, second = (_fields(line, separator) for line in (start[0], start[1] if len(start) > 1 else ""))
    if len(first) > limits.units + 2:
        raise DataError(f"The first line has {len(first):,} columns; {limits.units:,} are the most.")
    header, labels, rows, notes = _columns(first, second)
    if header and len(start) == 1:
        raise DataError("The file names its columns and has no samples below.")
    codes: dict[str, int] = {}

    def code(word: str) -> int:
        if len(codes) > limits.classes:
            raise DataError(many_classes(limits))
        return codes.setdefault(word.strip(), len(codes))

    converters: dict[int | str, Callable[[str], float]] = {} if labels is None else {labels: code}
    if rows is not None:
        converters[rows] = lambda _: 0.0
    lines = itertools.islice(_lines(content, limits, separator), int(header), None)
    try:
        table = np.loadtxt(
            lines, delimiter=separator, comments=None, quotechar='"', ndmin=2, converters=converters or None
        )
    except DataError:
        raise
    except ValueError as error:
        raise DataError(_sentence(error)) from None
    matrix = np.delete(table, [c for c in (labels, rows) if c is not None], axis=1) if converters else table
    found = None if labels is None else (table[:, labels].astype(np.int64), list(codes))
    return Table([(name, matrix)], notes, found)


def _lines(content: memoryview, limits: Limits, separator: str = "") -> Iterator[str]:
    """The lines that are not blank; the values on them are counted where the separator is known."""
    most, values = limits.units * _FIELD, 0
    file = io.TextIOWrapper(io.BufferedReader(View(content)), encoding="utf-8-sig")
    try:
        while line := file.readline(most + 1):
            if len(line) > most:
                raise DataError(f"A line has more than {most:,} characters, the most for a table in text.")
            if line.strip():
                values += line.count(separator) + 1 if separator else 0
                if values > limits.values:
                    raise DataError(f"The table has more than {limits.values:,} values. Keep fewer rows or columns.")
                yield line
    except UnicodeDecodeError:
        raise DataError("The file is not text in UTF-8. Save it as UTF-8.") from None


def _fields(line: str, separator: str) -> list[str]:
    try:
        return [word.strip() for word in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error as error:
        raise DataError(f"The first lines are not those of a table ({error}).") from None


def _columns(first: list[str], second: list[str]) -> tuple[bool, int | None, int | None, list[str]]:
    """(whether the first line names the columns, column of labels, column of names of rows, notes)."""
    words = [i for i, word in enumerate(first) if not _is_number(word)]
    named = [i for i, word in enumerate(first) if is_label(word)]
    counted = _counts([word for word in first if _is_number(word)])
    if len(named) > 1:
        raise DataError(f"More than one column holds labels: {', '.join(first[i] for i in named)}. Keep one.")
    alone = len(words) == 1 and words == [i for i, word in enumerate(second) if not _is_number(word)]
    # With a letter, or decimal commas would pass: 0,5;1,5 is 0 | 5;1 | 5.
    if alone and any(c.isalpha() for c in first[words[0]]) and not named and not counted:
        return False, words[0], None, [f"No line names the columns; the labels are column {words[0] + 1}."]
    if not words and not counted:
        return False, None, None, []
    notes = [] if words else ["The first line counts the columns; it was read as their names."]
    rows = 0 if not first[0] and len(first) > 1 else None
    if rows is not None:
        notes.append("The first column has no name; it was taken for names of rows and left out.")
    if named:
        notes.append(f"The labels are the column {first[named[0]]}.")
    return True, named[0] if named else None, rows, notes


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _counts(words: list[str]) -> bool:
    """Whether these are 0, 1, 2, ... or 1, 2, 3, ...: names of columns that stand for nothing."""
    return len(words) > 2 and any(words == [str(i + begin) for i in range(len(words))] for begin in (0, 1))


def _sentence(error: ValueError) -> str:
    """What numpy's reader of text says, for somebody who does not use it."""
    if isinstance(error.__cause__, DataError):  # of a converter
        return str(error.__cause__)
    if match := re.match(r"could not convert string (.*) to float64 at row (\d+), column (\d+)", str(error), re.DOTALL):
        word = clean(match[1])
        if word == "''":
            return (
                f"Sample {int(match[2]) + 1} has no value in column {match[3]}. Write NaN for a value that is missing."
            )
        return (
            f"Sample {int(match[2]) + 1} has {word} in column {match[3]}, which is not a number. A column of text must "
            "be called label, or be left out."
        )
    if match := re.match(r"the number of columns changed from (\d+) to (\d+) at row (\d+)", str(error)):
        return f"Sample {match[3]} has {match[2]} values, and those before it have {match[1]}."
    return f"The table cannot be read: {clean(str(error))}"
