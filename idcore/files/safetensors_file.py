"""A `.safetensors` file as tensors.

Format: 8 bytes n, n bytes of JSON {name: {dtype, shape, data_offsets: [begin, end]}}, then the numbers without gaps
(https://huggingface.co/docs/safetensors). Read here and not by the library, which needs a second copy of the file,
takes the last of two equal names and tells nobody where it stumbled.
"""

import json
from functools import partial
from math import prod
from typing import Any

import numpy as np

from idcore.errors import FileError
from idcore.files.stored import DTYPES, Stored, itemsize, sizes
from idcore.limits import LIMITS

_NAMES = {
    **{"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "BOOL": "bool"},
    **{f"{kind}{bits}": f"{word}{bits}" for kind, word in (("I", "int"), ("U", "uint")) for bits in (8, 16, 32, 64)},
}


def read(content: memoryview) -> dict[str, Stored]:
    """The tensors by name, in the order of the file's header. Raises FileError."""
    length = int.from_bytes(content[:8], "little")
    if length > LIMITS.listing:
        raise FileError(f"Its header is said to be {length:,} bytes long; at most {LIMITS.listing:,} are read.")
    if 8 + length > len(content):
        raise FileError(
            f"It is cut short, or its header lies: the header should have {length:,} bytes, the whole file has "
            f"{len(content):,}."
        )
    header, numbers = _header(bytes(content[8 : 8 + length])), content[8 + length :]
    tensors = {name: _stored(name, about, numbers) for name, about in header.items() if name != "__metadata__"}
    _check_places(header, len(numbers))
    return tensors


def _header(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text, object_pairs_hook=_once)
    except FileError:
        raise
    except (ValueError, RecursionError) as error:
        raise FileError("Its header is damaged: it is not JSON.") from error
    if not isinstance(header, dict):
        raise FileError("Its header is damaged: it is not a JSON object.")
    return header


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    by_name = dict(pairs)
    if len(by_name) < len(pairs):
        names = sorted(name for name, _ in pairs)
        twice = next(a for a, b in zip(names, names[1:], strict=False) if a == b)
        raise FileError(f"Its header names {twice[:80]!r} twice.")
    return by_name


def _stored(name: str, about: Any, numbers: memoryview) -> Stored:
    if not isinstance(about, dict) or not {"dtype", "shape", "data_offsets"} <= set(about):
        raise FileError(f"Its header is damaged: {name[:80]!r} needs dtype, shape and data_offsets.")
    shape, offsets, dtype = sizes(about["shape"]), sizes(about["data_offsets"]), str(about["dtype"])
    if len(offsets) != 2 or not offsets[0] <= offsets[1] <= len(numbers):
        raise FileError(
            f"Its header is damaged, or the file is cut short: {name[:80]!r} should lie at bytes {list(offsets)} of "
            f"{len(numbers):,}."
        )
    if dtype not in _NAMES:
        return Stored(dtype[:40], shape, lambda: np.zeros(0))
    size = prod(shape) * itemsize(_NAMES[dtype])
    if size != offsets[1] - offsets[0]:
        raise FileError(
            f"Its header is damaged: {name[:80]!r} of shape {list(shape)} and type {dtype} needs {size:,} bytes and "
            f"has {offsets[1] - offsets[0]:,}."
        )
    part = numbers[offsets[0] : offsets[1]]
    return Stored(_NAMES[dtype], shape, partial(_values, part, DTYPES[_NAMES[dtype]], shape))


def _values(part: memoryview, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    return np.frombuffer(part, dtype).reshape(shape)


def _check_places(header: dict[str, Any], size: int) -> None:
    places = sorted(about["data_offsets"] for name, about in header.items() if name != "__metadata__")
    ends = [0, *(end for _, end in places)]
    for (begin, _), end in zip(places, ends, strict=False):
        if begin != end:
            raise FileError(f"Its header is damaged: tensors overlap or leave a gap at byte {min(begin, end):,}.")
    if ends[-1] != size:
        raise FileError(f"Its header is damaged: {size - ends[-1]:,} bytes at the end belong to no tensor.")
