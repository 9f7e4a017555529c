"""Zip archives as people really have them, and as somebody might make them who means harm."""

import io
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable

import numpy as np

from tests.tools.bad_images import encoded, png_header

SIDE = 4


def picture(value: int = 0) -> bytes:
    """A PNG of SIDE x SIDE pixels, different for each value."""
    return encoded(np.random.RandomState(value).randint(0, 256, (SIDE, SIDE, 3), dtype=np.uint8))


def zipped(files: dict[str, bytes] | list, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """files: content by name, or pairs of a name (or ZipInfo) and content, which may repeat a name."""
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", method) as archive:
        warnings.simplefilter("ignore")  # about names that stand there twice
        for name, content in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, content)
    return stream.getvalue()


def folders(*classes: str, each: int = 3, within: str = "") -> dict[str, bytes]:
    """Good images: `each` in every folder."""
    return {f"{within}{c}/{i}.png": picture(100 * k + i) for k, c in enumerate(classes) for i in range(each)}


def changed(content: bytes, *, local: dict[int, bytes] | None = None, central: dict[int, bytes] | None = None) -> bytes:
    """The archive with bytes overwritten at offsets of the first local header and of the first central one."""
    data = bytearray(content)
    for start, changes in ((data.index(b"PK\3\4"), local), (data.index(b"PK\1\2"), central)):
        for offset, value in (changes or {}).items():
            data[start + offset : start + offset + len(value)] = value
    return bytes(data)


def link(name: str, target: bytes) -> tuple[zipfile.ZipInfo, bytes]:
    """A symbolic link, as Unix stores it."""
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return entry, target


def _size(value: int) -> bytes:
    return struct.pack("<I", value)


_ONE = zipped({"cat/1.png": picture()})
_ENCRYPTED = changed(_ONE, local={6: b"\1\0"}, central={8: b"\1\0"})
_MANY = {f"cat/{i}": b"" for i in range(60_001)}
_DEEP = "a/" * 30_000

REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty file": (lambda: b"", r"not a zip archive, or it is incomplete \(0 bytes\)"),
    "text renamed .zip": (lambda: b"not a zip at all", "not a zip archive"),
    "a tar": (lambda: b"cat/1.png" + bytes(1024), "not a zip archive"),
    "cut in half": (lambda: _ONE[: len(_ONE) // 2], "not a zip archive, or it is incomplete"),
    "no entries": (lambda: zipped({}), "no image that can be read. It is empty"),
    "only folders": (lambda: zipped({"cat/": b"", "dog/": b""}), "It is empty"),
    "no images, only text": (
        lambda: zipped({"cat/a.txt": b"hello", "b.csv": b"1,2"}),
        r"2 left out \(not an image\), the first of them cat/a.txt",
    ),
    "path traversal": (
        lambda: zipped({"../../etc/cron.d/x.png": picture()}),
        r"1 left out \(names that point outside\).*only files below",
    ),
    "traversal with backslashes": (lambda: zipped({"..\\..\\x.png": picture()}), "names that point outside"),
    "an absolute name": (lambda: zipped({"/etc/passwd": picture()}), "names that point outside"),
    "a name on a Windows drive": (lambda: zipped({"C:\\x.png": picture()}), "names that point outside"),
    "a symbolic link": (lambda: zipped([link("cat/1.png", b"/etc/passwd")]), r"links and devices\).*only plain files"),
    "encrypted": (lambda: _ENCRYPTED, r"encrypted\).*needs a password; upload the archive without one"),
    "packed by LZMA": (
        lambda: zipped({"cat/1.png": picture()}, zipfile.ZIP_LZMA),
        "packed unusually.*compression method 14",
    ),
    "an archive inside": (lambda: zipped({"inner.zip": _ONE}), r"archives inside\).*not opened"),
    "60,001 entries": (
        lambda: zipped(_MANY),
        r"60,001 entries; at most 60,000",
    ),
    "a table of contents of names": (
        lambda: zipped({f"{i:05}{_DEEP}": b"" for i in range(200)}),
        r"table of contents .* at most 8,388,608",
    ),
    "a bomb: 256 MiB of zeros": (
        lambda: zipped({"cat/1.png": bytes(2**28)}),
        "would become 268,435,456; at most 67,108,864",
    ),
    "bombs: an image's size, many times": (
        lambda: zipped([(f"cat/{i}.png", bytes(2**25)) for i in range(4)]),
        "would become 134,217,728; at most 67,108,864 are unpacked .20 times",
    ),
    "a size too small by its headers": (
        lambda: changed(_ONE, local={22: _size(3)}, central={24: _size(3)}),
        "damaged.*cannot be unpacked .Bad CRC|damaged",
    ),
    "a size too large by its headers": (
        lambda: changed(_ONE, local={22: _size(10**6)}, central={24: _size(10**6)}),
        "damaged.*promises 1,000,000 bytes and holds",
    ),
    "a size of 4 GB by its headers": (
        lambda: changed(_ONE, central={24: _size(2**32 - 2)}),
        "would become 4,294,967,294",
    ),
    "a checksum that is wrong": (lambda: changed(_ONE, local={14: b"abcd"}, central={16: b"abcd"}), "damaged.*Bad CRC"),
    "an offset beyond the end": (lambda: changed(_ONE, central={42: _size(10**6)}), "damaged|not a zip"),
    "a local header with another name": (lambda: changed(_ONE, local={30: b"dog"}), "damaged.*differ"),
    "image bombs in the folders": (
        lambda: zipped({"cat/1.png": png_header(60_000, 60_000)}),
        "too large.*3,600,000,000 pixels",
    ),
    "1001 folders": (
        lambda: zipped({f"{i}/a.png": b"P1 1 1 0" for i in range(1001)}),
        "1,001 folders of images; at most 1,000",
    ),
}
"""Name -> (what makes the archive, pattern of the sentence)."""
