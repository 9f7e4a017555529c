"""What the public functions take for a cloud: points, a table of neighbours, or a layer's record."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import ties
from idcore.estimators.twonn import from_neighbours
from idcore.geometry import neighbours as geometry_neighbours
from idcore.geometry.duplicates import part
from idcore.geometry.points import as_points, constant
from idcore.record import LayerGeometry, Neighbours
from idcore.shapes import Float, Float64, Int

K = 64
"""Neighbours that are found where nothing else is asked for."""


@dataclass(frozen=True, eq=False)
class Cloud:
    """table: of the distinct points. group: (n,), distinct point of each sample. points: (m, d) float64 of the distinct
    ones, None where there are none. columns: that vary, None where that is not known."""

    table: Neighbours
    group: Int[np.ndarray, " n"]
    points: Float64[np.ndarray, "m d"] | None
    columns: int | None

    @property
    def firsts(self) -> Int[np.ndarray, " m"]:
        return np.unique(self.group, return_index=True)[1]

    def dimension(self, given: Any = None) -> float:
        """The ID that was given, or that of TwoNN."""
        if given is not None:
            if isinstance(given, bool) or not isinstance(given, (int, float, np.number)):
                raise PointsError(f"The dimension must be a positive number, not {given!r}.")
            return float(given)
        fit = from_neighbours(self.table)
        ties.within_columns(fit.id, fit.stderr, self.columns)
        return fit.id


def cloud(x: Any, k: int) -> Cloud:
    """k: neighbours that are wanted, or as many as there are."""
    if isinstance(x, LayerGeometry):
        if x.note:
            raise PointsError(x.note)
        firsts = np.unique(x.group, return_index=True)[1]
        return Cloud(x.neighbours, x.group, x.coordinates[firsts].astype(np.float64), x.columns)
    if isinstance(x, Neighbours):
        if not x.n or not x.k:
            raise PointsError("The table is empty: it holds no neighbours.")
        return Cloud(x, np.arange(x.n), None, None)
    points = as_points(x)
    rows, group = np.unique(part(np.zeros(len(points), np.int64), points), return_inverse=True)
    table, _ = geometry_neighbours.distinct_neighbours(points, max(1, min(k, len(rows) - 1)))
    return Cloud(table, group, array(points)[rows], points.shape[1] - constant(points))


def samples(x: Any, why: str) -> Float[np.ndarray, "n d"]:
    """The points of all samples."""
    if isinstance(x, Neighbours):
        raise PointsError(
            f"{why}, which a table of nearest neighbours does not hold: give points, or a layer's record."
        )
    if isinstance(x, LayerGeometry):
        if x.note:
            raise PointsError(x.note)
        return x.coordinates
    return array(as_points(x))


def array(points: Any) -> Float64[np.ndarray, "n d"]:
    values: np.ndarray = points.detach().cpu().double().numpy()
    return values


def whole(k: Any) -> bool:
    return isinstance(k, (int, np.integer)) and not isinstance(k, bool)
