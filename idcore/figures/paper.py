"""A figure of the paper: the published curves, dashed, and over them those measured here; then they are grey."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from idcore.estimators.caveats import LOWER_BOUND
from idcore.figures import theme
from idcore.paper.published import Figure, Point, Series
from idcore.spec import Regime

_EXTRA = ("#b07d00", "#a9519c", "#4a8f9c", "#bd1f01", "#6b7fd7", "#8a6d3b", "#5c8a2f")
"""For more than one curve of a regime; each has a contrast of at least 3 to both backgrounds."""
_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross")
_FEW = 7
"""Published curves that have a name each; more of them are one faint family."""


def paper_figure(
    figure: Figure,
    own: Mapping[str, Series],
    regimes: Mapping[str, Regime],
    *,
    log: bool = False,
) -> go.Figure:
    """own: the curves measured here by the name of the published one they stand beside. regimes: of the curves that one
    chose to measure, measured or not: their published counterparts stand out from the rest, and the first of a regime
    has its colour. Of a few published curves each has a colour of its own while nothing is measured. Series in percent
    have an axis of their own at the right."""
    drawn = theme.frame(height=460)
    colours = _colours(own, regimes)
    alone = {} if own else _alone(figure)
    few = len(figure.series) <= _FEW
    names = [series.name for series in figure.series]
    chosen = set(names) if few and not own else set(names) & set(regimes) or set(names)
    # What stands out is drawn last, over the rest.
    for series in sorted(figure.series, key=lambda series: series.name in chosen):
        number = names.index(series.name)
        out = series.name in chosen
        label = few or (out and len(chosen) <= _FEW)
        marked = few or (out and len(chosen) < len(names))
        colour = alone.get(series.name, theme.NEUTRAL) if out else theme.FAINT
        drawn.add_trace(_published(series, _symbol(number), figure, colour, out, label, marked, number == 0))
    for i, (name, series) in enumerate(own.items()):
        number = names.index(name) if name in names else i
        drawn.add_trace(_own(name, series, _symbol(number), colours[name], figure))
    _axes(drawn, figure, log)
    return drawn


def _symbol(number: int) -> str:
    return _SYMBOLS[number % len(_SYMBOLS)]


def _published(
    series: Series, symbol: str, figure: Figure, colour: str, out: bool, label: bool, marked: bool, first: bool
) -> go.Scatter:
    """out: whether it stands out. label: whether it has a name in the legend; the others share that of the first.
    marked: whether its points are."""
    points = _points(series, figure, colour, f"{series.name}, published", bars=out)
    if not marked and points["mode"] == "lines+markers":
        points["mode"] = "lines"
    return go.Scatter(
        name=f"{series.name}, published" if label else "published",
        legendgroup=series.name if label else "published",
        showlegend=label or first,
        line={"color": colour, "width": 1.75 if out else 1.25, "dash": "dash"},
        marker={"color": colour, "size": 8, "symbol": f"{symbol}-open", "line": {"color": colour, "width": 1.5}},
        **points,
    )


def _own(name: str, series: Series, symbol: str, colour: str, figure: Figure) -> go.Scatter:
    return go.Scatter(
        name=f"{name}, here",
        legendgroup=name,
        line={"color": colour, "width": 2.5},
        marker={"color": colour, "size": 9, "symbol": symbol},
        zorder=2,
        **_points(series, figure, colour, f"{name}, here"),
    )


def _points(series: Series, figure: Figure, colour: str, about: str, bars: bool = True) -> dict[str, Any]:
    points = sorted(series.points, key=lambda point: point.x)
    drawn = {}
    if bars and any(point.err for point in points):
        array = [point.err or 0.0 for point in points]
        drawn = {"error_y": {"type": "data", "array": array, "color": colour, "thickness": 1.25, "width": 3}}
    cloud = figure.number == "4"  # networks, not layers of one
    few_points = len(points) <= 30
    return {
        "x": [point.x for point in points],
        "y": [point.id for point in points],
        "mode": "markers" if cloud else "lines+markers" if few_points else "lines",
        "text": [_about(point, series.value) for point in points],
        "hovertemplate": f"<b>{about}</b><br>%{{text}}<extra></extra>",
        "yaxis": "y2" if series.value == "%" else "y",
        **drawn,
    }


def _about(point: Point, value: str) -> str:
    name = point.layer or f"{point.x:,g}"
    unit = "%" if value == "%" else ""
    bar = f" ± {point.err:.2f}" if point.err else ""
    bound = "at least " if value == "ID" and point.id > LOWER_BOUND else ""
    return f"{name}: {'' if unit else value + ' '}{bound}{point.id:,.2f}{bar}{unit}"


def _colours(own: Mapping[str, Series], regimes: Mapping[str, Regime]) -> dict[str, str]:
    taken: set[Regime] = set()
    colours: dict[str, str] = {}
    extra = 0
    for name in own:
        regime = regimes[name]
        if regime in taken:
            colours[name], extra = _EXTRA[extra % len(_EXTRA)], extra + 1
        else:
            colours[name] = theme.REGIMES[regime].colour
            taken.add(regime)
    return colours


def _alone(figure: Figure) -> dict[str, str]:
    """The colours of published curves under which nothing is measured: those of their regimes where they name one."""
    if len(figure.series) > _FEW or len(figure.series) == 1:
        return {}
    known = {
        "untrained": theme.REGIMES["untrained"],
        "trained": theme.REGIMES["pretrained"],
        "†": theme.REGIMES["shuffled"],
    }
    regimes = [next((style.colour for word, style in known.items() if word in one.name), "") for one in figure.series]
    return {one.name: regimes[i] or _EXTRA[i] for i, one in enumerate(figure.series)}


def _axes(drawn: go.Figure, figure: Figure, log: bool) -> None:
    if figure.x == "Layer":
        points: Sequence[Point] = figure.series[0].points
        drawn.update_xaxes(tickvals=[p.x for p in points], ticktext=[p.layer for p in points], showgrid=False)
    else:
        drawn.update_xaxes(title_text=figure.x)
    drawn.update_yaxes(title_text=figure.value)
    theme.y_log(drawn, log)
    if any(series.value == "%" for series in figure.series):
        right = {"title": {"text": "Accuracy, %"}, "overlaying": "y", "side": "right", "range": [0, 100]}
        drawn.update_layout(yaxis2={**right, "showgrid": False}, margin={"r": 56})
