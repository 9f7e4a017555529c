"""Redundancy of last hidden layers: what chunks know, against their size."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from idcore.estimators.redundancy import Chunk
from idcore.figures import theme

VIEWS = ("error", "R²", "residuals")
_TITLES = {
    "error": "Error of the chunk, less that of the whole layer",
    "R²": "R² of all units from the chunk",
    "residuals": "Mean |correlation| of the residuals",
}


def redundancy_figure(
    rows: Mapping[str, tuple[tuple[Chunk, ...], float | None]], colours: Mapping[str, str], view: str
) -> go.Figure:
    """By size of the chunk, a line for each network, bars the spread over the draws. rows: (chunks, accuracy of the
    whole layer) by name. The error stands on logarithmic axes beside w^-1/2 (dashed), which passes through the mean of
    what is drawn; sizes that err no more than the whole are left out."""
    figure = theme.frame(height=400)
    seen: list[tuple[float, float]] = []
    for name, (chunks, whole) in rows.items():
        points = [(c.w, *value, c) for c in chunks if (value := _value(c, whole, view)) is not None]
        seen += [(w, y) for w, y, _, _ in points]
        figure.add_trace(
            go.Scatter(
                name=theme.plain(name),
                x=[w for w, *_ in points],
                y=[y for _, y, _, _ in points],
                error_y={"type": "data", "array": [bar for _, _, bar, _ in points], "thickness": 1, "width": 3},
                mode="lines+markers",
                line={"color": colours.get(name, theme.ACCENT), "width": 2},
                marker={"color": colours.get(name, theme.ACCENT), "size": 7},
                customdata=[[f"{c.n:,}", c.draws, theme.plain(c.note)] for *_, c in points],
                hovertemplate=f"<b>{theme.plain(name)}</b>, chunks of %{{x}} units<br>%{{y:.3f}} ± "
                "%{error_y.array:.3f} (spread over %{customdata[1]} draws), N = %{customdata[0]}<br>%{customdata[2]}"
                "<extra></extra>",
            )
        )
    figure.update_xaxes(title_text="Units of the chunk w", type="log")
    figure.update_yaxes(title_text=_TITLES[view])
    if view != "error":
        figure.update_yaxes(range=[0, 1.03])
        return figure
    figure.update_yaxes(type="log")
    if seen:
        w, y = np.array(seen).T
        level = np.exp(np.mean(np.log(y) + np.log(w) / 2))
        ends = np.array([w.min(), w.max()])
        line = {"color": theme.NEUTRAL, "width": 1.5, "dash": "dash"}
        figure.add_trace(go.Scatter(name="w^-1/2", x=ends, y=level / np.sqrt(ends), mode="lines", line=line,
                                    hoverinfo="skip"))  # fmt: skip
    return figure


def _value(chunk: Chunk, whole: float | None, view: str) -> tuple[float, float] | None:
    """(value, its bar)."""
    if view == "R²":
        return chunk.r2, chunk.r2_spread
    if view == "residuals":
        return chunk.residual_correlation, 0.0
    if chunk.accuracy is None or whole is None or chunk.accuracy >= whole:
        return None
    return whole - chunk.accuracy, chunk.accuracy_spread or 0.0
