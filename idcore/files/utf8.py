"""Bytes from outside as text: UTF-8, with what is none of it said."""

import codecs

from idcore.errors import DataError
from idcore.files.raw_texts import were
from idcore.limits import Limits

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decoded(content: memoryview, limits: Limits) -> tuple[str, list[str]]:
    """(the text, with line ends as \\n; sentences). A byte order mark is left out. A few bytes that are no UTF-8, at
    most one in `limits.replaced`, become the sign U+FFFD, and are counted. Raises DataError for more of them, and for
    what is no text."""
    if bytes(content[:2]) in _UTF16:
        raise DataError("The file is text in UTF-16. Save it as UTF-8.")
    raw = bytes(content)
    if (at := raw.find(b"\0")) >= 0:
        raise DataError(f"The file is not text: byte {at + 1:,} is zero. Give plain text in UTF-8.")
    start = raw[:200].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith((b"<!doctype", b"<html")):
        raise DataError("It is a web page, perhaps of a download that needs a login, and no text.")
    notes = []
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = raw.decode("utf-8-sig", "replace")
        bad = text.count("\ufffd") - raw.count("\ufffd".encode())
        if bad * limits.replaced > len(raw):
            line = raw.count(b"\n", 0, error.start) + 1
            raise DataError(
                f"The file is not text in UTF-8: line {line:,} has the byte 0x{raw[error.start]:02X}, and {bad:,} such "
                f"places are more than one in {limits.replaced:,} bytes. Save it as UTF-8."
            ) from None
        notes.append(f"{were(bad, 'place')} not UTF-8, and replaced by the sign \ufffd.")
    return text.replace("\r\n", "\n").replace("\r", "\n"), notes
