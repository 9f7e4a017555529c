"""The other regimes of a network behind the curve that a figure is about, thin and named at their ends."""

from collections.abc import Mapping, Sequence
from math import log10

import plotly.graph_objects as go

from idcore.estimators.summary import LayerSummary
from idcore.figures import theme
from idcore.spec import Regime

ROOM = 76
"""Pixels at the right of a figure, for the names."""
_LINE = 14  # pixels from one name to the next


def add(figure: go.Figure, others: Mapping[Regime, Sequence[LayerSummary]], places: Mapping[str, float]) -> None:
    """Their TwoNN curves. places: of the layers on the horizontal axis; other layers are left out."""
    for regime, all_rows in others.items():
        rows = sorted(
            (row for row in all_rows if row.id is not None and row.layer in places), key=lambda row: row.order
        )
        style = theme.REGIMES[regime]
        figure.add_trace(
            go.Scatter(
                name=regime,
                x=[places[row.layer] for row in rows],
                y=[row.id for row in rows],
                mode="lines+markers",  # of lines alone, a click chooses none
                line={"color": style.colour, "width": 1.5, "dash": style.dash},
                marker={"color": style.colour, "size": 4, "symbol": style.symbol},
                showlegend=False,
                customdata=[[row.layer, theme.plain(row.layer), row.id_err, row.n] for row in rows],
                hovertemplate=f"<b>%{{customdata[1]}}</b> · {regime}<br>TwoNN ID %{{y:.2f}} ± %{{customdata[2]:.2f}}, "
                "N = %{customdata[3]:,}<extra></extra>",
                selected={"marker": {"opacity": 1}},
                unselected={"marker": {"opacity": 1}},
            )
        )


def name_ends(figure: go.Figure, named: Mapping[Regime, go.Scatter], log: bool) -> None:
    """Write the names of curves beside their last points, moved apart where they would lie on one another. The vertical
    axis must have its range, or be logarithmic."""
    heights = theme.heights(figure)
    low, high = (log10(min(heights)), log10(max(heights))) if log else (0.0, figure.layout.yaxis.range[1])
    pixels = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    ends = [(log10(trace.y[-1]) if log else trace.y[-1], trace.x[-1], name) for name, trace in named.items() if trace.y]
    below = -float("inf")
    for y, x, name in sorted(ends):
        own = (y - low) / max(high - low, 1e-9) * pixels
        below = max(own, below + _LINE)
        figure.add_annotation(
            x=x,
            y=y,
            text=name,
            showarrow=False,
            xanchor="left",
            xshift=10,
            yshift=below - own,
            font=theme.TEXT,
        )
    figure.update_layout(margin={"r": ROOM})
