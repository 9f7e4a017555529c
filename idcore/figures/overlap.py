"""What the layers share: neighbourhoods along depth, and CKA between every two of them."""

from collections.abc import Sequence

import plotly.graph_objects as go

from idcore.estimators.cka import CKA
from idcore.estimators.compare import Place
from idcore.figures import theme
from idcore.record import Layer
from idcore.spec import Regime

_COLOURS = [[0, "#f3f0fc"], [0.5, "#cbbff2"], [1, "#4a2fa8"]]
"""The accent from pale to dark; opaque, so that plotly finds a colour for the numbers that can be read on the cells."""

_WRITTEN = 12
"""Most layers for which the numbers stand in the cells."""


def overlap_figure(
    places: Sequence[Place], layers: Sequence[Layer], regime: Regime, n: int, *, x: str = "layer"
) -> go.Figure:
    """Shares in 0 ... 1 along depth: neighbours common with the layer before, with the output, with the same label,
    and the accuracy of their vote with one standard error. n: samples; the dotted line is the share k / (n - 1) that
    unrelated layers have in common. layers: the plan, which sets the axis."""
    figure = theme.frame(height=430)
    at = theme.layer_axis(figure, layers, x)
    shown = [place for place in places if place.layer in at]
    k = shown[0].k if shown else 0
    neighbours = f"of the {k} nearest neighbours"
    colour = theme.REGIME_COLOURS[regime]
    for name, field, words, line, symbol in (
        ("same label", "labels", f"{neighbours} have the same label", {"color": colour, "width": 2.5}, "circle"),
        ("with the output", "output", f"{neighbours} are neighbours in the output too",
         {"color": theme.ACCENT, "width": 2, "dash": "dash"}, "square"),
        ("with the layer before", "before", f"{neighbours} are neighbours in the layer before too",
         {"color": theme.NEUTRAL, "width": 2, "dash": "dot"}, "triangle-up"),
    ):  # fmt: skip
        drawn = [place for place in shown if getattr(place, field) is not None]
        if drawn:
            values = [getattr(place, field) for place in drawn]
            figure.add_trace(_line(name, drawn, at, values, f"%{{y:.1%}} {words}", line, symbol))
    voted = [place for place in shown if place.accuracy]
    if voted:
        values = [place.accuracy.value for place in voted if place.accuracy]
        hover = "the vote of the neighbours is right for %{y:.1%} ± %{error_y.array:.1%}"
        trace = _line("kNN accuracy", voted, at, values, hover, {"color": colour, "width": 1.5, "dash": "dashdot"}, "x")
        trace.error_y = {"type": "data", "array": [place.accuracy.stderr for place in voted if place.accuracy]}
        trace.error_y.update({"color": colour, "thickness": 1, "width": 3})
        figure.add_trace(trace)
    if shown and n > 1:
        figure.add_hline(y=k / (n - 1), line={"color": theme.NEUTRAL, "width": 1, "dash": "dot"})
    figure.update_yaxes(title_text="Share", tickformat=".0%", range=[0, 1.04])
    return figure


def _line(
    name: str,
    places: Sequence[Place],
    at: dict[str, float],
    values: Sequence[float],
    hover: str,
    line: dict,
    symbol: str,
) -> go.Scatter:
    return go.Scatter(
        name=name,
        x=[at[place.layer] for place in places],
        y=values,
        mode="lines+markers",
        line=line,
        marker={"color": line["color"], "size": 8, "symbol": symbol},
        customdata=[[place.layer] for place in places],
        hovertemplate=f"<b>%{{customdata[0]}}</b><br>{hover}<extra></extra>",
    )


def cka_figure(matrix: Sequence[Sequence[CKA]], rows: Sequence[str], columns: Sequence[str] | None = None) -> go.Figure:
    """Heat map of linear CKA, rows against columns (the same layers when left out), the first at the lower left.
    Bounds in the hover texts."""
    columns = rows if columns is None else columns
    figure = theme.frame(height=max(320, 110 + 44 * min(len(rows), 16)), legend=False)
    written = max(len(rows), len(columns)) <= _WRITTEN
    figure.add_trace(
        go.Heatmap(
            z=[[cell.value for cell in row] for row in matrix],
            x=list(range(len(columns))),
            y=list(range(len(rows))),
            zmin=0,
            zmax=1,
            colorscale=_COLOURS,
            colorbar={"title": {"text": "CKA"}, "thickness": 12, "outlinewidth": 0, "tickvals": [0, 0.5, 1]},
            xgap=2,
            ygap=2,
            texttemplate="%{z:.2f}" if written else None,
            customdata=[
                [_cell(rows[i], columns[j], cell) for j, cell in enumerate(row)] for i, row in enumerate(matrix)
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    for update, names in ((figure.update_xaxes, columns), (figure.update_yaxes, rows)):
        update(tickvals=list(range(len(names))), ticktext=[theme.short_name(name) for name in names], showgrid=False)
    return figure


def _cell(row: str, column: str, cell: CKA) -> str:
    a, b = cell.covered
    return (
        f"<b>{row}</b> and <b>{column}</b><br>CKA {cell.value:.3f}, surely from {cell.low:.3f} to {cell.high:.3f}"
        f"<br>the coordinates hold {a:.0%} and {b:.0%} of the variance"
    )
