"""Figures of the page Generalise: errors, bias and variance, and the dimension, by size, one above the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log10
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from idcore.figures import theme
from idcore.figures.heat import COLOURS
from idcore.results.generalised import Fit
from idcore.results.lessons import Scaled

_TRAIN, _TEST = theme.REGIMES["trained"].colour, theme.REGIMES["shuffled"].colour
_BIAS, _VARIANCE = theme.REGIMES["untrained"].colour, theme.REGIMES["pretrained"].colour


@dataclass(frozen=True)
class _Curve:
    """One line. values, errors: by size; None where there is none."""

    name: str
    colour: str
    symbol: str
    values: Sequence[float | None]
    errors: Sequence[float | None] = ()
    dash: str = "solid"


def descent_figure(rows: Sequence[Fit], size: str, mark: float, marked: str, sizes: Sequence[float]) -> go.Figure:
    """size: what the rows differ by. mark: where a vertical line stands, with the words `marked`. sizes: all that are
    tried, so that the axis stays while they come."""
    figure = _panels(3, 690)
    x = [row.size for row in rows]
    curves = (
        (
            _Curve("train error", _TRAIN, "circle", [100 * row.train_error for row in rows]),
            _Curve("test error", _TEST, "diamond", [100 * row.test_error for row in rows],
                   [100 * row.test_error_err for row in rows]),
        ),
        (
            _Curve("bias²", _BIAS, "square", [row.bias2 if row.bias2 > row.bias2_err else None for row in rows],
                   [row.bias2_err for row in rows], "dash"),
            _Curve("variance", _VARIANCE, "triangle-up", [row.variance for row in rows],
                   [row.variance_err for row in rows]),
        ),
        (_Curve("ID", theme.ACCENT, "circle", [row.id for row in rows], [row.id_err for row in rows]),),
    )  # fmt: skip
    for number, panel in enumerate(curves, 1):
        for curve in panel:
            _draw(figure, number, x, curve, f"{size} %{{x:,}}", " %" if number == 1 else "")
    figure.update_yaxes(title_text="Error, %", range=[0, 102], row=1, col=1)
    figure.update_yaxes(title_text="Squared error", type="log", dtick=1, tickformat=",~g", row=2, col=1)
    figure.update_yaxes(title_text="TwoNN ID", rangemode="tozero", row=3, col=1)
    figure.add_vline(x=mark, line={"color": theme.NEUTRAL, "dash": "dot", "width": 1.5})
    figure.add_annotation(x=log10(mark), y=1.0, xref="x", yref="y domain", text=marked, showarrow=False,
                          xanchor="right", yanchor="top", xshift=-4, font=theme.TEXT)  # fmt: skip
    _size_axis(figure, 3, size, sizes)
    return figure


def lazy_figure(rows: Sequence[Scaled], sizes: Sequence[float]) -> go.Figure:
    """By the scale alpha: how far the weights move, what stays as it was, the ID before and after, the error."""
    figure = _panels(4, 800)
    x = [row.alpha for row in rows]
    tests = [row.test_error for row in rows]
    panels = (
        (
            _Curve("movement of the weights", theme.ACCENT, "circle", [100 * row.movement for row in rows]),
            _Curve("proportional to 1/α", theme.NEUTRAL, "circle", _slope(rows), dash="dot"),
        ),
        (
            _Curve("alignment of the tangent kernel", _VARIANCE, "triangle-up", [row.alignment for row in rows]),
            _Curve("CKA of the hidden layer", _BIAS, "square", [row.cka for row in rows], dash="dash"),
        ),
        (
            _Curve("ID before", theme.NEUTRAL, "square", [row.before for row in rows],
                   [row.before_err for row in rows], "dash"),
            _Curve("ID after", _TRAIN, "circle", [row.after for row in rows], [row.after_err for row in rows]),
        ),
        (_Curve("test error", _TEST, "diamond", [None if one is None else 100 * one for one in tests],
                [None if one is None else 100 * (one * (1 - one) / 1000) ** 0.5 for one in tests]),),
    )  # fmt: skip
    for number, panel in enumerate(panels, 1):
        for curve in panel:
            _draw(figure, number, x, curve, "α = %{x:g}", " %" if number in (1, 4) else "")
    figure.update_yaxes(title_text="Movement, %", type="log", tickformat=",~g", dtick=1, row=1, col=1)
    figure.update_yaxes(title_text="1: unchanged", range=[0.6, 1.02], row=2, col=1)
    figure.update_yaxes(title_text="Hidden ID", rangemode="tozero", row=3, col=1)
    figure.update_yaxes(title_text="Test error, %", rangemode="tozero", row=4, col=1)
    lowest = min([0.62, *(value - 0.05 for row in rows for value in (row.cka, row.alignment or 1.0))])
    figure.update_yaxes(range=[lowest, 1.02], row=2, col=1)
    _size_axis(figure, 4, "Scale α: rich at the left, lazy at the right", sizes)
    return figure


def map_figure(
    values: Mapping[tuple[str, str], tuple[float, str]], rows: Sequence[str], columns: Sequence[str], title: str,
    beside: tuple[str, str], top: float, form: str,
) -> go.Figure:  # fmt: skip
    """A map of what is known of pairs: by (row, column) its value and what is said of it; the others stay empty. top:
    end of the colours, from 0. form: of the numbers in the cells. beside: titles of the axes of rows and columns."""
    figure = theme.frame(height=360, legend=False)
    known = [[values.get((row, column)) for column in columns] for row in rows]
    figure.add_trace(
        go.Heatmap(
            x=list(columns),
            y=list(rows),
            z=[[one[0] if one else None for one in line] for line in known],
            customdata=[[one[1] if one else "" for one in line] for line in known],
            texttemplate=f"%{{z:{form}}}",
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=False,
            colorscale=COLOURS,
            zmin=0,
            zmax=top,
            xgap=2,
            ygap=2,
            colorbar={"title": {"text": title}, "thickness": 12, "outlinewidth": 0},
        )
    )
    figure.update_xaxes(type="category", showgrid=False, title_text=beside[1], categoryarray=list(columns),
                        range=[-0.5, len(columns) - 0.5])  # fmt: skip
    figure.update_yaxes(type="category", showgrid=False, title_text=beside[0], categoryarray=list(rows),
                        range=[-0.5, len(rows) - 0.5])  # fmt: skip
    return figure


def _panels(count: int, height: int) -> go.Figure:
    base = theme.frame(height=height)
    figure = make_subplots(rows=count, cols=1, shared_xaxes=True, vertical_spacing=0.05, figure=base)
    axis = {"showgrid": True, "gridcolor": theme.GRID, "zeroline": False, "automargin": True, "tickfont": theme.TEXT,
            "title_font": theme.TEXT}  # fmt: skip
    figure.update_xaxes(type="log", **axis)
    figure.update_yaxes(**axis)
    return figure


def _draw(figure: go.Figure, panel: int, x: Sequence[float], curve: _Curve, at: str, unit: str) -> None:
    known = [(a, value) for a, value in zip(x, curve.values, strict=True) if value is not None]
    bars: dict[str, Any] = {}
    if curve.errors:
        errors = [err or 0.0 for err, value in zip(curve.errors, curve.values, strict=True) if value is not None]
        bars = {"error_y": {"type": "data", "array": errors, "color": curve.colour, "thickness": 1.25, "width": 3}}
    bar = f" ± %{{error_y.array:.3~g}}{unit}" if curve.errors else ""
    figure.add_trace(
        go.Scatter(
            name=curve.name,
            x=[a for a, _ in known],
            y=[value for _, value in known],
            mode="lines" if curve.dash == "dot" else "lines+markers",
            line={"color": curve.colour, "width": 2.25, "dash": curve.dash},
            marker={"color": curve.colour, "size": 8, "symbol": curve.symbol},
            hovertemplate=f"<b>{curve.name}</b>, {at}<br>%{{y:.4~g}}{unit}{bar}<extra></extra>",
            **bars,
        ),
        row=panel,
        col=1,
    )


def _slope(rows: Sequence[Scaled]) -> list[float | None]:
    """What the movement would be were it that of the largest scale, times its ratio to each."""
    last = max(rows, key=lambda row: row.alpha, default=None)
    return [None if last is None else 100 * last.movement * last.alpha / row.alpha for row in rows]


def _size_axis(figure: go.Figure, panel: int, title: str, sizes: Sequence[float]) -> None:
    low, high = log10(min(sizes)), log10(max(sizes))
    room = 0.04 * (high - low) + 0.03
    figure.update_xaxes(range=[low - room, high + room])
    ticks = [digit * 10.0**power for power in range(-1, 5) for digit in (1, 3)]
    figure.update_xaxes(tickvals=ticks, ticktext=[f"{tick:,g}" for tick in ticks])
    figure.update_xaxes(title_text=title, row=panel, col=1)
