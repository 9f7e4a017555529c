"""The formats in which numbers leave the project, on pages and on the command line alike. Another one is a function
and a row of `EXPORTS`."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from idcore.text import to_csv


@dataclass(frozen=True)
class Numbers:
    """columns, rows: a flat table. document: the same as values of JSON, with all that it was made with. indent: of its
    lines, None for one line."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    document: dict[str, Any]
    indent: int | None = 1


@dataclass(frozen=True)
class Export:
    """name: on buttons. suffix: of the file, and the value of --format. mime: for a browser."""

    name: str
    suffix: str
    mime: str
    function: Callable[[Numbers], str]


def csv(numbers: Numbers) -> str:
    """The table alone."""
    return to_csv(numbers.columns, numbers.rows)


def as_json(numbers: Numbers) -> str:
    """The document alone; no NaN."""
    return json.dumps(numbers.document, indent=numbers.indent, allow_nan=False)


EXPORTS = (
    Export("CSV", "csv", "text/csv", csv),
    Export("JSON", "json", "application/json", as_json),
)
