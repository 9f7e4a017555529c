"""Files of weights that are refused: name -> (function that makes the bytes, what the sentence says).

MARK: path in the environment; the pickles that run a command would make a file there.
"""

import io
import json
import os
import pickle
import struct
import warnings
import zipfile
from collections import OrderedDict

import numpy as np
import torch
from safetensors.numpy import save as save_safetensors
from torch import nn

from idcore.limits import LIMITS

COMMAND = 'touch "$MARK"'


class Evil:
    def __reduce__(self):
        return os.system, (COMMAND,)


class Rebuilt:
    """A tensor as a pickle describes it, whatever its storage of `count` numbers says."""

    def __init__(self, count, offset, size, stride):
        storage = torch.zeros(count)._typed_storage() if count else None
        self.arguments = (storage, offset, size, stride, False, OrderedDict())

    def __reduce__(self):
        return torch._utils._rebuild_tensor_v2, self.arguments


def saved(value, legacy=False):
    """The bytes of `torch.save`."""
    buffer = io.BytesIO()
    torch.save(value, buffer, _use_new_zipfile_serialization=not legacy)
    return buffer.getvalue()


def rezipped(content, compression=zipfile.ZIP_STORED, without=(), **changed):
    """The same archive packed anew. changed: new content of a record by its last name; without: those left out."""
    source, target = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name in source.namelist():
            if name.rpartition("/")[2] not in without:
                archive.writestr(name, changed.pop(name.rpartition("/")[2], None) or source.read(name))
        for name, record in changed.items():
            archive.writestr(f"archive/{name}", record)
    return target.getvalue()


