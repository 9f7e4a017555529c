"""TwoNN against scale: the same fit on disjoint random blocks of N, N/2, N/4, ... points.

Fewer points lie farther apart, so the number of points is a ruler (Facco et al. 2017, "block analysis"): the ID is
a property of the data where it does not change with N.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import twonn
from idcore.estimators.error_bar import LEAST_FREEDOM
from idcore.estimators.twonn import TwoNN, twonn_of_layer
from idcore.record import LayerGeometry
from idcore.spec import USUAL


@dataclass(frozen=True)
class ScalePoint:
    """TwoNN at one level. points: mean number of points a block. blocks: number of disjoint blocks. id: mean over
    the blocks. sd: standard deviation over them, None for a single block. stderr: one standard error of `id`, by the
    jackknife at every level (the spread of two or four blocks would know it too badly)."""

    points: float
    blocks: int
    id: float
    sd: float | None
    stderr: float


def scale(geometry: LayerGeometry, discard: float = USUAL.discard, levels: int | None = None) -> tuple[ScalePoint, ...]:
    """TwoNN at each level of the record, most points first, as far as every block has enough points for a fit, and as
    `levels` asks for. Raises PointsError when not even all points together can be fitted, or the layer has no
    numbers."""
    whole = twonn_of_layer(geometry, discard)
    points = [ScalePoint(float(whole.n), 1, whole.id, None, whole.stderr)]
    for level in range(1, len(geometry.blocks) if levels is None else min(levels, len(geometry.blocks))):
        fits = _block_fits(geometry, level, whole)
        if not fits:
            break
        ids = np.array([fit.id for fit in fits])
        stderr = sum(fit.stderr**2 for fit in fits) ** 0.5 / len(fits)
        n = float(np.mean([fit.n for fit in fits]))
        points.append(ScalePoint(n, len(fits), float(ids.mean()), float(ids.std(ddof=1)), stderr))
    return tuple(points)


def twonn_of_block(geometry: LayerGeometry, level: int, discard: float = USUAL.discard) -> TwoNN:
    """TwoNN of one of the 2**level random blocks into which the distinct points are split; level 0 is all of them.

    Raises PointsError, also for a level whose blocks have too few points.
    """
    whole = twonn_of_layer(geometry, discard)
    if level == 0:
        return whole
    fits = _block_fits(geometry, level, whole) if level < len(geometry.blocks) else []
    if not fits:
        raise PointsError(f"{whole.n:,} points are too few to be split into {2**level} blocks. Take more of them.")
    return fits[0]


def _block_fits(geometry: LayerGeometry, level: int, whole: TwoNN) -> list[TwoNN]:
    """A fit of each block of a level, or none when one of them has too few usable points.

    The record does not say who the neighbours within a block are, so that the error of a fit takes its points as
    independent; it is widened by what sharing neighbours adds to the error of the whole."""
    r1, r2 = geometry.neighbours.distances[:, :2].T
    rounding = geometry.neighbours.rounding
    alone = twonn.fit(r1, r2, whole.discard, rounding=rounding).stderr
    widened = whole.stderr / alone if alone else 1.0
    fits = []
    for block in range(2**level):
        r1, r2 = geometry.blocks[level, geometry.block_of[level] == block].T
        if not np.isfinite(r2).all():
            return []
        try:
            fit = twonn.fit(r1, r2, whole.discard, rounding=rounding)
        except PointsError:
            return []  # too many ties, or too few points left by this discard
        freedom = max(whole.freedom / 2**level, LEAST_FREEDOM)
        fits.append(dataclasses.replace(fit, stderr=fit.stderr * widened, freedom=freedom))
    return fits
