"""The map of one layer, coloured by a number a sample: local dimension, local density."""

import numpy as np
import plotly.graph_objects as go

from idcore.figures import theme

SCALE = "Viridis"
"""Even in lightness, and read by colour-blind people."""


def coloured_figure(
    positions: np.ndarray,
    values: np.ndarray,
    name: str,
    *,
    ids: np.ndarray | None = None,
    axes: tuple[str, str] = ("", ""),
) -> go.Figure:
    """positions: (n, 2). values: (n,) float, NaN where there is none: drawn grey. The colours span the values from
    the 2nd to the 98th percentile. name: of the value. ids: (n,) int, for the hover texts. axes: titles; "" draws no
    axis, as in a map whose axes mean nothing."""
    figure = theme.frame(height=560, legend=False)
    trace = theme.scatter(len(positions))
    known = np.isfinite(values)
    for mine, marker in (
        (np.flatnonzero(~known), {"color": theme.FAINT}),
        (np.flatnonzero(known), {"color": values[known], "colorscale": SCALE, **_range(values[known], name)}),
    ):
        if len(mine):
            figure.add_trace(
                trace(
                    name=name if known[mine[0]] else "no value",
                    x=positions[mine, 0],
                    y=positions[mine, 1],
                    mode="markers",
                    marker={"size": 6, "opacity": 0.9, **marker},
                    text=[_about(i, values, ids, name) for i in mine.tolist()],
                    hovertemplate="%{text}<extra></extra>",
                )
            )
    figure.update_layout(dragmode="pan")
    for update, title in ((figure.update_xaxes, axes[0]), (figure.update_yaxes, axes[1])):
        update(title_text=title, showticklabels=bool(title), showgrid=bool(title))
    figure.update_yaxes(scaleanchor="x", scaleratio=1)
    return figure


def _range(values: np.ndarray, name: str) -> dict:
    if not len(values):
        return {}
    low, high = np.percentile(values, [2, 98])
    bar = {"title": {"text": name, "side": "right"}, "thickness": 12, "outlinewidth": 0}
    return {"cmin": float(low), "cmax": float(high), "colorbar": bar}


def _about(i: int, values: np.ndarray, ids: np.ndarray | None, name: str) -> str:
    sample = f"<b>sample {ids[i]}</b><br>" if ids is not None and len(ids) else ""
    return sample + (f"{name} {values[i]:.2f}" if np.isfinite(values[i]) else f"no {name}: it lies on its neighbours")
