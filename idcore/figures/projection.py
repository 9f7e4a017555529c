"""The map of one layer: two coordinates a sample, coloured by class."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from idcore.figures import theme


def projection_figure(
    positions: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str],
    *,
    ids: np.ndarray | None = None,
    predictions: np.ndarray | None = None,
    axes: tuple[str, str] = ("", ""),
    placed: np.ndarray | None = None,
) -> go.Figure:
    """One trace a class, its name written at the median of its points, so that colour is not the only key.

    positions: (n, 2). labels: (n,) int, -1 where there is none. ids, predictions: (n,) int, for the hover
    texts; a prediction of -1 is none.
    axes: titles; "" draws no axis, as in a map whose axes mean nothing. placed: (p, 2), drawn as stars on top.
    """
    figure = theme.frame(height=560)
    styles = theme.class_styles(len(class_names))
    trace = theme.scatter(len(positions))
    for c in range(-1, len(class_names)):
        mine = np.flatnonzero(labels == c)
        if not len(mine):
            continue
        colour, symbol = styles[c] if c >= 0 else (theme.NEUTRAL, "circle")
        name = class_names[c] if c >= 0 else "no label"
        figure.add_trace(
            trace(
                name=name,
                x=positions[mine, 0],
                y=positions[mine, 1],
                mode="markers",
                marker={"color": colour, "symbol": symbol, "size": 6, "opacity": 0.8},
                text=[_about(i, ids, predictions, class_names) for i in mine.tolist()],
                hovertemplate=f"<b>{name}</b>%{{text}}<extra></extra>",
            )
        )
        x, y = np.median(positions[mine], axis=0)
        if c >= 0:
            _write(figure, float(x), float(y), name, colour)
    if placed is not None:
        figure.add_trace(_stars(placed, trace))
    figure.update_layout(legend={"itemsizing": "constant"})
    for update, title in ((figure.update_xaxes, axes[0]), (figure.update_yaxes, axes[1])):
        update(title_text=title, showticklabels=bool(title), showgrid=bool(title))
    figure.update_yaxes(scaleanchor="x", scaleratio=1)
    return figure


def _stars(placed: np.ndarray, trace: type) -> Any:
    return trace(
        name="yours",
        x=placed[:, 0],
        y=placed[:, 1],
        mode="markers",
        marker={"color": theme.ACCENT, "symbol": "star", "size": 20, "line": {"color": "#ffffff", "width": 2}},
        hovertemplate="<b>your picture</b><extra></extra>",
    )


def _about(i: int, ids: np.ndarray | None, predictions: np.ndarray | None, names: Sequence[str]) -> str:
    text = "" if ids is None or not len(ids) else f"<br>sample {ids[i]}"
    if predictions is not None and len(predictions) and (guess := int(predictions[i])) >= 0:
        text += f"<br>the network says {names[guess] if guess < len(names) else guess}"
    return text


def _write(figure: go.Figure, x: float, y: float, text: str, colour: str) -> None:
    figure.add_annotation(
        x=x, y=y, text=f"<b>{text}</b>", showarrow=False, font={"size": 13, "color": theme.ink(colour)}, bgcolor=colour,
        borderpad=2, opacity=0.92,
    )  # fmt: skip
