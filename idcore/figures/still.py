"""A figure of curves as HTML: what a browser shows of it before it has what draws figures. Its axes, lines, markers and
words stand where plotly puts them, however wide the place is, so that nothing moves when plotly takes over."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from itertools import pairwise, zip_longest
from math import floor, log10
from typing import Any

import plotly.graph_objects as go

Values = Mapping[str, Any]

_DASHES = {"solid": (), "dot": (1, 1), "dash": (3, 3), "longdash": (5, 5), "dashdot": (3, 1, 1, 1)}
"""In widths of the line, three pixels at least."""
_THIN, _WIDE, _NARROW, _ROUND, _BROAD = "fijlrt.,:;'|()- ", "mwMW%", 0.3, 0.51, 0.82
"""Letters of the page's font, and how wide they are, the others between, in sizes of the text."""
_SIZE = 12  # pixels, of all text
_LEVEL, _STEEP = 26.0, 0.5
"""Pixels from one name to the next, from which on plotly turns names that overlap by 30 degrees, not by 90; sine."""


class _Unknown(Exception):
    """Something that is not drawn here."""


@dataclass(frozen=True)
class _Axis:
    """low, high: of the range, in powers of ten where it is logarithmic. ticks: (value, words)."""

    low: float
    high: float
    log: bool
    ticks: Sequence[tuple[float, str]]
    title: str

    def share(self, value: float) -> float:
        """Where a value stands, in per cent of the axis."""
        at = log10(value) if self.log else value
        return 100 * (at - self.low) / (self.high - self.low)


def still(figure: go.Figure, alt: str, chosen: float | None = None, accent: str = "") -> str:
    """The HTML, with a style of its own; "" where there is something in the figure that is not drawn here. alt: what
    it shows, in a sentence. chosen: the place of the chosen layer, marked by a band of the colour `accent`."""
    try:
        return _still(figure.to_dict(), alt, chosen, accent)
    except _Unknown:
        return ""


def _still(figure: Values, alt: str, chosen: float | None, accent: str) -> str:
    layout, traces = figure["layout"], figure["data"]
    margin, height = layout["margin"], layout["height"]
    named = [trace for trace in traces if trace.get("showlegend", True)] if layout["showlegend"] else []
    x = _x_axis(layout["xaxis"])
    below = 61 if x.title else 37
    top = margin["t"] + (5 if named else 0)
    y = _y_axis(layout["yaxis"], traces, height - top - below)
    left = max(margin["l"], 45 + _widest(y))
    shown = [_grid(x, y), *map(lambda trace: _trace(trace, x, y), sorted(traces, key=lambda one: one.get("zorder", 1)))]
    words = [*_tick_words(x, y), *(_annotation(one, x, y) for one in layout.get("annotations", ()))]
    words.append(f'<span class="y-title" style="right:calc(100% + {17 + _widest(y):.0f}px)">{_words(y.title)}</span>')
    words += [f'<span class="x-title">{_words(x.title)}</span>'] if x.title else []
    band = "" if chosen is None else f'<i style="--at:{x.share(chosen):.2f}%;background:{escape(accent)}"></i>'
    legend = f'<div class="legend" style="left:{left}px">{"".join(map(_named, named))}</div>' if named else ""
    edges = f"left:{left:.0f}px;right:{margin['r']}px"
    return (
        f"<style>.still .plot {{ top: {top}px; bottom: {below}px; }}{_turned(x, left + margin['r'])}"
        f"{_wrapped(named, top, left + margin['r'])}</style>"
        f'<div class="still" role="img" aria-label="{escape(alt)}" style="height:{height}px">'
        f'<div class="plot" style="{edges}">{band}<svg>{"".join(shown)}</svg>{"".join(words)}</div>{legend}</div>'
    )


def _x_axis(given: Values) -> _Axis:
    low, high = given["range"]
    values = given["tickvals"]
    words = [unescape(one) for one in given["ticktext"]] if "ticktext" in given else [f"{one:g}" for one in values]
    return _Axis(low, high, False, list(zip(values, words, strict=True)), _title(given))


def _y_axis(given: Values, traces: Sequence[Values], pixels: float) -> _Axis:
    if given.get("type") != "log":
        if "range" not in given:
            raise _Unknown
        low, high = given["range"]
        return _Axis(low, high, False, [(one, _number(one)) for one in _round(low, high, pixels)], _title(given))
    if "tickvals" not in given:
        raise _Unknown
    low, high = given["range"] if "range" in given else _around(traces, pixels)
    inside = [one for one in given["tickvals"] if low <= log10(one) <= high]
    return _Axis(low, high, True, [(one, f"{one:,g}") for one in inside], _title(given))


