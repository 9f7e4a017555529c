"""What deflated bytes become, before any of it is kept."""

import gzip
import zlib
from typing import BinaryIO

_STEP = 2**18


def looked_into(content: bytes | memoryview, most: int) -> tuple[int, bytes]:
    """(bytes that a zlib stream unpacks to, counted no further than above `most`; the first of them). Raises
    zlib.error."""
    unpacking, size, rest, head = zlib.decompressobj(), 0, content, b""
    while size <= most and not unpacking.eof:
        part = unpacking.decompress(rest, _STEP)
        head, size, rest = head or part, size + len(part), unpacking.unconsumed_tail
        if not part and not rest:
            break
    return size, head


def gunzipped(file: BinaryIO, most: int) -> bytes:
    """The content of a gzip file, cut above `most` bytes. Raises OSError, EOFError, zlib.error."""
    with gzip.GzipFile(fileobj=file) as stream:
        return stream.read(most + 1)
