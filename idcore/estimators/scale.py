"""TwoNN against scale: the same fit on disjoint random blocks of N, N/2, N/4, ... points.

Fewer points lie farther apart, so the number of points is a ruler (Facco et al. 2017, "block analysis"): the ID is
a property of the data where it does not change with N.
"""

import dataclasses
from dataclasses import dataclass
from typing import Literal

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import twonn
from idcore.estimators.twonn import MIN_POINTS, TwoNN
from idcore.record import LayerGeometry

LOWER_BOUND = 20.0
"""IDs above this are lower bounds at usual N: the number of points needed grows exponentially with the dimension."""

MIN_BLOCK_POINTS = 40
"""Blocks with fewer points are too noisy and too biased to give an error bar for the whole."""


@dataclass(frozen=True)
class ScalePoint:
    """TwoNN at one level. points: mean number of points a block. blocks: number of disjoint blocks. id: mean over
    the blocks. sd: standard deviation over them, None for a single block. stderr: sd / sqrt(blocks), or the jackknife
    error of the fit for a single block."""

    points: float
    blocks: int
    id: float
    sd: float | None
    stderr: float


@dataclass(frozen=True)
class Verdict:
    """kind, and the sentence that says it. change: relative change of the ID each time N doubles; error: its
    standard error."""

    kind: Literal["plateau", "rising", "falling", "undecided"]
    sentence: str
    change: float | None
    error: float | None


def scale(geometry: LayerGeometry, discard: float = 0.1) -> tuple[ScalePoint, ...]:
    """TwoNN at each level of the record, most points first, as far as every block has enough points for a fit.
    Raises PointsError when not even all points together can be fitted, or the layer has no numbers."""
    whole = twonn_of_layer(geometry, discard)
    points = [ScalePoint(float(whole.n), 1, whole.id, None, whole.stderr)]
    for level in range(1, len(geometry.blocks)):
        fits = _block_fits(geometry, level, discard, MIN_POINTS)
        if not fits:
            break
        ids = np.array([fit.id for fit in fits])
        sd = float(ids.std(ddof=1))
        n = float(np.mean([fit.n for fit in fits]))
        points.append(ScalePoint(n, len(fits), float(ids.mean()), sd, sd / len(fits) ** 0.5))
    return tuple(points)


def twonn_of_layer(geometry: LayerGeometry, discard: float = 0.1) -> TwoNN:
    """TwoNN of a layer: fitted on its distinct points, duplicates counted in `dropped`.

    stderr: from independent random blocks, each with neighbours of its own: their spread over the root of their
    number estimates the error of the whole. All levels with at least 4 blocks of 40 points are pooled by their degrees
    of freedom; where there is none (N < 160) the jackknife error stands. Raises PointsError.
    """
    if geometry.note:
        raise PointsError(geometry.note)
    fit = twonn.from_neighbours(geometry.neighbours, discard, dropped=geometry.duplicates)
    variances, freedom = 0.0, 0
    for level in range(2, len(geometry.blocks)):
        fits = _block_fits(geometry, level, discard, MIN_BLOCK_POINTS)
        if fits:
            variances += float(np.var([f.id for f in fits]))  # (blocks - 1) * sd**2 / blocks
            freedom += len(fits) - 1
    return dataclasses.replace(fit, stderr=float((variances / freedom) ** 0.5)) if freedom else fit


def twonn_of_block(geometry: LayerGeometry, level: int, discard: float = 0.1) -> TwoNN:
    """TwoNN of one of the 2**level random blocks into which the distinct points are split; level 0 is all of them.

    stderr: that of all points times the root of the number of blocks. Raises PointsError, also for a level whose blocks
    have too few points.
    """
    whole = twonn_of_layer(geometry, discard)
    if level == 0:
        return whole
    fits = _block_fits(geometry, level, discard, MIN_POINTS) if level < len(geometry.blocks) else []
    if not fits:
        raise PointsError(f"{whole.n:,} points are too few to be split into {2**level} blocks. Take more of them.")
    return dataclasses.replace(fits[0], stderr=whole.stderr * 2 ** (level / 2))


def verdict(points: tuple[ScalePoint, ...]) -> Verdict:
    """What the scale analysis says, in words.

    Compares N with N/4 (N/2 where the blocks of N/4 are too small): change = (ID(N) - ID(N/4)) / ID(N) / 2, relative
    and for each doubling of N. Every level uses all N points, so both means have about the error of the whole fit,
    and their difference at most sqrt(2) of it. A change of less than 2 errors or less than 3 % is a plateau if its
    error is at most 5 %, else undecided; more is rising or falling.
    """
    whole = points[0]
    bound = f" Above about {LOWER_BOUND:g} an ID is a lower bound at usual N." if whole.id > LOWER_BOUND else ""
    if len(points) < 2:
        return Verdict("undecided", f"Too few points to compare scales (N = {whole.points:.0f}).{bound}", None, None)
    part = points[min(2, len(points) - 1)]
    doublings = np.log2(part.blocks)
    change = float((whole.id - part.id) / whole.id / doublings)
    error = float(2**0.5 * whole.stderr / whole.id / doublings)
    told = f"{change:+.1%} for each doubling from N = {part.points:.0f} to {whole.points:.0f}, error {error:.1%}"
    kind: Literal["plateau", "rising", "falling", "undecided"]
    if abs(change) >= max(2 * error, 0.03):
        kind = "rising" if change > 0 else "falling"
    else:
        kind = "plateau" if error <= 0.05 else "undecided"
    sentence = {
        "plateau": f"A plateau at {whole.id:.1f} ({told}).",
        "rising": f"Still rising with N ({told}): {whole.id:.1f} is a lower bound, or finer noise comes into sight.",
        "falling": f"Falls with N ({told}): close up the cloud is simpler; {whole.id:.1f} holds at this scale only.",
        "undecided": f"The error bars are too wide to tell a trend ({told}).",
    }[kind]
    return Verdict(kind, sentence + bound, change, error)


def _block_fits(geometry: LayerGeometry, level: int, discard: float, at_least: int) -> list[TwoNN]:
    """A fit of each block of a level, or none when one of them has too few usable points."""
    fits = []
    for block in range(2**level):
        r1, r2 = geometry.blocks[level, geometry.block_of[level] == block].T
        if not np.isfinite(r2).all() or np.count_nonzero((r1 > 0) & (r1 < r2)) < at_least:
            return []
        try:
            fits.append(twonn.fit(r1, r2, discard))
        except PointsError:
            return []  # enough points, but too few of them are left by this discard
    return fits