def _title(given: Values) -> str:
    return str(given.get("title", {}).get("text", ""))


def _around(traces: Sequence[Values], pixels: float) -> tuple[float, float]:
    """The range that plotly gives a logarithmic axis: at each end a twentieth of it more, and room for the mark."""
    known = [(log10(one), trace["marker"]["size"]) for trace in traces for one in _reached(trace) if one > 0]
    (low, first), (high, last) = min(known), max(known)
    below, above = (0.05 * pixels + 0.8 * size for size in (first, last))
    one = (high - low or 1) / (pixels - below - above)
    return low - below * one, high + above * one


def _reached(trace: Values) -> Iterator[float]:
    """The heights of a trace, and of the ends of its bars."""
    for y, bar in zip_longest(trace["y"], trace.get("error_y", {}).get("array") or ()):
        if y is not None:
            yield from (y - (bar or 0.0), y + (bar or 0.0))


def _round(low: float, high: float, pixels: float) -> list[float]:
    """As many round numbers as plotly writes on an axis of so many pixels."""
    rough = (high - low) / (min(max(pixels / 40, 4), 9) + 1)
    unit = 10.0 ** floor(log10(rough))
    step = unit * next(times for times in (1, 2, 5, 10) if times * unit >= rough * (1 - 1e-9))
    return [i * step for i in range(-floor(-low / step), floor(high / step) + 1)]


def _number(value: float) -> str:
    value = round(value, 10)
    return f"{value:g}" if value < 1000 else f"{value / 1000:g}k" if value < 1e6 else f"{value / 1e6:g}M"


def width(words: str) -> float:
    """Pixels that words take at an axis, about."""
    return _SIZE * sum(_NARROW if one in _THIN else _BROAD if one in _WIDE else _ROUND for one in words)


def _widest(axis: _Axis) -> float:
    return max((width(words) for _, words in axis.ticks), default=0.0)


def _turned(x: _Axis, beside: float) -> str:
    """The rules for places where the names at the horizontal axis would overlap: as plotly, which turns them. beside:
    pixels of the place that the axis does not have."""
    if len(x.ticks) < 2 or x.title:
        return ""
    step = (x.share(x.ticks[1][0]) - x.share(x.ticks[0][0])) / 100
    needed = max((width(a) + width(b)) / 2 + 2 for (_, a), (_, b) in pairwise(x.ticks))
    longest = _widest(x)
    slanted = f".still .plot {{ bottom: {36 + longest * _STEEP:.0f}px; }}"
    slanted += " .still .x { transform: translate(3px, 15px) rotate(30deg); }"
    upright = f".still .plot {{ bottom: {27 + longest:.0f}px; }}"
    upright += " .still .x { writing-mode: vertical-rl; transform: translate(calc(-50% - 2px), 15px); }"
    return (
        f"@container still (max-width: {needed / step + beside:.0f}px) {{ {slanted} }}"
        f"@container still (max-width: {min(needed, _LEVEL) / step + beside:.0f}px) {{ {upright} }}"
    )


