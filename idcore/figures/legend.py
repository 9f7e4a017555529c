"""What stands in place of a legend that would leave no room for the curves."""

from dataclasses import dataclass
from typing import Any

MOST = 8
"""Curves whose names stand above a figure."""


@dataclass(frozen=True)
class Key:
    """name: of a curve, as HTML. colour: of its line. symbol, dash: as plotly calls them."""

    name: str
    colour: str
    symbol: str
    dash: str


def taken_out(figure: Any) -> tuple[Any, list[Key]]:
    """(the figure as it is drawn, what its legend would say): where it has more curves than fit into a legend, a copy
    without one. Else it is the figure itself, and there is nothing to say. The given figure stays as it is: it may be
    on several pages."""
    if not figure.layout.showlegend:
        return figure, []
    traces = [one for one in figure.data if one.type in ("scatter", "scattergl") and one.showlegend is not False]
    named = [one for one in traces if one.name]
    if len(named) <= MOST:
        return figure, []
    keys = [
        Key(one.name, _text(one.line.color or one.marker.color), _text(one.marker.symbol), _text(one.line.dash))
        for one in named
    ]
    return type(figure)(figure).update_layout(showlegend=False, margin={"t": 16}), keys


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
