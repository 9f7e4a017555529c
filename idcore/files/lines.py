"""Texts in plain lines, `.txt`: a sequence a line; a line that is a document becomes windows of words."""

import re

from idcore.errors import DataError
from idcore.files.dialect import Dialect
from idcore.files.raw_texts import RawTexts, were
from idcore.limits import Limits

_WORD = re.compile(r"\S+")
_FIRST = 200


def lines(text: str, limits: Limits) -> RawTexts:
    """A sequence for each line that is not empty.

    A line of more than `limits.line` words becomes windows of `limits.window` words, one after the other; what is left
    at its end is a window too where it has at least half as many, and is dropped otherwise. Words, and not tokens, so
    that every model is shown the same windows. Raises DataError for lines of numbers, which are a matrix.
    """
    _refuse_numbers(text[: 2**16].split("\n")[:_FIRST])
    texts, cut, windows, dropped, empty = list[str](), 0, 0, 0, 0
    for line in text.split("\n"):
        if not line.strip():
            empty += 1
            continue
        # As many characters as that many words have at least: most lines need no second look.
        if len(line) < 2 * limits.line or sum(1 for _ in _WORD.finditer(line)) <= limits.line:
            texts.append(line)
            continue
        spans = [match.span() for match in _WORD.finditer(line)]
        parts = [spans[i : i + limits.window] for i in range(0, len(spans), limits.window)]
        if len(parts[-1]) < limits.window // 2:
            dropped += len(parts.pop())
        texts += (line[part[0][0] : part[-1][1]] for part in parts)
        cut, windows = cut + 1, windows + len(parts)
    notes = []
    if blank := empty - text.endswith("\n"):
        notes.append(f"{were(blank, 'empty line')} left out.")
    if cut:
        which = "One line has" if cut == 1 else f"{cut:,} lines have"
        rest = f"; {dropped:,} words at the end, too few for a window, were left out" if dropped else ""
        notes.append(
            f"{which} more than {limits.line} words and became {windows:,} windows of {limits.window} words{rest}."
        )
    return RawTexts(texts, notes=notes)


def _refuse_numbers(first: list[str]) -> None:
    rows = [line.replace(",", " ").replace(";", " ").split() for line in first if line.strip()]
    is_number = Dialect(None).is_number
    if len(rows) > 1 and all(len(row) > 1 and all(map(is_number, row[:20])) for row in rows[:-1]):
        raise DataError(
            "The lines hold numbers and no words. A matrix computed elsewhere is read as representations: call the "
            "file .csv, or .tsv, and choose those."
        )
