"""One encoded image as pixels. Untrusted: the header is checked before anything is decoded, and Pillow may try only the
formats that are named here."""

import io
import re
import warnings
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from idcore.files import pieces
from idcore.limits import LIMITS

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm")
_ORIENTATION, _BITS = 0x0112, 0x0102  # tags of TIFF


class Unreadable(Exception):
    """kind: in a few words, to count by. reason: with the value and the limit, what a sentence goes on with."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind, self.reason = kind, reason


class Picture(NamedTuple):
    """pixels: (c, h, w) uint8, or float32 in [0, 1] where the file has more than 8 bits; c is 1 or 3. remarks: what was
    converted."""

    pixels: np.ndarray
    remarks: tuple[str, ...]


def decode(content: bytes | memoryview) -> Picture:
    """The first frame of an image, upright, transparent parts on white, anything but grey and RGB as RGB.

    Raises Unreadable. An image of LIMITS.pixels takes up to 12 bytes a pixel for a moment.
    """
    if len(content) > LIMITS.image:
        raise Unreadable("too large", f"it has {len(content):,} bytes; at most {LIMITS.image:,} are read")
    if reason := pieces.too_many(bytes(content)):
        raise Unreadable("too many pieces", reason)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow, about what is checked here
        try:
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                _check_size(*image.size)
                return _picture(image)
        except (Unreadable, MemoryError):
            raise
        except UnidentifiedImageError:
            raise Unreadable(
                "not an image", f"it is not an image of a kind that is read ({', '.join(FORMATS)})"
            ) from None
        except Image.DecompressionBombError as error:
            pixels = re.search(r"\d+", str(error))
            raise _too_large(f"{int(pixels[0]):,} pixels" if pixels else "too many pixels") from None
        except Exception as error:  # a decoder may raise anything at all on a damaged file
            raise Unreadable("damaged", f"it is damaged or cut short ({_line(error)})") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def _too_large(value: str) -> Unreadable:
    return Unreadable(
        "too large", f"its header says {value}; at most {LIMITS.side:,} a side and {LIMITS.pixels:,} in all are read"
    )


def _check_size(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise Unreadable("damaged", f"its header says {width}x{height} pixels")
    if max(width, height) > LIMITS.side or width * height > LIMITS.pixels:
        raise _too_large(f"{width:,}x{height:,} pixels")


def _deep_colour(image: ImageFile.ImageFile) -> bool:
    """Whether the file has more bits a channel than the 8 of Pillow's colours. To be asked before it is decoded."""
    if image.format == "TIFF":
        return bool(max(image.tag_v2.get(_BITS, (8,))) > 8)  # type: ignore[attr-defined]
    raw = [tile.args if isinstance(tile.args, tuple) else (tile.args,) for tile in image.tile]
    return any(";16" in str(mode) or image.format == "PPM" and max(more, default=0) > 255 for mode, *more in raw)


def _picture(file: ImageFile.ImageFile) -> Picture:
    image: Image.Image = file
    remarks, deep = [], _deep_colour(file)
    if getattr(image, "is_animated", False):
        remarks.append("the first of several frames was taken")
    if image.getexif().get(_ORIENTATION, 1) in range(2, 9):
        image = ImageOps.exif_transpose(image)
        remarks.append("turned upright, as the camera noted")
    if image.mode.startswith("I") or image.mode == "F":
        return Picture(_deep(np.asarray(image), image.mode), (*remarks, "more than 8 bits, all of them kept"))
    if deep:
        remarks.append("more than 8 bits a channel of colour, the upper 8 of them kept")
    if image.has_transparency_data:
        wanted = "LA" if image.mode in ("1", "L", "LA", "La") else "RGBA"
        image = image if image.mode == wanted else image.convert(wanted)
        alpha = image.getchannel("A")
        if alpha.getextrema() != (255, 255):
            remarks.append("transparent parts are shown on white")
        return Picture(_on_white(image, alpha), tuple(remarks))
    if image.mode in ("1", "L"):
        return Picture(np.asarray(image.convert("L"))[None], tuple(remarks))
    if image.mode not in ("RGB", "P"):
        remarks.append(f"{image.mode} was converted to RGB")
    image = image if image.mode == "RGB" else image.convert("RGB")
    return Picture(np.asarray(image).transpose(2, 0, 1), tuple(remarks))


def _on_white(image: Image.Image, alpha: Image.Image) -> np.ndarray:
    """(c, h, w) uint8. Band by band, because Pillow holds four bytes for each pixel of a whole colour image."""
    bands = image.getbands()[:-1]
    pixels = np.empty((len(bands), image.height, image.width), np.uint8)
    for band, plane in zip(bands, pixels, strict=True):
        white = Image.new("L", image.size, 255)
        white.paste(image.getchannel(band), mask=alpha)
        plane[:] = np.asarray(white)
    return pixels


def _deep(values: np.ndarray, mode: str) -> np.ndarray:
    """(1, h, w) float32 in [0, 1] of whole numbers of 16 bits, or of floating point numbers that are in it already."""
    highest = 1.0 if mode == "F" else 65535.0
    if not np.isfinite(values).all():
        raise Unreadable("not finite", f"it has {int((~np.isfinite(values)).sum()):,} pixels that are NaN or infinite")
    if values.min() < 0 or values.max() > highest:
        raise Unreadable(
            "out of range",
            f"its pixels run from {values.min():g} to {values.max():g}; those of a {mode} image must lie "
            f"in 0 to {highest:g}",
        )
    return (values / np.float32(highest)).astype(np.float32)[None]
