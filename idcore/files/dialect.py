"""How a table in text is written: what stands between its columns, and what marks its decimals."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from idcore.errors import DataError

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", None: "blanks"}
"""What may stand between the columns, and its name. None: blanks, as many as one likes."""
_END = r"(e[+-]?\d+)?|[+-]?(nan|inf|infinity)"
_NUMBER = {
    ".": re.compile(rf"[+-]?(\d+(\.\d*)?|\.\d+){_END}", re.IGNORECASE | re.ASCII),
    ",": re.compile(rf"[+-]?(\d+|\d*,\d+){_END}", re.IGNORECASE | re.ASCII),
}
_WORDS = re.compile(r'"[^"]*"|\S+')
_TEXT = re.compile(r"[^\W\d_eE]|[^\W\d_][^\W\d_]|\d:\d\d|\d{4}[-/]\d\d?[-/]\d")
"""A letter, but for the e of 1e-5; a time or a date."""
_SWAP = str.maketrans(",.", ".,")
_NOT_GROUPED = re.compile(r"(?<!\d)0*,\d|,\d{1,2}(?!\d)|,\d{4}|\d{4},\d", re.ASCII)
"""A comma that cannot stand between thousands."""


@dataclass(frozen=True)
class Dialect:
    """separator: a key of `SEPARATORS`. decimal: "." or ","."""

    separator: str | None
    decimal: str = "."

    def is_number(self, word: str) -> bool:
        return _NUMBER[self.decimal].fullmatch(word) is not None

    def fields(self, lines: Sequence[str]) -> list[list[str]]:
        """The words of each line, without the blanks and quotes around them. Raises DataError."""
        if self.separator is None:
            return [[word.strip('"') for word in _WORDS.findall(line)] for line in lines]
        try:
            return [[word.strip() for word in row] for row in csv.reader(lines, delimiter=self.separator)]
        except csv.Error as error:
            raise DataError(f"The first lines are not those of a table ({error}).") from None

    def swapped(self, text: str) -> str:
        """With points for decimal commas, and commas for points; twice is nothing."""
        return text.translate(_SWAP) if self.decimal == "," else text


def is_text(word: str) -> bool:
    """Whether this is meant to be no number. "1,234.5", "5;1 e", "5 %" and "[1, 2]" are none, and no text either."""
    return _TEXT.search(word) is not None and not word.startswith(("[", "{"))


def settles_the_comma(line: str) -> bool:
    """Whether a comma of the line can only be a decimal one, as in 0,25 and 12,5 and unlike in 1,234."""
    return _NOT_GROUPED.search(line) is not None


def dialect(lines: Sequence[str], given: str | None) -> Dialect:
    """That of the first lines of a table. given: the separator that the file names itself.

    The one by which the lines are all as long as the first and hold numbers, or texts without separators in them.
    Raises DataError where there is none, or where two of them read different numbers.
    """
    text = "".join(lines)
    ranked, wrong = [], list[DataError]()
    for separator in _candidates(lines, text, given):
        for decimal in (".", ",") if "," in text else (".",):
            how = Dialect(separator, decimal)
            try:
                rows = how.fields(lines)
            except DataError as error:  # with another separator a line may be one endless word
                wrong.append(error)
                continue
            # "1",5 is the name of a row and a number; and where the first line has commas, they separate.
            if decimal == "." or min(map(len, rows)) > 1 or not ('",' in text or "," in lines[0]):
                ranked.append((_rank(rows, how), how))
    if not ranked:
        raise wrong[0]
    best = max(rank for rank, _ in ranked)
    if not best[0]:
        raise DataError(_none(lines, given))
    dialects = [how for rank, how in ranked if rank == best]
    if any(_values(other, lines) != _values(dialects[0], lines) for other in dialects[1:]):
        raise DataError(
            "The table can be read in more than one way, with other numbers in each: it is not clear which commas are "
            "decimal ones. Save it with points as decimal marks and commas between the columns."
        )
    return dialects[0]


def _candidates(lines: Sequence[str], text: str, given: str | None) -> list[str | None]:
    """Those that are there, and one that is not: then there is a single column."""
    if given:
        return [given]
    blanks: list[str | None] = [None] if any(len(line.split()) > 1 for line in lines) else []
    there = [s for s in SEPARATORS if s is not None and s in text]
    return [*there, *blanks, next((s for s in SEPARATORS if s is not None and s not in text), ",")]


def _rank(rows: list[list[str]], how: Dialect) -> tuple[bool, int, int, bool, int]:
    """(whether there are numbers, -words that are odd, how well the first row fits, no blanks, how many numbers)."""
    first, body = rows[0], rows[1:] or rows
    others = [s for s in SEPARATORS if s not in (None, ",", how.separator)]
    words = [word for row in rows for word in row if word and not how.is_number(word)]
    odd = sum(not is_text(word) or any(s in word for s in others) for word in words)
    numbers = sum(how.is_number(word) for row in body for word in row)
    even = all(len(row) == len(body[0]) for row in body)
    fits = 0 if not even else {0: 2, 1: 1}.get(len(body[0]) - len(first), 0)
    return numbers > 0, -odd, fits, how.separator is not None, numbers


def _values(how: Dialect, lines: Sequence[str]) -> list[list[str]]:
    return [
        [repr(float(how.swapped(word))) if how.is_number(word) else word for word in row] for row in how.fields(lines)
    ]


def _none(lines: Sequence[str], given: str | None) -> str:
    if lines[0].lstrip().lower().startswith(("<!doctype", "<html", "<?xml")):
        return "It is a web page, perhaps of a download that needs a login, and no table."
    if len(lines) == 1:
        return "The file names its columns and has no samples below."
    if given:
        return (
            f"No column holds numbers where {SEPARATORS.get(given, repr(given))} separate them, as the first line says."
        )
    return (
        "No column holds numbers, whether commas, semicolons, tabs, bars or blanks separate them. Save a line for each "
        "sample and a column for each unit."
    )
