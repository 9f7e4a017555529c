"""The spectrum of one layer: how its variance is spread over principal components."""

import numpy as np
import plotly.graph_objects as go

from idcore.estimators.spectrum import Spectrum
from idcore.figures import theme
from idcore.spec import USUAL, Regime

_MOST = 300


def spectrum_figure(
    spectrum: Spectrum, regime: Regime = "elsewhere", *, variance: float = USUAL.variance, id: float | None = None
) -> go.Figure:
    """Share of the variance by component on log axes; the components that make up the PC-ID are filled.

    variance: of the PC-ID. id: the TwoNN ID of the layer, drawn beside it for comparison.
    """
    figure = theme.frame(height=380)
    pc_id = spectrum.pc_id(variance)
    share = np.diff(spectrum.explained, prepend=0.0).astype(np.float32)  # half the bytes, and finer than any screen
    explained = spectrum.explained.astype(np.float32)
    shown = _thinned(int((share > share[0] * 1e-9).sum()), pc_id)
    colour = theme.REGIMES[regime].colour
    hover = "component %{x}<br>%{y:.3%} of the variance<br>%{customdata:.2%} in the first %{x}<extra></extra>"
    inside, outside = shown[shown <= pc_id], shown[shown >= pc_id]
    floor = float(share[shown[-1] - 1])
    for name, part, line, fill in (
        (f"first {pc_id:,}: {explained[pc_id - 1]:.1%} of the variance", inside, colour, theme.rgba(colour, 0.16)),
        ("the others", outside, theme.NEUTRAL, None),
    ):
        figure.add_trace(
            go.Scatter(
                name=name,
                x=part,
                y=share[part - 1],
                customdata=explained[part - 1],
                mode="lines+markers" if len(part) < 12 else "lines",
                line={"color": line, "width": 2.5},
                marker={"size": 6},
                hovertemplate=hover,
            )
        )
        if fill and len(part) > 1:
            _fill(figure, part, share[part - 1], floor, fill)
    _mark(figure, pc_id, f"PC-ID {pc_id:,}", colour, "left", 0.02)
    if id is not None and id >= 1:
        _mark(figure, id, f"TwoNN {id:.1f}", theme.ACCENT, "right" if id < pc_id else "left", 0.12)
    figure.update_xaxes(title_text="Principal component", type="log", tickvals=theme.MARKS, tickformat=",d")
    figure.update_yaxes(title_text="Share of the variance", type="log", tickformat="~%", dtick=1)
    return figure


def _thinned(n: int, pc_id: int) -> np.ndarray:
    """Component numbers to draw, 1-based: all of few, of many an even choice on the log axis; always the PC-ID."""
    if n <= _MOST:
        return np.arange(1, n + 1)
    return np.unique(np.r_[np.geomspace(1, n, _MOST).round().astype(int), pc_id])


def _fill(figure: go.Figure, x: np.ndarray, y: np.ndarray, floor: float, colour: str) -> None:
    figure.add_trace(
        go.Scatter(
            x=np.r_[x, x[::-1]],
            y=np.r_[y, np.full(len(x), floor)],
            fill="toself",
            fillcolor=colour,
            line={"width": 0},
            mode="lines",
            hoverinfo="skip",
            showlegend=False,
        )
    )


def _mark(figure: go.Figure, x: float, text: str, colour: str, side: str, y: float) -> None:
    figure.add_vline(x=x, line={"color": colour, "width": 1.5, "dash": "dot"})
    figure.add_annotation(
        x=float(np.log10(x)),
        y=y,
        yref="paper",
        text=text,
        showarrow=False,
        xanchor=side,
        xshift=6 if side == "left" else -6,
        font={"color": colour},
    )
