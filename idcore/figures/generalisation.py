"""The last hidden layer against the error on test images: figure 4 of Ansuini et al. 2019."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from idcore.estimators.regression import FittedLine
from idcore.figures import theme
from idcore.paper.published import Point


@dataclass(frozen=True)
class Network:
    """name, group: in words. error: on test images, percent. id, err: of its last hidden layer, with standard error."""

    name: str
    group: str
    error: float
    id: float
    err: float


def generalisation_figure(
    networks: Sequence[Network], line: FittedLine | None, published: Sequence[Point] = ()
) -> go.Figure:
    """A point a network, those of a group in one colour, that of their regime where it is one; the least-squares line
    over all of them. published: of figure 4, faint grey: other networks, other images, and the top-5 error."""
    figure = theme.frame(height=460)
    if published:
        figure.add_trace(
            go.Scatter(
                name="published (ImageNet, top-5)",
                x=[point.x for point in published],
                y=[point.id for point in published],
                error_y=_bars([point.err or 0.0 for point in published], theme.NEUTRAL),
                mode="markers",
                marker={"color": theme.NEUTRAL, "size": 8, "symbol": "circle-open", "line": {"width": 1.5}},
                text=[theme.plain(point.layer) for point in published],
                hovertemplate="<b>%{text}</b>, published<br>top-5 error %{x:.1f}%, ID %{y:.1f}<extra></extra>",
            )
        )
    groups = list(dict.fromkeys(one.group for one in networks))
    for i, group in enumerate(groups):
        colour, symbol = theme.CLASS_COLOURS[i % 10], theme.CLASS_SYMBOLS[i % 5]
        for regime in theme.REGIMES:
            if regime == group:
                colour, symbol = theme.REGIMES[regime].colour, theme.REGIMES[regime].symbol
        members = [one for one in networks if one.group == group]
        figure.add_trace(
            go.Scatter(
                name=theme.plain(group),
                x=[one.error for one in members],
                y=[one.id for one in members],
                error_y=_bars([one.err for one in members], colour),
                mode="markers",
                marker={"color": colour, "size": 11, "symbol": symbol},
                text=[theme.plain(one.name) for one in members],
                hovertemplate="<b>%{text}</b><br>test error %{x:.1f}%<br>last hidden ID %{y:.2f} ± "
                "%{error_y.array:.2f}<extra></extra>",
            )
        )
    if line is not None:
        ends = [min(one.error for one in networks), max(one.error for one in networks)]
        figure.add_trace(
            go.Scatter(
                name="least squares",
                x=ends,
                y=[line.intercept + line.slope * end for end in ends],
                mode="lines",
                line={"color": theme.ACCENT, "width": 2, "dash": "dash"},
                hovertemplate=f"slope {line.slope:.3f} a percent of error<extra></extra>",
            )
        )
    figure.update_xaxes(title_text="Error on test images, %", rangemode="tozero")
    figure.update_yaxes(title_text="ID of the last hidden layer", rangemode="tozero")
    return figure


def _bars(values: Sequence[float], colour: str) -> dict[str, Any]:
    return {"type": "data", "array": values, "color": colour, "thickness": 1.25, "width": 4}
