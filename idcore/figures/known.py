"""How the estimators disagree on clouds of known dimension."""

from collections.abc import Sequence

import plotly.graph_objects as go

from idcore.estimators.known import KnownCloud
from idcore.figures import theme

_SPREAD = 0.7
"""Of the space between two clouds, what the estimators of one take up."""


def known_figure(clouds: Sequence[KnownCloud]) -> go.Figure:
    """Estimate over true dimension, a group of points for each cloud and a colour for each estimator, with standard
    errors; dashed: the truth."""
    figure = theme.frame(height=640)
    figure.update_layout(legend={"y": -0.25, "yanchor": "top"}, margin={"t": 16})  # it stands in a narrow column
    names = list(dict.fromkeys(name for one in clouds for name in one.ids))
    figure.add_hline(y=1, line={"color": theme.NEUTRAL, "width": 1.5, "dash": "dash"})
    for i, (name, (colour, symbol)) in enumerate(zip(names, theme.class_styles(len(names)), strict=True)):
        at = (i / max(len(names) - 1, 1) - 0.5) * _SPREAD
        points = [(j, one, *one.ids[name]) for j, one in enumerate(clouds) if one.ids.get(name, (None, None))[0]]
        figure.add_trace(
            go.Scatter(
                name=name,
                x=[j + at for j, *_ in points],
                y=[(id or 0.0) / one.d for _, one, id, _ in points],
                error_y={"type": "data", "array": [(error or 0.0) / one.d for _, one, _, error in points],
                         "color": colour, "thickness": 1, "width": 0},
                mode="markers",
                marker={"color": colour, "size": 8, "symbol": symbol},
                customdata=[[one.cloud, f"{id:.2f}", one.d] for _, one, id, _ in points],
                hovertemplate=f"<b>{name}</b>, %{{customdata[0]}}<br>%{{customdata[1]}} of %{{customdata[2]}}"
                "<extra></extra>",
            )
        )  # fmt: skip
    figure.update_xaxes(tickvals=list(range(len(clouds))), ticktext=[one.cloud for one in clouds], showgrid=False)
    figure.update_yaxes(
        title_text="Estimate / true dimension", type="log", tickvals=[0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10]
    )
    return figure
