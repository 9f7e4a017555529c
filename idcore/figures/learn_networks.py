"""The figures of Learn that show networks: ten digits on a map, a guess beside what was measured, shares of permuted
labels, the last hidden layer against the error."""

import base64
import io
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from idcore.estimators.summary import LayerSummary
from idcore.figures import theme
from idcore.paper.published import Point
from idcore.record import Layer
from idcore.spec import USUAL


def digits_map(positions: np.ndarray, labels: np.ndarray, chosen: np.ndarray, images: np.ndarray,
               names: Sequence[str], axes: tuple[str, str] = ("", "")) -> go.Figure:  # fmt: skip
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
    figure.update_layout(margin={"l": 8, "r": 8, "t": 8, "b": 40 if axes[0] else 8})
    low, high = positions.min(axis=0) - size, positions.max(axis=0) + size
    for update, title, ends in ((figure.update_xaxes, axes[0], 0), (figure.update_yaxes, axes[1], 1)):
        update(title_text=title, showticklabels=False, showgrid=False, range=[float(low[ends]), float(high[ends])])
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
    found = np.zeros((len(rows) * (h + gap) - gap, n * (w + gap) - gap, 4), np.uint8)
    for r, row in enumerate(rows):
        for c, image in enumerate(row):
            place = found[r * (h + gap) :, c * (w + gap) :][:h, :w]
            place[..., :3] = (255 * image).round()[..., None]
            place[..., 3] = 255
    return found


def guess_figure(names: Sequence[str], guesses: Mapping[str, Sequence[float]], chosen: str,
                 measured: Sequence[float] | None, bars: Sequence[float] | None = None, about: str = "measured",
                 top: float | None = None) -> go.Figure:  # fmt: skip
    """The curves one may expect, the chosen one bold, and, once revealed, what was measured. names: of the layers.
    guesses, measured, bars: a value for each layer. top: end of the axis."""
    figure = theme.frame(height=430)
    places = list(range(len(names)))
    for name, values in guesses.items():
        on = name == chosen
        colour = theme.ACCENT if on else theme.FAINT
        line = {"color": colour, "width": 3 if on else 2, "dash": "dash"}
        figure.add_trace(go.Scatter(name=f"{name}, your guess" if on else name, x=places, y=values, line=line,
                                    mode="lines+markers" if on else "lines", marker={"size": 8}, showlegend=on,
                                    hoverinfo="skip"))  # fmt: skip
    if measured is not None:
        colour = theme.REGIMES["pretrained" if "published" in about else "trained"].colour
        figure.add_trace(go.Scatter(name=about, x=places[: len(measured)], y=measured, mode="lines+markers",
                                    line={"color": colour, "width": 3}, marker={"size": 10, "color": colour},
                                    error_y={"type": "data", "array": bars or [], "color": colour, "width": 4},
                                    text=[theme.plain(name) for name in names],
                                    hovertemplate="%{text}: ID %{y:.1f}<extra></extra>"))  # fmt: skip
    figure.update_xaxes(tickvals=places, ticktext=[theme.plain(name) for name in names], showgrid=False)
    figure.update_yaxes(title_text="Intrinsic dimension", range=[0, top] if top else None, rangemode="tozero")
    return figure


def family_figure(
    curves: Mapping[str, Sequence[LayerSummary]],
    layers: Sequence[Layer],
    colours: Mapping[str, str],
    chosen: Collection[str],
    published: Mapping[str, Sequence[Point]] | None = None,
) -> go.Figure:
    """ID curves by name, the chosen ones bold; published ones dashed, at the layers they name."""
    figure = theme.frame(height=330)
    places = theme.layer_axis(figure, layers, "layer")
    for name, points in (published or {}).items():
        known = [point for point in points if point.layer in places]
        figure.add_trace(go.Scatter(name=f"{name}, published", x=[places[point.layer] for point in known],
                                    y=[point.id for point in known], mode="lines", hoverinfo="skip",
                                    line={"color": theme.NEUTRAL, "width": 1.75, "dash": "dash"}))  # fmt: skip
    for name, rows in curves.items():
        rows = [row for row in rows if row.id is not None]
        on, colour = name in chosen, colours[name]
        figure.add_trace(go.Scatter(
            name=name, x=[places[row.layer] for row in rows], y=[row.id for row in rows],
            mode="lines+markers", opacity=1 if on else 0.55, line={"color": colour, "width": 3.5 if on else 2},
            marker={"color": colour, "size": 10 if on else 6},
            error_y={"type": "data", "array": [row.id_err or 0.0 for row in rows], "width": 4, "visible": on},
            text=[theme.plain(row.layer) for row in rows],
            hovertemplate=f"<b>{name}</b> · %{{text}}<br>TwoNN ID %{{y:.2f}}<extra></extra>",
        ))  # fmt: skip
    figure.update_yaxes(title_text="TwoNN ID", rangemode="tozero")
    if not any(curves.values()):
        figure.update_yaxes(range=[0, 14])
    return figure


