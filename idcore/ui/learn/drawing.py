"""A chart on which the reader draws the curve that is expected: by pointer, finger or arrow keys."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from idcore.learn.poll import usable
from idcore.ui.kit.component import component

_HERE = Path(__file__).parent
_DRAWING = component(_HERE / "drawing.js", '<div class="guess"></div>', before=(_HERE / "svg.js",))


@dataclass(frozen=True)
class Drawn:
    """A measured curve. name: written in its colour.

    ids, errors, words: one for each layer, None where it has no ID."""

    name: str
    colour: str
    ids: Sequence[float | None]
    errors: Sequence[float | None]
    words: Sequence[str]
    dashed: bool = False


def drawing(names: Sequence[str], first: float, top: float, curves: Sequence[Drawn], about: str, alt: str,
            others: Sequence[Sequence[float]] = ()) -> list[float] | None:  # fmt: skip
    """The curve that was drawn, a value for each layer, the first as given; None until there is one.

    first: ID of the first layer. top: end of the axis. curves: what is revealed. about: another one begins anew.
    others: what a class has drawn."""
    step = next(step for step in (1, 2, 5, 10, 20, 25, 50, 100) if top / step <= 6 or step == 100)
    data = {
        "names": list(names), "first": first, "top": top, "step": step, "about": about, "alt": alt,
        "hint": "Draw the curve here", "others": [list(one) for one in others],
        "curves": [asdict(curve) for curve in curves],
    }  # fmt: skip
    view = _DRAWING(key=f"drawing-{about}", data=data, width="stretch", height="content", on_drawn_change=_nothing)
    return usable(view.drawn, len(names), first, top)


def off(drawn: Sequence[float], ids: Sequence[float | None]) -> float:
    """How far a guess is from the IDs, on average over the layers that have one, but for the first, which is given."""
    pairs = [(a, b) for a, b in zip(drawn[1:], ids[1:], strict=True) if b is not None]
    return sum(abs(a - b) for a, b in pairs) / len(pairs)


def _nothing() -> None:
    """A component tells its values only to who listens."""
