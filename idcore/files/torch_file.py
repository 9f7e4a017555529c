"""A file of `torch.save` as tensors: the zip archive of today, and the file of PyTorch before 1.6.

Both hold a pickle that says which tensors there are, and their numbers beside it. The pickle is read by `pickled`,
which runs nothing, and the numbers by numpy: `torch.load` has no part in it.
"""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from idcore.errors import FileError
from idcore.files import pickled, zip_records
from idcore.files.pickled import Call, Global, Reference
from idcore.files.stored import DTYPES, Stored, itemsize, sizes
from idcore.limits import LIMITS

LEGACY = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
"""What a file of PyTorch before 1.6 begins with: a pickle of its magic number."""

ALLOWED = re.compile(
    r"torch\.(\w+Storage|Size|device|bool|per_\w+|[a-z]+\d\w*)|torch\._utils\._rebuild_\w+|torch\.storage\.\w+Storage"
    r"|torch\._tensor\._rebuild_from_type_v2|torch\.nn\.parameter\.(Parameter|Buffer)|torch\.serialization\._get_layout"
    # What people keep beside the weights. It is described, never made.
    r"|collections\.(OrderedDict|defaultdict|Counter|deque)|argparse\.Namespace|pathlib\.\w+|datetime\.\w+"
    r"|_codecs\.encode|numpy(\.\w+)*\.(scalar|dtype|ndarray|_reconstruct|_frombuffer)"
    r"|(builtins|__builtin__)\.(set|frozenset|complex|bytearray|slice|range|int|float|str|list|dict|tuple|bool|object)"
)
"""The names that a pickle may mention."""
_STORAGES = {
    **{"Double": "float64", "Float": "float32", "Half": "float16", "BFloat16": "bfloat16", "Bool": "bool"},
    **{"Long": "int64", "Int": "int32", "Short": "int16", "Char": "int8", "Byte": "uint8"},
    **{"ComplexFloat": "complex64", "ComplexDouble": "complex128"},
}
_DICTS = ("collections.OrderedDict", "collections.defaultdict", "builtins.dict", "__builtin__.dict")
_WRAPPED = ("_rebuild_parameter", "_rebuild_parameter_with_state", "_rebuild_device_tensor_from_cpu_tensor")
_DTYPE = {"_rebuild_tensor": None, "_rebuild_tensor_v2": None, "_rebuild_tensor_v3": 6}  # place of the dtype


@dataclass(frozen=True, eq=False)
class Saved:
    """value: what was saved, as `pickled` describes it. numbers: the bytes of a storage by its name."""

    value: Any
    numbers: Callable[[str], memoryview]


def read_zip(content: memoryview) -> Saved:
    """A zip archive of `torch.save`. Raises FileError."""
    records = zip_records.records(content)
    pickles = [name for name in records.sizes if re.fullmatch(r"[^/]*/data\.pkl", name)]
    if len(pickles) != 1:
        raise FileError("It is a zip archive, but not one of torch.save: it has no data.pkl.")
    root = pickles[0].removesuffix("data.pkl")
    if f"{root}constants.pkl" in records.sizes:
        raise FileError(
            "It is a TorchScript program, and no code of a file is run here. Load it with torch.jit.load and save its "
            "tensors alone, as state_dict() gives them."
        )
    if records.sizes[pickles[0]] > LIMITS.listing:
        raise FileError(
            f"Its list of tensors has {records.sizes[pickles[0]]:,} bytes; at most {LIMITS.listing:,} are read."
        )
    if f"{root}byteorder" in records.sizes and records.read(f"{root}byteorder") != b"little":
        raise FileError("It was saved on a machine of the other byte order. Save it again as .safetensors.")

    @cache
    def numbers(key: str) -> memoryview:
        if f"{root}data/{key}" not in records.sizes:
            raise FileError(f"It is damaged: the numbers {key[:40]!r} are missing.")
        return memoryview(records.read(f"{root}data/{key}"))

    value, _ = pickled.read(io.BytesIO(records.read(pickles[0])), ALLOWED)
    return Saved(value, numbers)


def read_legacy(content: memoryview) -> Saved:
    """A file of PyTorch before 1.6: five pickles, then length and numbers of each storage. Raises FileError."""
    stream = io.BytesIO(content[: LIMITS.listing])
    for _ in range(3):  # magic number, version, system
        pickled.read(stream, ALLOWED)
    value, references = pickled.read(stream, ALLOWED)
    keys, _ = pickled.read(stream, ALLOWED)
    dtypes = {key: dtype for dtype, key, _ in map(_storage, references)}
    start, storages = stream.tell(), {}
    for key in keys if isinstance(keys, list) else ():
        if dtypes.get(key) not in DTYPES:
            raise FileError(f"It holds numbers of the type {dtypes.get(key)}, which are not read.")
        length = int.from_bytes(content[start : start + 8], "little") * itemsize(dtypes[key])
        storages[key] = content[start + 8 : start + 8 + length]
        if len(storages[key]) != length:
            raise FileError("It is cut short: numbers are missing at its end.")
        start += 8 + length
    return Saved(value, lambda key: storages.get(key, memoryview(b"")))


