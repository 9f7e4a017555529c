"""The neighbour-ratio fit of one layer: what TwoNN looks at."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from idcore.estimators.twonn import TwoNN
from idcore.figures import theme
from idcore.spec import Regime


def fit_figure(fit: TwoNN, regime: Regime = "elsewhere") -> go.Figure:
    """-log(1 - F(mu)) against log(mu): fitted points, discarded tail in grey, the line through the origin.

    The last point (F = 1) lies at infinity and is not drawn.
    """
    figure = theme.frame(height=380)
    drawn = np.isfinite(fit.log_survival)
    x, y, kept = fit.log_mu[drawn], -fit.log_survival[drawn], fit.kept[drawn]
    colour = theme.REGIMES[regime].colour
    hover = "log μ = %{x:.4f}<br>−log(1−F) = %{y:.3f}"
    _points(figure, "fitted", x[kept], y[kept], colour, hover + f"<br>one of {int(kept.sum()):,} fitted points")
    _points(figure, "discarded", x[~kept], y[~kept], theme.FAINT, hover + "<br>discarded")
    end, edge = float(x[-1]), float(x[kept][-1])
    text = f"slope = ID = {fit.id:.2f} ± {fit.stderr:.2f}"
    _line(figure, text, [0, edge], fit.id, {"color": theme.ACCENT, "width": 2.5}, True)
    top = min(end, float(y[-1]) * 1.15 / fit.id)  # a steep line would squeeze the points
    if top > edge:
        _line(figure, text, [edge, top], fit.id, {"color": theme.ACCENT, "width": 1.5, "dash": "dot"}, False)
    figure.update_xaxes(title_text="log μ, where μ = r₂ / r₁", rangemode="tozero")
    figure.update_yaxes(title_text="−log(1 − F(μ))", rangemode="tozero")
    return figure


def _points(figure: go.Figure, name: str, x: np.ndarray, y: np.ndarray, colour: str, hover: str) -> None:
    trace = theme.scatter(len(x))
    x, y = x.astype(np.float32), y.astype(np.float32)  # half the bytes, and finer than any screen
    marker = {"color": colour, "size": 5}
    name = f"{name} ({len(x):,})"
    figure.add_trace(trace(name=name, x=x, y=y, mode="markers", marker=marker, hovertemplate=hover + "<extra></extra>"))


def _line(figure: go.Figure, name: str, x: list[float], slope: float, line: dict[str, Any], legend: bool) -> None:
    y = [slope * value for value in x]
    figure.add_trace(go.Scatter(name=name, x=x, y=y, mode="lines", line=line, showlegend=legend, hoverinfo="skip"))
