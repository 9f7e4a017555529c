"""Gride beyond the table: the ID at scales up to half of the points, from distances to far neighbours.

Denti, Doimo, Laio, Mira, Scientific Reports 12:20005 (2022), as `gride`. Far neighbours are shared by all that lie
near, so of many points as many as 2000 tell as much as all. A record holds those distances (`of_layer`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import pairs, ties
from idcore.estimators.gride import GridePoint, fisher_information, gride, maximise
from idcore.estimators.twonn import MIN_POINTS
from idcore.record import LayerGeometry, Neighbours
from idcore.shapes import Bool, Float, Float64

ANCHORS = 2000
LEAST_SCALES = 3
"""Successive scales of a plateau: ranks that grow by four at least."""
FLAT = 0.05
"""Share of their mean by which the IDs of a plateau may differ, and the largest error that can tell so."""
_SINGLE = 2.0**-22
"""Relative difference of two distances, kept as float32, below which they are tied."""


def all_scales(
    table: Neighbours, x: Float[np.ndarray, "n d"], columns: int | None = None, seed: int = 0
) -> tuple[GridePoint, ...]:
    """The ID at k = 1, 2, 4, ... up to 2 k = n / 2: from the table as far as it reaches, then from x.

    table: exact neighbours of the points x, (n, d), all distinct. Raises PointsError as `gride`.
    """
    scales = list(gride(table, columns))
    ks = [2**j for j in range(20) if table.k < 2 ** (j + 1) <= len(x) // 2]
    if not ks:
        return tuple(scales)
    rows = np.arange(len(x))
    if len(rows) > ANCHORS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, ANCHORS, replace=False))
    points = pairs.centred(x)
    unit = _unit(x, points)
    ranks = sorted({rank for k in ks for rank in (k, 2 * k)})
    distances, among = np.empty((len(rows), len(ranks))), np.empty((len(rows), len(rows)))
    begun = 0
    for _, block in pairs.blocks(points, rows):
        part = slice(begun, begun + len(block))
        among[part] = block[:, rows]
        distances[part] = np.partition(block, [rank - 1 for rank in ranks], axis=1)[:, [rank - 1 for rank in ranks]]
        begun += len(block)
    at = {rank: i for i, rank in enumerate(ranks)}
    for k in ks:
        point = _point(distances[:, at[k]], distances[:, at[2 * k]], among, k, unit, table.n)
        if point is not None:
            scales.append(point)
    return tuple(scales)


def of_layer(geometry: LayerGeometry) -> tuple[GridePoint, ...]:
    """The ID at all scales that a record holds: from its table, then from its far distances. Which far neighbourhoods
    share points, for the errors, is told from the leading principal coordinates. Raises PointsError as `gride`."""
    if geometry.note:
        raise PointsError(geometry.note)
    table, rows = geometry.neighbours, geometry.far_of
    scales = list(gride(table, geometry.columns))
    at = {rank: geometry.far[:, i].astype(np.float64) for i, rank in enumerate(geometry.far_ranks)}
    if not at:
        return tuple(scales)
    firsts = np.unique(geometry.group, return_index=True)[1]
    points = pairs.centred(geometry.coordinates[firsts[rows]])
    unit = _unit(geometry.coordinates[firsts[rows]], points)
    among = np.concatenate([block for _, block in pairs.blocks(points)])
    for rank, far in at.items():
        near = at[rank // 2] if rank // 2 in at else table.distances[rows, rank // 2 - 1]
        if not (np.isfinite(near).all() and np.isfinite(far).all()):
            continue
        near, far = near / unit, far / unit
        slack = np.maximum(table.rounding / unit, _SINGLE * far)
        tied = far - near <= slack
        if np.count_nonzero(tied) > ties.MOST_EQUAL * len(tied):
            continue  # equal steps: those that are left are no fair sample
        far = np.where(tied, near, far)
        point = _point(near**2, far**2, among, rank // 2, unit, table.n)
        if point is not None:
            scales.append(point)
    return tuple(scales)


@dataclass(frozen=True)
class Plateau:
    """Successive scales over which the ID hardly changes. id: their mean. first, last: of the `GridePoint`s."""

    id: float
    first: GridePoint
    last: GridePoint


def plateau(points: Sequence[GridePoint]) -> Plateau | None:
    """The longest run of at least `LEAST_SCALES` scales whose IDs differ by no more than `FLAT` of their mean, and have
    half of their errors below that; the nearest of equally long ones. None where there is none."""
    best: Plateau | None = None
    longest = LEAST_SCALES - 1
    for begin in range(len(points)):
        for end in range(begin + longest + 1, len(points) + 1):
            run = points[begin:end]
            if any(b.k != 2 * a.k for a, b in zip(run, run[1:], strict=False)):
                break
            ids = np.array([point.id for point in run])
            precise = float(np.median([point.stderr for point in run])) <= FLAT * ids.mean()
            if precise and np.ptp(ids) <= FLAT * ids.mean():
                best, longest = Plateau(float(ids.mean()), run[0], run[-1]), len(run)
    return best


def _point(
    near: Float64[np.ndarray, " m"], far: Float64[np.ndarray, " m"], among: Float64[np.ndarray, "m m"], k: int,
    unit: float, n: int,
) -> GridePoint | None:  # fmt: skip
    """near, far: squared distances of rows to their k-th and 2 k-th neighbours. among: of the rows to one another."""
    used = (near > 0) & (far > near)
    if used.sum() < MIN_POINTS:
        return None
    log_mu = np.log(far[used] / near[used]) / 2
    d = maximise(log_mu, k)
    if not d < ties.LARGEST:
        return None
    information = fisher_information(d, log_mu, k)
    score = -(k - 1) * log_mu / np.expm1(-d * log_mu) - (2 * k - 1) * log_mu
    influence = np.zeros(len(near))
    influence[used] = (score - score.mean()) / information
    joined: Bool[np.ndarray, "m m"] = among <= np.maximum(far[:, None], far)
    variance = float(influence @ influence + influence @ (joined @ influence))
    stderr = max(variance, float(influence @ influence)) ** 0.5
    note = "" if len(near) == n else f"From {len(near):,} of {n:,} points."
    return GridePoint(
        k=k, id=d, stderr=stderr, fisher=information**-0.5, distance=unit * float(np.sqrt(far[used]).mean()),
        n=int(used.sum()), dropped=n - int(used.sum()), note=note,
    )  # fmt: skip


def _unit(x: Float[np.ndarray, "n d"], points: Float64[np.ndarray, "n d"]) -> float:
    """What one of `points` is in units of x."""
    column = int(np.argmax(np.abs(points).max(axis=0)))
    values = np.asarray(x[:, column], dtype=np.float64)
    return float(np.ptp(values) / np.ptp(points[:, column]))
