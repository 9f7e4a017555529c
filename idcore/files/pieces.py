"""How many pieces an encoded image is made of, counted before a decoder sees it.

A decoder does something for each of them, however small they are: a scan of a JPEG that holds nothing takes as long as
the whole image (31 bytes, 9 ms at 16 megapixels), and a file of comments is nothing but pieces.
"""

import re
from collections.abc import Callable, Iterator

from idcore.limits import LIMITS

_PIECE = 200
"""Bytes for each of which one piece more is allowed: the blocks of a GIF have 255, the chunks of a PNG thousands."""
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_START_OF_SCAN, _END = 0xDA, 0xD9
_ALONE = (0x01, 0xD8, _END)  # markers of JPEG that nothing belongs to
_TEXT_HEAD = re.compile(rb"P\w*+(?:(?:\s|#[^\r\n]*+)*+[^\s#]++){3}")


def too_many(content: bytes) -> str | None:
    """What is wrong with a file of too many pieces, for a sentence that begins with "it"; None where nothing is."""
    begins, pieces = next(((b, p) for b, p in _KINDS.items() if content.startswith(b)), (b"", _none))
    most, count, scans = LIMITS.pieces + len(content) // _PIECE, 0, 0
    for some, scan in pieces(content):
        count, scans = count + some, scans + scan
        if scans > LIMITS.scans:
            return f"it has more than {LIMITS.scans:,} scans, the most that are read: each is a pass over all pixels"
        if count > most:
            return f"it is made of more than {most:,} pieces, the most for {len(content):,} bytes"
    return None


Pieces = Iterator[tuple[int, bool]]
"""(how many pieces, whether the last is a scan), in the order of the file, as far as it makes sense."""


def _none(content: bytes) -> Pieces:
    return iter(())


def _jpeg(content: bytes) -> Pieces:
    at, scans = 2, 0
    while (marker := _MARKER.search(content, at)) is not None:
        skipped, at, kind = marker.start() - at, marker.end(), content[marker.end() - 1]
        scans += kind == _START_OF_SCAN
        # Before the first scan, what stands between two markers is passed over byte by byte; after it, it is pixels.
        yield 1 + (0 if scans else skipped), kind == _START_OF_SCAN
        if kind == _END and scans:
            return
        if kind not in _ALONE:
            at += max(2, int.from_bytes(content[at : at + 2], "big"))


def _png(content: bytes) -> Pieces:
    at = 8
    while at < len(content):
        at += 12 + int.from_bytes(content[at : at + 4], "big")
        yield 1, False


def _webp(content: bytes) -> Pieces:
    at = 12
    while at < len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
        yield 1, False


def _gif(content: bytes) -> Pieces:
    def colours(flags: int) -> int:
        return 3 << (flags & 7) + 1 if flags & 128 else 0

    at = 13 + colours(content[10] if len(content) > 10 else 0)
    while at + 10 < len(content):
        if content[at] == 0x2C:  # an image
            at += 11 + colours(content[at + 9])
        elif content[at] == 0x21:  # an extension
            at += 2
        else:  # passed over, or the end
            at += 1
            yield 1, False
            continue
        while at < len(content):
            size, at = content[at], at + 1 + content[at]
            yield 1, False
            if not size:
                break


def _text(content: bytes) -> Pieces:
    head = _TEXT_HEAD.match(content)
    yield (len(content) if head is None else head.end()), False  # read byte by byte
    if content[1:2] in b"123":
        yield content.count(b"#"), False  # for each comment the text around it is copied


_KINDS: dict[bytes, Callable[[bytes], Pieces]] = {
    **{b"\xff\xd8": _jpeg, b"\x89PNG": _png, b"RIFF": _webp, b"GIF8": _gif},
    **dict.fromkeys((b"P1", b"P2", b"P3", b"P4", b"P5", b"P6", b"Pf", b"P0", b"Py"), _text),
}
