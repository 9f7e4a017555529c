"""What curves of the ID say, in one plain sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from idcore.estimators.summary import LayerSummary

ERRORS = 2.0
"""Standard errors of the difference, as of independent values, that two IDs must be apart for the sentence to tell them
apart. Layers are measured on the same samples and err together, so that their true difference is the surer."""
PLAIN = 0.05
"""Smaller relative differences are not worth a word, however sure they are."""
MOST = 3
"""Rises and falls in the sentence; of more, the smallest turns are left out, and it says so."""


@dataclass(frozen=True)
class IdCurve:
    """name: of its network within a sentence ("untrained"); the first curve of a finding needs none. layers: names, in
    their order. ids: None where a layer has no number. errors: one standard error of each, None for none known."""

    layers: Sequence[str]
    ids: Sequence[float | None]
    errors: Sequence[float | None]
    name: str = ""


def of_rows(rows: Sequence[LayerSummary], name: str = "") -> IdCurve:
    """The TwoNN curve of the rows of a network, in any order."""
    rows = sorted(rows, key=lambda row: row.order)
    return IdCurve([row.layer for row in rows], [row.id for row in rows], [row.id_err for row in rows], name)


def finding(curves: Sequence[IdCurve]) -> str:
    """The course of the first curve, and where each of the others differs from it most: "ID rises from 12.1 at the
    input to 13.9 at conv1, then falls to 6.6 at the output; untrained, it is 11.3 instead of 7.4 at d1." "" where the
    first has no number."""
    if not curves or not (known := _known(curves[0])):
        return ""
    said = [f"ID {_course(known)}", *(_beside(known, other) for other in curves[1:] if _known(other))]
    return "; ".join(said) + "." + _without(curves[0])


@dataclass(frozen=True)
class _Point:
    layer: str
    id: float
    error: float

    def __str__(self) -> str:
        return f"{_number(self.id)} at {_at(self.layer)}"


def _known(curve: IdCurve) -> list[_Point]:
    values = zip(curve.layers, curve.ids, curve.errors, strict=True)
    return [_Point(layer, id, error or 0.0) for layer, id, error in values if id is not None]


def _apart(a: _Point, b: _Point) -> bool:
    return abs(a.id - b.id) > max(ERRORS * hypot(a.error, b.error), PLAIN * max(a.id, b.id))


def _course(points: Sequence[_Point]) -> str:
    if len(points) == 1:
        return f"is {points[0]}"
    turns = _turns(points)
    if len(turns) < 2:
        low, high = (_number(pick(point.id for point in points)) for pick in (min, max))
        level = f"at {low}" if low == high else f"between {low} and {high}"
        return f"stays {level} from {_at(points[0].layer)} to {_at(points[-1].layer)}, the same within its error bars"
    kept = _largest(turns)
    steps = [f"{'rises' if b.id > a.id else 'falls'} to {b}" for a, b in zip(kept, kept[1:], strict=False)]
    steps[0] = steps[0].replace(" to ", f" from {kept[0]} to ", 1)
    course = steps[0] if len(steps) == 1 else f"{', '.join(steps[:-1])}, then {steps[-1]}"
    return course + (", with smaller turns between" if len(kept) < len(turns) else "")


def _turns(points: Sequence[_Point]) -> list[_Point]:
    """Where the curve begins, turns by more than its errors, and ends; one point where it never moves that much."""
    turns, extreme, rising = [points[0]], points[0], None
    low = high = points[0]
    for point in points[1:]:
        if rising is None:
            low, high = min(low, point, key=_id), max(high, point, key=_id)
            if _apart(low, high):
                rising, extreme = high is point, point
                start = low if rising else high
                turns = [points[0] if _apart(points[0], point) else start]
        elif (point.id > extreme.id) == rising:
            extreme = point
        elif _apart(extreme, point):
            turns.append(extreme)
            extreme, rising = point, not rising
    if rising is None:
        return turns
    last = points[-1]  # said rather than a layer just before it that is the same within the errors
    return [*turns, last if _apart(last, turns[-1]) else extreme]


def _largest(turns: Sequence[_Point]) -> list[_Point]:
    """The turns without the smallest swings between two of them, so that at most `MOST` rises and falls remain."""
    kept = list(turns)
    while len(kept) > MOST + 1:
        smallest = min(range(1, len(kept) - 2), key=lambda i: abs(kept[i + 1].id - kept[i].id))
        del kept[smallest : smallest + 2]
    return kept


def _beside(own: Sequence[_Point], other: IdCurve) -> str:
    mine = {point.layer: point for point in own}
    pairs = [(mine[point.layer], point) for point in _known(other) if point.layer in mine]
    apart = [(a, b) for a, b in pairs if _apart(a, b)]
    if not apart:
        return f"{other.name}, it is the same within the error bars"
    a, b = max(apart, key=lambda pair: max(pair[0].id, pair[1].id) / min(pair[0].id, pair[1].id))
    return f"{other.name}, it is {_number(b.id)} instead of {_number(a.id)} at {_at(a.layer)}"


def _without(curve: IdCurve) -> str:
    missing = [_at(layer) for layer, id in zip(curve.layers, curve.ids, strict=True) if id is None]
    if len(missing) > MOST:
        return f" {len(missing)} layers have no ID."
    return f" There is no ID at {' and '.join(missing)}." if missing else ""


def _id(point: _Point) -> float:
    return point.id


def _at(layer: str) -> str:
    return f"the {layer}" if layer in ("input", "output") else layer


def _number(value: float) -> str:
    return f"{value:.1f}" if value < 99.95 else f"{value:.0f}"
