"""Texts with their labels in tables: `.csv`, `.tsv`, `.parquet`, and JSON lines."""

import csv
import io
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from idcore.errors import DataError
from idcore.files.dialect import Dialect
from idcore.files.labels import is_label
from idcore.files.names import clean, listed
from idcore.files.raw_texts import RawTexts
from idcore.limits import LIMITS, Limits

NAMES = (
    *("text", "texts", "sentence", "sentences", "sequence", "sequences", "content", "document", "body"),
    *("review", "comment", "tweet", "message", "prompt", "description", "title"),
)
"""What a column of texts may be called, in any case of letters; the first of them that is there is taken."""
_FIRST = 200
"""Lines by which is decided which column holds the texts."""
_WORDS, _LETTERS = 2.0, 20.0
"""Words or characters that a column has on average, to be taken for texts by what it holds."""
_NUMBERS = 5
"""Columns of numbers that a table of texts may have."""
_SEPARATORS = (",", ";", "\t", "|")
_NUMBER = Dialect(",")


@dataclass(frozen=True)
class _Columns:
    """Places of the column of texts and of that of labels, and what is said of the choice."""

    text: int
    label: int | None
    notes: list[str]


def has_texts(content: memoryview, kind: str) -> bool:
    """Whether a table has a column of texts, and not many of numbers beside it, as a matrix with names has. Raises
    DataError where it cannot be read as a table of texts at all."""
    if kind == ".parquet":
        file = _parquet_file(content)
        _parquet_columns(file)
        return sum(not _is_text(column) for column in file.schema_arrow) <= _NUMBERS
    text = bytes(content[: 2**20]).decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    if len(content) > 2**20:
        text = text.rpartition("\n")[0] or text  # the last line may be cut
    first = list(itertools.islice(_rows(text, kind, LIMITS), _FIRST))
    _, header = _columns(first)
    columns = list(zip(*(first[header:] or first), strict=False))
    return sum(all(map(_is_number, column)) for column in columns) <= _NUMBERS


def table(text: str, kind: str, limits: Limits) -> RawTexts:
    """A sequence for each line of a table in text. Raises DataError."""
    rows = _rows(text, kind, limits)
    first = list(itertools.islice(rows, _FIRST))
    columns, header = _columns(first)
    width, texts, labels = len(first[0]), list[str](), list[str]()
    for number, row in enumerate(itertools.chain(first[header:], rows), 1):
        if len(row) != width:
            raise DataError(
                f"Row {number:,} has {len(row)} columns, and the first line has {width}. Texts with separators in them "
                "must stand in quotes."
            )
        texts.append(row[columns.text])
        if columns.label is not None:
            labels.append(row[columns.label])
        if len(texts) > (most := 10 * limits.sequences):
            raise DataError(f"The table has more than {most:,} rows, the most that are looked at. Keep fewer.")
    return RawTexts(texts, [], None if columns.label is None else labels, columns.notes)


