"""What the command line writes: the result to stdout, everything else to stderr.

A closed stream (`2>&-`, a service) must not become the other one, and one that is full or has lost its reader ends in a
sentence, never in a traceback.
"""

import contextlib
import io
import os
import sys
import warnings
from collections.abc import Iterable
from typing import Any

from idcore.errors import LayerscopeError
from idcore.exports import EXPORTS, Numbers
from idcore.store import StoreWarning
from idcore.text import one_line
from idcore.watch import Progress, Watch

Rows = list[dict[str, Any]]


def in_sentences() -> None:
    """From now on a warning about the store is its sentence alone, without the line of code that gave it."""
    usual = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        if issubclass(category, StoreWarning):
            say(message)
        else:
            usual(message, category, *where, **more)

    warnings.showwarning = show


def say(message: object) -> None:
    """A line to stderr, where there is one. Names in it cannot break it."""
    if sys.stderr is None:  # print would take stdout
        return
    try:
        print(one_line(str(message)), file=sys.stderr, flush=True)
    except OSError:
        _discard(sys.stderr)


def write(text: str) -> None:
    """The result to stdout. Raises BrokenPipeError where nobody reads on, LayerscopeError where it cannot be put."""
    if sys.stdout is None:
        raise LayerscopeError("There is nowhere to write the result to: stdout is closed.")
    flush(text + "\n")


def flush(text: str = "") -> None:
    """Leave nothing in the buffer of stdout, where it would fail when the process ends. Raises as `write` does."""
    try:
        if sys.stdout is not None:
            sys.stdout.write(text)
            sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)
        raise
    except OSError as error:
        _discard(sys.stdout)
        raise LayerscopeError(f"The result cannot be written to stdout: {error.strerror}.") from None


class Notes:
    """Sentences on what was left out or converted: each is said once, as soon as it is known, and all of them belong to
    the result."""

    def __init__(self) -> None:
        self._said: dict[str, None] = {}

    def add(self, sentences: Iterable[str]) -> None:
        for sentence in sentences:
            if sentence not in self._said:
                self._said[sentence] = None
                say(sentence)

    @property
    def all(self) -> list[str]:
        return list(self._said)


def to_stderr() -> Watch:
    """Says each message of a piece of work once."""
    last = ""

    def tell(progress: Progress) -> None:
        nonlocal last
        if progress.message != last:
            last = progress.message
            say(last)

    return Watch(tell)


def formatted(rows: Rows, notes: Notes, format: str, about: dict[str, Any] | None = None, name: str = "layers") -> str:
    """The result as text. format: table (notes at its foot), or the suffix of one of `EXPORTS`; of a document
    `about`, `layers` and `notes` are the parts. name: of the rows, where they are no layers."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    document = {**(about or {}), name: rows, "notes": notes.all}
    lines = [[row.get(name) for name in columns] for row in rows]
    for one in EXPORTS:
        if format == one.suffix:
            return one.function(Numbers(columns, lines, document, indent=None)).removesuffix("\n")

    import pandas as pd

    shown = [{k: one_line(v) if isinstance(v, str) else v for k, v in row.items()} for row in rows]
    table = pd.DataFrame(shown, columns=columns).to_string(index=False, float_format="%.4g", na_rep="-")
    return "\n".join([table, *([""] if notes.all else []), *map(one_line, notes.all)])


def _discard(stream: Any) -> None:
    """Lead a stream that cannot be written into nothing, so that its buffer does no harm when the process ends."""
    with contextlib.suppress(OSError, ValueError, io.UnsupportedOperation):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