def safetensors(header, numbers=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + numbers


def one(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def with_pickle(program):
    """An archive of torch.save with this pickle in it."""
    return rezipped(saved({"a": torch.zeros(2)}), **{"data.pkl": program})


def table_of_contents(count):
    """A zip archive of nothing but its table of contents."""
    names = (b"%07d" % i for i in range(count))
    table = b"".join(b"PK\x01\x02" + bytes(24) + struct.pack("<H", 7) + bytes(16) + name for name in names)
    ends = struct.pack("<HHII", min(count, 65535), min(count, 65535), len(table), 0)
    return table + b"PK\x05\x06" + bytes(4) + ends + bytes(2)


def lying_sizes():
    """Zeros that are packed to a thousandth, in an archive that says of them that they are few."""
    content = rezipped(saved({"a": torch.zeros(4 * 10**6)}), zipfile.ZIP_DEFLATED)
    return content.replace(struct.pack("<I", 16 * 10**6), struct.pack("<I", 160_000))


def two_of_a_name():
    content = io.BytesIO(saved({"a": torch.zeros(2)}))
    with warnings.catch_warnings(), zipfile.ZipFile(content, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(archive.namelist()[0], b"another")
    return content.getvalue()


def encrypted():
    content = bytearray(saved({"a": torch.zeros(2)}))
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    return bytes(content)


def expanded(n=10**9):
    return Rebuilt(1, 0, (n,), (0,))


def wrapped(depth):
    """_rebuild_parameter(_rebuild_parameter(...)), and a call of itself."""
    function = b"ctorch._utils\n_rebuild_parameter\nq\x00"
    return b"\x80\x02}X\x01\x00\x00\x00a" + function + b"h\x00" * depth + b"N" + b"\x85R" * (depth + 1) + b"s."


HTML = b"<!DOCTYPE html>\n<html><body>Sign in to download</body></html>"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 46830571\n"
NO_CODE = "no code of a file is run"

BAD = {
    "empty": (lambda: b"", "is empty"),
    "text": (lambda: b"these are my weights\n" * 20, "neither"),
    "HTML page": (lambda: HTML, "web page"),
    "LFS pointer": (lambda: POINTER, "git lfs pull"),
    "image": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(40), "neither"),
    "truncated": (lambda: saved({"a": torch.zeros(1000)})[:3000], "cut short"),
    "truncated legacy": (lambda: saved({"a": torch.zeros(1000)}, legacy=True)[:-10], "cut short"),
    "legacy cut in its pickle": (lambda: saved({"a": torch.zeros(1000)}, legacy=True)[:200], "cut short"),
    "truncated safetensors": (lambda: save_safetensors({"a": np.zeros(100)})[:-1], "cut short"),
    "os.system": (lambda: saved({"a": torch.zeros(2), "b": Evil()}), f"'posix.system'.*{NO_CODE}"),
    "os.system, legacy": (lambda: saved({"a": Evil()}, legacy=True), f"'posix.system'.*{NO_CODE}"),
    "os.system, plain pickle": (lambda: pickle.dumps(Evil(), 2), f"'posix.system'.*{NO_CODE}"),
    "os.system, protocol 4": (lambda: pickle.dumps(Evil(), 4), f"'posix.system'.*{NO_CODE}"),
    "os.system, protocol 0": (lambda: pickle.dumps(Evil(), 0), "neither"),
    "builtins.eval": (lambda: with_pickle(b"\x80\x02cbuiltins\neval\nX\x01\x00\x00\x001\x85R."), NO_CODE),
    "getattr": (lambda: with_pickle(b"\x80\x02cbuiltins\ngetattr\n."), NO_CODE),
    "torch.load in a pickle": (lambda: with_pickle(b"\x80\x02ctorch\nload\nX\x01\x00\x00\x001\x85R."), NO_CODE),
    "unusual instruction": (lambda: with_pickle(b"\x80\x02(i__main__\nX\n."), "instruction INST.*nothing was run"),
    "plain pickle": (lambda: pickle.dumps({"a": [1.0]}, 4), "a pickle, but not of torch.save"),
    "whole module": (lambda: saved(nn.Sequential(nn.Linear(2, 2))), f"Sequential.*{NO_CODE}.*state_dict"),
    "whole module, legacy": (lambda: saved(nn.Sequential(nn.Linear(2, 2)), legacy=True), "damaged|state_dict"),
    "TorchScript": (lambda: rezipped(saved(1), **{"constants.pkl": b"\x80\x02)."}), "TorchScript"),
    "zip of something else": (lambda: rezipped(saved(1), without=("data.pkl",)), "no data.pkl"),
    "deflated 1000 times": (
        lambda: rezipped(saved({"a": torch.zeros(8 * 10**6)}), zipfile.ZIP_DEFLATED),
        "would become 32,0.*grow 20 times",
    ),
    "deflated with lying sizes": (lying_sizes, "damaged|numbers, and the file holds"),
    "other packing": (lambda: rezipped(saved({"a": torch.zeros(2)}), zipfile.ZIP_BZIP2), "unusual way"),
    "encrypted": (encrypted, "encrypted"),
    "two records of one name": (two_of_a_name, "two records of one name"),
    "60,001 records": (lambda: table_of_contents(LIMITS.members + 1), "60,001 records; at most 60,000"),
    "200,000 records": (lambda: table_of_contents(200_000), "table of contents has .* bytes; at most 8,388,608"),
    "flipped bit": (lambda: saved({"a": torch.ones(64)}).replace(b"\x80\x3f", b"\x81\x3f", 1), "damaged: the record"),
    "missing numbers": (lambda: rezipped(saved({"a": torch.zeros(2)}), without=("0",)), "numbers '0' are missing"),
    "too few numbers": (lambda: rezipped(saved({"a": torch.zeros(9)}), **{"0": b"1234"}), "9 numbers, .* holds 1 of"),
    "other byte order": (lambda: rezipped(saved({"a": torch.zeros(2)}), byteorder=b"big"), "other byte order"),
    "stride 0": (lambda: saved({"a": expanded()}), "1,000,000,000 numbers, and the file holds 1 of"),
    "stride 0, legacy": (lambda: saved({"a": expanded()}, legacy=True), "1,000,000,000 numbers, .* holds 1 of"),
    "beyond its numbers": (
        lambda: saved({"a": Rebuilt(9, 5, (2, 2), (5, 1))}),
        "12 numbers, and the file holds 9",
    ),
    "negative shape": (lambda: saved({"a": Rebuilt(9, 0, (-1,), (1,))}), "not a length"),
    "negative stride": (lambda: saved({"a": Rebuilt(9, 8, (9,), (-1,))}), "not a length"),
    "shape of 2^62": (lambda: saved({"a": Rebuilt(9, 0, (0, 2**62), (1, 1))}), "any file"),
    "fewer strides than axes": (lambda: saved({"a": Rebuilt(9, 0, (3, 3), (1,))}), "strides"),
    "shape of letters": (lambda: saved({"a": Rebuilt(9, 0, ("a",), (1,))}), "not a length"),
    "no storage": (lambda: saved({"a": Rebuilt(0, 0, (1,), (1,))}), "has no numbers"),
    "sparse": (lambda: saved({"a": torch.eye(3).to_sparse()}), "unusual kind .sparse"),
    "meta": (lambda: saved({"a": torch.zeros(2, device="meta")}), "unusual kind .meta"),
    "complex": (lambda: saved({"a": torch.zeros(2, dtype=torch.complex64)}), "type complex64"),
    "float8": (lambda: saved({"a": torch.zeros(2).to(torch.float8_e4m3fn)}), "type float8_e4m3fn"),
    "complex, legacy": (lambda: saved({"a": torch.zeros(2, dtype=torch.complex64)}, legacy=True), "type complex64"),
    "NaN": (lambda: saved({"a": torch.tensor([1.0, float("nan")])}), "Of the 2 numbers of 'a', 1 are NaN"),
    "infinite": (lambda: saved({"a": torch.tensor([float("inf")])}), "NaN or infinite"),
    "too large for float32": (lambda: saved({"a": torch.tensor([1e300], dtype=torch.float64)}), "NaN or infinite"),
    "nested lists": (lambda: saved({"a": [[1.0, 2.0], [3.0, 4.0]]}), "no state dict"),
    "a list of tensors": (lambda: saved([torch.zeros(2)]), "no state dict"),
    "a number": (lambda: saved(3), "no state dict"),
    "an empty state dict": (lambda: saved({}), "no state dict"),
    "an optimiser alone": (lambda: saved({"optimizer": {"a": torch.zeros(2)}}), "no state dict"),
    "lists in lists, 300,000 deep": (lambda: with_pickle(b"\x80\x02" + b"](" * 300_000 + b"."), "no state dict"),
    "a tuple in a tuple as a key": (
        lambda: with_pickle(b"\x80\x02})" + b"\x85" * 300_000 + b"Ns."),
        "no state dict",
    ),
    "a dict in itself": (lambda: with_pickle(b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s."), "no state dict"),
    "wrapped a thousand times": (lambda: with_pickle(wrapped(1000)), "unusual kind|damaged"),
    "pickle without an end": (lambda: with_pickle(b"\x80\x02}"), "damaged|no end"),
    "pickle that takes what is not there": (lambda: with_pickle(b"\x80\x02R."), "damaged"),
    "pickle of 9 MB": (lambda: with_pickle(b"\x80\x02" + b"}0" * 4_500_000 + b"."), "at most 8,388,608"),
    "safetensors: length lies": (lambda: safetensors({"a": one()}, bytes(8), 10**6), "should have 1,000,000 bytes"),
    "safetensors: huge header": (lambda: safetensors({"a": one()}, bytes(8), 10**12), "1,000,000,000,000 bytes long"),
    "safetensors: not JSON": (lambda: safetensors(b'{"a": {"dtype"', bytes(8)), "not JSON"),
    "safetensors: deep JSON": (lambda: safetensors(b'{"a":' + b"[" * 100_000, bytes(8)), "not JSON"),
    "safetensors: names twice": (
        lambda: safetensors(json.dumps({"a": one()}).encode()[:-1] + b', "a": ' + json.dumps(one()).encode() + b"}"),
        "names 'a' twice",
    ),
    "safetensors: overlap": (lambda: safetensors({"a": one(), "b": one(offsets=(4, 12))}, bytes(12)), "overlap"),
    "safetensors: gap": (lambda: safetensors({"a": one(offsets=(4, 12))}, bytes(12)), "gap at byte 0"),
    "safetensors: bytes left over": (lambda: safetensors({"a": one()}, bytes(12)), "4 bytes at the end"),
    "safetensors: beyond the end": (lambda: safetensors({"a": one(offsets=(0, 80))}, bytes(8)), "at bytes .0, 80."),
    "safetensors: wrong dtype": (lambda: safetensors({"a": one("F64")}, bytes(8)), "needs 16 bytes and has 8"),
    "safetensors: float8": (lambda: safetensors({"a": one("F8_E4M3")}, bytes(8)), "type F8_E4M3"),
    "safetensors: unknown dtype": (lambda: safetensors({"a": one("<b>x</b>")}, bytes(8)), "type '?<b>x"),
    "safetensors: negative shape": (lambda: safetensors({"a": one(shape=(-2,))}, bytes(8)), "not a length"),
    "safetensors: 10^18 numbers": (lambda: safetensors({"a": one(shape=(10**9, 10**10))}, bytes(8)), "any file"),
    "safetensors: half an entry": (lambda: safetensors({"a": {"dtype": "F32"}}, bytes(8)), "needs dtype, shape"),
    "safetensors: no dict": (lambda: safetensors({"a": 3}, bytes(8)), "needs dtype, shape"),
    "safetensors: NaN": (lambda: save_safetensors({"a": np.array([np.nan])}), "NaN"),
    "safetensors: nothing": (lambda: safetensors({}), "no tensors"),
}
