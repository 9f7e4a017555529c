"""The mark of the chosen layer: laid under the curve by the browser, so that the curve is not drawn again."""

from collections.abc import Sequence
from pathlib import Path

from idcore.figures import theme
from idcore.record import Layer
from idcore.ui.kit.component import component

COLOUR = theme.rgba(theme.ACCENT, 0.16)
_BAND = component(Path(__file__).with_suffix(".js"))


def mark(chosen: Layer, layers: Sequence[Layer], x: str) -> None:
    """Mark a layer. layers: all of the axis. x: "layer" or "depth"."""
    data = {"chart": "curve", "x": x_of(chosen, layers, x), "colour": COLOUR}
    _BAND(key="band", data=data, height="content")


def x_of(chosen: Layer, layers: Sequence[Layer], x: str) -> float:
    """Where a layer stands on the horizontal axis."""
    ordered = sorted(layers, key=lambda layer: layer.order)
    return chosen.depth if x == "depth" else [layer.name for layer in ordered].index(chosen.name)
