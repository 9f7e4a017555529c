"""The cloud of one layer as a flat map, each class in its colour."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from idcore.figures import theme

_NAMED = 24
"""Most classes that stand in the legend."""


def cloud_figure(
    positions: np.ndarray, labels: np.ndarray, names: Sequence[str], axes: tuple[str, str] = ("", "")
) -> go.Figure:
    """positions: (n, 2). labels: (n,) int, those outside the names are of no class and grey. axes: titles. Both axes
    have one scale, so that distances are seen as they are."""
    figure = theme.frame(height=430)
    known = (labels >= 0) & (labels < len(names))
    groups = [("", theme.NEUTRAL, "circle", ~known)] + [
        (names[c], *style, labels == c) for c, style in enumerate(theme.class_styles(len(names)))
    ]
    for name, colour, symbol, mine in groups:
        if mine.any():
            figure.add_trace(
                theme.scatter(len(positions))(
                    name=theme.plain(name),
                    x=positions[mine, 0],
                    y=positions[mine, 1],
                    mode="markers",
                    opacity=0.75,
                    marker={"color": colour, "symbol": symbol, "size": 5},
                    showlegend=bool(name) and len(names) <= _NAMED,
                )
            )
    for update, title in ((figure.update_xaxes, axes[0]), (figure.update_yaxes, axes[1])):
        update(title_text=title, showticklabels=False, showgrid=False)
    figure.update_yaxes(scaleanchor="x", scaleratio=1)
    return figure
