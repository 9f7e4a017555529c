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


def taken_out(figure: Any) -> list[Key]:
    """Where a figure has more curves than fit into a legend: take that away, and return what it would say. Else it
    stays as it is, and there is nothing to say."""
    if not figure.layout.showlegend:
        return []
    traces = [one for one in figure.data if one.type in ("scatter", "scattergl") and one.showlegend is not False]
    named = [one for one in traces if one.name]
    if len(named) <= MOST:
        return []
    figure.update_layout(showlegend=False, margin={"t": 16})
    return [
        Key(one.name, _text(one.line.color or one.marker.color), _text(one.marker.symbol), _text(one.line.dash))
        for one in named
    ]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
