"""Bytes in memory as a file to read from, without a copy."""

import io
from typing import Any

from idcore.errors import FileError


class View(io.RawIOBase):
    """A file over `content`. longest: bytes that may be asked for at once, as zipfile asks for a table of contents: for
    more there is a FileError, whose message begins with the number."""

    def __init__(self, content: memoryview, longest: int | None = None) -> None:
        self._content, self._at, self.longest = content, 0, longest

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        at = offset + (0, self._at, len(self._content))[whence]
        if at < 0:
            raise OSError(f"There is nothing at byte {at}.")
        self._at = at
        return at

    def read(self, size: int | None = -1) -> bytes:
        # The one that is inherited allocates all that is asked for, however little there is.
        if size is not None and self.longest is not None and size > self.longest:
            raise FileError(f"{size:,} bytes; at most {self.longest:,} are read.")
        end = len(self._content) if size is None or size < 0 else self._at + size
        part = bytes(self._content[self._at : end])
        self._at += len(part)
        return part

    def readinto(self, buffer: Any) -> int:
        part = self.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)