def linear_figure(
    curves: Mapping[str, Sequence[LayerSummary]], layers: Sequence[Layer], colours: Mapping[str, str]
) -> go.Figure:
    """PC-ID by layer, on a logarithmic axis, of networks by name."""
    figure = theme.frame(height=260)
    places = theme.layer_axis(figure, layers, "layer")
    for name, rows in curves.items():
        known = [(row.layer, row.pc_id) for row in rows if row.pc_id]
        figure.add_trace(go.Scatter(
            name=name, x=[places[layer] for layer, _ in known], y=[count for _, count in known], mode="lines+markers",
            line={"color": colours[name], "width": 2.5, "dash": "dash"},
            marker={"color": colours[name], "size": 9, "symbol": "triangle-up"},
            text=[theme.plain(layer) for layer, _ in known],
            hovertemplate=f"<b>{name}</b> · %{{text}}<br>PC-ID %{{y}}<extra></extra>",
        ))  # fmt: skip
    title = f"PC-ID ({100 * USUAL.variance:g} %)"
    figure.update_yaxes(title_text=title, type="log", range=[-0.1, 2.1], tickvals=[1, 3, 10, 30, 100])
    return figure


def brightened(images: np.ndarray, gradient: float) -> np.ndarray:
    """Images (n, h, w) in [0, 1] with a brightness of 0 to `gradient` in even steps, scaled to [0, 1] again: what
    MNIST* (Ansuini et al. 2019) does with random ones."""
    return (images + np.linspace(0, gradient, len(images))[:, None, None]) / (1 + gradient)


def share_colour(share: float) -> str:
    """From the colour of true labels to that of permuted ones."""
    ends = [
        np.array([int(theme.REGIMES[regime].colour[i : i + 2], 16) for i in (1, 3, 5)])
        for regime in ("trained", "shuffled")
    ]
    red, green, blue = (ends[0] + share * (ends[1] - ends[0])).round().astype(int).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def accuracy_figure(shares: Sequence[float], ids: Sequence[float], tests: Sequence[float], chosen: float) -> go.Figure:
    """The last hidden layer and the test accuracy against the share of permuted labels."""
    figure = theme.frame(height=230)
    for name, y, axis, colour, dash in (
        ("ID, last hidden layer", ids, "y", theme.ACCENT, "solid"),
        ("test accuracy", [100 * value for value in tests], "y2", theme.NEUTRAL, "dash"),
    ):
        figure.add_trace(go.Scatter(name=name, x=[100 * s for s in shares], y=y, yaxis=axis, mode="lines+markers",
                                    line={"color": colour, "width": 2.5, "dash": dash}, marker={"size": 8},
                                    hovertemplate=f"{name}: %{{y:.1f}}<extra></extra>"))  # fmt: skip
    figure.add_vline(x=100 * chosen, line={"color": theme.rgba(theme.ACCENT, 0.2), "width": 14}, layer="below")
    figure.update_xaxes(title_text="Permuted labels, %", range=[-4, 104])
    figure.update_yaxes(title_text="ID", rangemode="tozero")
    right = {"title": {"text": "Accuracy, %"}, "overlaying": "y", "side": "right", "showgrid": False}
    figure.update_layout(margin={"r": 56}, yaxis2={**right, "range": [0, 105], "tickvals": [0, 50, 100]})
    return figure


def last_hidden_figure(
    names: Sequence[str], errors: Sequence[float], ids: Sequence[float], bars: Sequence[float]
) -> go.Figure:
    """A point a network: its error on new samples (%) and the ID of its last hidden layer."""
    figure = theme.frame(height=400, legend=False)
    colour = theme.REGIMES["trained"].colour
    rank = np.argsort(np.argsort(errors))
    sides = ["top center" if place % 2 else "bottom center" for place in rank]  # neighbours do not cover each other
    figure.add_trace(go.Scatter(x=errors, y=ids, mode="markers+text", text=[theme.plain(name) for name in names],
                                textposition=sides, marker={"color": colour, "size": 10},
                                error_y={"type": "data", "array": bars, "color": colour, "width": 4},
                                hovertemplate="<b>%{text}</b><br>error %{x:.1f} %, ID %{y:.2f}<extra></extra>",
                                cliponaxis=False))  # fmt: skip
    figure.update_xaxes(title_text="Error on new digits, %")
    figure.update_yaxes(title_text="ID, last hidden layer", rangemode="tozero")
    if not len(names):
        figure.update_xaxes(range=[0, 10])
        figure.update_yaxes(range=[0, 14])
    return figure