def check_pickle(content: memoryview) -> None:
    """Raises FileError where a pickle wants to use what none may, or is damaged."""
    pickled.read(io.BytesIO(content[: LIMITS.listing]), ALLOWED)


def is_tensor(value: Any) -> bool:
    """Whether it stands for a tensor of any kind."""
    return isinstance(value, Call) and isinstance(value.function, Global) and "._rebuild_" in value.function.name


def is_mapping(value: Any) -> bool:
    if isinstance(value, Call):
        return isinstance(value.function, Global) and value.function.name in _DICTS
    return isinstance(value, dict)


def mapping(value: Any) -> dict[Any, Any]:
    """A dict that was saved, also as OrderedDict."""
    return value if isinstance(value, dict) else {str(pair[0]): pair[1] for pair in pairs(value)} | value.items


def pairs(value: Any) -> list[Any]:
    """What Python 2 makes an OrderedDict of."""
    items = value.arguments[0] if isinstance(value, Call) and value.arguments else []
    return items if isinstance(items, list) else []


def shape(value: Call) -> tuple[int, ...]:
    """The shape that a tensor is said to have, () where that cannot be told. Its numbers are not read."""
    try:
        kind, arguments = _unwrapped(value)
        return sizes(arguments[2]) if kind in _DTYPE else ()
    except (FileError, IndexError, KeyError, TypeError, AttributeError):
        return ()


def tensor(value: Call, numbers: Callable[[str], memoryview]) -> Stored:
    """The tensor that a call stands for. Raises FileError where it is of an unusual kind, or larger than what the
    file holds of it (a stride of 0 repeats one number as often as one likes)."""
    kind, arguments = _unwrapped(value)
    if kind not in _DTYPE:
        raise FileError(f"It is of an unusual kind ({kind.removeprefix('_rebuild_')}); only dense tensors are read.")
    dtype, key, begin = _storage(arguments[0])
    if _DTYPE[kind]:
        dtype = arguments[_DTYPE[kind]].name.removeprefix("torch.")
    shape, strides, (offset,) = sizes(arguments[2]), sizes(arguments[3]), sizes(arguments[1:2])
    if len(shape) != len(strides):
        raise FileError("It is damaged: it has not as many strides as axes.")
    if dtype not in DTYPES:
        return Stored(dtype, shape, lambda: np.zeros(0))
    have, want = len(numbers(key)) // itemsize(dtype), prod(shape)
    reach = begin + offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True)) + 1 if want else 0
    if want > have or reach > have:
        raise FileError(f"It should have {max(want, reach):,} numbers, and the file holds {have:,} of them.")
    return Stored(dtype, shape, partial(_values, numbers(key), DTYPES[dtype], begin + offset, shape, strides))


def _unwrapped(value: Call) -> tuple[str, Any]:
    """(name of the function, its arguments) that make a tensor, without what makes a parameter or a subclass of it."""
    for _ in range(4):
        kind, arguments = value.function.name.rpartition(".")[2], value.arguments
        if kind in _WRAPPED and is_tensor(arguments[0]):
            value = arguments[0]
        elif kind == "_rebuild_from_type_v2":
            value = Call(arguments[0], arguments[2])
        else:
            break
    return kind, arguments


def _values(
    numbers: memoryview, dtype: str, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> np.ndarray:
    if prod(shape) == 0:
        return np.zeros(shape, dtype)
    size = np.dtype(dtype).itemsize
    flat = np.frombuffer(numbers[offset * size : len(numbers) // size * size], dtype)
    return np.asarray(as_strided(flat, shape, [s * size for s in strides], writeable=False), order="C")


def _storage(reference: Any) -> tuple[str, str, int]:
    """(type of its numbers, name, first number) of the storage that a pickle refers to."""
    key = reference.key if isinstance(reference, Reference) else ()
    if not isinstance(key, tuple) or len(key) < 5 or not isinstance(key[1], Global) or not isinstance(key[2], str):
        raise FileError("It is damaged: a tensor has no numbers.")
    view = key[5] if len(key) > 5 and isinstance(key[5], tuple) else (None, 0)  # files of PyTorch before 0.4
    kind = key[1].name.rpartition(".")[2].removesuffix("Storage")
    return _STORAGES.get(kind, kind.lower()), key[2], sizes(view[1:2])[0]
