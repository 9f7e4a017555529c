"""What the fields of a request may be; each check raises RequestError with a sentence."""

import re
from numbers import Real
from typing import Any

from idcore.errors import RequestError

MAX_NAME = 200
_OWNER = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]|\.(?!\.)){0,95}(?<![.-])")  # as the hub has it: no .., nothing hidden
_OWN_FOLDER = re.compile(r"folder-(?!\.)[^/\\\x00-\x1f]+")
_FACTORY = re.compile(r"[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?")
_TIMM = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*")


def check(ok: bool, sentence: str) -> None:
    if not ok:
        raise RequestError(sentence)


def shown(value: Any) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a whole number of more digits than Python prints
        return "this"
    return text if len(text) <= 80 else f"{text[:79]}…"


def one_of(name: str, value: Any, known: tuple[str, ...]) -> None:
    check(isinstance(value, str) and value in known, f"{name} must be one of {', '.join(known)}, not {shown(value)}.")


def is_a(name: str, value: Any, *kinds: type) -> None:
    what = " or ".join(kind.__name__ for kind in kinds)
    check(isinstance(value, kinds), f"{name} must be of the kind {what}, not {shown(value)}.")


def integer(name: str, value: Any, low: int, high: int) -> None:
    ok = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    check(ok, f"{name} must be a whole number from {low} to {high}, not {shown(value)}.")


def between(value: Any, low: float, high: float) -> bool:
    try:
        return isinstance(value, Real) and not isinstance(value, bool) and low <= float(value) <= high
    except OverflowError:  # a whole number beyond all floats
        return False


def number(name: str, value: Any, low: float, high: float) -> None:
    check(between(value, low, high), f"{name} must be a number from {low:g} to {high:g}, not {shown(value)}.")


def name(what: str, value: Any) -> None:
    check(isinstance(value, str) and 0 < len(value) <= MAX_NAME, f"{what} has a name of 1 to {MAX_NAME} characters.")


def network(value: Any) -> None:
    """The name of a network; that of a library's reaches nothing but the library, its hub and folders under the data
    root: no path, no other source, whatever the library itself would take."""
    name("A network", value)
    library, _, theirs = value.partition(":")
    if library == "hf":
        parts = theirs.split("/")
        hub = len(parts) == 2 and all(_OWNER.fullmatch(part) and "--" not in part for part in parts)
        check(
            hub or _OWN_FOLDER.fullmatch(theirs) is not None,
            "A network of transformers is called hf:OWNER/NAME, as on the Hugging Face hub, or hf:folder-NAME where it "
            f"lies in a folder directly below the data root, not {shown(value)}.",
        )
    elif library == "factory":
        check(
            _FACTORY.fullmatch(theirs) is not None,
            f"A network of one's own code is called factory:NAME, in one line without spaces around it, not "
            f"{shown(value)}.",
        )
    elif library == "timm":
        check(
            _TIMM.fullmatch(theirs) is not None,
            f"A network of timm is called timm:NAME, of letters, digits, _ and dots, not {shown(value)}.",
        )


def layers(value: Any) -> None:
    is_a("The choice of layers", value, tuple)
    for name in value:
        check(isinstance(name, str), f"A layer is chosen by its name, not by {shown(name)}.")


def size(value: Any) -> None:
    if value is not None:
        integer("The size of the images", value, 1, 1024)


def digest(value: Any) -> None:
    ok = isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")
    check(ok, "A file is named by its sha256: 64 hexadecimal digits.")
