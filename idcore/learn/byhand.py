"""TwoNN by hand: points that a reader clicks on a plane, and as many at random in a cube of ten dimensions.

All coordinates are whole numbers, so squares of distances are exact and two distances are equal only where they are.
"""

from typing import Any

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import twonn
from idcore.estimators.twonn import TwoNN
from idcore.record import Neighbours
from idcore.shapes import Int64

SIDE = 1000
"""Of the plane and of the cube: coordinates are 0 ... SIDE."""
FIRST, MORE, MOST = 20, 20, 200
"""Points that are there to begin with, that a press of the button adds, and that there may be."""
SPACE = 10


def scattered(n: int, dimensions: int, seed: int = 0) -> Int64[np.ndarray, "n dimensions"]:
    """n points at random, even in the cube; the first points of a seed are the same for every n up to `MOST`."""
    return np.random.default_rng([seed, dimensions]).integers(0, SIDE + 1, (MOST, dimensions))[:n]


def more(points: list[list[int]], seed: int) -> list[list[int]]:
    """The points (x, y) with `MORE` others at random, or as many as there may be, none of them twice."""
    all_points = [list(point) for point in points]
    for point in scattered(MOST, 2, seed).tolist():
        if len(all_points) < min(len(points) + MORE, MOST) and point not in all_points:
            all_points.append(point)
    return all_points


def usable(sent: Any) -> list[list[int]] | None:
    """What the browser sent, as points (x, y); None where it is no such list: too long, off the plane, a point
    twice."""
    if not isinstance(sent, list) or len(sent) > MOST:
        return None
    points = []
    for point in sent:
        if not isinstance(point, list) or len(point) != 2:
            return None
        if not all(isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= SIDE for value in point):
            return None
        points.append(point)
    return points if len(set(map(tuple, points))) == len(points) else None


def nearest(points: np.ndarray) -> Neighbours:
    """The two nearest neighbours of each of n points (n, d) of whole numbers, from all distances; of equals the first.
    Raises PointsError for fewer than three."""
    if len(points) < 3:
        raise PointsError(f"Two neighbours of each point take 3 points at least; there are {len(points)}.")
    x = np.asarray(points, np.int64)
    squares = np.sum((x[:, None] - x[None]) ** 2, axis=2)
    np.fill_diagonal(squares, np.iinfo(np.int64).max)
    indices = np.argsort(squares, axis=1, kind="stable")[:, :2]
    return Neighbours(indices, np.sqrt(np.take_along_axis(squares, indices, axis=1)))


def estimate(points: np.ndarray) -> TwoNN:
    """TwoNN of points (n, d) of whole numbers. Raises PointsError, also where they lie too evenly to tell."""
    return twonn.within(twonn.from_neighbours(nearest(points)), np.shape(points)[1])
