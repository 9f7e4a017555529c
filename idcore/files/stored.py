"""A tensor in a file, before its numbers are read."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np

from idcore.errors import FileError

DTYPES = {
    **{"float64": "<f8", "float32": "<f4", "float16": "<f2", "bfloat16": "<u2"},
    **{"int64": "<i8", "int32": "<i4", "int16": "<i2", "int8": "i1"},
    **{"uint64": "<u8", "uint32": "<u4", "uint16": "<u2", "uint8": "u1", "bool": "?"},
}
"""Name in PyTorch -> type in numpy. That of bfloat16 holds its bits: they are the upper half of a float32."""


@dataclass(frozen=True, eq=False)
class Stored:
    """dtype: name in PyTorch, one of DTYPES or not. values: reads the numbers, (shape) of DTYPES[dtype]."""

    dtype: str
    shape: tuple[int, ...]
    values: Callable[[], np.ndarray]

    @property
    def bytes(self) -> int:
        """Size once it is read and converted, at most 8 bytes a number."""
        return prod(self.shape) * max(4, itemsize(self.dtype))


def wide(tensor: Stored) -> np.ndarray:
    """Its numbers; those of bfloat16 as float32, which holds them exactly. dtype: one of DTYPES."""
    array = tensor.values()
    return (array.astype(np.uint32) << 16).view(np.float32) if tensor.dtype == "bfloat16" else array


def itemsize(dtype: str) -> int:
    """Bytes of one number; 1 for a type that is not read."""
    return np.dtype(DTYPES[dtype]).itemsize if dtype in DTYPES else 1


def sizes(value: object) -> tuple[int, ...]:
    """A shape or the strides of a tensor as a file gives them. Raises FileError."""
    if not isinstance(value, (tuple, list)) or len(value) > 32:
        raise FileError("It is damaged: a tensor has no shape, or one of more than 32 axes.")
    for length in value:
        if type(length) is not int or not 0 <= length < 2**63:
            raise FileError("It is damaged: the shape of a tensor holds something that is not a length.")
    if prod(max(1, length) for length in value) >= 2**60:
        raise FileError("It is damaged: a tensor has more numbers than any file.")
    return tuple(value)