def json_lines(text: str, limits: Limits) -> RawTexts:
    """A sequence for each line, which holds an object with a text, or a text alone. Raises DataError."""
    values = [(number, _parsed(line, number)) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not values:
        raise DataError("The file is empty.")
    if all(isinstance(value, str) for _, value in values):
        return RawTexts([value for _, value in values])
    for number, value in values:
        if not isinstance(value, dict):
            raise DataError(
                f'Line {number:,} is no object. Write on each line an object with a text, as {{"text": ...}}.'
            )
    names = list(dict.fromkeys(name for _, value in values[:_FIRST] for name in value))
    body = [[_word(value.get(name)) for name in names] for _, value in values[:_FIRST]]
    columns = _chosen(names, body, [isinstance(values[0][1].get(name, ""), str) for name in names])
    key, label = names[columns.text], None if columns.label is None else names[columns.label]
    texts, labels = list[str](), list[str]()
    for number, value in values:
        if not isinstance(value.get(key), str):
            raise DataError(f"Line {number:,} has no text under {clean(key)!r}, as the lines before it have.")
        texts.append(value[key])
        if label is not None:
            labels.append(_word(value.get(label)))
    return RawTexts(texts, [], None if label is None else labels, columns.notes)


def parquet(content: memoryview, limits: Limits) -> RawTexts:
    """A sequence for each row of a .parquet file. Raises DataError."""
    import pyarrow as pa

    file = _parquet_file(content)
    text, label, notes = _parquet_columns(file)
    wanted = [text] if label is None else [text, label]
    groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
    columns = (group.column(i) for group in groups for i in range(group.num_columns))
    total = sum(column.total_uncompressed_size for column in columns if column.path_in_schema in wanted)
    if total > (most := 4 * limits.texts):
        raise DataError(f"The texts unpack to {total:,} bytes; {most:,} are the most. Keep fewer rows.")
    if file.metadata.num_rows > (most := 10 * limits.sequences):
        raise DataError(f"The table has {file.metadata.num_rows:,} rows; {most:,} are looked at. Keep fewer.")
    try:
        rows = file.read(wanted, use_threads=False)
        rows.validate(full=True)
        texts = [value or "" for value in rows.column(text).to_pylist()]
        labels = None if label is None else [_word(value) for value in rows.column(label).to_pylist()]
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"This is not a .parquet file, or it is damaged ({clean(str(error))}).") from None
    return RawTexts(texts, [], labels, notes)


def _rows(text: str, kind: str, limits: Limits) -> Iterator[list[str]]:
    """The rows of a table in text, without blank ones. Raises DataError."""
    separator = "\t" if kind == ".tsv" else _separator(text)
    usual = csv.field_size_limit(limits.texts)  # of the whole process: tables of numbers have the usual one
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=_quoting(text, kind), strict=False)
    try:
        for row in reader:
            if any(word.strip() for word in row):
                yield [word.strip() for word in row]
    except csv.Error as error:
        raise DataError(f"Line {reader.line_num:,} is not that of a table ({clean(str(error))}).") from None
    finally:
        csv.field_size_limit(usual)


def _quoting(text: str, kind: str) -> Literal[0, 3]:
    """Tables between tabs are often written without quotes: one that is never closed must not swallow the rest."""
    return csv.QUOTE_NONE if kind == ".tsv" and text.count('"') % 2 else csv.QUOTE_MINIMAL


def _separator(text: str) -> str:
    """The one by which most of the first lines have as many columns as the very first, and more than one."""

    def agreement(separator: str) -> tuple[int, int]:
        rows = list(itertools.islice(csv.reader(io.StringIO(text[: 2**16], newline=""), delimiter=separator), _FIRST))
        width = len(rows[0]) if rows else 0
        return (sum(len(row) == width for row in rows) if width > 1 else 0), width

    return max(_SEPARATORS, key=agreement)


def _columns(first: list[list[str]]) -> tuple[_Columns, int]:
    """(which columns, 1 where the first row names them and 0 otherwise). Raises DataError."""
    if not first:
        raise DataError("The file is empty.")
    head, body = first[0], first[1:]
    names = [word.lower() for word in head]
    known = any(name in NAMES or is_label(name) for name in names)
    short = all(0 < len(word) <= 40 and len(word.split()) <= 2 and not _is_number(word) for word in head)
    if known or (body and short and len(set(names)) == len(names) and _longest(body) > 3 * max(map(len, head))):
        if not body:
            raise DataError("The file names its columns and has no texts below.")
        return _chosen(head, body), 1
    chosen = _chosen([""] * len(head), first)
    return chosen, 0


def _longest(body: list[list[str]]) -> float:
    return max((sum(map(len, column)) / len(body) for column in zip(*body, strict=False)), default=0.0)


