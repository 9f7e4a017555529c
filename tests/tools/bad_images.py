"""Encoded images as people really have them: odd ones, broken ones and hostile ones."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

COLOURS = np.random.RandomState(0).randint(0, 256, (12, 16, 3), dtype=np.uint8)  # (h, w, c)
GREY = COLOURS[..., 0]


def encoded(image: Image.Image | np.ndarray, kind: str = "PNG", **options) -> bytes:
    """The bytes of an image file."""
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def png_header(width: int, height: int, more: bytes = b"") -> bytes:
    """A PNG of 8-bit grey whose header says this size, with next to nothing behind it."""
    start = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", start)
        + more
        + _chunk(b"IDAT", zlib.compress(b"\0"))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def deep(kind: str, pixels: np.ndarray) -> bytes:
    """Colours (h, w, c) of 16 bits, which Pillow does not write: a PNG (c = 2 is grey with alpha), TIFF or PPM."""
    height, width, channels = pixels.shape
    if kind == "PNG":
        start = struct.pack(">IIBBBBB", width, height, 16, {2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
        rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
        chunks = _chunk(b"IHDR", start) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")
        return b"\x89PNG\r\n\x1a\n" + chunks
    if kind == "PPM":
        return b"P6 %d %d 65535\n" % (width, height) + pixels.astype(">u2").tobytes()
    content = pixels.astype("<u2").tobytes()
    size, place = struct.pack("<3H", 16, 16, 16), 8 + 2 + 12 * 9 + 4  # of the bits a channel, behind the nine tags
    tags = ((256, width), (257, height), (258, place), (259, 1), (262, 2), (273, place + 6), (277, 3), (278, height))
    listed = (struct.pack("<HHII", tag, 3 if tag == 258 else 4, 3 if tag == 258 else 1, value) for tag, value in tags)
    listed = b"".join((*listed, struct.pack("<HHII", 279, 4, 1, len(content))))
    return b"II*\0" + struct.pack("<IH", 8, 9) + listed + bytes(4) + size + content


def rotated(orientation: int) -> bytes:
    """A JPEG whose camera noted how it was held; upper half black, lower half white as it is stored."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    halves = np.repeat(np.array([0, 255], np.uint8), 8)[:, None].repeat(24, 1)  # (16, 24)
    return encoded(halves, "JPEG", exif=exif.tobytes())


def floats(*values: float) -> bytes:
    """A TIFF of 32-bit floating point numbers."""
    return encoded(Image.fromarray(np.array([values], np.float32)), "TIFF")


def _text_bomb() -> bytes:
    packed = zlib.compress(bytes(2**27), 9)
    return png_header(4, 4, _chunk(b"zTXt", b"comment\0\0" + packed))


def scans(count: int) -> bytes:
    """A progressive JPEG with so many more scans, each of 31 bytes or so, none of which changes a pixel."""
    image = encoded(Image.new("L", (64, 64), 128), "JPEG", progressive=True, quality=30)
    last = image.rindex(b"\xff\xda")
    return image[:-2] + image[last:-2] * count + image[-2:]


_JPEG, _PNG = encoded(COLOURS, "JPEG"), encoded(COLOURS)
_GIF = encoded(Image.fromarray(GREY), "GIF")
_FRAME = _GIF.index(b",", 13)
_PIECES = "more than [0-9,]+ pieces, the most for [0-9,]+ bytes"
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><rect width="9" height="9"/></svg>'
_EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(/etc/passwd) (r) file\nshowpage\n"

