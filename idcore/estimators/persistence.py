"""The persistent-homology dimension: how the minimum spanning tree of n points grows with n.

Steele, "Growth rates of Euclidean minimal spanning trees with power weighted edges", Annals of Probability 16 (1988):
the sum E(n) of the edges, each to the power alpha, grows as n**((d - alpha) / d); the edges are the lives of the
components in degree 0 (Adams et al., "A fractal dimension for measures via persistent homology", 2020). With m the
slope of log E against log n, d = alpha / (1 - m). It comes out low above about 4 dimensions (4.2 of a cube of 5).
"""

from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import pairs
from idcore.shapes import Float, Float64
from idcore.text import brief

MOST = 1600
LEAST = 100
DRAWS = 5


@dataclass(frozen=True, eq=False)
class PersistentHomology:
    """id: median over the draws. stderr: standard deviation over the draws (of points that they share, so it is too
    small), NaN for one draw. alpha: power of the edges. sizes: numbers of points. lengths: (draws, sizes) float64, sums
    of the edges to that power, in units of the data."""

    id: float
    stderr: float
    alpha: float
    sizes: tuple[int, ...]
    lengths: Float64[np.ndarray, "draws sizes"]

    __repr__ = brief

    def __float__(self) -> float:
        return self.id


def ph_dimension(
    x: Float[np.ndarray, "n d"], alpha: float = 1.0, draws: int = DRAWS, seed: int | None = 0, most: int = MOST
) -> PersistentHomology:
    """From trees of n = most, most / 2, most / 4, ... points, down to 100 or so, nested. most: no more points than
    these are taken, for the cost is their square. seed: None takes the points in the order in which they come, once.

    Raises PointsError for fewer than 200 distinct points, and where the tree does not grow as that of any cloud does.
    """
    if not (isinstance(alpha, (int, float)) and 0 < alpha < np.inf):
        raise PointsError(f"alpha must be a positive number, not {alpha!r}.")
    if not draws >= 1:
        raise PointsError(f"There must be one draw or more, not {draws}.")
    points = np.unique(np.asarray(x, dtype=np.float64), axis=0, return_index=True)[1]
    points = np.sort(points)
    n = min(len(points), most)
    if n < 2 * LEAST:
        raise PointsError(f"The persistent-homology dimension needs {2 * LEAST} distinct points; there are {n}.")
    sizes = tuple(n // 2**j for j in range(20) if n // 2**j >= LEAST)[::-1]
    scale = float(np.abs(x).max())
    every = []
    for draw in range(draws if seed is not None else 1):
        order = points if seed is None else np.random.default_rng([seed, draw]).permutation(points)
        chosen = np.asarray(x, dtype=np.float64)[order[:n]]
        every.append([float(np.sum(tree(chosen[:size]) ** alpha)) for size in sizes])
    lengths = np.asarray(every)
    slopes = np.polyfit(np.log(sizes), np.log(lengths).T, 1)[0]
    if not (slopes < 1).all():
        raise PointsError(
            f"The spanning tree of these points, within {scale:.3g} of 0, grows as fast as their number or faster: "
            f"they have no dimension that it can tell."
        )
    dimensions = alpha / (1 - slopes)
    spread = float(np.std(dimensions, ddof=1)) if len(dimensions) > 1 else float("nan")
    return PersistentHomology(float(np.median(dimensions)), spread, float(alpha), sizes, lengths)


def tree(x: Float64[np.ndarray, "n d"]) -> Float64[np.ndarray, " edges"]:
    """Lengths of the edges of the Euclidean minimum spanning tree, (n - 1,) float64, units of the data (Prim)."""
    n = len(x)
    middle = x.mean(axis=0)
    scaled = pairs.centred(x)
    unit = float(np.abs(x - middle).max() / max(np.abs(scaled).max(), 1e-300))
    squared = np.empty((n, n))
    for rows, block in pairs.blocks(scaled):
        squared[rows] = block
    edges = np.empty(n - 1)
    reach, outside = squared[0].copy(), np.ones(n, bool)
    outside[0] = False
    reach[0] = np.inf
    for step in range(n - 1):
        nearest = int(np.argmin(reach))
        edges[step] = reach[nearest]
        outside[nearest] = False
        np.minimum(reach, squared[nearest], out=reach, where=outside)
        reach[nearest] = np.inf
    lengths: np.ndarray = unit * np.sqrt(edges)
    return lengths
