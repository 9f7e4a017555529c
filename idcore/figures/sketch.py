"""Curves by relative depth as SVG: drawn by the server, so that a page shows them before the browser has anything to
draw with. A point is a link and says its numbers when it is pointed at. Text has the colour of the page around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import floor, isfinite, log10

from idcore.figures.theme import NEUTRAL, Style


@dataclass(frozen=True)
class Dot:
    """x: relative depth. y, error: value and one standard error, None for none known. words: what is said of it. link:
    where a click leads, "" for nowhere."""

    x: float
    y: float
    error: float | None = None
    words: str = ""
    link: str = ""


@dataclass(frozen=True)
class Line:
    """label: written at its end. style: colour, marker and dash; faint: thin and without markers."""

    label: str
    style: Style
    dots: Sequence[Dot]
    faint: bool = False


@dataclass(frozen=True)
class Box:
    """The place of a sketch in its own units, and of the axes within it. axes: whether they are drawn."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    low: float
    high: float
    log: bool
    axes: bool

    def x(self, depth: float) -> float:
        return self.left + depth * (self.width - self.left - self.right)

    def y(self, value: float) -> float:
        low, high, value = (log10(v) if self.log else v for v in (self.low, self.high, max(value, self.low)))
        return self.height - self.bottom - (value - low) / (high - low) * (self.height - self.top - self.bottom)


_DASHES = {"solid": "", "dash": "7 5", "dashdot": "9 4 2 4", "dot": "2 4"}
_SIZE = 13.0  # of text
_CLOSEST = 17.0  # of two labels
_CARD = 220, 96  # width and height of the smallest
_NARROW = 500.0


def sketch(lines: Sequence[Line], alt: str, y: str = "ID", log: bool = False, width: float = 980, height: float = 400
           ) -> str:  # fmt: skip
    """The figure with axes. alt: what it shows, in a sentence. y: title of the vertical axis. width, height: in pixels
    where it is shown at its own size; of a narrow one the labels stand below each other at the top."""
    values = [dot.y for line in lines for dot in line.dots]
    low, high = (min(values) / 1.5, max(values) * 1.5) if log else (0.0, _above(lines))
    labels = [line for line in lines if line.label and line.dots]
    narrow = width < _NARROW
    right, top = (14, 30 + _CLOSEST * len(labels)) if narrow else (150, 30)
    box = Box(width, height, 56 if log else 40, right, top, 46, low, high, log, True)
    drawn = [_line(line, box) for line in lines]
    named = _listed(labels) if narrow else _ends(labels, box)
    return _svg(box, [_text(2, 14, y, "start", weight=600), *_grid(box), *drawn, *named], alt)


def small(lines: Sequence[Line], alt: str) -> str:
    """The curves alone, for a card."""
    width, height = _CARD
    box = Box(width, height, 8, 8, 10, 10, 0.0, _above(lines), False, False)
    floor_line = f'<path d="M0 {height - 5}H{width}" stroke="{NEUTRAL}" stroke-opacity="0.4"/>'
    return _svg(box, [floor_line, *(_line(line, box) for line in lines)], alt)


def _above(lines: Sequence[Line]) -> float:
    return 1.08 * max(dot.y + (dot.error or 0.0) for line in lines for dot in line.dots)


def _svg(box: Box, parts: Sequence[str], alt: str) -> str:
    head = f'<svg viewBox="0 0 {box.width:g} {box.height:g}" role="img" aria-label="{escape(alt)}" fill="none" '
    style = 'style="width:100%;height:auto;display:block;overflow:visible;font-family:inherit"'
    return f"{head}{style}>{''.join(parts)}</svg>"


def _grid(box: Box) -> list[str]:
    right, bottom = box.width - box.right, box.height - box.bottom
    parts = []
    for value in _ticks(box):
        at = box.y(value)
        parts.append(f'<path d="M{box.left} {at:.1f}H{right}" stroke="{NEUTRAL}" stroke-opacity="0.25"/>')
        parts.append(_text(box.left - 8, at + 4, f"{value:,g}" if value < 1e6 else f"{value / 1e6:g} M", "end"))
    for depth in (0, 0.5, 1) if box.width < _NARROW else (0, 0.2, 0.4, 0.6, 0.8, 1):
        parts.append(_text(box.x(depth), bottom + 20, f"{depth:g}", "middle"))
    parts.append(_text(box.x(0.5), bottom + 40, "Relative depth, input to output", "middle"))
    return parts


