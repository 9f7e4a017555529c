"""What the record of a layer says of some of its samples: their dimension, and the neighbours of one of them."""

from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import twonn
from idcore.estimators.scale import scale
from idcore.record import LayerGeometry
from idcore.spec import USUAL

MIN_SAMPLES = 20
KNOWN = 0.95
"""Share of the points whose two nearest within the subset must be known: the others are those that lie alone, and
leaving out more of them bends the estimate."""


@dataclass(frozen=True)
class SubsetID:
    """TwoNN of a subset in one layer. id, stderr: None where `note` says why; else it holds what must be said of them,
    if anything. points: distinct points of the subset. known: how many of them have their two nearest within the subset
    in the record's table. dropped: copies, and points with r1 = 0 or r1 = r2. thinned: the ID of as many points drawn
    from all samples, by the record's blocks, and `thinned_from` the points of those blocks; None where the blocks do
    not go so far."""

    layer: str
    id: float | None
    stderr: float | None
    points: int
    known: int
    dropped: int = 0
    thinned: float | None = None
    note: str = ""


def twonn_of_subset(geometry: LayerGeometry, places: np.ndarray, discard: float = USUAL.discard) -> SubsetID:
    """TwoNN of the samples at `places` (s,) int, with the neighbours they have among themselves.

    The nearest of a point within the subset are those of its neighbours that belong to it: exact as soon as two of
    the record's k neighbours do. Where that fails for more than 1 - `KNOWN` of the points there is no number.
    """
    name = geometry.layer.name
    if geometry.note:
        return SubsetID(name, None, None, 0, 0, note=geometry.note)
    table, rows = geometry.neighbours, np.unique(geometry.group[places])
    chosen = np.zeros(table.n, bool)
    chosen[rows] = True
    rank = np.cumsum(chosen[table.indices[rows]], axis=1)
    enough = rank[:, -1] >= 2
    known = rows[enough]
    columns = np.stack([np.argmax(rank[enough] >= nth, axis=1) for nth in (1, 2)], axis=1)
    counted = SubsetID(
        name, None, None, len(rows), len(known), len(places) - len(rows), thinned(geometry, len(rows), discard)
    )
    if len(rows) < MIN_SAMPLES:
        return _without(counted, f"{len(rows)} distinct points are too few: select at least {MIN_SAMPLES}.")
    if len(known) < KNOWN * len(rows):
        return _without(
            counted,
            f"Only {len(known):,} of the {len(rows):,} points have two of the others among their {table.k} nearest "
            f"samples; {KNOWN:.0%} are needed. The selection is spread too thinly in this layer.",
        )
    r = np.take_along_axis(table.distances[known], columns, axis=1)
    members = np.full(table.n, -1)
    members[known] = np.arange(len(known))
    indices = members[np.take_along_axis(table.indices[known], columns, axis=1)]
    try:
        rounding = table.rounding
        fit = twonn.fit(r[:, 0], r[:, 1], discard, dropped=counted.dropped, indices=indices, rounding=rounding)
        fit = twonn.within(fit, geometry.columns)
    except PointsError as error:
        return _without(counted, str(error))
    return SubsetID(name, fit.id, fit.stderr, len(rows), len(known), fit.dropped, counted.thinned, fit.note)


def thinned(geometry: LayerGeometry, points: int, discard: float = USUAL.discard) -> float | None:
    """TwoNN of so many points drawn from all samples: between the levels of the record's blocks, linear in log N. None
    where the blocks do not go so far, or the layer cannot be fitted."""
    try:
        levels = scale(geometry, discard)[::-1]
    except PointsError:
        return None
    sizes = np.log([level.points for level in levels])
    if not sizes[0] <= np.log(points) <= sizes[-1]:
        return levels[-1].id if points >= levels[-1].points else None
    return float(np.interp(np.log(points), sizes, [level.id for level in levels]))


def nearest(geometry: LayerGeometry, sample: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(places, distances), both (k,) or shorter, of the nearest samples of `sample`; its exact copies come
    first, at distance 0. Empty in a layer without numbers."""
    if geometry.note:
        return np.zeros(0, np.int64), np.zeros(0)
    table, row = geometry.neighbours, int(geometry.group[sample])
    rows, reached = [row, *table.indices[row].tolist()], [0.0, *table.distances[row].tolist()]
    places: list[int] = []
    distances: list[float] = []
    for one, distance in zip(rows, reached, strict=True):
        if len(places) >= k:
            break
        members = np.flatnonzero(geometry.group == one)
        members = members[members != sample]
        places += members.tolist()
        distances += [distance] * len(members)
    return np.array(places[:k], np.int64), np.array(distances[:k])


def unusual(geometry: LayerGeometry, distance: float) -> float:
    """Share of the (distinct) samples of a layer that are nearer to their nearest neighbour than `distance`."""
    return float(np.mean(geometry.neighbours.distances[:, 0] < distance))


def _without(subset: SubsetID, note: str) -> SubsetID:
    return SubsetID(subset.layer, None, None, subset.points, subset.known, subset.dropped, subset.thinned, note)
