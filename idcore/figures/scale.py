"""The ID against scale: of one layer from blocks and from far neighbours, of all layers as a heat map."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from idcore.estimators.far_scales import Plateau
from idcore.estimators.gride import GridePoint
from idcore.estimators.scale import ScalePoint
from idcore.figures import heat, theme
from idcore.record import Layer
from idcore.spec import Regime

_SPAN = 250.0
"""Pixels that the cells of a heat map share."""


def ratio_words(k: int) -> str:
    """The scale r_2k / r_k for plotly."""
    return f"r<sub>{2 * k}</sub> / r<sub>{k}</sub>"


def scale_figure(
    points: Sequence[ScalePoint],
    gride: Sequence[GridePoint],
    regime: Regime,
    flat: Plateau | None = None,
    chosen: int | None = None,
) -> go.Figure:
    """TwoNN on blocks and Gride on one axis, the rank of the farther neighbour among all points: the second neighbour
    within a block of N / b points is as far as the 2b-th among all. With their standard errors (Facco et al. 2017,
    Denti et al. 2022). flat: the plateau, drawn as a line. chosen: a rank to mark."""
    figure = theme.frame(height=380)
    colour = theme.REGIMES[regime].colour
    figure.add_hline(y=points[0].id, line={"color": theme.NEUTRAL, "width": 1, "dash": "dot"})
    if chosen is not None:
        figure.add_vline(
            x=chosen, name=theme.CHOSEN, line={"color": theme.rgba(theme.ACCENT, 0.16), "width": 14}, layer="below"
        )
    if flat is not None:
        figure.add_trace(_flat(flat))
    figure.add_trace(_blocks(points, colour, theme.REGIMES[regime].symbol))
    figure.add_trace(_gride(gride))
    ranks = sorted({2 * point.blocks for point in points} | {2 * point.k for point in gride})
    figure.update_xaxes(
        title_text="Rank 2k; N / b points stand at 2b", type="log", tickvals=ranks,
        ticktext=[f"{rank:,}" for rank in ranks],
    )  # fmt: skip
    figure.update_yaxes(rangemode="tozero", title_text="Intrinsic dimension")
    return figure


def scale_heat_figure(rows: Mapping[str, Sequence[GridePoint]], layers: Sequence[Layer], chosen: int) -> go.Figure:
    """The ID of every layer (across) at every scale (up), with its error in the hover text; a cell without a number is
    empty. rows: scales by name of the layer. chosen: rank of the row that is marked. A click on a cell gives its rank,
    as the first of its customdata."""
    figure = theme.frame(height=320, legend=False)
    places = theme.layer_axis(figure, layers, "layer")
    ranks = sorted({2 * point.k for points in rows.values() for point in points})
    at = {rank: i for i, rank in enumerate(ranks)}
    values: list[list[float | None]] = [[None] * len(places) for _ in ranks]
    cells = [(name, point) for name, points in rows.items() if name in places for point in points]
    for name, point in cells:
        values[at[2 * point.k]][round(places[name])] = point.id
    written = len(places) <= 12
    figure.add_trace(
        go.Heatmap(
            z=values,
            x=list(places.values()),
            y=list(range(len(ranks))),
            colorscale=heat.COLOURS,
            colorbar={"title": {"text": "ID"}, "thickness": 12, "outlinewidth": 0},
            xgap=2,
            ygap=2,
            texttemplate="%{z:.1f}" if written else None,
            hoverinfo="skip",
            hoverongaps=False,
        )
    )
    figure.add_trace(  # a heat map cannot be clicked: unseen squares over its cells can
        go.Scatter(
            x=[places[name] for name, _ in cells],
            y=[at[2 * point.k] for _, point in cells],
            mode="markers",
            marker={"symbol": "square", "size": max(8, min(40, _SPAN / max(len(ranks), 1))), "opacity": 0},
            selected={"marker": {"opacity": 0}},
            unselected={"marker": {"opacity": 0}},
            customdata=[[str(2 * point.k), theme.plain(name), _told(point)] for name, point in cells],
            hovertemplate="<b>%{customdata[1]}</b><br>%{customdata[2]}<extra></extra>",
        )
    )
    if chosen in at:
        figure.add_hrect(
            y0=at[chosen] - 0.5, y1=at[chosen] + 0.5, name=theme.CHOSEN, line={"color": theme.ACCENT, "width": 2}
        )
    figure.update_yaxes(tickvals=list(range(len(ranks))), ticktext=[ratio_words(r // 2) for r in ranks], showgrid=False)
    return figure


def at_scale_figure(
    rows: Mapping[str, Sequence[GridePoint]], layers: Sequence[Layer], regime: Regime, rank: int, x: str
) -> go.Figure:
    """The ID of each layer at one scale, r_rank / r_(rank/2), with its standard error, on an axis from 0."""
    figure = theme.frame(height=300, legend=False)
    places = theme.layer_axis(figure, layers, x)
    measured = [
        (name, point) for name, points in rows.items() if name in places for point in points if 2 * point.k == rank
    ]
    measured.sort(key=lambda one: places[one[0]])
    style = theme.REGIMES[regime]
    figure.add_trace(
        go.Scatter(
            x=[places[name] for name, _ in measured],
            y=[point.id for _, point in measured],
            error_y=_bars([point for _, point in measured], style.colour),
            mode="lines+markers",
            line={"color": style.colour, "width": 2.5},
            marker={"color": style.colour, "size": 9, "symbol": style.symbol},
            customdata=[[theme.plain(name), _told(point)] for name, point in measured],
            hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(rangemode="tozero", title_text=f"ID at {ratio_words(rank // 2)}")
    return figure


def _told(point: GridePoint) -> str:
    return (
        f"ID estimate {point.id:.2f} ± {point.stderr:.2f} at scale {ratio_words(point.k)},"
        f"<br>from {point.n:,} points, at a distance of {point.distance:.4g}"
    )


def _flat(flat: Plateau) -> go.Scatter:
    return go.Scatter(
        name=f"plateau at {flat.id:.1f}",
        x=[2 * flat.first.k, 2 * flat.last.k],
        y=[flat.id, flat.id],
        mode="lines",
        line={"color": theme.rgba(theme.ACCENT, 0.3), "width": 12},
        hoverinfo="skip",
    )


def _bars(points: Sequence[ScalePoint] | Sequence[GridePoint], colour: str) -> dict[str, Any]:
    """One standard error."""
    errors = [point.stderr for point in points]
    return {"type": "data", "array": errors, "color": colour, "thickness": 1.5, "width": 5}


def _blocks(points: Sequence[ScalePoint], colour: str, symbol: str) -> go.Scatter:
    return go.Scatter(
        name="TwoNN, mean over the blocks",
        x=[2 * point.blocks for point in points],
        y=[point.id for point in points],
        error_y=_bars(points, colour),
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
        name="Gride",
        x=[2 * point.k for point in gride],
        y=[point.id for point in gride],
        error_y=_bars(gride, theme.ACCENT),
        mode="lines+markers",
        line={"color": theme.ACCENT, "width": 2.5},
        marker={"color": theme.ACCENT, "size": 8},
        customdata=[_told(point) for point in gride],
        hovertemplate="%{customdata}<extra></extra>",
    )