def _ticks(box: Box) -> list[float]:
    if box.log:
        return [10.0**power for power in range(floor(log10(box.low)) + 1, floor(log10(box.high)) + 1)]
    step = 10 ** floor(log10(box.high / 2))
    step *= next(times for times in (1, 2, 5, 10) if box.high / (step * times) <= 6)
    return [step * i for i in range(int(box.high / step) + 1)]


def _line(line: Line, box: Box) -> str:
    dots = [dot for dot in line.dots if isfinite(dot.y)]
    points = " ".join(f"{box.x(dot.x):.1f},{box.y(dot.y):.1f}" for dot in dots)
    dash = f' stroke-dasharray="{_DASHES[line.style.dash]}"' if _DASHES.get(line.style.dash) else ""
    width = 1.4 if line.faint else 2.4 if box.axes else 2
    stroke = f'stroke="{line.style.colour}" stroke-width="{width}" stroke-linejoin="round"'
    parts = [f'<polyline points="{points}" {stroke}{dash}/>']
    if not line.faint and box.axes:
        parts += [_dot(dot, line.style, box) for dot in dots]
    return "".join(parts)


def _dot(dot: Dot, style: Style, box: Box) -> str:
    x, y = box.x(dot.x), box.y(dot.y)
    bar = ""
    if dot.error:
        low, high = box.y(max(dot.y - dot.error, box.low)), box.y(dot.y + dot.error)
        bar = f'<path d="M{x:.1f} {low:.1f}V{high:.1f}" stroke="{style.colour}" stroke-width="1.5"/>'
    said = f"<title>{escape(dot.words)}</title>" if dot.words else ""
    # A finger needs more room than a marker has.
    mark = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="14" fill="transparent"/>{_marker(x, y, style)}'
    group = f"<g>{said}{bar}{mark}</g>"
    link = f'<a href="{escape(dot.link)}" target="_self" aria-label="{escape(dot.words)}">{group}</a>'
    return link if dot.link else group


def _marker(x: float, y: float, style: Style) -> str:
    fill, r = f'fill="{style.colour}"', 5.0
    if style.symbol == "square":
        return f'<rect x="{x - r + 0.5:.1f}" y="{y - r + 0.5:.1f}" width="{2 * r - 1}" height="{2 * r - 1}" {fill}/>'
    if style.symbol == "diamond":
        return f'<path d="M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z" {fill}/>'
    if style.symbol == "triangle-up":
        return f'<path d="M{x:.1f} {y - 6.5:.1f}l6.5 11h-13z" {fill}/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r}" {fill}/>'


def _ends(lines: Sequence[Line], box: Box) -> list[str]:
    """The label of each line beside its last point, none on another."""
    ordered = sorted(lines, key=lambda line: box.y(line.dots[-1].y))
    heights = [box.y(line.dots[-1].y) + 4 for line in ordered]
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + _CLOSEST)
    lowest = box.height - box.bottom + 4
    for i in reversed(range(len(heights))):  # none below the axis
        heights[i] = min(heights[i], lowest - (len(heights) - 1 - i) * _CLOSEST)
    return [_label(line, box.width - box.right + 14, y) for line, y in zip(ordered, heights, strict=True)]


def _listed(lines: Sequence[Line]) -> list[str]:
    return [_label(line, 2, 34 + i * _CLOSEST) for i, line in enumerate(lines)]


def _label(line: Line, x: float, y: float) -> str:
    mark = _marker(x + 5, y - 4.5, line.style)
    if line.faint:
        stroke = f'stroke="{line.style.colour}" stroke-dasharray="4 3" stroke-width="1.4"'
        mark = f'<path d="M{x:.1f} {y - 4.5:.1f}h11" {stroke}/>'
    return mark + _text(x + 16, y, line.label, "start", weight=600)


def _text(x: float, y: float, words: str, anchor: str, weight: int = 400) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{_SIZE}" text-anchor="{anchor}" fill="currentColor" '
        f'font-weight="{weight}">{escape(words)}</text>'
    )
