"""How far a curve measured here agrees with the published one, in numbers and in words. No verdict is fixed."""

from dataclasses import dataclass

import numpy as np

from idcore.estimators.caveats import at_least
from idcore.paper.published import Point, Series


@dataclass(frozen=True)
class Agreement:
    """Of the points that both curves have.

    points: their number. rank: Spearman's rank correlation, None where a curve is constant. difference: mean of
    |own - published| / published. bias: the same with its sign. within: points whose difference is at most the two
    error bars together, None where one curve has none. peak, last: (own, published) point with the largest value, and
    the last one. humps: (own, published) whether the largest value is at neither end. trend: (own, published) rank
    correlation of value and x, where the points are not layers.
    """

    points: int
    rank: float | None
    difference: float
    bias: float
    within: int | None
    peak: tuple[Point, Point]
    last: tuple[Point, Point]
    humps: tuple[bool, bool]
    trend: tuple[float | None, float | None] | None


def compare(own: Series, published: Series) -> Agreement | None:
    """Compare two curves, None while they share fewer than two points. Points with a name are paired by it; others by
    x, the published value linearly interpolated."""
    pairs = _pairs(own, published)
    if len(pairs) < 2:
        return None
    mine, theirs = (np.array([point.id for point in side]) for side in zip(*pairs, strict=True))
    highest, ends = (int(mine.argmax()), int(theirs.argmax())), (0, len(pairs) - 1)
    relative = (mine - theirs) / theirs
    bars = [one.err + two.err for one, two in pairs if one.err is not None and two.err is not None]
    within = int(np.count_nonzero(np.abs(mine - theirs) <= np.array(bars))) if len(bars) == len(pairs) else None
    x = np.array([p.x for p, _ in pairs])
    return Agreement(
        points=len(pairs),
        rank=rank_correlation(mine, theirs),
        difference=float(np.abs(relative).mean()),
        bias=float(relative.mean()),
        within=within,
        peak=(pairs[highest[0]][0], pairs[highest[1]][1]),
        last=pairs[-1],
        humps=(highest[0] not in ends, highest[1] not in ends),
        trend=None if _in_order(published) else (rank_correlation(x, mine), rank_correlation(x, theirs)),
    )


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float | None:
    """Spearman's: Pearson's correlation of the ranks, ties sharing their mean rank. None where either is constant.
    a, b: (n,)."""
    a, b = (_ranks(np.asarray(values, np.float64)) for values in (a, b))
    spread = float(np.std(a) * np.std(b))
    return float(np.mean((a - a.mean()) * (b - b.mean())) / spread) if spread > 0 else None


def sentences(agreement: Agreement) -> str:
    """What the numbers say."""
    said = [_course(agreement)]
    if agreement.trend is None:
        own, published = agreement.peak
        where = (
            f"peak is at {_place(published)} in the paper ({at_least(published.id, 1)}), at {_place(own)} here "
            f"({at_least(own.id, 1)})."
        )
        said.append(
            f"Both peak at {_place(own)}: {at_least(published.id, 1)} published, {at_least(own.id, 1)} here."
            if _place(own) == _place(published)
            else f"The hump is not reproduced: the {where}"
            if agreement.humps == (False, True)
            else f"The {where}"
        )
        own, published = agreement.last
        said.append(f"At {_place(own)}: {at_least(published.id, 1)} published, {at_least(own.id, 1)} here.")
    else:
        own_trend, trend = (("undefined" if value is None else f"{value:+.2f}") for value in agreement.trend)
        said.append(f"Rank correlation with the horizontal axis: {trend} published, {own_trend} here.")
    return " ".join([*said, _values(agreement)])


def _course(agreement: Agreement) -> str:
    if agreement.rank is None:
        return "One of the curves is level, so that their courses cannot be compared."
    words = (
        "The same course" if agreement.rank > 0.999 else "Nearly the same course" if agreement.rank >= 0.9
        else "A similar course" if agreement.rank >= 0.6 else "A different course" if agreement.rank > -0.6
        else "The opposite course"
    )  # fmt: skip
    if agreement.rank >= 0.6 and agreement.trend is None and _place(agreement.peak[0]) != _place(agreement.peak[1]):
        words = f"{words.removesuffix('course')}order of the layers"  # a rank correlation does not know the peak
    return f"{words}: rank correlation {agreement.rank:.2f} over {agreement.points} points."


def _values(agreement: Agreement) -> str:
    side = "higher" if agreement.bias > 0 else "lower"
    one_sided = agreement.difference > 0 and abs(agreement.bias) > 0.8 * agreement.difference
    said = f"The values differ by {agreement.difference:.0%} on average" + (
        f", nearly all {side} here." if one_sided else "."
    )
    if agreement.within is not None:
        said += f" {agreement.within} of {agreement.points} agree within their error bars."
    return said


def _place(point: Point) -> str:
    return f"the {point.layer}" if point.layer in ("input", "output") else point.layer or f"{point.x:,g}"


def _in_order(series: Series) -> bool:
    """Whether the points are layers of one network, from input to output."""
    return series.points[0].layer == "input"


def _pairs(own: Series, published: Series) -> list[tuple[Point, Point]]:
    """(own, published) points, in the order of the own ones."""
    if all(point.layer for point in published.points):
        there = {point.layer: point for point in published.points}
        return [(point, there[point.layer]) for point in own.points if point.layer in there]
    order = sorted(published.points, key=lambda point: point.x)
    x, y = [point.x for point in order], [point.id for point in order]
    inside = [point for point in own.points if x[0] <= point.x <= x[-1]]
    return [(point, Point("", point.x, float(np.interp(point.x, x, y)))) for point in inside]


def _ranks(values: np.ndarray) -> np.ndarray:
    unique, inverse, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count + 1) / 2)[inverse]
