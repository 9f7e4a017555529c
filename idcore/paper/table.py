"""The published points and those measured here as one table."""

from collections.abc import Mapping, Sequence

from idcore import text
from idcore.paper.published import Figure, Point
from idcore.paper.reproduced import ReproducedPoint

COLUMNS = (
    *("figure", "series", "source", "value", "layer", "x", "number", "bar"),
    *("layer_here", "n", "dropped", "discard"),
)


def to_csv(figure: Figure, curves: Mapping[str, Sequence[ReproducedPoint]], discard: float) -> str:
    """One line a point. source: published or here. number, bar: of `value` (ID, PC-ID, ...). layer, x: as in the paper.
    n: samples of each request; dropped: samples that TwoNN left out of all of them; discard: fraction of the ratios."""
    values = {series.name: series.value for series in figure.series}
    lines = [
        (*_line(figure, series.name, "published", series.value, point), *[None] * 4)
        for series in figure.series
        for point in series.points
    ]
    for name, rows in curves.items():
        about = values.get(name, "ID")
        lines += [
            (*_line(figure, name, "here", about, row.point), row.layer, row.n, row.dropped, discard) for row in rows
        ]
    return text.to_csv(COLUMNS, lines)


def _line(figure: Figure, series: str, source: str, value: str, point: Point) -> tuple[str | float | None, ...]:
    return figure.number, series, source, value, point.layer, point.x, point.id, point.err
