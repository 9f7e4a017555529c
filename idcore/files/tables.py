"""Matrices of tables in text, `.csv` and `.tsv`."""

import io
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from idcore.errors import DataError
from idcore.files.columns import TableColumns, columns
from idcore.files.dialect import Dialect, dialect, is_text, settles_the_comma
from idcore.files.labels import many_classes, not_whole
from idcore.files.names import clean
from idcore.files.row_names import units
from idcore.files.table import Table
from idcore.files.view import View
from idcore.limits import Limits

_FIELD = 64
"""Characters of a number and its separator, on average, that a line of text may have."""
_FIRST, _LOOK = 200, 2**20
"""Lines and characters at the beginning, by which is decided how a table is written."""
_SEPARATOR = re.compile(r'"?sep=([^\w"\r\n.+-])"?\s*', re.IGNORECASE)
"""The line by which a table tells Excel what separates its columns."""
_CUT = re.compile(r"(?:^|,)([+-]?0\d+|[+-]0)(?=,|\s*$)", re.ASCII)
"""A whole number as none is written, so that it may be half of one with a decimal comma."""
_MISSING = re.compile(r"|#?n/?a|null|none|missing|[?.-]", re.IGNORECASE)


@dataclass(frozen=True)
class _Beginning:
    """lines: the first ones of the table. above: how many lines stand above it. given: the separator that the file
    names, None where it names none. comment: the last line above that begins with #, without it. comments: how many."""

    lines: list[str]
    above: int
    given: str | None
    comment: str
    comments: int


@dataclass
class _Commas:
    """What the lines, as they go by, say of the commas. settled: some comma can only be a decimal one. point: there is
    a point. cut: a whole number that looks like half of one."""

    settled: bool = False
    point: bool = False
    cut: str = ""

    def look(self, lines: Iterator[str], how: Dialect) -> Iterator[str]:
        for line in lines:
            if how.decimal == ",":
                self.settled = self.settled or settles_the_comma(line)
            elif not self.point and not self.cut:
                self.point = "." in line
                self.cut = match[1] if (match := _CUT.search(line)) else ""
            yield how.swapped(line if how.separator else line.strip())


def text(content: memoryview, name: str, limits: Limits) -> Table:
    """One matrix, float64, of UTF-8 text: a line for each sample, a column for each unit.

    What separates the columns, and whether commas are decimal marks, is decided by the first lines, and all others must
    agree. The first line may name the columns; one that `is_label` holds labels, as does the only one of text where no
    line names them. Names of rows, texts and empty columns are left out, and that is said. A missing value is written
    NaN. Raises DataError.
    """
    start = _beginning(content, limits)
    wide = max(line.count(separator) for line in start.lines for separator in ",;\t|") + 1
    if wide > limits.units + 2:  # before any of them is looked at
        raise DataError(f"The first line has {wide:,} columns; {limits.units:,} are the most.")
    how = dialect(start.lines, start.given)
    rows, notes = how.fields(start.lines), []
    header = how.fields([start.comment])[0] if start.comment else []
    # numpy.savetxt writes names of columns so.
    commented = len(header) == len(rows[0]) and any(map(how.is_number, rows[0])) and not any(map(how.is_number, header))
    if left := start.comments - commented:
        notes.append(f"Lines above the table that begin with # were left out: {left:,}.")
    if how.decimal == ",":
        notes.append("The commas were read as decimal marks.")
    kinds = columns([header, *rows] if commented else rows, how)
    if len(kinds.names) > limits.units + 2:
        raise DataError(f"The first line has {len(kinds.names):,} columns; {limits.units:,} are the most.")
    codes: dict[str, int] = {}
    commas = _Commas()
    lines = itertools.islice(_lines(content, limits, how), start.above + (kinds.header and not commented), None)
    table = _numbers(commas.look(lines, how), how, _converters(kinds, how, codes, limits))
    _check_commas(commas, how, kinds, table)
    kept = [j for j, what in enumerate(kinds.holds) if what == "units"]
    matrix, more = units([kinds.names[j] for j in kept], table if len(kept) == table.shape[1] else table[:, kept])
    labels, said = _labels(kinds, table, codes, limits)
    return Table([(name, matrix)], [*notes, *kinds.notes, *said, *more], labels)


def _beginning(content: memoryview, limits: Limits) -> _Beginning:
    given, comment, comments, above, length = None, "", 0, 0, 0
    lines: list[str] = []
    for line in _lines(content, limits):
        if not lines and (given is None) and (match := _SEPARATOR.fullmatch(line)):
            given = match[1]
            above += 1
        elif not lines and line.lstrip().startswith("#"):
            comment, comments, above = line.lstrip().lstrip("#").strip(" \r\n"), comments + 1, above + 1
        else:
            lines.append(line)
            length += len(line)
            if len(lines) == _FIRST or len(lines) > 1 and length > _LOOK:
                break
    if not lines:
        raise DataError("The file is empty.")
    return _Beginning(lines, above, given, comment, comments)


def _lines(content: memoryview, limits: Limits, how: Dialect | None = None) -> Iterator[str]:
    """The lines that are not blank; the values on them are counted where it is known what separates them."""
    most, values = limits.units * _FIELD, 0
    file = io.TextIOWrapper(io.BufferedReader(View(content)), encoding="utf-8-sig")
    try:
        while line := file.readline(most + 1):
            if len(line) > most:
                raise DataError(f"A line has more than {most:,} characters, the most for a table in text.")
            if line.strip():
                if how is not None:
                    values += line.count(how.separator) + 1 if how.separator else len(line.split())
                if values > limits.values:
                    raise DataError(f"The table has more than {limits.values:,} values. Keep fewer rows or columns.")
                yield line
    except UnicodeDecodeError:
        raise DataError("The file is not text in UTF-8. Save it as UTF-8.") from None


