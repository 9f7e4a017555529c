"""What Ansuini, Laio, Macke, Zoccolan published (NeurIPS 2019), figure by figure, from `published.json`."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("published.json")
_CURVES = {"cnn": ("6", "MNIST")}
"""(figure, series) of a network's usual curve, where it is not one of those of figures 3a and 3b."""


@dataclass(frozen=True)
class Point:
    """layer: name of the layer (of the network in figure 4), "" where `x` says it all. x: its place on the axis of the
    figure, the relative depth of `curve`. id: the value. err: half of its error bar, None where there is none."""

    layer: str
    x: float
    id: float
    err: float | None = None

    @property
    def depth(self) -> float:
        """The place of a layer, 0 (input) to 1 (output), on a curve by relative depth."""
        return self.x


@dataclass(frozen=True)
class Series:
    """A curve. value: what its points are: "ID", "PC-ID", "ED" (units), "%". architecture: name of the network in
    the catalogue, "" where there are several."""

    name: str
    points: tuple[Point, ...]
    value: str = "ID"
    architecture: str = ""


@dataclass(frozen=True)
class Figure:
    """number: as in the paper. x, value: titles of the axes; x is "Layer" where only the order counts. bars: what the
    error bars are, "" where there are none. protocol: how it was made, in 60 words at most."""

    number: str
    title: str
    x: str
    value: str
    bars: str
    protocol: str
    series: tuple[Series, ...]


@cache
def figures() -> tuple[Figure, ...]:
    """All figures with published values, in the order of the paper."""
    return tuple(_figure(values) for values in _read()["figures"])


def figure(number: str) -> Figure:
    """The figure of a number. Raises KeyError."""
    return {one.number: one for one in figures()}[number]


def source() -> str:
    """Where the values come from, and how they were taken from there."""
    return f"{_read()['source']}. {_read()['how']}"


def curve(architecture: str) -> Series | None:
    """The published ID by layer of a network, by relative depth; None where the paper has none. Error bars, where
    figure 3a shows them, are standard deviations over 7 categories."""
    if architecture in _CURVES:
        number, name = _CURVES[architecture]
        published = next(one for one in figure(number).series if one.name == name)
        last = len(published.points) - 1
        points = tuple(Point(p.layer, i / last, p.id, p.err) for i, p in enumerate(published.points))
        return Series(published.name, points, published.value, architecture)
    by_name = {one.name: one for one in figure("3b").series}
    if architecture not in by_name:
        return None
    bars = {one.name: [p.err for p in one.points] for one in figure("3a").series}
    series = by_name[architecture]
    errors = bars.get(architecture, [None] * len(series.points))
    points = tuple(Point(p.layer, p.x, p.id, err) for p, err in zip(series.points, errors, strict=True))
    return Series(series.name, points, series.value, architecture)


@cache
def _read() -> dict[str, Any]:
    values: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return values


def _figure(values: dict[str, Any]) -> Figure:
    series = tuple(
        Series(**{**one, "points": tuple(Point(*point) for point in one["points"])}) for one in values["series"]
    )
    return Figure(**{**values, "series": series})
