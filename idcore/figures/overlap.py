"""What the layers share: neighbourhoods along depth, and CKA between every two of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from idcore.estimators.accuracy import Probe
from idcore.estimators.cka import CKA
from idcore.estimators.compare import LayerKnowledge
from idcore.figures import theme
from idcore.figures.heat import heat_figure
from idcore.record import Layer
from idcore.spec import Regime


def overlap_figure(
    rows: Sequence[LayerKnowledge],
    layers: Sequence[Layer],
    regime: Regime,
    n: int,
    *,
    x: str = "layer",
    probes: Mapping[str, Probe] | None = None,
) -> go.Figure:
    """Shares in 0 ... 1 along depth: neighbours common with the layer before, with the output, with the same label,
    and the accuracy of their vote with one standard error. n: samples; the dotted line is the share k / (n - 1) that
    unrelated layers have in common. layers: the plan, which sets the axis. probes: linear probes by layer."""
    figure = theme.frame(height=430)
    at = theme.layer_axis(figure, layers, x)
    shown = [row for row in rows if row.layer in at]
    k = shown[0].k if shown else 0
    neighbours = f"of the {k} nearest neighbours"
    colour = theme.REGIMES[regime].colour
    for name, field, words, line, symbol in (
        ("same label", "labels", f"{neighbours} have the same label", {"color": colour, "width": 2.5}, "circle"),
        ("with the output", "output", f"{neighbours} are neighbours in the output too",
         {"color": theme.ACCENT, "width": 2, "dash": "dash"}, "square"),
        ("with the layer before", "before", f"{neighbours} are neighbours in the layer before too",
         {"color": theme.NEUTRAL, "width": 2, "dash": "dot"}, "triangle-up"),
    ):  # fmt: skip
        drawn = [row for row in shown if getattr(row, field) is not None]
        if drawn:
            values = [getattr(row, field) for row in drawn]
            figure.add_trace(_line(name, drawn, at, values, f"%{{y:.1%}} {words}", line, symbol))
    votes = {row.layer: row.accuracy for row in shown if row.accuracy}
    fitted = {name: probe.accuracy for name, probe in (probes or {}).items()}
    for name, words, known, dash, symbol in (
        ("kNN accuracy", "the vote of the neighbours is", votes, "dashdot", "x"),
        ("linear probe", "a linear probe is", fitted, "longdash", "diamond"),
    ):
        read = [row for row in shown if row.layer in known]
        if read:
            accuracies = [known[row.layer] for row in read]
            hover = f"{words} right for %{{y:.1%}} ± %{{error_y.array:.1%}}"
            line = {"color": colour, "width": 1.5, "dash": dash}
            trace = _line(name, read, at, [one.value for one in accuracies], hover, line, symbol)
            trace.error_y = {"type": "data", "array": [one.stderr for one in accuracies]}
            trace.error_y.update({"color": colour, "thickness": 1, "width": 3})
            figure.add_trace(trace)
    if shown and n > 1:
        figure.add_hline(y=k / (n - 1), line={"color": theme.NEUTRAL, "width": 1, "dash": "dot"})
    figure.update_yaxes(title_text="Share", tickformat=".0%", range=[0, 1.04])
    return figure


def _line(
    name: str,
    rows: Sequence[LayerKnowledge],
    at: dict[str, float],
    values: Sequence[float],
    hover: str,
    line: dict[str, Any],
    symbol: str,
) -> go.Scatter:
    return go.Scatter(
        name=name,
        x=[at[row.layer] for row in rows],
        y=values,
        mode="lines+markers",
        line=line,
        marker={"color": line["color"], "size": 8, "symbol": symbol},
        customdata=[[row.layer] for row in rows],
        hovertemplate=f"<b>%{{customdata[0]}}</b><br>{hover}<extra></extra>",
    )


def cka_figure(
    matrix: Sequence[Sequence[CKA]],
    rows: Sequence[str],
    columns: Sequence[str] | None = None,
    beside: tuple[str, str] = ("", ""),
    chance: float | None = None,
) -> go.Figure:
    """Heat map of linear CKA, rows against columns (the same layers when left out), the first at the lower left.
    Bounds in the hover texts. beside: titles of the axes of rows and columns. chance: cells up to
    it are grey."""
    columns = rows if columns is None else columns
    values = [[cell.value for cell in row] for row in matrix]
    return heat_figure(values, rows, columns, "CKA", lambda i, j: _cell(matrix[i][j]), beside=beside, chance=chance)


def _cell(cell: CKA) -> str:
    a, b = cell.covered
    return (
        f"CKA {cell.value:.3f}, surely from {cell.low:.3f} to {cell.high:.3f}"
        f"<br>the coordinates hold {a:.0%} and {b:.0%} of the variance"
    )