def _wrapped(named: Sequence[Values], top: float, beside: float) -> str:
    """The rules for places where the legend needs several lines: columns of one width, and less for the plot."""
    items = [43 + width(trace["name"]) for trace in named]
    rules, widest = [], max(items, default=0.0)
    for columns in range(len(items) - 1, 0, -1):
        needed = sum(items) if columns == len(items) - 1 else (columns + 1) * widest
        more = 19 * (-(-len(items) // columns) - 1)
        rules.append(
            f"@container still (max-width: {needed + beside:.0f}px) {{ .still .plot {{ top: {top + more:.0f}px; }} "
            f".still .legend {{ display: grid; grid-template-columns: repeat({columns}, {widest:.0f}px); }} }}"
        )
    return "".join(rules)


def _grid(x: _Axis, y: _Axis) -> str:
    rows = (f'<line x2="100%" y1="{100 - y.share(at):.2f}%" y2="{100 - y.share(at):.2f}%"/>' for at, _ in y.ticks)
    columns = (f'<line y2="100%" x1="{x.share(at):.2f}%" x2="{x.share(at):.2f}%"/>' for at, _ in x.ticks if x.title)
    return f'<g class="grid">{"".join(rows)}{"".join(columns)}</g>'


def _tick_words(x: _Axis, y: _Axis) -> list[str]:
    return [
        *(f'<span class="x" style="left:{x.share(at):.2f}%">{_words(words)}</span>' for at, words in x.ticks),
        *(f'<span class="y" style="bottom:{y.share(at):.2f}%">{_words(words)}</span>' for at, words in y.ticks),
    ]


def _annotation(given: Values, x: _Axis, y: _Axis) -> str:
    bottom = 100 * (given["y"] - y.low) / (y.high - y.low)  # on a logarithmic axis it is the power of ten
    shift = f"translate({given.get('xshift', 0) + 2:.1f}px, calc(50% - {given.get('yshift', 0):.1f}px))"
    style = f"left:{x.share(given['x']):.2f}%;bottom:{bottom:.2f}%;transform:{shift}"
    return f'<span style="{style}">{_words(given["text"])}</span>'


def _trace(trace: Values, x: _Axis, y: _Axis) -> str:
    if trace.get("type", "scatter") != "scatter" or trace.get("mode") != "lines+markers" or trace.get("fill"):
        raise _Unknown
    points = [
        (x.share(a), 100 - y.share(b), b, bar)
        for a, b, bar in zip_longest(trace["x"], trace["y"], trace.get("error_y", {}).get("array") or ())
        if a is not None and b is not None and (b > 0 or not y.log)
    ]
    line = trace["line"]
    path = " ".join(f"{a:.2f},{b:.2f}" for a, b, *_ in points)
    stretched = '<svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%">'
    drawn = (
        f'{stretched}<polyline points="{path}" fill="none" {_stroke(line)} vector-effect="non-scaling-stroke"/></svg>'
    )
    bars = "".join(_bar(trace["error_y"], a, b, bar, y) for a, _, b, bar in points if bar)
    mark = _mark(trace["marker"])
    marks = "".join(f'<svg x="{a:.2f}%" y="{b:.2f}%">{mark}</svg>' for a, b, *_ in points)
    return f'<g opacity="{trace.get("opacity", 1):g}">{drawn}{bars}{marks}</g>'


def _stroke(line: Values) -> str:
    dash = line.get("dash", "solid")
    if dash not in _DASHES:
        raise _Unknown
    lengths = " ".join(f"{one * max(line['width'], 3):g}" for one in _DASHES[dash])
    return f'stroke="{escape(line["color"])}" stroke-width="{line["width"]}" stroke-dasharray="{lengths or "none"}"'


def _bar(error: Values, a: float, value: float, bar: float, y: _Axis) -> str:
    low = value - bar
    ends = [100 - y.share(one) for one in (low if low > 0 or not y.log else value, value + bar)]
    stroke = f'stroke="{escape(error["color"])}" stroke-width="{error["thickness"]}"'
    cap = f'<path d="M{-error["width"]} 0H{error["width"]}" {stroke}/>'
    caps = "".join(f'<svg x="{a:.2f}%" y="{end:.2f}%">{cap}</svg>' for end in ends)
    return f'<line x1="{a:.2f}%" x2="{a:.2f}%" y1="{ends[0]:.2f}%" y2="{ends[1]:.2f}%" {stroke}/>{caps}'


def _mark(marker: Values) -> str:
    """The mark of a point around the origin, as plotly draws it."""
    name, r = str(marker.get("symbol", "circle")), marker["size"] / 2
    shape, open = name.removesuffix("-open"), name.endswith("-open")
    third = 2 * r / 3**0.5
    paths = {
        "circle": f"M{r} 0A{r} {r} 0 1 1 0 {-r}A{r} {r} 0 0 1 {r} 0Z",
        "square": f"M{r} {r}H{-r}V{-r}H{r}Z",
        "diamond": f"M{1.3 * r:.2f} 0L0 {1.3 * r:.2f}L{-1.3 * r:.2f} 0L0 {-1.3 * r:.2f}Z",
        "triangle-up": f"M{-third:.2f} {r / 2:.2f}H{third:.2f}L0 {-r}Z",
        "hexagon": f"M{0.87 * r:.2f} {-r / 2:.2f}V{r / 2:.2f}L0 {r}L{-0.87 * r:.2f} {r / 2:.2f}V{-r / 2:.2f}L0 {-r}Z",
        "x-thin": f"M{r} {r}L{-r} {-r}M{r} {-r}L{-r} {r}",
    }
    if shape not in paths:
        raise _Unknown
    colour = escape(marker["color"])
    rim = marker.get("line", {}).get("width", 1 if open else 0)
    return f'<path d="{paths[shape]}" fill="{"none" if open else colour}" stroke="{colour}" stroke-width="{rim}"/>'


def _named(trace: Values) -> str:
    line = f'<path d="M5 8H35" {_stroke(trace["line"])}/>'
    mark = f'<svg x="20" y="8">{_mark(trace["marker"])}</svg>'
    return f'<span><svg width="40" height="16">{line}{mark}</svg>{_words(trace["name"])}</span>'


def _words(text: str) -> str:
    """Words that were written for plotly, with its few entities, as HTML that shows them as they are."""
    return escape(unescape(text))
