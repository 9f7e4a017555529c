"""What goes through the pipe from the process that reads: JSON values with arrays behind them."""

import json
import os
from collections.abc import Callable
from typing import Any

import numpy as np

Fill = Callable[[memoryview], None]
"""Fills the memory with the bytes that come next. Raises EOFError."""

_LENGTH = 8  # bytes that say how long the JSON is


def write(pipe: int, kind: str, arrays: dict[str, np.ndarray] | None = None, **values: Any) -> None:
    """kind: what the frame is. arrays: real numbers, whole numbers or truth values of any shape. values: JSON."""
    plain = {name: np.ascontiguousarray(array) for name, array in (arrays or {}).items()}
    # The shape of the array as it came: `ascontiguousarray` makes one axis of none.
    shapes = [[name, array.dtype.str, list(array.shape)] for name, array in (arrays or {}).items()]
    text = json.dumps([kind, values, shapes]).encode()
    send(pipe, memoryview(len(text).to_bytes(_LENGTH, "little") + text))
    for array in plain.values():
        send(pipe, array.reshape(-1).view(np.uint8).data)


def read(fill: Fill) -> tuple[str, dict[str, np.ndarray], dict[str, Any]]:
    """(kind, arrays, values) of the next frame, as they were written; the arrays are writable. Raises EOFError."""
    length = _bytes(fill, _LENGTH)
    kind, values, shapes = json.loads(_bytes(fill, int.from_bytes(length, "little")))
    arrays = {name: np.empty(shape, np.dtype(dtype)) for name, dtype, shape in shapes}
    for array in arrays.values():
        fill(array.reshape(-1).view(np.uint8).data)
    return kind, arrays, values


def _bytes(fill: Fill, size: int) -> bytes:
    content = bytearray(size)
    fill(memoryview(content))
    return bytes(content)


def send(pipe: int, content: memoryview) -> None:
    """Write all of it."""
    while content:
        content = content[os.write(pipe, content) :]
