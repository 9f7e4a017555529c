"""An entry of the store and its file: a safetensors file whose metadata hold the JSON values and two digests.

The payload digest covers the arrays, the header digest covers key, payload digest and JSON values: a flipped bit, or a
file copied to another name, does not decode.
"""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load

_MOST = 100_000_000  # bytes of a header, as safetensors has it


@dataclass(frozen=True, eq=False)
class Entry:
    """arrays: numpy arrays by name, little-endian, writable. meta: JSON values."""

    arrays: dict[str, np.ndarray]
    meta: dict[str, Any] = field(default_factory=dict)


def encode(key: str, arrays: dict[str, np.ndarray], meta: dict[str, Any]) -> list[memoryview]:
    """The bytes of the file, in pieces: those of the arrays are the arrays' own, for the library's writer would copy
    an upload of gigabytes twice. Raises TypeError or ValueError for what a file cannot hold (objects, NaN in the meta).
    """
    plain = {name: _plain(array) for name, array in arrays.items()}
    text = json.dumps(meta, allow_nan=False)
    payload = _payload_digest(plain)
    header: dict[str, Any] = {"__metadata__": {"meta": text, "payload": payload, "digest": _digest(key, payload, text)}}
    names, at = sorted(plain, key=lambda name: (-plain[name].itemsize, name)), 0  # so that each is aligned
    for name in names:
        array = plain[name]
        span = [at, at := at + array.nbytes]
        header[name] = {"dtype": _code(array.dtype), "shape": list(array.shape), "data_offsets": span}
    data = json.dumps(header).encode()
    data += b" " * (-len(data) % 8)
    return [memoryview(len(data).to_bytes(8, "little") + data), *(_bytes(plain[name]) for name in names)]


def decode(key: str, header: dict[str, str], arrays: dict[str, np.ndarray] | None) -> Entry:
    """Raises ValueError or KeyError where anything differs from what was written. arrays: None, not read."""
    if header["digest"] != _digest(key, header["payload"], header["meta"]):
        raise ValueError("header digest")
    if arrays is not None and header["payload"] != _payload_digest(arrays):
        raise ValueError("payload digest")
    return Entry(arrays or {}, json.loads(header["meta"]))


def header_length(data: bytes) -> int:
    """Bytes of a file that stand before its arrays, from its first eight. Raises ValueError where there are fewer, or
    they promise more than a header may have."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > _MOST:
        raise ValueError("header length")
    return 8 + length


def parse_header(data: bytes) -> dict[str, str]:
    """The metadata of a file from its beginning. Raises ValueError, KeyError or TypeError."""
    values = json.loads(data[8 : header_length(data)])["__metadata__"]
    if not all(isinstance(value, str) for value in values.values()):
        raise TypeError("metadata")
    return dict(values)


def parse(data: bytes) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """(metadata, arrays) of a file from its bytes. Raises ValueError, KeyError or TypeError."""
    try:
        return parse_header(data), load(data)
    except SafetensorError as error:
        raise ValueError(str(error)) from error


def _plain(array: np.ndarray) -> np.ndarray:
    array = np.asarray(array)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise TypeError(f"The store keeps real numbers and booleans of up to 64 bits, not {array.dtype}.")
    return np.array(array, dtype=array.dtype.newbyteorder("<"), order="C", copy=None)


def _code(dtype: np.dtype) -> str:
    """As safetensors calls it."""
    return "BOOL" if dtype.kind == "b" else f"{dtype.kind.upper()}{8 * dtype.itemsize}"


def _bytes(array: np.ndarray) -> memoryview:
    return array.reshape(-1).view(np.uint8).data


def _payload_digest(arrays: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(json.dumps([name, array.dtype.name, array.shape]).encode())
        digest.update(_bytes(array))
    return digest.hexdigest()


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
