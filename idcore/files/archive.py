"""A zip of images in memory. Untrusted: nothing is written to disk, and no entry is unpacked beyond its limit."""

import stat
import zipfile
import zlib

from idcore.errors import DataError, FileError
from idcore.files.names import is_hidden
from idcore.files.picture import Unreadable
from idcore.files.view import View
from idcore.limits import LIMITS

Reason = tuple[str, str, str]
"""(kind, name, why) of an entry that was left out."""

_NESTED = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst")


def opened(content: memoryview) -> zipfile.ZipFile:
    """The archive. Raises DataError where it is none, or one that promises too much."""
    try:
        window = View(content, longest=LIMITS.listing)
        archive = zipfile.ZipFile(window)
    except FileError as error:
        raise DataError(
            f"The table of contents of this archive has {error} Upload fewer files, or files with shorter names."
        ) from None
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError, OverflowError) as error:
        raise DataError(
            f"This is not a zip archive, or it is incomplete ({len(content):,} bytes): "
            f"{' '.join(str(error).split())[:120].rstrip('.')}. Upload a zip with a folder of images for each class."
        ) from error
    window.longest = None
    entries = archive.infolist()
    if len(entries) > LIMITS.members:
        raise DataError(f"This archive has {len(entries):,} entries; at most {LIMITS.members:,} are read.")
    total, most = sum(entry.file_size for entry in entries), max(LIMITS.inflation * len(content), LIMITS.image)
    if total > most:
        raise DataError(
            f"The {len(content):,} bytes of this archive would become {total:,}; at most {most:,} are unpacked "
            f"({LIMITS.inflation} times its size). Images hardly shrink in an archive: this one is not what it seems."
        )
    return archive


def members(archive: zipfile.ZipFile) -> tuple[list[tuple[int, str]], list[Reason], list[str]]:
    """(place and path of each entry that may be an image; those that cannot be; of each that is hidden or lies in a
    hidden folder (`names.is_hidden`), the name that says so).

    Paths are relative, with `/`. Folders are not counted at all.
    """
    entries, reasons, hidden, seen = list[tuple[int, str]](), list[Reason](), list[str](), set[str]()
    for i, entry in enumerate(archive.infolist()):
        path = entry.filename.replace("\\", "/")
        if path.endswith("/"):
            continue
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if (junk := next((part for part in parts if part != ".." and is_hidden(part)), None)) is not None:
            hidden.append(junk)
            continue
        why = _refused(entry, path) or (
            ("duplicates", "its name stands in the archive already") if path in seen else None
        )
        seen.add(path)
        if why:
            reasons.append((why[0], path, why[1]))
        else:
            entries.append((i, "/".join(parts)))
    return entries, reasons, hidden


def _refused(entry: zipfile.ZipInfo, path: str) -> tuple[str, str] | None:
    kind = entry.external_attr >> 16
    if path.startswith("/") or path[1:2] == ":" or ".." in path.split("/"):
        return "names that point outside", "only files below the archive's own top are read"
    if kind and not stat.S_ISREG(kind) and stat.S_IFMT(kind):
        return "links and devices", "only plain files are read"
    if entry.flag_bits & 1:
        return "encrypted", "it needs a password; upload the archive without one"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "packed unusually", f"compression method {entry.compress_type}; only stored and deflated files are read"
    if path.lower().endswith(_NESTED):
        return "archives inside", "an archive within the archive is not opened"
    if entry.file_size > LIMITS.image:
        return "too large", f"it would have {entry.file_size:,} bytes; at most {LIMITS.image:,} are read"
    return None


def read(archive: zipfile.ZipFile, index: int) -> bytes:
    """The bytes of an entry, its checksum verified. Raises Unreadable."""
    entry = archive.infolist()[index]
    try:
        with archive.open(entry) as stream:
            content = stream.read(entry.file_size)  # with a length: without one everything there is gets unpacked
            stream.read(1)  # the checksum is compared at the end
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError, NotImplementedError) as error:
        raise Unreadable("damaged", f"it cannot be unpacked ({' '.join(str(error).split())[:120]})") from error
    if len(content) != entry.file_size:
        raise Unreadable("damaged", f"the archive promises {entry.file_size:,} bytes and holds {len(content):,}")
    return content