def _chosen(names: Sequence[str], body: Sequence[Sequence[str]], strings: Sequence[bool] | None = None) -> _Columns:
    """The column of texts: the first of `NAMES`, else that of the longest texts; and that of labels by its name.
    strings: which columns hold text, where that is known. Raises DataError where no column is one of texts."""
    lower, width = [name.strip().lower() for name in names], len(names)
    columns = [[row[j] for row in body if j < len(row) and row[j]] for j in range(width)]
    may = strings or [not all(map(_is_number, column)) for column in columns]
    labels = [j for j, name in enumerate(lower) if is_label(name)]
    texts = [j for wanted in NAMES for j, name in enumerate(lower) if name == wanted and may[j]]
    long = [_mean(column) if may[j] and j not in labels else 0.0 for j, column in enumerate(columns)]
    best = texts[0] if texts else max(range(width), key=long.__getitem__, default=0)
    if not texts and not _is_long(columns[best] if width and long[best] else []):
        raise DataError(
            f"No column holds texts. Call the one that does {NAMES[0]}; matrices of numbers are representations, and "
            "are read as those."
        )
    if len(labels) > 1:
        raise DataError(f"More than one column holds labels: {listed([names[j] for j in labels])}. Keep one.")
    label = labels[0] if labels else None if any(lower) else _unnamed_label(columns, best)
    notes = [f"The texts are {_title(names, best)}{'' if texts else ', the longest'}."]
    if label is not None:
        notes.append(f"The labels are {_title(names, label)}.")
    if others := [_title(names, j) for j in range(width) if j not in (best, label)]:
        notes.append(f"Left out: {listed(others)}.")
    return _Columns(best, label, notes)


def _unnamed_label(columns: Sequence[Sequence[str]], text: int) -> int | None:
    """Where no line names the columns: one of short words that come again and again."""
    for j, column in enumerate(columns):
        if j != text and column and len(set(column)) <= max(2, len(column) // 5) and max(map(len, column)) <= 40:
            return j
    return None


def _title(names: Sequence[str], j: int) -> str:
    return f"the column {clean(names[j])}" if names[j] else f"column {j + 1}"


def _is_long(column: Sequence[str]) -> bool:
    words = sum(len(word.split()) for word in column) / len(column) if column else 0
    return words >= _WORDS or _mean(column) >= _LETTERS


def _mean(column: Sequence[str]) -> float:
    return sum(map(len, column)) / len(column) if column else 0.0


def _is_number(word: str) -> bool:
    return _NUMBER.is_number(word)


def _parsed(line: str, number: int) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else clean(str(error))
        raise DataError(f"Line {number:,} is not JSON ({why}). Write an object on each line.") from None


def _word(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    return value if isinstance(value, str) else json.dumps(value) if isinstance(value, Mapping) else str(value)


def _parquet_file(content: memoryview) -> Any:
    import pyarrow as pa
    from pyarrow import parquet as pq

    try:
        return pq.ParquetFile(pa.BufferReader(pa.py_buffer(content)), arrow_extensions_enabled=False)
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise DataError(f"This is not a .parquet file, or it is damaged ({clean(str(error))}).") from None


def _parquet_columns(file: Any) -> tuple[str, str | None, list[str]]:
    """(the column of texts, that of labels, sentences). Raises DataError."""
    import pyarrow as pa

    schema = file.schema_arrow
    strings = [_is_text(column) for column in schema]
    if not any(strings):
        raise DataError("No column holds texts. Matrices of numbers are representations, and are read as those.")
    names = [column.name for column in schema]
    if len(set(names)) < len(names):
        raise DataError(f"Two columns are called {clean(max(names, key=names.count))}. Give each a name of its own.")
    try:
        batch = next(file.iter_batches(_FIRST, columns=[n for n, s in zip(names, strings, strict=True) if s]), None)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"This is not a .parquet file, or it is damaged ({clean(str(error))}).") from None
    some = {} if batch is None else batch.to_pydict()
    rows = [
        [_word(some[name][i]) if name in some else "" for name in names] for i in range(batch.num_rows if batch else 0)
    ]
    columns = _chosen(names, rows, strings)
    return names[columns.text], None if columns.label is None else names[columns.label], columns.notes


def _is_text(column: Any) -> bool:
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
