"""The mark of the chosen layer: laid under the curve by the browser, so that the curve is not drawn again."""

from collections.abc import Sequence
from pathlib import Path

from idcore.figures import theme
from idcore.record import Layer
from idcore.ui.kit.component import component

_BAND = component(Path(__file__).with_suffix(".js"))


def mark(chosen: Layer, layers: Sequence[Layer], x: str) -> None:
    """Mark a layer. layers: all of the axis. x: "layer" or "depth"."""
    ordered = sorted(layers, key=lambda layer: layer.order)
    place = chosen.depth if x == "depth" else [layer.name for layer in ordered].index(chosen.name)
    data = {"chart": "curve", "x": place, "colour": theme.rgba(theme.ACCENT, 0.16)}
    _BAND(key="band", data=data, height="content")