BAD: dict[str, tuple[bytes, str, str]] = {
    "empty file": (b"", "not an image", "not an image of a kind that is read"),
    "text renamed .jpg": (b"hello, world\n" * 100, "not an image", "not an image of a kind that is read"),
    "HTML page renamed .png": (b"<!doctype html><title>404</title>", "not an image", "JPEG, PNG, WEBP, GIF"),
    "SVG with a script": (_SVG, "not an image", "not an image of a kind that is read"),
    "EPS (a program)": (_EPS, "not an image", "not an image of a kind that is read"),
    "PDF": (b"%PDF-1.4\n1 0 obj\n", "not an image", "not an image of a kind that is read"),
    "LFS pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
        "not an image",
        "not an image",
    ),
    "icon (.ico)": (encoded(COLOURS, "ICO"), "not an image", "not an image of a kind that is read"),
    "bomb: 60000x60000 by its header": (
        png_header(60_000, 60_000),
        "too large",
        "3,600,000,000 pixels; at most 16,384 a side",
    ),
    "bomb: 12000x12000 by its header": (
        png_header(12_000, 12_000),
        "too large",
        "12,000x12,000 pixels; .* 64,000,000 in all",
    ),
    "one line of 20000 pixels": (png_header(20_000, 1), "too large", "20,000x1 pixels; at most 16,384 a side"),
    "bomb in a comment of a PNG": (_text_bomb(), "damaged", "damaged or cut short"),
    "a size of nothing": (png_header(0, 5), "not an image", "not an image of a kind"),
    "truncated JPEG": (_JPEG[: len(_JPEG) // 2], "damaged", "damaged or cut short .*[Tt]runcated"),
    "truncated PNG": (_PNG[: len(_PNG) // 2], "damaged", "damaged or cut short"),
    "PNG without its data": (png_header(10, 10), "damaged", "damaged or cut short"),
    "only the signature of a PNG": (_PNG[:8], "not an image|damaged", "."),
    "only the beginning of a JPEG": (_JPEG[:30], "not an image|damaged", "."),
    "PNG with flipped bytes": (
        _PNG[:60] + bytes(b ^ 255 for b in _PNG[60:90]) + _PNG[90:],
        "damaged",
        "damaged or cut short",
    ),
    "float TIFF with NaN": (floats(0.5, float("nan"), 1.0), "not finite", "1 pixels that are NaN or infinite"),
    "float TIFF with infinity": (floats(0.5, float("inf")), "not finite", "1 pixels that are NaN or infinite"),
    "float TIFF from -3 to 200": (floats(-3.0, 200.0), "out of range", "run from -3 to 200; .* in 0 to 1"),
    "32-bit whole numbers": (
        encoded(Image.fromarray(np.array([[0, 70_000]], np.int32)), "TIFF"),
        "out of range",
        "run from 0 to 70000; .* 0 to 65535",
    ),
    "JPEG of empty scans": (scans(200), "too many pieces", "more than 100 scans, the most that are read"),
    "JPEG of comments": (_JPEG[:2] + b"\xff\xfe\0\2" * 20_000 + _JPEG[2:], "too many pieces", _PIECES),
    "JPEG of fill bytes": (_JPEG[:2] + b"\xff" * 20_000 + _JPEG[2:], "too many pieces", _PIECES),
    "JPEG of what is no marker": (_JPEG[:2] + bytes(20_000) + _JPEG[2:], "too many pieces", _PIECES),
    "PNG of empty chunks": (png_header(4, 4, _chunk(b"teXt", b"") * 20_000), "too many pieces", _PIECES),
    "WebP of empty chunks": (
        encoded(COLOURS, "WEBP") + b"abcd\0\0\0\0" * 20_000,
        "too many pieces",
        _PIECES,
    ),
    "GIF of comments": (_GIF[:_FRAME] + b"!\xfe\1a\0" * 20_000 + _GIF[_FRAME:], "too many pieces", _PIECES),
    "GIF of one long comment": (
        _GIF[:_FRAME] + b"!\xfe" + b"\1a" * 20_000 + b"\0" + _GIF[_FRAME:],
        "too many pieces",
        _PIECES,
    ),
    "GIF of frames": (_GIF[:_FRAME] + _GIF[_FRAME:-1] * 20_000 + b";", "too many pieces", _PIECES),
    "GIF of what is no block": (_GIF[:_FRAME] + bytes(20_000) + _GIF[_FRAME:], "too many pieces", _PIECES),
    "PBM of comments": (b"P1\n8 8\n" + b"#\n" * 20_000 + b"0 " * 64, "too many pieces", _PIECES),
    "PGM of one comment": (b"P5\n#" + b"a" * 20_000 + b"\n8 8\n255\n" + bytes(64), "too many pieces", _PIECES),
    "PBM of blanks": (b"P4\n" + b" " * 20_000 + b"\n8 8\n" + bytes(8), "too many pieces", _PIECES),
    "more bytes than an image may have": (
        b"\x89PNG\r\n\x1a\n" + bytes(2**26),
        "too large",
        "67,108,872 bytes; at most 67,108,864",
    ),
}
"""Name -> (bytes, pattern of the kind, pattern of the reason)."""
