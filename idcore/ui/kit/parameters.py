"""The parameters of the address: what each may be, declared once, beside the widget that is bound to it."""

import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

Address = Mapping[str, Sequence[str]]
"""The values of each parameter, in their order."""


@dataclass(frozen=True)
class Parameter:
    """name: in the address, and the key of its widget. words: what it is called in a sentence. default: what it is when
    the address does not say. options: all that it may be, none where the widget alone knows. now: the same where it
    depends on what there is and on the rest of the address. others: which texts may be used besides. limits: of a
    number, a whole one where they are. several: whether it may be given more than once. unnamed: whether its values are
    names that nobody would know the things by. absent: what is said in place of a list of options where a value is
    known to mean something that is not here, "" where it does not."""

    name: str
    words: str
    default: Any = None
    options: tuple[str, ...] = ()
    now: Callable[[Address], tuple[str, ...]] | None = None
    others: Callable[[str], bool] = lambda text: False
    limits: tuple[float, float] | None = None
    several: bool = False
    unnamed: bool = False
    absent: Callable[[str], str] = lambda text: ""


DECLARED: dict[str, Parameter] = {}


def declare(name: str, words: str = "", default: Any = None, **more: Any) -> Parameter:
    """A parameter, from now on looked at in every address; the first of its options is the default where none is named.
    Raises ValueError where there is one of this name."""
    if name in DECLARED:
        raise ValueError(f"The parameter {name} of the address is declared twice.")
    if default is None and more.get("options") and not more.get("several"):
        default = more["options"][0]
    DECLARED[name] = Parameter(name, words or f"the {name}", default, **more)
    return DECLARED[name]


def complaints(address: Address) -> dict[str, str]:
    """What is wrong with each parameter that cannot be used. Unknown ones are ignored, as everywhere on the web."""
    sentences = {name: complaint(DECLARED[name], address) for name in address if name in DECLARED}
    return {name: sentence for name, sentence in sentences.items() if sentence}


def complaint(parameter: Parameter, address: Address) -> str:
    """What is wrong with one of them; "" where it can be used."""
    values, options = address[parameter.name], _options(parameter, address)
    if parameter.several:
        wrong = next((value for value in values if options and value not in options), None)
        reason = "" if wrong is None else f"must be among {among(wrong, options)}"
    else:
        wrong = values[-1]
        reason = _number(wrong, *parameter.limits) if parameter.limits else ""
        if options and wrong not in options and not parameter.others(wrong):
            if said := parameter.absent(wrong):
                return said
            reason = f"must be one of {among(wrong, options)}"
    return f"{about(parameter)} {reason}, not “{short(wrong)}”" if reason and wrong is not None else ""


def usable(parameter: Parameter, address: Address) -> list[str]:
    """What of a parameter with a complaint can stay."""
    return [one for one in address[parameter.name] if parameter.several and one in _options(parameter, address)]


def about(parameter: Parameter) -> str:
    """How a sentence about it begins."""
    return f"In the address, {parameter.words}"


def among(text: str, options: Sequence[str], most: int = 8) -> str:
    """All options, or those that are most like the text."""
    if len(options) > most:
        options = difflib.get_close_matches(text[:100], options, n=4, cutoff=0.0)
        return f"{', '.join(map(short, options))} or another of the list"
    return ", ".join(map(short, options))


def short(text: str) -> str:
    """A stranger's text, safe inside Markdown: letters, digits and a few marks, 40 of them at most."""
    plain = "".join(c if c.isalnum() or c in " .,+-_" else "·" for c in unquote(text))
    return plain if len(plain) <= 40 else plain[:39] + "…"


def _options(parameter: Parameter, address: Address) -> tuple[str, ...]:
    return parameter.now(address) if parameter.now else parameter.options


def _number(text: str, low: float, high: float) -> str:
    read, kind = (int, "a whole number") if isinstance(low, int) else (float, "a number")
    try:
        value = read(text)
    except ValueError:
        value = math.nan
    return "" if low <= value <= high else f"must be {kind} from {low:g} to {high:g}"
