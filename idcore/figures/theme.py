"""What all figures share: the colours, the frame, the words of the axes. Colours are for light and dark alike: every
one has a contrast of at least 3 to both backgrounds."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice, zip_longest
from math import ceil, floor, log10
from typing import Any

import plotly.graph_objects as go

from idcore.record import Layer
from idcore.spec import Regime

ACCENT = "#6a48dc"
"""The colour of the page, and of lines that are drawn through the data, as a fit is."""


@dataclass(frozen=True)
class Style:
    """How a curve is drawn. dash: where curves of several regimes lie on one another; the one that a figure is about is
    solid."""

    colour: str
    symbol: str
    dash: str


REGIMES: dict[Regime, Style] = {
    "pretrained": Style("#b13a9d", "triangle-up", "solid"),
    "trained": Style("#1f94ea", "circle", "solid"),
    "untrained": Style("#14724a", "square", "dash"),
    "shuffled": Style("#dd7622", "diamond", "dashdot"),
    "elsewhere": Style("#8a6420", "hexagon", "solid"),
}
"""Mauve, blue, green, orange, brown: the same wherever a regime is shown, and told apart by a deuteranope, from the
accent and the grey too."""

INK = "#000037"
"""Text of axes: near black; Streamlit writes the text colour of its theme, light or dark, in place of this one."""
TEXT = {"color": INK, "size": 12}
CHOSEN = "chosen"
"""Name of the marks of what the reader has chosen: on the screen alone, not in print."""
NEUTRAL = "#878c95"
FAINT = "rgba(134, 139, 148, 0.45)"
GRID = "rgba(134, 139, 148, 0.18)"

CLASS_COLOURS = (
    "#386af0", "#ea7151", "#057f01", "#d65dd7", "#b88806", "#02a4a7", "#82566f", "#f1548e", "#72794b", "#0e71b2",
)  # fmt: skip
"""Ten colours as far apart as a search found for all eyes, for deuteranopes too, among those with a contrast of 3 to
both backgrounds."""
CLASS_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross")

MARKS = tuple(digit * 10**power for power in range(6) for digit in (1, 2, 5))
"""Ticks of a logarithmic axis."""

_NAMED, _SOME = 40, 20  # layers that are all named at the axis; names of more, evenly, as a phone has room for
_LONGEST = 120  # characters of a name in a hover text
SVG_LIMIT = 2000
"""Scatters of more points are drawn with WebGL."""


def class_styles(n: int) -> list[tuple[str, str]]:
    """(colour, symbol) of n classes: the colours repeat after ten, with another symbol."""
    pairs = ((colour, symbol) for symbol in cycle(CLASS_SYMBOLS) for colour in CLASS_COLOURS)
    return list(islice(pairs, n))


def rgba(colour: str, alpha: float) -> str:
    """A #rrggbb colour with an opacity."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {alpha:g})"


def scatter(n: int) -> Any:
    """The trace for n points: SVG, or WebGL above `SVG_LIMIT`."""
    return go.Scatter if n <= SVG_LIMIT else go.Scattergl


def frame(height: int = 380, legend: bool = True) -> go.Figure:
    """An empty figure: transparent, thin grid, legend above at the left, no title."""
    axis = {
        "showgrid": True,
        "gridcolor": GRID,
        "gridwidth": 1,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "automargin": True,
        "tickfont": TEXT,
        "title": {"standoff": 16, "font": TEXT},
    }
    layout = {
        "template": "none",
        "height": height,
        "margin": {"l": 56, "r": 16, "t": 40 if legend else 16, "b": 52},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "closest",
        "showlegend": legend,
        "font": TEXT,
        "legend": {"font": TEXT, "orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"},
        "dragmode": False,
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": NEUTRAL, "activecolor": ACCENT},
        "xaxis": axis,
        "yaxis": axis,
    }
    return go.Figure(layout=layout)  # all at once: a tenth of the time that it takes to change a figure step by step


def layer_axis(figure: go.Figure, layers: Sequence[Layer], x: str) -> dict[str, float]:
    """Set the x axis for all the layers of the plan, measured or not, and return the place of each by name.

    x: "layer" (evenly spaced, names as ticks) or "depth" (relative depth, 0 ... 1).
    """
    if x == "depth":
        figure.update_xaxes(title_text="Relative depth", range=[-0.04, 1.04], tickvals=[0, 0.2, 0.4, 0.6, 0.8, 1])
        return {layer.name: layer.depth for layer in layers}
    ordered = sorted(layers, key=lambda layer: layer.order)
    places = {layer.name: float(i) for i, layer in enumerate(ordered)}
    every = 1 if len(places) <= _NAMED else -(-len(places) // _SOME)
    figure.update_xaxes(
        tickvals=list(places.values())[::every],
        ticktext=[plain(short_name(name)) for name in places][::every],
        range=[-0.45, max(len(places) - 0.55, 0.45)],
        showgrid=False,
    )
    figure.update_layout(margin={"b": 28})  # without a title below the names; those that are turned make their own room
    return places


def short_name(name: str, limit: int = 14) -> str:
    """The end of a long dotted layer name."""
    return name if len(name) <= limit else "…" + name[-(limit - 1) :]


def plain(text: str) -> str:
    """A stranger's words for plotly, which takes a little HTML: shown as they are, but for the beginning of what would
    fill the screen."""
    return html.escape(short_name(text, _LONGEST), quote=False).replace("%{", "% {")


def shape_text(layer: Layer) -> str:
    """Kind and shape of a layer, for hover texts: "Conv2d 32×26×26, D = 21,632"."""
    return f"{layer.kind} {'×'.join(map(str, layer.shape))}, D = {layer.units:,}"


def y_log(figure: go.Figure, log: bool) -> None:
    """A linear axis begins at 0; a logarithmic one is marked at 1, 2, 5, 10, ..., within a decade at more. After the
    traces are drawn."""
    if not log:
        figure.update_yaxes(rangemode="tozero")
        return
    known = [one for one in heights(figure) if one > 0]
    marks = _within(min(known), max(known)) if known and max(known) < 10 * min(known) else MARKS
    figure.update_yaxes(type="log", tickvals=marks, tickformat=",~f")


def heights(figure: go.Figure) -> list[float]:
    """How high the curves of a figure reach, with the bars above them."""
    return [
        y + (bar or 0.0)
        for trace in figure.data
        for y, bar in zip_longest(trace.y, () if trace.error_y.array is None else trace.error_y.array)
        if y is not None
    ]


def _within(low: float, high: float) -> list[float]:
    """About five round numbers from one to the other."""
    rough = max(high - low, low / 100) / 5
    unit = 10.0 ** floor(log10(rough))
    step = next(digit * unit for digit in (1, 2, 5, 10) if digit * unit >= rough)
    return [round(i * step, 10) for i in range(max(1, floor(low / step)), ceil(high / step) + 1)]
