"""What each column of a table in text holds, from its first lines."""

import re
from dataclasses import dataclass
from typing import Literal

from idcore.errors import DataError
from idcore.files.dialect import Dialect, is_text
from idcore.files.labels import coordinate, is_coordinate, is_label
from idcore.files.names import clean, listed
from idcore.files.row_names import is_row_name, title

Holds = Literal["units", "labels", "names of rows", "text", "nothing"]
"""What a column may hold. All but units is left out; text and nothing must be so to the end of the file."""


@dataclass(frozen=True)
class TableColumns:
    """header: whether the first line names them. names: "" where there is none."""

    header: bool
    names: list[str]
    holds: list[Holds]
    notes: list[str]

    @property
    def labels(self) -> int | None:
        return self.holds.index("labels") if "labels" in self.holds else None

    def title(self, j: int) -> str:
        return title(self.names[j], j)


def columns(rows: list[list[str]], how: Dialect) -> TableColumns:
    """rows: words of the first lines, of the very first too. Raises DataError where they contradict one another."""
    first, body = rows[0], rows[1:]
    width = len(body[0]) if body else len(first)
    if not _is_header(first, body, how):
        return _sorted(False, [""] * width, rows, how)
    if not body:
        raise DataError("The file names its columns and has no samples below.")
    layout = _sorted(True, _names(first, body, how), body, how)
    if any(how.is_number(word) for word in first):
        layout.notes.insert(0, "The first line counts the columns; it was read as their names.")
    return layout


def _is_header(first: list[str], body: list[list[str]], how: Dialect) -> bool:
    """Whether the first line names the columns. Raises DataError where that cannot be told."""
    words = [word for word in first if word and not how.is_number(word)]
    numbers = [word for word in first if how.is_number(word)]
    if not numbers or not body:
        return not numbers
    begin = int(numbers[0]) if re.fullmatch(r"\d{1,9}", numbers[0], re.ASCII) else -1
    counted = begin >= 0 and numbers == [str(begin + i) for i in range(len(numbers))]
    above = {w for j, w in enumerate(first) if all(len(row) > j and how.is_number(row[j]) for row in body)}
    if above & set(words):
        if not counted or len(numbers) == 1 and begin > 1:
            raise DataError(
                f"The first line has words ({clean(words[0], 20)}) and numbers ({numbers[0]}) above columns of "
                "numbers. Give every column a name that is not a number, or none of them."
            )
        return True
    if any(set(words) & set(row) for row in body):
        return False  # a class that comes again
    unlike = not any(word.isdecimal() for row in body for word in row)
    return counted and begin < 2 and (len(numbers) > 2 or unlike or not first[0] or any(map(is_label, words)))


def _names(first: list[str], body: list[list[str]], how: Dialect) -> list[str]:
    """A name for each column, "" where it has none."""
    width = len(body[0])
    if len(first) == width:
        return first
    if len(first) == width - 1 and not any(row[-1] for row in body):  # a separator at the end of each line
        return [*first, ""]
    if len(first) == width - 1 and all(row[0].isdecimal() or not how.is_number(row[0]) for row in body):
        return ["", *first]  # as R writes them
    raise DataError(
        f"The first line names {len(first):,} columns, and the first sample has {width:,} values. Name every column; "
        "and where commas are decimal marks, put semicolons between the columns."
    )


def _sorted(header: bool, names: list[str], samples: list[list[str]], how: Dialect) -> TableColumns:
    words = [[row[j] for row in samples if len(row) > j and row[j]] for j in range(len(names))]
    leading = next((j for j, name in enumerate(names) if name), len(names)) if header else 0
    holds = [
        _holds(name, words[j], header, how) if j >= leading or not words[j] else "names of rows"
        for j, name in enumerate(names)
    ]
    labels = [j for j, what in enumerate(holds) if what == "labels"]
    if len(labels) > 1:
        raise DataError(f"More than one column holds labels: {listed([names[j] for j in labels])}. Keep one.")
    if not header and holds.count("text") == 1:
        holds[holds.index("text")] = "labels"
    notes = [
        _note(title(name, j), holds[j], words[j]) for j, name in enumerate(names) if holds[j] not in ("units", "labels")
    ]
    if labels:
        notes.append(f"The labels are the column {clean(names[labels[0]])}.")
    kept = [coordinate(name) for j, name in enumerate(names) if is_label(name) and holds[j] == "units"]
    return TableColumns(header, names, holds, [*notes, *kept])


def _note(what: str, holds: Holds, words: list[str]) -> str:
    """Why a column was left out."""
    if holds == "nothing":
        return f"{what} is empty (a separator at the end of each line); it was left out."
    if holds == "names of rows" and what.startswith("Column "):
        return f"{what} has no name; it was taken for names of rows and left out."
    labels = " Labels must be called label." if holds == "text" else ""
    return f"{what} holds {holds} ({clean(words[0], 20)}, ...); it was left out.{labels}"


def _holds(name: str, words: list[str], header: bool, how: Dialect) -> Holds:
    """What a column holds, by its words in the first lines."""
    numeric = all(map(how.is_number, words))
    if not words and (not name or name.lower().startswith("unnamed:")):
        return "nothing"
    if is_label(name):
        fractions = numeric and any(not float(how.swapped(word)).is_integer() for word in words)
        return "units" if is_coordinate(name, fractions) else "labels"
    if header and is_row_name(name) and not numeric:
        return "names of rows"
    return "text" if not numeric and all(map(is_text, words)) else "units"
