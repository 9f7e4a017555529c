"""What all figures share: the colours, the frame, the words of the axes. Colours are for light and dark alike: every
one has a contrast of at least 3 to both backgrounds."""

import html
from collections.abc import Sequence
from itertools import cycle, islice

import plotly.graph_objects as go

from idcore.record import Layer
from idcore.spec import Regime

ACCENT = "#7c5cd6"
REGIME_COLOURS: dict[Regime, str] = {
    "pretrained": "#b4538a",
    "trained": "#2f80c9",
    "untrained": "#17966b",
    "shuffled": "#d8602a",
    "elsewhere": ACCENT,
}
"""Mauve, blue, green, vermilion: apart for the common kinds of colour blindness, the same wherever a regime is shown.
Representations that came without a network have the colour of the page."""
REGIME_SYMBOLS: dict[Regime, str] = {
    "pretrained": "triangle-up",
    "trained": "circle",
    "untrained": "square",
    "shuffled": "diamond",
    "elsewhere": "hexagon",
}

NEUTRAL = "#868b94"
FAINT = "rgba(134, 139, 148, 0.45)"
GRID = "rgba(134, 139, 148, 0.18)"

CLASS_COLOURS = (
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
)  # fmt: skip
"""Ten colours that stay apart for colour-blind readers: Petroff, "Accessible Color Sequences", arXiv:2107.02270."""
CLASS_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross")

MARKS = tuple(digit * 10**power for power in range(6) for digit in (1, 2, 5))
"""Ticks of a logarithmic axis."""

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


def scatter(n: int) -> type:
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
        "title": {"standoff": 16},
    }
    layout = {
        "template": "none",
        "height": height,
        "margin": {"l": 56, "r": 16, "t": 40 if legend else 16, "b": 52},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "closest",
        "showlegend": legend,
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"},
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
    figure.update_xaxes(
        tickvals=list(places.values()),
        ticktext=[plain(short_name(name)) for name in places],
        range=[-0.45, max(len(places) - 0.55, 0.45)],
        showgrid=False,
    )
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
    """A linear axis begins at 0; a logarithmic one is marked at 1, 2, 5, 10, ..."""
    if log:
        figure.update_yaxes(type="log", tickvals=MARKS, tickformat=",d")
    else:
        figure.update_yaxes(rangemode="tozero")
