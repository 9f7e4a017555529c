"""Matrices of `.parquet` files."""

import subprocess
import sys
from typing import Any

import numpy as np

from idcore.errors import DataError
from idcore.files.labels import coordinate, encoded, is_coordinate, is_label, many_classes
from idcore.files.names import clean, listed
from idcore.files.row_names import units
from idcore.files.table import Table
from idcore.limits import Limits

_DAMAGED = "This is not a .parquet file, or it is damaged"
_COUNT = """
import sys, pyarrow.parquet, io
found = pyarrow.parquet.read_metadata(io.BytesIO(sys.stdin.buffer.read()))
groups = [found.row_group(i) for i in range(found.num_row_groups)]
print(max(found.num_rows, sum(group.column(i).num_values for group in groups for i in range(group.num_columns))))
"""


def parquet(content: memoryview, name: str, limits: Limits) -> Table:
    """Columns that are lists of numbers, all of one length: a matrix each. Without such, the columns of numbers are one
    matrix, but for those that number the rows. A column that `is_label` holds labels. Missing numbers become NaN. Text,
    dates and the index of pandas are left out, unread, and that is said. Raises DataError."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    source = pa.BufferReader(pa.py_buffer(content))
    try:
        schema = pq.read_schema(source)
        source.seek(0)
        wanted, notes = _wanted(schema)
        # As a dictionary, long texts that repeat are not multiplied.
        words = [name for name in wanted if is_label(name)]
        file = pq.ParquetFile(source, read_dictionary=words, arrow_extensions_enabled=False)
        nested = any(pa.types.is_nested(column.type) for column in schema)
        values = _values(content, limits) if nested else file.metadata.num_rows * len(wanted)
        if values > limits.values:
            raise DataError(f"The table has {values:,} values; {limits.values:,} are the most. Keep less of it.")
        _check_words(file.metadata, words, len(content), limits)
        table = file.read(wanted, use_threads=False)
        table.validate(full=True)
    except DataError:
        raise
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise DataError(f"{_DAMAGED} ({clean(str(error))}).") from None
    return _of_columns(table, name, notes, limits)


def _wanted(schema: Any) -> tuple[list[str], list[str]]:
    """(names of the columns to read, sentences on the others). Raises DataError where only others are there."""
    import pyarrow as pa

    about = schema.pandas_metadata
    index = about.get("index_columns") if isinstance(about, dict) else None
    index = index if isinstance(index, list) else []
    wanted, others, notes = [], [], []
    for column in schema:
        kind, short = column.type, clean(column.name)
        if column.name in index or column.name.startswith("__index_level_"):
            notes.append(f"The column {short} is the index of the table, says pandas; it was left out.")
        elif is_label(column.name) or _is_numeric(kind) or pa.types.is_decimal(kind) or _is_list(kind):
            wanted.append(column.name)
        else:
            others.append(f"The column {short} is of {clean(str(kind))}")
            text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind)
            notes.append(f"{others[-1]}; it was left out.{' Labels must be called label.' if text else ''}")
    if others and all(map(is_label, wanted)):
        raise DataError(
            f"{others[0]}; columns must be numbers or lists of numbers. One of text must be called label, or be left "
            "out."
        )
    return wanted, notes


def _is_list(kind: Any) -> bool:
    import pyarrow as pa

    return any(test(kind) for test in (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list))


def _check_words(footer: Any, words: list[str], size: int, limits: Limits) -> None:
    """Each group of rows brings the texts of its labels with it, packed, so that few bytes may hold gigabytes."""
    groups = [footer.row_group(i) for i in range(footer.num_row_groups)] if words else []
    columns = (group.column(i) for group in groups for i in range(group.num_columns))
    total = sum(column.total_uncompressed_size for column in columns if column.path_in_schema in words)
    most = max(limits.listing, limits.inflation * size)
    if total > most:
        raise DataError(
            f"The labels unpack to {total:,} bytes; {most:,} are the most for a file of {size:,}. Labels say to which "
            "class a sample belongs: leave out longer texts."
        )


def _values(content: memoryview, limits: Limits) -> int:
    """How many values the footer of a file with lists says there are: equal ones take no room, so that the file may be
    far smaller than they are. In a process of its own (0.5 s), which pyarrow ends where the footer contradicts itself.
    """
    size = int.from_bytes(content[-8:-4], "little")
    if not 0 < size <= min(limits.listing, len(content) - 12):
        raise DataError(f"{_DAMAGED}: it has no footer of at most {limits.listing:,} bytes.")
    footer = bytes(content[:4]) + bytes(content[-8 - size :])
    done = subprocess.run([sys.executable, "-c", _COUNT], input=footer, capture_output=True, check=False)
    if done.returncode != 0:
        raise DataError(f"{_DAMAGED}: its footer contradicts itself.")
    return int(done.stdout)


def _of_columns(table: Any, name: str, notes: list[str], limits: Limits) -> Table:
    import pyarrow as pa

    lists, numbers, labels = [], [], None
    for title, column in zip(table.column_names, table.columns, strict=True):
        short = clean(title)
        if _is_list(column.type):
            lists.append((title, _matrix(column, short)))
        elif is_label(title) and is_coordinate(title, _has_fractions(column)):
            numbers.append((title, column.to_numpy()))
            notes.append(coordinate(title))
        elif is_label(title):
            if labels is not None:
                raise DataError(f"More than one column holds labels: {short} is another. Keep one.")
            labels = _labels(column, title, limits)
            notes.append(f"The labels are the column {short}.")
        else:
            if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
                notes.append(f"The column {short} was converted from {clean(str(column.type))} to float64.")
                column = column.cast(pa.float64())
            numbers.append((title, column.to_numpy()))
    if lists and numbers:
        left = listed([title for title, _ in numbers])
        notes.append(f"Some columns are lists; those of single numbers were left out: {left}.")
    if lists or not numbers:
        return Table(lists, notes, labels)
    matrix, more = units([title for title, _ in numbers], np.column_stack([values for _, values in numbers]))
    return Table([(name, matrix)], [*notes, *more], labels)


def _has_fractions(column: Any) -> bool:
    import pyarrow as pa

    values = column.to_numpy() if pa.types.is_floating(column.type) else np.zeros(0)
    return bool(np.any(np.isfinite(values) & (values != np.floor(values))))


def _matrix(column: Any, short: str) -> np.ndarray:
    """(n, d) of a column of lists."""
    import pyarrow.compute as pc

    if not _is_numeric(column.type.value_type):
        raise DataError(
            f"The column {short} is of {clean(str(column.type))}; its lists must hold numbers. Flatten each sample."
        )
    lengths = pc.unique(pc.list_value_length(column)).to_pylist()
    if len(lengths) > 1 or None in lengths:
        seen = ", ".join("none" if length is None else f"{length}" for length in lengths[:3])
        raise DataError(f"The lists of the column {short} differ in length ({seen}); all samples need the same units.")
    values = pc.list_flatten(column).to_numpy()
    return values.reshape(len(column), -1) if len(values) else np.zeros((len(column), 0))


def _is_numeric(kind: Any) -> bool:
    import pyarrow as pa

    return any(test(kind) for test in (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean))


def _labels(column: Any, title: str, limits: Limits) -> tuple[np.ndarray, list[str]]:
    import pyarrow as pa

    if _is_numeric(column.type):
        return encoded(column.to_numpy(), title)
    known = pa.types.is_dictionary(column.type)
    chunks = (column.unify_dictionaries() if known else column.dictionary_encode()).combine_chunks()
    if not (pa.types.is_string(chunks.type.value_type) or pa.types.is_large_string(chunks.type.value_type)):
        raise DataError(
            f"The labels {clean(title)} must be whole numbers or text, not {clean(str(chunks.type.value_type))}."
        )
    if len(chunks.dictionary) > limits.classes:
        raise DataError(many_classes(limits))
    words = chunks.dictionary.to_pylist()
    codes = chunks.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)
    return codes, [*words, "no label"] if chunks.indices.null_count else words
