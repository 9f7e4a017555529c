"""Matrices of `.parquet` files."""

import subprocess
import sys
from typing import Any

import numpy as np

from idcore.data.labels import encoded, is_label, many_classes
from idcore.data.names import clean
from idcore.data.tables import Table
from idcore.errors import DataError
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
    matrix. A column that `is_label` holds labels. Missing numbers become NaN. Raises DataError."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    source = pa.BufferReader(pa.py_buffer(content))
    try:
        schema = pq.read_schema(source)
        source.seek(0)
        # As a dictionary, long texts that repeat are not multiplied.
        words = [column.name for column in schema if is_label(column.name)]
        file = pq.ParquetFile(source, read_dictionary=words, arrow_extensions_enabled=False)
        nested = any(pa.types.is_nested(column.type) for column in schema)
        values = _values(content, limits) if nested else file.metadata.num_rows * len(schema)
        if values > limits.values:
            raise DataError(f"The table has {values:,} values; {limits.values:,} are the most. Keep less of it.")
        table = file.read(use_threads=False)
        table.validate(full=True)
    except DataError:
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError, MemoryError) as error:
        raise DataError(f"{_DAMAGED} ({clean(str(error))}).") from None
    return _of_columns(table, name, limits)


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


def _of_columns(table: Any, name: str, limits: Limits) -> Table:
    import pyarrow as pa

    lists, numbers, labels, notes = [], [], None, []
    for title, column in zip(table.column_names, table.columns, strict=True):
        kind, short = column.type, clean(title)
        if is_label(title):
            if labels is not None:
                raise DataError(f"More than one column holds labels: {short} is another. Keep one.")
            labels = _labels(column, title, limits)
            notes.append(f"The labels are the column {short}.")
        elif title.startswith("__index_level_"):
            notes.append("The index of the table was left out.")
        elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
            lists.append((title, _matrix(column, short)))
        elif _is_numeric(kind):
            numbers.append((title, column.to_numpy()))
        else:
            raise DataError(
                f"The column {short} is of {clean(str(kind))}; columns must be numbers or lists of numbers. One of "
                "text must be called label, or be left out."
            )
    if lists and numbers:
        notes.append(
            f"Some columns are lists; those of single numbers were left out: {clean(', '.join(t for t, _ in numbers))}."
        )
    one = [(name, np.column_stack([values for _, values in numbers]))] if numbers and not lists else []
    return Table(lists or one, notes, labels)


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

    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)


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
