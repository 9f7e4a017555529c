"""Text that leaves the project. Names in it are anybody's: a line stays one line, a table stays a table."""

import csv
import dataclasses
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

_FORMULA = re.compile(r"(^|;)(\s*)(?=[=+\-@＝＋－＠\t\r])")  # noqa: RUF001
"""Where a cell may begin that is a formula: also behind a semicolon, where that is what separates columns."""


def one_line(text: str) -> str:
    """Text in which what is not printable (line breaks, control characters) is spelt out."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def brief(value: Any) -> str:
    """A dataclass on a line, for a `__repr__`: numbers as one reads them, of arrays their type and shape alone."""
    parts = (f"{field.name}={briefly(getattr(value, field.name))}" for field in dataclasses.fields(value))
    return f"{type(value).__name__}({', '.join(parts)})"


def briefly(value: Any) -> str:
    """A value on a line."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        kind = str(value.dtype).removeprefix("torch.")
        return f"<{kind} {'x'.join(map(str, value.shape)) or 'scalar'}>"
    if isinstance(value, (tuple, list)) and any(hasattr(one, "dtype") for one in value):
        return f"<{len(value)} arrays>"
    return repr(value)


def to_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """The columns and the rows as CSV with lines that end in \\n. Numbers stand with all their digits, None as nothing.

    Text stands on one line, and what a spreadsheet would take for a formula gets an apostrophe in front (CSV injection,
    OWASP). What is a number to Python is left as it is.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(cell, columns))
    writer.writerows(map(cell, row) for row in rows)
    return text.getvalue()


def cell(value: Any) -> Any:
    """A value as it may stand in a table; what is not text as it is."""
    if not isinstance(value, str):
        return value
    return one_line(_FORMULA.sub(r"\1\2'", value))
