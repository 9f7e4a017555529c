"""The records of a zip archive in memory, within limits; nothing is unpacked before the sizes were checked."""

import struct
import zipfile
import zlib
from dataclasses import dataclass

from idcore.errors import FileError
from idcore.files.view import View
from idcore.limits import LIMITS

_FAULTS = (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, RuntimeError, ValueError)
"""What zipfile raises on damaged archives."""


@dataclass(frozen=True, eq=False)
class Records:
    """sizes: bytes of each record once it is unpacked, by its name."""

    archive: zipfile.ZipFile
    sizes: dict[str, int]

    def read(self, name: str) -> bytes:
        """One record, its checksum verified. Raises FileError."""
        try:
            with self.archive.open(name) as file:
                # With a length: without one zipfile unpacks all there is, and not what the record said.
                content = file.read(self.sizes[name])
        except _FAULTS as error:
            raise FileError(f"It is damaged: the record {name[:80]!r} cannot be read.") from error
        if len(content) != self.sizes[name]:
            raise FileError(f"It is damaged: the record {name[:80]!r} is shorter than it says.")
        return content


def records(content: memoryview) -> Records:
    """The table of contents. Raises FileError where it is not one, or names more than is read."""
    window = View(content, longest=LIMITS.listing)
    try:
        archive = zipfile.ZipFile(window)
    except FileError as error:
        raise FileError(f"Its table of contents has {error}") from None
    except _FAULTS as error:
        raise FileError("It is cut short or damaged: the zip archive has no table of contents.") from error
    window.longest = None
    entries = archive.infolist()
    for record in entries:
        if record.flag_bits & 1 or record.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FileError(f"Its record {record.filename[:80]!r} is encrypted or packed in an unusual way.")
    sizes = {record.filename: record.file_size for record in entries}
    _check(len(sizes) == len(entries), "Its zip archive has two records of one name.")
    _check(len(entries) <= LIMITS.members, f"It has {len(entries):,} records; at most {LIMITS.members:,} are read.")
    total = sum(sizes.values())
    _check(total <= LIMITS.weights, f"Its records have {total:,} bytes; at most {LIMITS.weights:,} are read.")
    _check(
        total <= LIMITS.inflation * len(content),
        f"Its {len(content):,} bytes would become {total:,}; a file may grow {LIMITS.inflation} times, no more.",
    )
    return Records(archive, sizes)


def _check(ok: bool, sentence: str) -> None:
    if not ok:
        raise FileError(sentence)
