"""The figures of the first two steps of Learn: clouds of a known dimension and how TwoNN reads it."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from idcore.estimators.twonn import TwoNN
from idcore.figures import theme
from idcore.learn.measure import AtScale

TWONN, PCA = theme.REGIMES["trained"].colour, theme.NEUTRAL
_SEEN = 1.65
"""Diameter of the ball around a cloud, in the units of the camera, which stands about 2 away."""
_FAMILY = ("#a9c9ea", "#5f9fd8", "#1d5c99")


def cloud_figure(points: np.ndarray, colours: np.ndarray) -> go.Figure:
    """A cloud in space, to be turned with the mouse, or in the plane. points: (n, D), its first three coordinates are
    drawn, fewer where there are fewer. colours: (n,), along the shape."""
    figure = theme.frame(height=280, legend=False)
    figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0})
    marker = {"color": colours, "colorscale": "Viridis", "size": 3}
    axes = points[:, :3].T
    if len(axes) == 3:
        figure.add_trace(go.Scatter3d(x=axes[0], y=axes[1], z=axes[2], mode="markers", marker=marker, hoverinfo="skip"))
        hidden = {"visible": False}
        # All of it is in sight from every side: the ball around the cloud has one size, whatever its shape.
        extents = np.ptp(axes, axis=1)
        extents = np.maximum(extents, 0.02 * np.linalg.norm(extents))  # of a flat one, too
        ratio = dict(zip("xyz", (_SEEN * extents / np.linalg.norm(extents)).tolist(), strict=True))
        middle = (axes.max(axis=1) + axes.min(axis=1)) / 2
        ends = np.stack([middle - extents / 2, middle + extents / 2], axis=1).tolist()
        figure.update_layout(dragmode="orbit", scene={
            "aspectmode": "manual", "aspectratio": ratio,
            **{f"{one}axis": {**hidden, "range": ends[i]} for i, one in enumerate("xyz")},
            "camera": {"eye": {"x": 0.5, "y": -1.75, "z": 1.1}},
        }, uirevision="kept")  # fmt: skip
        return figure
    y = axes[1] if len(axes) == 2 else np.zeros(len(points))
    figure.add_trace(go.Scatter(x=axes[0], y=y, mode="markers", marker={**marker, "size": 5}, hoverinfo="skip"))
    hide = {"showgrid": False, "showticklabels": False}
    figure.update_xaxes(**hide)
    figure.update_yaxes(**hide, scaleanchor="x", scaleratio=1)
    return figure


def curl_figure(curls: Sequence[float], ids: Sequence[float], pc_ids: Sequence[int], now: float) -> go.Figure:
    """Both estimates of the sheet while it is curled, and where the reader is."""
    figure = theme.frame(height=190)
    _lines(figure, "TwoNN", curls, ids, TWONN, "circle")
    _lines(figure, "PC-ID", curls, pc_ids, PCA, "triangle-up", dash="dash")
    figure.add_vline(
        x=now, name=theme.CHOSEN, line={"color": theme.rgba(theme.ACCENT, 0.25), "width": 14}, layer="below"
    )
    line = {"color": theme.ACCENT, "width": 1.5, "dash": "dot"}
    figure.add_hline(y=2, line=line, name="true", showlegend=True)
    figure.update_xaxes(title_text="Curl", range=[-0.03, 1.03])
    figure.update_yaxes(title_text="Dimension", range=[0, 3.5], dtick=1)
    return figure


def ratios_figure(fit: TwoNN, dimension: int) -> go.Figure:
    """How often each mu occurs, and the law it follows on a patch of the true dimension: d * mu**(-d - 1)."""
    figure = theme.frame(height=240)
    mu = np.exp(fit.log_mu)
    end = float(np.quantile(mu, 0.93))
    edges = np.linspace(1, end, 41)
    share = np.histogram(mu, edges)[0] / len(mu) / np.diff(edges)
    middles = (edges[1:] + edges[:-1]) / 2
    hover, colour = "μ = %{x:.3f}<br>density %{y:.2f}<extra></extra>", theme.rgba(TWONN, 0.45)
    figure.add_trace(go.Bar(name=f"{len(mu):,} ratios", x=middles, y=share, width=np.diff(edges),
                            marker={"color": colour}, hovertemplate=hover))  # fmt: skip
    law = dimension * middles ** (-dimension - 1)
    figure.add_trace(go.Scatter(name=f"law of dimension {dimension}", x=middles, y=law, mode="lines",
                                line={"color": theme.ACCENT, "width": 2.5}, hoverinfo="skip"))  # fmt: skip
    figure.update_xaxes(title_text="μ = r₂ / r₁")
    figure.update_yaxes(title_text="Density", rangemode="tozero")
    return figure


def toy_scale_figure(
    noisy: Sequence[AtScale], clean: Sequence[AtScale], dimension: int, space: int, n: int
) -> go.Figure:
    """TwoNN against the number of points, of a cloud with and without noise. dimension: the true one. space: of the
    space it lies in, which noise fills. n: marked."""
    figure = theme.frame(height=400)
    _scale(figure, "without noise", clean, PCA, "square", "dash")
    _scale(figure, "with noise", noisy, TWONN, "circle", "solid")
    for value in (dimension, space):
        figure.add_hline(y=value, line={"color": theme.ACCENT, "width": 1.5, "dash": "dot"})
    figure.add_vline(x=n, name=theme.CHOSEN, line={"color": theme.rgba(theme.ACCENT, 0.2), "width": 18}, layer="below")
    sizes = sorted(point.n for point in noisy)
    figure.update_xaxes(title_text="N, number of points", type="log", tickvals=sizes, tickformat=",d")
    figure.update_yaxes(title_text="TwoNN ID", range=[0, space + 0.6], dtick=1)
    return figure


def _scale(figure: go.Figure, name: str, points: Sequence[AtScale], colour: str, symbol: str, dash: str) -> None:
    _lines(
        figure, name, [p.n for p in points], [p.id for p in points], colour, symbol, dash, [p.stderr for p in points]
    )


def limits_figure(dimensions: Sequence[int], estimates: Mapping[int, Sequence[float]]) -> go.Figure:
    """True against estimated dimension. estimates: TwoNN at each dimension, by N, rising."""
    figure = theme.frame(height=400)
    end = max(dimensions)
    figure.add_trace(go.Scatter(name="exact", x=[0, end], y=[0, end], mode="lines", hoverinfo="skip",
                                line={"color": theme.NEUTRAL, "dash": "dash", "width": 1.5}))  # fmt: skip
    colours = _FAMILY[-len(estimates) :]
    for (n, ids), colour in zip(estimates.items(), colours, strict=True):
        _lines(figure, f"N = {n:,}", dimensions, ids, colour, "circle")
    figure.update_xaxes(title_text="True dimension", range=[0, end + 1])
    figure.update_yaxes(title_text="TwoNN ID", range=[0, end + 1])
    return figure


def _lines(figure: go.Figure, name: str, x: Sequence[float], y: Sequence[float], colour: str, symbol: str,
           dash: str = "solid", bars: Sequence[float] | None = None) -> None:  # fmt: skip
    error = {"type": "data", "array": bars, "color": colour, "thickness": 1.5, "width": 4} if bars else None
    figure.add_trace(
        go.Scatter(
            name=name,
            x=x,
            y=y,
            error_y=error,
            mode="lines+markers",
            line={"color": colour, "width": 2.5, "dash": dash},
            marker={"color": colour, "size": 8, "symbol": symbol},
            hovertemplate=f"<b>{name}</b><br>%{{x}}: %{{y:.2f}}<extra></extra>",
        )
    )
