"""Bytes in memory as a file to read from, without a copy."""

import io
from typing import Any


class View(io.RawIOBase):
    """A file over `content`."""

    def __init__(self, content: memoryview) -> None:
        self._content, self._at = content, 0

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
        end = len(self._content) if size is None or size < 0 else self._at + size
        part = bytes(self._content[self._at : end])
        self._at += len(part)
        return part

    def readinto(self, buffer: Any) -> int:
        part = self.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)
