"""Trained, untrained and shuffled on the same points and the same axes."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from idcore.estimators.summary import LayerSummary
from idcore.figures import theme
from idcore.record import Layer
from idcore.spec import REGIMES, Regime

VALUES = {"id": "TwoNN ID", "pc_id": "PC-ID", "linearised_id": "Linearised ID"}
_ERRORS = {"id": "id_err", "linearised_id": "linearised_err"}


def compare_figure(
    curves: Mapping[Regime, Sequence[LayerSummary]],
    layers: Sequence[Layer],
    *,
    value: str = "id",
    x: str = "layer",
    log: bool = False,
) -> go.Figure:
    """One line a regime, in its colour and symbol. value: of `VALUES`. layers: the plan, which sets the axis."""
    figure = theme.frame(height=430)
    places = theme.layer_axis(figure, layers, x)
    plan = {layer.name: layer for layer in layers}
    for regime in REGIMES:
        if regime not in curves:
            continue
        rows = [row for row in curves[regime] if row.layer in places and getattr(row, value) is not None]
        rows = sorted(rows, key=lambda row: places[row.layer])
        figure.add_trace(_line(regime, rows, plan, places, value))
    figure.update_yaxes(title_text=VALUES[value])
    theme.y_log(figure, log)
    if not any(curves.values()):
        figure.update_yaxes(range=[0, 2] if log else [0, 14])
    return figure


def _line(
    regime: Regime, rows: Sequence[LayerSummary], plan: dict[str, Layer], places: dict[str, float], value: str
) -> go.Scatter:
    colour = theme.REGIME_COLOURS[regime]
    error = _ERRORS.get(value)
    bars = [getattr(row, error) or 0.0 for row in rows] if error else None
    number = "%{y:.2f} ± %{error_y.array:.2f}" if error else "%{y}"
    return go.Scatter(
        name=regime,
        x=[places[row.layer] for row in rows],
        y=[getattr(row, value) for row in rows],
        error_y={"type": "data", "array": bars, "color": colour, "thickness": 1.5, "width": 4} if error else None,
        mode="lines+markers",
        line={"color": colour, "width": 2.5},
        marker={"color": colour, "size": 9, "symbol": theme.REGIME_SYMBOLS[regime]},
        customdata=[
            [row.layer, theme.shape_text(plan[row.layer]), f"N = {row.n:,}, {row.dropped:,} dropped"] for row in rows
        ],
        hovertemplate=f"<b>{regime}</b> · %{{customdata[0]}} · %{{customdata[1]}}<br>{VALUES[value]} {number}"
        "<br>%{customdata[2]}<extra></extra>",
    )
