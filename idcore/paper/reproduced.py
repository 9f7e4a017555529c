"""Measured layers as the points of a published figure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from idcore.estimators.summary import LayerSummary
from idcore.paper.experiments import Part
from idcore.paper.layers import names
from idcore.paper.published import Figure, Point, Series
from idcore.record import Layer

_ERRORS = {"id": "id_err", "linearised_id": "linearised_err"}
Measured = tuple[Sequence[Layer], Sequence[LayerSummary]]
"""Of one request: its checkpoint layers in call order, the rows measured so far."""


@dataclass(frozen=True)
class ReproducedPoint:
    """A point and what it was measured from: name of the layer here, samples of each request, samples that TwoNN left
    out of all of them."""

    point: Point
    layer: str
    n: int
    dropped: int


def reproduced(
    figure: Figure, parts: Sequence[Part], measured: Sequence[Sequence[Measured]]
) -> dict[str, list[ReproducedPoint]]:
    """The points of each series measured so far. measured: of each request of each part.

    Layers stand at the place of the published layer of the same name; those that the figure does not have are left out.
    The value of several categories is their mean, and its bar their standard deviation (ddof = 0, as in the paper); of
    one request the bar is its own.
    """
    known = {one.name: one for one in figure.series}
    curves: dict[str, list[ReproducedPoint]] = {}
    for part, one in zip(parts, measured, strict=True):
        template = known.get(part.series, figure.series[0])
        curves.setdefault(part.series, []).extend(_rows(part, template, one))
    return curves


def as_series(name: str, rows: Sequence[ReproducedPoint]) -> Series:
    """The points of a curve."""
    return Series(name, tuple(row.point for row in rows))


def _rows(part: Part, template: Series, measured: Sequence[Measured]) -> list[ReproducedPoint]:
    if part.point is not None:
        return _row(part.point, [part.layers[0]] * len(measured), part, measured)
    here = [names(plan) for plan, _ in measured]
    rows = []
    for point in template.points:
        layers = [one.get(point.layer, "") for one in here]
        rows += _row((point.layer, point.x), layers, part, measured)
    return rows


def _row(
    point: tuple[str, float], layers: Sequence[str], part: Part, measured: Sequence[Measured]
) -> list[ReproducedPoint]:
    """One row, or none while the layer is not measured in every request."""
    summaries = [{row.layer: row for row in rows}.get(layer) for layer, (_, rows) in zip(layers, measured, strict=True)]
    there = [row for row in summaries if row is not None and getattr(row, part.value) is not None]
    if not there or len(there) < len(measured):
        return []
    values = [float(getattr(row, part.value)) for row in there]
    error = _ERRORS.get(part.value)
    bar = float(np.std(values)) if len(values) > 1 else getattr(there[0], error) if error else None
    return [
        ReproducedPoint(
            Point(*point, float(np.mean(values)), bar), layers[0], there[0].n, sum(row.dropped for row in there)
        )
    ]
