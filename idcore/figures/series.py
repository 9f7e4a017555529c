"""Checkpoints of a training: one of them among the others, and the surface of all layers by step."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from idcore.estimators.summary import LayerSummary
from idcore.figures import theme
from idcore.figures.compare import VALUES, Curve, bars_of, compare_figure, values_of

_WRITTEN = 24
"""Most layers, and most steps, for which the numbers stand in the cells."""
_NAMED = 40  # steps whose names are written at the axis; of more, every second, every third ...
_LONGEST = 22  # characters of a name at the axis: their end, where the step stands
_DIFFERENCES = [[0, "#2166ac"], [0.5, "#f7f7f7"], [1, "#b2182b"]]


def step_figure(
    curves: Sequence[Curve], at: int, *, value: str = "id", x: str = "layer", log: bool = False,
    reference: Curve | None = None,
) -> go.Figure:  # fmt: skip
    """The curve of one checkpoint with its bars, before the thin lines of the others, which are coloured by their place
    in the series. at: which one. Else as `compare_figure`."""
    figure = compare_figure(curves, value=value, x=x, log=log, reference=reference)
    traces = list(figure.data)
    for i, trace in enumerate(traces):
        trace.showlegend = False
        if i == at:
            trace.line.width = 3.5
        else:
            trace.update(mode="lines", error_y=None, opacity=0.55, line={"width": 1.25})
    figure.data = [*traces[:at], *traces[at + 1 :], traces[at]]
    figure.add_annotation(text=f"<b>{theme.plain(curves[at].name)}</b>", xref="paper", yref="paper", x=0, y=1,
                          xanchor="left", yanchor="bottom", yshift=8, showarrow=False,
                          font={**theme.TEXT, "color": traces[at].line.color})  # fmt: skip
    return figure


def surface_figure(curves: Sequence[Curve], *, value: str = "id", reference: Curve | None = None) -> go.Figure:
    """The estimate by layer (across) and step (down, the first on top), all curves with the same layers. value: of
    `VALUES`. reference: a curve whose values are taken off."""
    layers = max((curve.layers for curve in curves), key=len, default=())
    names = [layer.name for layer in layers]
    base = {} if reference is None else _numbers(reference, value)
    cells = [[_cell(_numbers(curve, value).get(name), base.get(name), reference is not None) for name in names]
             for curve in curves]  # fmt: skip
    few = len(names) <= _WRITTEN and len(curves) <= _WRITTEN
    sign = "" if reference is None else "+"
    shown = [[None if cell is None else cell[0] for cell in row] for row in cells]
    about = [
        [_hover(curve, name, cell, value, reference) for name, cell in zip(names, row, strict=True)]
        for curve, row in zip(curves, cells, strict=True)
    ]
    figure = theme.frame(height=130 + 26 * min(max(len(curves), 4), _NAMED), legend=False)
    figure.add_trace(
        go.Heatmap(
            x=list(range(len(names))),
            y=list(range(len(curves))),
            z=shown,
            text=[["–" if cell is None else _short(cell, sign) for cell in row] for row in shown],
            texttemplate="%{text}" if few else None,
            hovertext=about,
            hovertemplate="%{hovertext}<extra></extra>",
            hoverongaps=True,
            xgap=1,
            ygap=1,
            colorbar={"title": {"text": VALUES[value] if reference is None else "Difference"}, "thickness": 12,
                      "outlinewidth": 0},
            **_colours(shown, reference is not None),
        )
    )  # fmt: skip
    every = -(-len(names) // _NAMED)
    figure.update_xaxes(showgrid=False, tickvals=list(range(len(names)))[::every],
                        ticktext=[theme.plain(theme.short_name(name)) for name in names][::every])  # fmt: skip
    every = -(-len(curves) // _NAMED)
    ticks = [theme.plain(theme.short_name(curve.name, _LONGEST)) for curve in curves]
    figure.update_yaxes(showgrid=False, autorange="reversed", tickvals=list(range(len(curves)))[::every],
                        ticktext=ticks[::every])  # fmt: skip
    return figure


Cell = tuple[float, float | None]
"""A value and its error, None where it has none."""


def _numbers(curve: Curve, value: str) -> dict[str, Cell]:
    """By layer, of those that have a value."""
    field = "id" if value == "ratio" else value
    rows: list[LayerSummary] = [row for row in curve.rows if getattr(row, field) is not None]
    bars: Sequence[float | None] = bars_of(rows, value) or [None] * len(rows)
    return {row.layer: (v, bar) for row, v, bar in zip(rows, values_of(rows, value), bars, strict=True)}


def _cell(own: Cell | None, base: Cell | None, difference: bool) -> Cell | None:
    if own is None or not difference:
        return own
    if base is None:
        return None
    error = None if own[1] is None or base[1] is None else float(np.hypot(own[1], base[1]))
    return own[0] - base[0], error


def _hover(curve: Curve, name: str, cell: Cell | None, value: str, reference: Curve | None) -> str:
    head = f"<b>{theme.plain(curve.name)}</b> · {theme.plain(name)}<br>"
    row = next((row for row in curve.rows if row.layer == name), None)
    if row is None:
        return f"{head}not measured yet"
    if cell is None:
        return head + (theme.plain(row.note) or "no value")
    what = VALUES[value] if reference is None else f"{VALUES[value]} minus that of {theme.plain(reference.name)}"
    number = f"{cell[0]:.4g}" if reference is None else f"{cell[0]:+.3g}"
    error = "" if cell[1] is None else f" ± {cell[1]:.2g}"
    least = ", a lower bound" if value == "id" and row.lower_bound else ""
    return f"{head}{what} {number}{error}{least}<br>N = {row.n:,}, {row.dropped:,} dropped"


def _short(value: float, sign: str) -> str:
    return f"{value:{sign}.1f}" if abs(value) >= 0.1 or value == 0 else f"{value:{sign}.1g}"


def _colours(shown: Sequence[Sequence[float | None]], difference: bool) -> dict[str, object]:
    known = [cell for row in shown for cell in row if cell is not None]
    if not difference:
        return {"colorscale": "Viridis", "zmin": 0, "zmax": max(known, default=1.0)}
    most = max(map(abs, known), default=0.0) or 1.0
    return {"colorscale": _DIFFERENCES, "zmin": -most, "zmax": most}
