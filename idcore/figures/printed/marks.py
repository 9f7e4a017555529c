"""Lines, rectangles, words and pictures that a figure has beside its traces."""

import base64
import io
from typing import Any

import numpy as np

from idcore.errors import RequestError
from idcore.figures import theme
from idcore.figures.printed.panels import Panel
from idcore.figures.printed.traces import PT, colour, dash
from idcore.figures.printed.words import plain


def shapes(figure: Any, panels: dict[tuple[str, str], Panel]) -> list[tuple[Any, str]]:
    """All but the marks of what the reader has chosen on the screen (`theme.CHOSEN`); those that the legend names, with
    their names."""
    named: list[tuple[Any, str]] = []
    for shape in figure.layout.shapes:
        if shape.name == theme.CHOSEN:
            continue
        panel = _panel(panels, shape.xref, shape.yref)
        across, up = _transform(panel, shape.xref, "x"), _transform(panel, shape.yref, "y")
        zorder = 0.5 if shape.layer == "below" else 4
        stroke = colour(shape.line.color or theme.NEUTRAL)
        if shape.type == "line":
            (drawn,) = panel.axes.plot([shape.x0, shape.x1], [shape.y0, shape.y1], transform=_both(across, up, panel),
                            color=stroke, linewidth=(2 if shape.line.width is None else shape.line.width) * PT,
                            linestyle=dash(shape.line), zorder=zorder, scalex=False, scaley=False)  # fmt: skip
            if shape.showlegend and shape.name:
                named.append((drawn, plain(shape.name)))
        elif shape.type == "rect":
            from matplotlib.patches import Rectangle

            width = 2 if shape.line.width is None else shape.line.width
            panel.axes.add_patch(
                Rectangle((shape.x0, shape.y0), shape.x1 - shape.x0, shape.y1 - shape.y0,
                          transform=_both(across, up, panel), edgecolor=stroke if width else "none",
                          facecolor=colour(shape.fillcolor) if shape.fillcolor else "none", linewidth=width * PT,
                          zorder=zorder)
            )  # fmt: skip
        else:
            raise RequestError(f"This figure has a mark of the kind {shape.type!r}, which is not known for print.")
    return named


def words(figure: Any, panels: dict[tuple[str, str], Panel], size: float) -> None:
    """The words that stand in a figure."""
    for note in figure.layout.annotations:
        if note.name == theme.CHOSEN:
            continue
        panel = _panel(panels, note.xref, note.yref)
        transform = _both(_transform(panel, note.xref, "x"), _transform(panel, note.yref, "y"), panel)
        x, y = _value(note.x, note.xref, panel.x, "x"), _value(note.y, note.yref, panel.y, "y")
        drawn = panel.axes.annotate(
            plain(note.text), (x, y), ((note.xshift or 0) * PT, (note.yshift or 0) * PT), xycoords=transform,
            textcoords="offset points", ha=_ALONG.get(note.xanchor or "", "center"),
            va={"top": "top", "bottom": "bottom"}.get(note.yanchor or "", "center"), fontsize=size,
            color=colour(note.font.color) if note.font.color and note.font.color != theme.INK else "black", zorder=5,
            annotation_clip=False,
        )  # fmt: skip
        drawn.set_in_layout(True)


def _value(value: float, ref: str | None, axis: Any, which: str) -> float:
    """Where words stand: on a logarithmic axis plotly has the logarithm."""
    return 10.0**value if axis.type == "log" and _of_axis(ref, which) else value


def _of_axis(ref: str | None, which: str) -> bool:
    return ref is None or (ref.startswith(which) and "domain" not in ref)


_ALONG = {"left": "left", "right": "right"}


def pictures(figure: Any, panels: dict[tuple[str, str], Panel]) -> None:
    """Pictures at places of the axes."""
    for image in figure.layout.images:
        panel = _panel(panels, image.xref, image.yref)
        x = image.x - {"center": 0.5, "right": 1.0}.get(image.xanchor or "left", 0.0) * image.sizex
        y = image.y - {"middle": 0.5, "top": 1.0}.get(image.yanchor or "top", 0.0) * image.sizey
        panel.axes.imshow(_pixels(image.source), extent=(x, x + image.sizex, y, y + image.sizey), cmap="gray",
                          zorder=3.5, interpolation="nearest", aspect="auto")  # fmt: skip


def _pixels(source: str) -> np.ndarray:
    from PIL import Image

    if not source.startswith("data:image/"):
        raise RequestError("This figure has a picture that lies elsewhere, which cannot be printed.")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))))


def _panel(panels: dict[tuple[str, str], Panel], x: str | None, y: str | None) -> Panel:
    """The axes that a mark refers to, the first where it refers to the paper."""
    x_name, y_name = ((ref or "").split(" ")[0] for ref in (x, y))
    named = (p for (a, b), p in panels.items() if x_name in (a, "paper", "") and y_name in (b, "paper", ""))
    return next(named, None) or next(iter(panels.values()))


def _transform(panel: Panel, ref: str | None, which: str) -> Any:
    """None where a mark stands at values of the axis, else within the axes (of a figure with one panel the paper)."""
    return None if _of_axis(ref, which) else panel.axes.transAxes


def _both(across: Any, up: Any, panel: Panel) -> Any:
    from matplotlib.transforms import blended_transform_factory

    data = panel.axes.transData
    return data if across is None and up is None else blended_transform_factory(across or data, up or data)
