"""`.mat` files: those of version 4 and 5 through scipy, those of version 7.3, which are HDF5, through h5py."""

import io
import re
import struct
import warnings
from math import prod
from typing import Any

import numpy as np

from idcore.errors import DataError
from idcore.files import hdf, sparse
from idcore.files.inflate import looked_into
from idcore.files.named import may_hold_names
from idcore.files.names import clean, natural
from idcore.files.table import Table
from idcore.files.view import View
from idcore.files.workspace import check_values, matrices, may_hold_labels, texts
from idcore.limits import Limits

_HDF5 = b"MATLAB 7.3 MAT-file"
_NUMBERS = re.compile(r"double|single|u?int(8|16|32|64)|logical|sparse")
_TEXT = ("char", "cell")
_HEADER, _COMPRESSED = 128, 15  # bytes; type of an element


def matlab(content: memoryview, limits: Limits) -> Table:
    """A matrix for each variable of real numbers that has rows and columns; sparse ones are written out in full. The
    rest, such as structures, cells and single numbers, is left out and named. Raises DataError."""
    if bytes(content[: len(_HDF5)]) == _HDF5:
        return _newer(content, limits)
    try:
        with warnings.catch_warnings(action="error"):
            return _older(content, limits)
    except (DataError, MemoryError):
        raise
    except Exception as error:  # scipy lets out some ten types on damaged files
        raise DataError(f"This is not a .mat file, or it is damaged ({clean(str(error)) or 'cut short'}).") from None


def _older(content: memoryview, limits: Limits) -> Table:
    import scipy.io

    _check_unpacked(content, limits)
    variables = scipy.io.whosmat(io.BufferedReader(View(content)))
    wanted = [name for name, _, kind in variables if _is_wanted(name, kind)]
    check_values(sum(prod(shape) for name, shape, _ in variables if name in wanted), limits)
    values = scipy.io.loadmat(io.BufferedReader(View(content)), variable_names=wanted)
    arrays: list[tuple[str, np.ndarray]] = []
    others, notes = [], []
    for name, _, kind in variables:
        value = values.get(name)
        if value is None:
            others.append(f"{name} ({kind})")
        elif value.dtype.kind == "c":
            others.append(f"{name} (complex numbers)")
        elif kind in _TEXT and not may_hold_labels(name) and not all(map(_is_word, value.reshape(-1))):
            others.append(f"{name} ({kind})")
        elif kind in _TEXT:
            arrays.append((name, texts([_word(cell) for cell in value.reshape(-1)], name, limits)))
        elif kind == "sparse":
            parts = {part: getattr(value, part) for part in sparse.PARTS["csc"]}
            arrays.append((name, sparse.dense(name, "csc", value.shape, parts, limits)))
            notes.append(sparse.note(name, arrays[-1][1]))
        else:
            arrays.append((name, value))
    return matrices(arrays, others, notes)


def _is_wanted(name: str, kind: str) -> bool:
    return _NUMBERS.fullmatch(kind) is not None or kind in _TEXT and (may_hold_labels(name) or may_hold_names(name))


def _is_word(cell: Any) -> bool:
    while isinstance(cell, np.ndarray) and cell.size == 1 and cell.dtype.kind == "O":
        cell = cell.reshape(-1)[0]
    return isinstance(cell, str) or isinstance(cell, np.ndarray) and cell.size < 2 and cell.dtype.kind == "U"


def _word(cell: Any) -> str:
    """The text in a row of characters, or in a cell; of anything else what it looks like."""
    while isinstance(cell, np.ndarray) and cell.size == 1:
        cell = cell.reshape(-1)[0]
    return str(cell).strip()[:1000]


def _check_unpacked(content: memoryview, limits: Limits) -> None:
    """Raises DataError where the elements of a file of version 5 unpack to more than an upload may have."""
    order = {b"IM": "<", b"MI": ">"}.get(bytes(content[_HEADER - 2 : _HEADER]))
    at, total = _HEADER, 0
    while order and at + 8 <= len(content) and total <= limits.upload:
        kind, size = struct.unpack(f"{order}II", content[at : at + 8])
        part = content[at + 8 : at + 8 + size]
        packed = kind == _COMPRESSED
        length, head = looked_into(part, limits.upload - total) if packed else (len(part), part)
        begin = 8 if packed else 0  # behind the tag of the variable
        at, total = at + 8 + size, total + length
        if total <= limits.upload:
            _check_parts(head[begin:], length - begin, order)
    if total > limits.upload:
        raise DataError(f"The file unpacks to more than {limits.upload:,} bytes, the most. Keep less of it.")


def _check_parts(head: bytes | memoryview, length: int, order: str) -> None:
    """Raises DataError where a part of a variable, seen in its first bytes, is said to be longer than all of it."""
    at = 0
    while at + 8 <= min(len(head), length):
        kind, size = struct.unpack(f"{order}II", head[at : at + 8])
        short = kind >> 16  # then its bytes stand in the place of its size
        if not short and size > length - at - 8:
            raise DataError(f"The file is damaged: a part of it is said to have {size:,} bytes, of {length:,} in all.")
        at += 8 if short else 8 + -(-size // 8) * 8


def _newer(content: memoryview, limits: Limits) -> Table:
    """HDF5, with the axes the other way round."""
    with hdf.opened(content) as file:
        full, arrays, others, notes = [], [], [], []
        for name in sorted((name for name in file if not name.startswith("#")), key=natural):  # "#": parts of cells
            part = hdf.member(file, name)
            kind = _class(part)
            empty = part is None or "MATLAB_empty" in part.attrs
            if not empty and "MATLAB_sparse" in part.attrs:
                shape = (int(part.attrs["MATLAB_sparse"]), hdf.member(part, "jc").size - 1)
                arrays.append((name, hdf.compressed(part, "csc", shape, name, limits, ("data", "ir", "jc"))))
                notes.append(sparse.note(name, arrays[-1][1]))
            elif empty or not _is_wanted(name, kind):
                others.append(f"{name} ({kind})")
            elif kind == "cell":
                arrays.append((name, texts(_cells(file, part, limits), name, limits)))
            elif hdf.is_numeric(part):
                full.append((name, part))
            else:
                others.append(f"{name} (complex numbers)")
        values, more = hdf.real_arrays(full, limits)
        for name, value in values:
            is_text = _class(file[name]) == "char"
            arrays.append((name, texts(_words(value.T), name, limits) if is_text else value.T))
        return matrices(sorted(arrays, key=lambda one: natural(one[0])), others, [*notes, *more])


def _words(characters: np.ndarray) -> list[str]:
    """The text of each row."""
    return [bytes(row.astype("<u2")).decode("utf-16-le", "replace").strip() for row in np.atleast_2d(characters)]


def _class(part: Any) -> str:
    """MATLAB's word for what it is."""
    word = "a link" if part is None else part.attrs.get("MATLAB_class", b"no variable of MATLAB")
    return word.decode("ascii", "replace") if isinstance(word, bytes) else str(word)


def _cells(file: Any, cells: Any, limits: Limits) -> list[str]:
    """The texts that the cells refer to."""
    if cells.size > limits.listing // 8:
        raise DataError(f"There are {cells.size:,} cells of labels; {limits.listing // 8:,} are the most.")
    words = []
    for reference in cells[()].reshape(-1):
        part = file[reference]
        if not hdf.is_numeric(part) or part.dtype != np.uint16 or part.size > limits.name:
            raise DataError("A cell of the labels holds no text. Labels are whole numbers or texts.")
        words += _words(part[()].reshape(1, -1))
    return words
