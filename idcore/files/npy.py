"""Arrays of `.npy`, `.npz` and `.safetensors` files. Nothing that could run code is read, and nothing is allocated
before the sizes that a file claims have been compared with what is there and with the limits."""

import itertools
import math
import re
import warnings
import zipfile
import zlib

import numpy as np
from numpy.lib import format as numpy_format

from idcore.errors import DataError, FileError
from idcore.files import safetensors_file, sparse
from idcore.files.names import clean, listed, natural
from idcore.files.stored import DTYPES, wide
from idcore.files.table import Table
from idcore.files.view import View
from idcore.limits import Limits

_HEADER = 2**16  # bytes; numpy itself refuses headers of more than 10,000
_READERS = {(1, 0): numpy_format.read_array_header_1_0, (2, 0): numpy_format.read_array_header_2_0}


def npy(content: memoryview, name: str) -> np.ndarray:
    """The array of a `.npy` file, of any dtype but Python objects and records; a view of the content.

    name: what messages call it. Raises DataError.
    """
    head = View(content[:_HEADER])
    try:
        shape, fortran, dtype = _header(head)
    except Exception:  # numpy's parser lets out whatever its parts do: six types in 10,000 damaged headers
        raise DataError(
            f"{name} is not in numpy's .npy format of version 1 or 2, or its header is damaged. Use numpy.save."
        ) from None
    if dtype.hasobject:
        raise DataError(
            f"{name} holds Python objects, which could run code when they are read. Save numbers, or text with "
            "array.astype(str)."
        )
    if dtype.kind == "V":
        raise DataError(f"{name} is a table of records ({clean(str(dtype))}). Save one plain matrix for each layer.")
    if any(side < 0 for side in shape):
        raise DataError(f"{name} says that its shape is {_shape(shape)}; no side can be negative.")
    need, have = math.prod(shape) * dtype.itemsize, len(content) - head.tell()
    if need != have:
        claim = f"{need:.3g}" if need < 1e300 else "countless"
        raise DataError(
            f"{name} says that it is {_shape(shape)} of {dtype}, {claim} bytes, but {have:,} bytes follow its header. "
            "It is cut off, or holds more than one array."
        )
    if need == 0:
        return np.zeros(shape, dtype)
    return np.frombuffer(content, dtype, math.prod(shape), head.tell()).reshape(shape, order="F" if fortran else "C")


def _of_objects(content: memoryview) -> bool:
    """Whether a `.npy` file holds Python objects; False where its header cannot be read, which `npy` says."""
    try:
        return bool(_header(View(content[:_HEADER]))[2].hasobject)
    except Exception:
        return False


def _header(head: View) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = numpy_format.read_magic(head)
    with warnings.catch_warnings(action="ignore"):  # of headers that Python 2 wrote
        return _READERS[version](head)


def npz(content: memoryview, name: str, limits: Limits) -> Table:
    """A matrix for each member of a `.npz` file, in the order of the file, or the one that scipy.sparse.save_npz wrote,
    called `name`. Nothing is unpacked to the disk. Raises DataError.
    """
    most = limits.matrices + 2
    # Before zipfile makes an object of each entry.
    if sum(1 for _ in itertools.islice(re.finditer(rb"PK\x01\x02", content), limits.members + 1)) > limits.members:
        raise DataError(f"The archive has more than {limits.members:,} members; {most} are the most here.")
    try:
        archive = zipfile.ZipFile(View(content))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
        raise DataError("This is not a .npz file, or it is cut off. Save it with numpy.savez.") from None
    members = archive.infolist()
    _check_members(members, most, len(content), limits)
    arrays, objects = [], []
    for m in members:
        member = _member(archive, m)
        if len(members) > 1 and _of_objects(member):
            objects.append(_stem(m.filename))
        else:
            arrays.append((_stem(m.filename), npy(member, f"The matrix {clean(_stem(m.filename))}")))
    parts = dict(arrays)
    if {"format", "shape", "data"} <= parts.keys() and parts["format"].size == 1:
        kind = (
            np.char.decode(parts["format"], errors="replace") if parts["format"].dtype.kind == "S" else parts["format"]
        )
        matrix = sparse.dense(name, str(kind.reshape(-1)[0]), parts["shape"], parts, limits)
        return Table([(name, matrix)], [sparse.note(name, matrix)])
    said = [f"Left out, as Python objects, which could run code when they are read: {listed(objects)}."]
    return Table(arrays, said if objects else [])


def safetensors(content: memoryview) -> Table:
    """A matrix for each tensor, by name, layer2 before layer10: such a file keeps no order of its own. bfloat16 becomes
    float32, which holds it exactly. Raises DataError.
    """
    try:
        tensors = safetensors_file.read(content)
    except FileError as error:
        raise DataError(f"This is not a .safetensors file that can be read. {error}") from None
    for name, tensor in tensors.items():
        if tensor.dtype not in DTYPES:
            raise DataError(
                f"The matrix {clean(name)} is of {clean(tensor.dtype)}; save it as float16, float32 or float64."
            )
    wider = [clean(name) for name, tensor in tensors.items() if tensor.dtype == "bfloat16"]
    notes = [f"Converted from bfloat16 to float32: {clean(', '.join(wider), 200)}."] if wider else []
    return Table([(name, wide(tensors[name])) for name in sorted(tensors, key=natural)], notes)


def _check_members(members: list[zipfile.ZipInfo], most: int, size: int, limits: Limits) -> None:
    if len(members) > most:
        raise DataError(f"The archive has {len(members):,} members; {most} are the most. Keep fewer layers.")
    total, largest = sum(member.file_size for member in members), limits.unpacked(size)
    if total > largest:
        raise DataError(f"The archive unpacks to {total:,} bytes; {largest:,} are the most. Keep less of it.")
    seen = set()
    for member in members:
        name = clean(member.filename)
        if member.filename in seen:
            raise DataError(f"The archive has more than one member called {name}. Give each matrix a name of its own.")
        seen.add(member.filename)
        if not member.filename.endswith(".npy"):
            raise DataError(f"The archive holds {name}, which is no .npy file. Save the matrices with numpy.savez.")
        if member.flag_bits & 1:
            raise DataError(f"The member {name} is encrypted. Save it without a password.")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DataError(
                f"The member {name} is compressed in a way that numpy does not use. Save it with numpy.savez."
            )


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> memoryview:
    try:
        with archive.open(member) as file:
            # With a size, or a member that inflates to more than it says would be inflated first and cut then.
            data = file.read(member.file_size)
        if len(data) == member.file_size:
            return memoryview(data)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, NotImplementedError):
        pass
    raise DataError(
        f"The member {clean(member.filename)} of the archive is damaged or not as long as the archive says."
    )


def _stem(name: str) -> str:
    return name.removesuffix(".npy")


def _shape(shape: tuple[int, ...]) -> str:
    return clean(" x ".join(f"{side:,}" for side in shape)) or "a single number"
