"""The ID against scale: TwoNN on fewer and fewer points, and Gride with farther and farther neighbours."""

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from idcore.estimators.gride import GridePoint
from idcore.estimators.scale import ScalePoint
from idcore.figures import theme
from idcore.spec import Regime


def scale_figure(points: Sequence[ScalePoint], gride: Sequence[GridePoint], regime: Regime) -> go.Figure:
    """Two panels with one vertical axis from 0. Left: TwoNN against the number of points, the mean over disjoint
    blocks with its standard error (the layout of Facco et al. 2017). Right: Gride against the rank of the farther
    neighbour, 2k, with its standard error (Denti et al. 2022); empty where there is no table for it."""
    figure = make_subplots(rows=1, cols=2, horizontal_spacing=0.06, shared_yaxes=True, figure=theme.frame(height=380))
    colour = theme.REGIMES[regime].colour
    figure.add_hline(y=points[0].id, line={"color": theme.NEUTRAL, "width": 1, "dash": "dot"})
    figure.add_trace(_blocks(points, colour, theme.REGIMES[regime].symbol), row=1, col=1)
    figure.add_trace(_gride(gride), row=1, col=2)
    axis = {"type": "log", "gridcolor": theme.GRID, "zeroline": False, "automargin": True, "tickfont": theme.TEXT}
    counts = [round(point.points) for point in points]
    figure.update_xaxes(title_text="Points N", tickvals=counts, ticktext=[f"{n:,}" for n in counts],
                        row=1, col=1, **axis)  # fmt: skip
    figure.update_xaxes(title_text="Rank 2k", tickvals=[2 * point.k for point in gride],
                        row=1, col=2, **axis)  # fmt: skip
    figure.update_yaxes(rangemode="tozero", gridcolor=theme.GRID, zeroline=False, automargin=True)
    figure.update_yaxes(title_text="Intrinsic dimension", row=1, col=1)
    return figure


def _blocks(points: Sequence[ScalePoint], colour: str, symbol: str) -> go.Scatter:
    return go.Scatter(
        name="TwoNN, mean over the blocks",
        x=[point.points for point in points],
        y=[point.id for point in points],
        error_y={
            "type": "data",
            "array": [point.stderr for point in points],
            "color": colour,
            "thickness": 1.5,
            "width": 5,
        },  # fmt: skip
        mode="lines+markers",
        line={"color": colour, "width": 2.5},
        marker={"color": colour, "size": 9, "symbol": symbol},
        customdata=[_about(point) for point in points],
        hovertemplate="%{customdata}<br>ID %{y:.2f} ± %{error_y.array:.2f}<extra></extra>",
    )


def _about(point: ScalePoint) -> str:
    if point.sd is None:
        return f"all {point.points:,.0f} points"
    return f"{point.blocks} disjoint blocks of {point.points:,.0f} points,<br>single blocks spread by {point.sd:.2f}"


def _gride(gride: Sequence[GridePoint]) -> go.Scatter:
    return go.Scatter(
        name="Gride, all points",
        x=[2 * point.k for point in gride],
        y=[point.id for point in gride],
        error_y={
            "type": "data",
            "array": [point.stderr for point in gride],
            "color": theme.ACCENT,
            "thickness": 1.5,
            "width": 5,
        },  # fmt: skip
        mode="lines+markers",
        line={"color": theme.ACCENT, "width": 2.5},
        marker={"color": theme.ACCENT, "size": 8},
        customdata=[[point.k, f"{point.n:,}", point.distance] for point in gride],
        hovertemplate="r<sub>%{x}</sub> / r<sub>%{customdata[0]}</sub> of %{customdata[1]} points,"
        "<br>at a distance of %{customdata[2]:.4g}<br>ID %{y:.2f} ± %{error_y.array:.2f}<extra></extra>",
    )
