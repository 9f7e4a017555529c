"""Density peaks: the clusters of a cloud as the peaks of its density that are no noise.

d'Errico, Facco, Laio, Rodriguez, "Automatic topography of high-dimensional data sets by non-parametric density peak
clustering", Information Sciences 560 (2021) 476. A peak is a point denser than its whole neighbourhood; two peaks that
the saddle between them does not part by Z standard errors are one.
"""

from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.estimators.density import Density, Kind, density
from idcore.record import Neighbours
from idcore.shapes import Bool, Float64, Int, Int64
from idcore.text import brief

Z = 1.65


@dataclass(frozen=True, eq=False)
class Peaks:
    """labels: (n,) int64, the peak of each point, 0 ... p - 1, in the order in which the peaks were found (by number of
    their centre). centres: (p,) int64, the densest point of each. log_density: (n,) float64, natural logarithm, and its
    error. saddles: (p, p) float64, log density of the saddle between two peaks, -inf where they do not touch, and on
    the diagonal that of the centre. saddle_errors: (p, p), 0 where there is none. core: (n,) bool, whether a point is
    denser than the highest saddle of its peak; the others are its halo. k: (n,) int64, neighbours that the density was
    taken from. dimension, z: as asked for."""

    labels: Int64[np.ndarray, " n"]
    centres: Int64[np.ndarray, " p"]
    log_density: Float64[np.ndarray, " n"]
    saddles: Float64[np.ndarray, "p p"]
    error: Float64[np.ndarray, " n"]
    saddle_errors: Float64[np.ndarray, "p p"]
    core: Bool[np.ndarray, " n"]
    k: Int[np.ndarray, " n"]
    dimension: float
    z: float

    __repr__ = brief

    @property
    def sizes(self) -> Int64[np.ndarray, " p"]:
        return np.bincount(self.labels, minlength=len(self.centres)).astype(np.int64)


def density_peaks(table: Neighbours, dimension: float, k: int = 30, z: float = Z, kind: Kind = "knn") -> Peaks:
    """The peaks of a cloud. table: at least 5 neighbours of each of its distinct points; about 64 let PAk's
    neighbourhoods grow. dimension: the ID that the density is taken in. Raises PointsError as `density`, and for z that
    is no finite number of at least 0."""
    if isinstance(z, bool) or not isinstance(z, (int, float, np.number)) or not (np.isfinite(z) and z >= 0):
        raise PointsError(f"Z must be a finite number, 0 or more, not {z!r}.")
    if table.k < 2:
        raise PointsError(f"Density peaks need 2 or more neighbours of each point; there are {table.k}.")
    local = density(table, dimension, kind, k)
    centres, labels = _basins(table, local)
    saddles, errors = _saddles(table, local, labels, centres)
    centres, labels, saddles, errors = _merged(local, labels, centres, saddles, errors, float(z))
    top = np.where(np.eye(len(centres), dtype=bool), -np.inf, saddles).max(axis=1)
    core = local.log_density >= top[labels]
    np.fill_diagonal(saddles, local.log_density[centres])
    return Peaks(
        labels=labels,
        centres=centres,
        log_density=local.log_density,
        saddles=saddles,
        error=local.error,
        saddle_errors=errors,
        core=core,
        k=local.k,
        dimension=float(dimension),
        z=float(z),
    )


def _basins(table: Neighbours, local: Density) -> tuple[Int64[np.ndarray, " p"], Int64[np.ndarray, " n"]]:
    """(centres, label of each point). A point takes the label of its nearest neighbour that is surer to be denser; a
    centre that another, denser point has in its neighbourhood is none."""
    n, columns = table.indices.shape
    sure = local.log_density - local.error
    near = np.arange(columns) < local.k[:, None]
    centre = ~(near & (sure[table.indices] > sure[:, None])).any(axis=1)

    # Of all (j, i) with i a candidate within the neighbourhood of a denser j, the densest j of each i.
    j, column = np.nonzero(near & centre[table.indices] & (sure[table.indices] < sure[:, None]))
    i = table.indices[j, column]
    order = np.lexsort((-j, sure[j]))  # the densest last; of equals the first one
    above = np.full(n, -1)
    above[i[order]] = j[order]
    dropped = centre & (above >= 0)
    centre &= above < 0

    order = np.argsort(-sure, kind="stable")
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n)
    earlier = rank[table.indices] < rank[:, None]
    first = earlier.argmax(axis=1)
    leads = np.where(earlier.any(axis=1), table.indices[np.arange(n), first], -1)
    for point in np.flatnonzero(~centre & (leads < 0)):
        among = np.concatenate([[point], table.indices[point]])
        ways = above[among[dropped[among]]]
        leads[point] = ways[np.argmax(sure[ways])]

    centres = np.flatnonzero(centre)
    labels = np.full(n, -1)
    labels[centres] = np.arange(len(centres))
    leading = leads.tolist()
    assigned = labels.tolist()
    for point in order.tolist():
        if assigned[point] < 0:
            assigned[point] = assigned[leading[point]]
    return centres.astype(np.int64), np.asarray(assigned, np.int64)