def _converters(
    layout: TableColumns, how: Dialect, codes: dict[str, int], limits: Limits
) -> dict[int | str, Callable[[str], float]]:
    """What makes a number of the words in the columns that hold none. codes: is filled with the words of labels."""

    def code(word: str) -> int:
        if len(codes) > limits.classes:
            if layout.header:
                raise DataError(many_classes(limits))
            return 0
        word = how.swapped(word).strip()
        if how.is_number(word):
            value = float(how.swapped(word))
            if not value.is_integer():
                raise DataError(not_whole(layout.names[layout.labels or 0] or "of the table", value))
            word = f"{value:.0f}"
        return codes.setdefault(word, len(codes))

    def left_out(word: str, j: int) -> float:
        word = how.swapped(word).strip()
        if word and layout.holds[j] != "names of rows" and (layout.holds[j] == "nothing" or not is_text(word)):
            raise DataError(f"{layout.title(j)} holds {layout.holds[j]} at first and {clean(word, 20)!r} later.")
        return 0.0

    return {
        j: code if what == "labels" else partial(left_out, j=j)
        for j, what in enumerate(layout.holds)
        if what != "units"
    }


def _numbers(lines: Iterator[str], how: Dialect, converters: dict[int | str, Callable[[str], float]]) -> np.ndarray:
    """(n, columns) float64 of what the dialect has made English."""
    separator = None if how.separator is None else how.swapped(how.separator)
    try:
        return np.loadtxt(
            lines, delimiter=separator, comments=None, quotechar='"', ndmin=2, converters=converters or None
        )
    except DataError:
        raise
    except ValueError as error:
        raise DataError(_sentence(error, how)) from None


def _labels(
    layout: TableColumns, table: np.ndarray, codes: dict[str, int], limits: Limits
) -> tuple[tuple[np.ndarray, list[str]] | None, list[str]]:
    """(labels, sentences): where no line names the columns, another text for each sample is no label."""
    if layout.labels is None:
        return None, []
    title = layout.title(layout.labels)
    if not layout.header and (len(codes) > limits.classes or layout.labels == 0 and len(codes) == len(table) > 1):
        return None, [f"{title} holds a text of its own for each sample; it was taken for names of rows and left out."]
    said = [] if layout.header else [f"No line names the columns; the labels are column {layout.labels + 1}."]
    return (table[:, layout.labels].astype(np.int64), list(codes)), said


def _check_commas(commas: _Commas, how: Dialect, layout: TableColumns, table: np.ndarray) -> None:
    """Raises DataError where the numbers could be others as well."""
    if how.decimal == "," and not commas.settled:
        raise DataError(
            "Commas stand before three digits wherever there are any: they may be decimal marks or group thousands. "
            "Write the numbers with points as decimal marks, and without groups."
        )
    if (
        how.decimal == ","
        and table.shape[1] == 1
        and len(table) > 1
        and np.ptp(np.floor(table[:, 0]) - np.arange(len(table))) == 0
    ):
        raise DataError(
            "What stands before the commas counts the lines: it may be names of rows, or whole numbers before decimal "
            "commas. Name every column, or write points as decimal marks."
        )
    if how.separator == "," and commas.cut and not commas.point and not layout.header and table.shape[1] % 2 == 0:
        raise DataError(
            f"There are whole numbers only, and {commas.cut} among them: the commas may be decimal marks. Put "
            "semicolons between the columns, or write points as decimal marks."
        )


def _sentence(error: ValueError, how: Dialect) -> str:
    """What numpy's reader of text says, for somebody who does not use it."""
    if isinstance(error.__cause__, DataError):  # of a converter
        return str(error.__cause__)
    if match := re.match(r"could not convert string (.*) to float64 at row (\d+), column (\d+)", str(error), re.DOTALL):
        return _odd(how.swapped(match[1]), f"Sample {int(match[2]) + 1}", f"in column {match[3]}")
    if match := re.match(r"the number of columns changed from (\d+) to (\d+) at row (\d+)", str(error)):
        return f"Sample {match[3]} has {match[2]} values, and those before it have {match[1]}."
    return f"The table cannot be read: {clean(str(error))}"


def _odd(quoted: str, sample: str, where: str) -> str:
    """Why a word, in quotes, is no number."""
    word, shown = quoted[1:-1].strip(), clean(quoted)
    if _MISSING.fullmatch(word):
        what = f"{shown}, and no value," if word else "no value"
        return f"{sample} has {what} {where}. Write NaN for a value that is missing."
    start = f"{sample} has {shown} {where}, which is not a number"
    if word.startswith(("[", "{")):
        return f"{start}. Write each unit in a column of its own, or save the lists as .parquet."
    if re.fullmatch(r"[+-]?\d*[,.]\d+(e[+-]?\d+)?", word, re.IGNORECASE):
        return f"{start} where the decimal mark is the {'point' if ',' in word else 'comma'}. Write points everywhere."
    if re.fullmatch(r"[+-]?\d{1,3}([.,' ]\d{3})+([.,]\d+)?", word):
        return f"{start}: its digits are grouped. Write 1234.5, not 1,234.5."
    return f"{start}. A column of text must be called label, or be left out."
