"""Text of a figure as a printed page has it: without the little HTML that plotly takes, numbers as d3 writes them."""

import html
import re

from idcore.errors import RequestError

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_FORM = re.compile(r"(,?)(?:\.(\d+))?(~?)([dfgs%]?)")


def plain(text: object) -> str:
    """A title or a name without its tags: subscripts as letters, <br> as a new line."""
    if text is None:
        return ""
    words = re.sub(r"<sub>(.*?)</sub>", lambda match: match[1].translate(_SUBSCRIPTS), str(text))
    words = re.sub(r"<br\s*/?>", "\n", words)
    words = re.sub(r"</?(?:b|i|sup|span)(?:\s[^>]*)?>", "", words)
    return html.unescape(words).replace("% {", "%{")


def number(value: float, form: str | None) -> str:
    """A number by a format of d3 (`.0%`, `,d`, `~g`, `.2f`), None for the shortest. Raises RequestError for a format
    that no figure of ours has."""
    if not form:
        return f"{value:,.10g}" if 1e-4 <= abs(value) < 1e9 or value == 0 else f"{value:g}"
    parts = _FORM.fullmatch(form)
    if parts is None:
        raise RequestError(f"The numbers of this figure are written as {form!r}, which is not known for print.")
    comma, digits, trim, kind = parts.groups()
    if kind == "d":
        return f"{round(value):{comma}d}"
    percent = kind == "%"
    scaled = 100 * value if percent else value
    places = int(digits) if digits else 12 if kind == "g" or trim else 6
    text = f"{scaled:{comma}.{places}{'g' if kind in ('g', '') else 'f'}}"
    if (trim or kind in ("g", "")) and "." in text and "e" not in text:
        text = text.rstrip("0").rstrip(".")
    return text + ("%" if percent else "")


def power(value: int) -> str:
    """10 to a power."""
    return "10" + str(value).translate(_SUPERSCRIPTS)


def cell(template: str, z: float, text: str) -> str:
    """What stands in a cell of a heat map, by its template."""
    written = re.sub(r"%\{z(?::([^}]*))?\}", lambda match: number(z, match[1]), template)
    return plain(written.replace("%{text}", text))