def _saddles(
    table: Neighbours, local: Density, labels: Int64[np.ndarray, " n"], centres: Int64[np.ndarray, " p"]
) -> tuple[Float64[np.ndarray, "p p"], Float64[np.ndarray, "p p"]]:
    """(log density, error) of the saddle between each two peaks: the surest dense of the points that are the nearest of
    their peak to their own nearest point of the other."""
    n, columns = table.indices.shape
    p = len(centres)
    saddles, errors, best = np.full((p, p), -np.inf), np.zeros((p, p)), np.full((p, p), -np.inf)
    foreign = (labels[table.indices] != labels[:, None]) & (np.arange(columns) < local.k[:, None])
    at = np.flatnonzero(foreign.any(axis=1) & ~np.isin(np.arange(n), centres))
    other = table.indices[at, foreign[at].argmax(axis=1)]
    back = table.indices[other, : columns - 1]
    ours = labels[back] == labels[at][:, None]
    counts = ~ours.any(axis=1) | (back[np.arange(len(at)), ours.argmax(axis=1)] == at)
    at, other = at[counts], other[counts]
    sure = local.log_density - local.error
    for point, beyond in zip(at.tolist(), other.tolist(), strict=True):
        a, b = labels[point], labels[beyond]
        if sure[point] > best[a, b]:
            best[a, b] = best[b, a] = sure[point]
            saddles[a, b] = saddles[b, a] = local.log_density[point]
            errors[a, b] = errors[b, a] = local.error[point]
    return saddles, errors


def _merged(
    local: Density,
    labels: Int64[np.ndarray, " n"],
    centres: Int64[np.ndarray, " p"],
    saddles: Float64[np.ndarray, "p p"],
    errors: Float64[np.ndarray, "p p"],
    z: float,
) -> tuple[Int64[np.ndarray, " q"], Int64[np.ndarray, " n"], Float64[np.ndarray, "q q"], Float64[np.ndarray, "q q"]]:
    """Peaks that a saddle does not part by z standard errors joined, that of the highest saddle first."""
    into = np.arange(len(centres))
    height, error = local.log_density[centres], local.error[centres]
    alive = np.ones(len(centres), bool)
    while True:
        with np.errstate(invalid="ignore"):
            weak = np.isfinite(saddles) & (height[:, None] - saddles < z * (error[:, None] + errors))
        weak |= weak.T
        if not weak.any():
            break
        a, b = np.unravel_index(np.argmax(np.where(weak, saddles, -np.inf)), weak.shape)
        parted = [(height[c] - saddles[a, b]) / (error[c] + errors[a, b]) for c in (a, b)]
        stays, goes = (a, b) if parted[0] >= parted[1] else (b, a)
        higher = saddles[goes] > saddles[stays]
        saddles[stays] = np.where(higher, saddles[goes], saddles[stays])
        errors[stays] = np.where(higher, errors[goes], errors[stays])
        saddles[stays, stays], errors[stays, stays] = -np.inf, 0.0
        saddles[:, stays], errors[:, stays] = saddles[stays], errors[stays]
        saddles[goes], saddles[:, goes], errors[goes], errors[:, goes] = -np.inf, -np.inf, 0.0, 0.0
        alive[goes] = False
        into[into == goes] = stays
    kept = np.flatnonzero(alive)
    number = np.full(len(centres), -1)
    number[kept] = np.arange(len(kept))
    return centres[kept], number[into][labels], saddles[np.ix_(kept, kept)], errors[np.ix_(kept, kept)]
