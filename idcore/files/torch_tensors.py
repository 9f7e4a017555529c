"""Matrices in files of `torch.save`: a tensor, or tensors in lists and dicts. Nothing of the file is run."""

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from idcore.errors import DataError, FileError
from idcore.files import torch_file
from idcore.files.names import clean
from idcore.files.pickled import Call, Global
from idcore.files.stored import DTYPES, Stored, wide
from idcore.files.table import Table
from idcore.files.torch_file import Saved, is_mapping, is_tensor, mapping
from idcore.files.workspace import check_values, matrices, texts
from idcore.limits import Limits

_DEEPEST = 4  # dicts in dicts


def torch_tensors(content: memoryview, name: str, limits: Limits) -> Table:
    """A matrix for each tensor, in the order of the file; what else lies beside them is left out and named. bfloat16
    becomes float32. name: of a tensor that has none. Raises DataError."""
    try:
        arrays, others, notes = _arrays(_saved(content), name, limits)
    except DataError:
        raise
    except FileError as error:
        raise DataError(f"This is not a file of torch.save that can be read. {error}") from None
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, RecursionError):
        raise DataError("This is not a file of torch.save that can be read. It is damaged.") from None
    return matrices(arrays, others, notes)


def _saved(content: memoryview) -> Saved:
    if bytes(content[:2]) == b"PK":
        return torch_file.read_zip(content)
    if bytes(content[: len(torch_file.LEGACY)]) == torch_file.LEGACY:
        return torch_file.read_legacy(content)
    raise FileError("Its first bytes are not those of such a file.")


def _arrays(saved: Saved, name: str, limits: Limits) -> tuple[list[tuple[str, np.ndarray]], list[str], list[str]]:
    """(arrays by name, names of what is none, sentences)."""
    arrays: list[tuple[str, Stored | np.ndarray]] = []
    others = []
    for count, (path, part) in enumerate(_parts(saved.value, ())):
        if count > limits.members:
            raise FileError(f"It holds more than {limits.members:,} things.")
        title = ".".join(path) or name
        if is_tensor(part):
            tensor = _tensor(part, title, saved)
            arrays += [(title, tensor)] if tensor.dtype in DTYPES else []
            others += [] if tensor.dtype in DTYPES else [f"{title} (of {tensor.dtype})"]
        elif isinstance(part, list) and part and isinstance(part[0], (str, int)):
            arrays.append((title, texts(part, title, limits) if isinstance(part[0], str) else np.array(part)))
        else:
            others.append(f"{title} (numpy's; use numpy.savez)" if _is_numpys(part) else title)
    check_values(sum(prod(part.shape) for _, part in arrays), limits)
    wider = [title for title, part in arrays if isinstance(part, Stored) and part.dtype == "bfloat16"]
    notes = [f"Converted from bfloat16 to float32: {clean(', '.join(wider), 200)}."] if wider else []
    return [(title, wide(part) if isinstance(part, Stored) else part) for title, part in arrays], others, notes


def _tensor(part: Any, title: str, saved: Saved) -> Stored:
    try:
        return torch_file.tensor(part, saved.numbers)
    except FileError as error:
        raise FileError(f"The tensor {clean(title)!r} cannot be read. {error}") from error


def _parts(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(path, part) of each thing in dicts and lists; a list of texts or of whole numbers is one."""
    if len(path) < _DEEPEST and is_mapping(value):
        for key, part in mapping(value).items():
            yield from _parts(part, (*path, str(key)))
    elif len(path) < _DEEPEST and isinstance(value, (list, tuple)) and not _is_plain(value):
        for i, part in enumerate(value):
            yield from _parts(part, (*path, str(i)))
    else:
        yield path, list(value) if isinstance(value, tuple) else value


def _is_plain(values: list[Any] | tuple[Any, ...]) -> bool:
    return all(type(value) is str for value in values) or all(
        type(value) is int and abs(value) < 2**63 for value in values
    )


def _is_numpys(part: Any) -> bool:
    return isinstance(part, Call) and isinstance(part.function, Global) and part.function.name.startswith("numpy.")
