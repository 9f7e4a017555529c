"""Sparse matrices, as scipy, AnnData and MATLAB keep them, written out in full.

By numpy and not by scipy, whose compiled code writes wherever a damaged file says.
"""

from math import prod
from typing import Any

import numpy as np

from idcore.errors import DataError
from idcore.files.names import clean
from idcore.limits import Limits

_COMPRESSED = ("data", "indices", "indptr")
PARTS = {
    **{"csr": _COMPRESSED, "csc": _COMPRESSED, "bsr": _COMPRESSED},
    **{"coo": ("data", "row", "col"), "dia": ("data", "offsets")},
}
"""Of each kind, the arrays that it is kept in (https://docs.scipy.org/doc/scipy/reference/sparse.html)."""


_NONE = np.zeros(0, np.int64)


def dense(name: str, kind: str, shape: Any, parts: dict[str, np.ndarray], limits: Limits) -> np.ndarray:
    """(n, d) of the numbers in their places, those at the same place added, and zeros. parts: as `PARTS` names them.
    Raises DataError where the whole is larger than the limits, or a place is outside of it."""
    short, sides = clean(name), tuple(int(side) for side in np.asarray(shape).reshape(-1)[:3])
    if kind not in PARTS or not set(PARTS[kind]) <= set(parts) or len(sides) != 2 or min(sides) < 0:
        raise DataError(f"The sparse matrix {short} is of no kind that is read: {', '.join(PARTS)}, of two axes.")
    if prod(sides) > limits.values:
        size = " x ".join(f"{side:,}" for side in sides)
        raise DataError(
            f"The sparse matrix {short} has {size} values once it is written out; {limits.values:,} are the most. Keep "
            "fewer samples or units."
        )
    values, places = parts["data"], [parts[part] for part in PARTS[kind][1:]]
    if values.dtype.kind not in "biuf" or any(array.dtype.kind not in "iu" for array in places):
        raise DataError(f"The sparse matrix {short} is not of real numbers at whole places.")
    try:
        values, *indices = _places(kind, sides, values, *(array.astype(np.int64).reshape(-1) for array in places))
        if any(np.any((at < 0) | (at >= side)) for at, side in zip(indices, sides, strict=True)):
            raise IndexError("numbers lie outside of it")
        full = np.zeros(sides, values.dtype.newbyteorder("="))
        np.add.at(full, tuple(indices), values)
    except (ValueError, TypeError, IndexError) as error:
        raise DataError(f"The sparse matrix {short} is damaged ({clean(str(error))}).") from None
    return full


def _places(
    kind: str, sides: tuple[int, ...], values: np.ndarray, first: np.ndarray, second: np.ndarray = _NONE
) -> tuple[np.ndarray, ...]:
    """(values, rows, columns), (k,) each."""
    if kind == "coo":
        return values, first, second
    if kind == "dia":  # values (offsets, columns)
        columns = np.tile(np.arange(values.shape[1]), len(first))
        rows = columns - np.repeat(first, values.shape[1])
        inside = (rows >= 0) & (rows < sides[0]) & (columns < sides[1])
        return values.reshape(-1)[inside], rows[inside], columns[inside]
    block = values.shape[1:] if kind == "bsr" else (1, 1)
    count = sides[kind == "csc"] // block[0]
    steps = np.diff(second)
    if len(second) != count + 1 or second[0] != 0 or np.any(steps < 0) or second[-1] > len(first):
        raise IndexError("it does not say where its rows begin")
    major, minor = np.repeat(np.arange(count), steps), first[: second[-1]]
    values = values[: len(minor)]
    if kind == "csr":
        return values, major, minor
    if kind == "csc":
        return values, minor, major
    down, across = np.meshgrid(np.arange(block[0]), np.arange(block[1]), indexing="ij")
    rows, columns = (major * block[0])[:, None, None] + down, (minor * block[1])[:, None, None] + across
    return values.reshape(-1), rows.reshape(-1), columns.reshape(-1)


def note(name: str, array: np.ndarray) -> str:
    return f"{clean(name)} is sparse; it was written out in full, {' x '.join(f'{side:,}' for side in array.shape)}."
