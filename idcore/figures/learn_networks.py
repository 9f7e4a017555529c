"""The figures of Learn that show digits: ten of them on a map, sheets of them; and the last hidden layer against the
error."""

import base64
import io
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from idcore.estimators.summary import LayerSummary
from idcore.figures import theme


def digits_map(positions: np.ndarray, labels: np.ndarray, chosen: np.ndarray, images: np.ndarray,
               names: Sequence[str]) -> go.Figure:  # fmt: skip
    """All samples as dots, ten of them as pictures. positions: (n, 2). labels: (n,). chosen: places of the ten.
    images: (n, h, w) in [0, 1], of all samples. names: of the classes."""
    figure = theme.frame(height=430, legend=False)
    for label, (colour, symbol) in enumerate(theme.class_styles(len(names))):
        mine = labels == label
        figure.add_trace(go.Scatter(name=theme.plain(names[label]), x=positions[mine, 0], y=positions[mine, 1],
                                    mode="markers", opacity=0.55, hovertemplate="%{fullData.name}<extra></extra>",
                                    marker={"color": colour, "symbol": symbol, "size": 5}))  # fmt: skip
    spread = np.ptp(positions, axis=0)
    size = float(spread.max()) / 13
    styles = theme.class_styles(len(names))
    for i in chosen.tolist():
        x, y = map(float, positions[i])
        figure.add_layout_image(source=_picture(images[i]), x=x, y=y, xref="x", yref="y", sizex=size, sizey=size,
                                xanchor="center", yanchor="middle", layer="above")  # fmt: skip
        figure.add_shape(type="rect", x0=x - size / 2, x1=x + size / 2, y0=y - size / 2, y1=y + size / 2,
                         line={"color": styles[int(labels[i])][0], "width": 2})  # fmt: skip
    figure.update_layout(margin={"l": 8, "r": 8, "t": 8, "b": 8})
    low, high = positions.min(axis=0) - size, positions.max(axis=0) + size
    for update, axis in ((figure.update_xaxes, 0), (figure.update_yaxes, 1)):
        update(title_text="", showticklabels=False, showgrid=False, range=[float(low[axis]), float(high[axis])])
    figure.update_yaxes(scaleanchor="x", scaleratio=1)
    return figure


def _picture(image: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray((255 * image).round().astype(np.uint8)).resize((56, 56), Image.Resampling.NEAREST).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def sheet(rows: Sequence[np.ndarray], gap: int = 3) -> np.ndarray:
    """Rows of images as one picture with an alpha channel. rows: each (n, h, w) in [0, 1] -> (H, W, 4) uint8, clear
    between the images."""
    n, h, w = rows[0].shape
    picture = np.zeros((len(rows) * (h + gap) - gap, n * (w + gap) - gap, 4), np.uint8)
    for r, row in enumerate(rows):
        for c, image in enumerate(row):
            tile = picture[r * (h + gap) :, c * (w + gap) :][:h, :w]
            tile[..., :3] = (255 * image).round()[..., None]
            tile[..., 3] = 255
    return picture


def brightened(images: np.ndarray, gradient: float) -> np.ndarray:
    """Images (n, h, w) in [0, 1] with a brightness of 0 to `gradient` in even steps, scaled to [0, 1] again: what
    MNIST* (Ansuini et al. 2019) does with random ones."""
    return (images + np.linspace(0, gradient, len(images))[:, None, None]) / (1 + gradient)


def last_hidden_figure(names: Sequence[str], errors: Sequence[float], rows: Sequence[LayerSummary]) -> go.Figure:
    """A point a network: its error on new samples (%) and the ID of its last hidden layer, whose row has one."""
    figure = theme.frame(height=400, legend=False)
    colour = theme.REGIMES["trained"].colour
    rank = np.argsort(np.argsort(errors))
    sides = ["top center" if i % 2 else "bottom center" for i in rank]  # neighbours do not cover each other
    said = [f"ID {row.id or 0:.2f} ± {row.id_err or 0:.2f}<br>N = {row.n:,}, D = {row.units:,}" for row in rows]
    figure.add_trace(go.Scatter(x=errors, y=[row.id for row in rows], mode="markers+text",
                                text=[theme.plain(name) for name in names], customdata=said,
                                textposition=sides, marker={"color": colour, "size": 10},
                                error_y={"type": "data", "array": [row.id_err for row in rows], "color": colour,
                                         "width": 4},
                                hovertemplate="<b>%{text}</b><br>error %{x:.1f}%<br>%{customdata}<extra></extra>",
                                cliponaxis=False))  # fmt: skip
    figure.update_xaxes(title_text="Error on new digits, %")
    figure.update_yaxes(title_text="ID, last hidden layer", rangemode="tozero")
    return figure
