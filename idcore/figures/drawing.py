"""A figure as it goes to a browser, worked out once: to ask a plotly figure for what it holds copies and converts all
of it, each time, which is most of what drawing it costs a server."""

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from idcore.figures.legend import Key, taken_out


class Sent(go.Figure):  # type: ignore[misc]
    """Stands for a figure where what it holds is asked for, and nothing else. What it returns is shared: not to be
    changed."""

    def __init__(self, figure: go.Figure) -> None:
        self.__dict__["_sent"] = figure.to_dict()

    def to_dict(self) -> dict[str, Any]:
        """The figure as plotly's values, its arrays as base64."""
        sent: dict[str, Any] = self.__dict__["_sent"]
        return sent


@dataclass(frozen=True, eq=False)
class Drawing:
    """figure: as it is shown. sent: the same for a browser. keys: the names of its curves, where a table has them."""

    figure: go.Figure
    sent: Sent
    keys: tuple[Key, ...]


def drawing(figure: go.Figure) -> Drawing:
    """The figure as it is shown, without a legend that leaves its curves no room."""
    shown, keys = taken_out(figure)
    return Drawing(shown, Sent(shown), tuple(keys))
