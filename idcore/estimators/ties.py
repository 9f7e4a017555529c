"""Ratios of neighbour distances that mean something: those that the rounding of the numbers can tell from 1.

Numbers are known to their rounding, so distances are too (`Neighbours.rounding`), and r1 and r2 that differ by less
are tied: their ratio is 1 or what the rounding made of it. By the law of Facco et al. 2017 log(r2 / r1) is exponential,
whatever r1 is, and what lies above a threshold is exponential again from there on, with the same d. So ties that are
due to the rounding can be left out, when the others are measured from the threshold on. More ties than the rounding
explains are equal steps: a grid, numbers of few digits. What is left of them is no fair sample.
"""

from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.record import Neighbours
from idcore.shapes import Float64, Int

RELATIVE = 1e-12
"""Share of a distance to which it is computed at best."""
MOST_TIED = 0.5
"""Share of ties above which nothing is estimated. Below it the correction for the rounding holds."""
MOST_EQUAL = 0.1
"""Share of ties beyond those of the rounding, and of distances that are no more than rounding. Each percent of such
ties moves the ID by about as much (seen on cubes of 1 to 10 dimensions, rounded to a fiftieth up to a half of the
distance of their points)."""
LARGEST = 1000.0
"""No ID from here on is told: more than a thousand independent directions are not seen by the distances of any number
of samples there is; what gives such numbers is points at equal distances."""


@dataclass(frozen=True, eq=False)
class Ratios:
    """used: (m,) int, the points whose ratio means something. log_mu: (m,) float64, of these, from the threshold of the
    rounding on where there are ties. near: (m + ties,) float64, smaller distance of each ratio, tied ones included.
    ties: ratios left out; copies: points whose smaller distance is 0 to the rounding. rounding: of the distances."""

    used: Int[np.ndarray, " m"]
    log_mu: Float64[np.ndarray, " m"]
    near: Float64[np.ndarray, " with_ties"]
    ties: int
    copies: int
    rounding: float
    memoryless: bool

    @property
    def by_copies(self) -> float:
        """Ties to expect because the two nearest are copies of one another."""
        return len(self.near) * self.copies / max(len(self.near) + self.copies, 1)


def ratios(
    near: Float64[np.ndarray, " n"], far: Float64[np.ndarray, " n"], rounding: float = 0.0, memoryless: bool = True
) -> Ratios:
    """The ratios far / near, both (n,) float64 distances, near <= far, in one unit with the rounding. memoryless:
    whether log(far / near) is exponential, as of r1 and r2. Raises PointsError where most of them are ties, or many
    distances are no more than rounding."""
    copies = near <= rounding
    tied = ~copies & (far - near <= rounding + RELATIVE * far)
    used = np.flatnonzero(~(copies | tied))
    close = int(np.count_nonzero(copies & (near > 0)))
    if close > MOST_EQUAL * len(near):
        raise PointsError(
            f"{close:,} of {len(near):,} points are nearer to a neighbour than the rounding of the numbers can tell: "
            f"it moves a distance by up to {rounding:.2g}. Give the numbers in a higher precision, or no offset."
        )
    floor = near[used] + rounding if memoryless and tied.any() else near[used]
    measured = Ratios(
        used=used,
        log_mu=np.log1p((far[used] - floor) / floor),
        near=near[~copies],
        ties=int(tied.sum()),
        copies=int(copies.sum()),
        rounding=rounding,
        memoryless=memoryless,
    )
    if measured.ties - measured.by_copies > MOST_TIED * len(measured.near):
        coarse = rounding > 0.01 * np.median(measured.near)
        raise PointsError(
            f"{_told(measured, 0 if coarse else measured.ties)}. Too few others are left to estimate from."
        )
    return measured


def judged(ratios: Ratios, id: float) -> str:
    """What must be said of an ID from these ratios, "" where that is nothing. Raises PointsError where the ID means
    nothing."""
    if not id < LARGEST:
        raise PointsError(
            f"The distances of each point to its neighbours are all but equal: they would give a dimension of "
            f"{id:,.0f}, and none of {LARGEST:,.0f} or more can be told. The points lie on a grid, or hold noise in "
            f"all columns."
        )
    if not ratios.ties:
        return ""
    expected = ratios.by_copies
    if ratios.memoryless:
        expected += float(np.sum(-np.expm1(-id * np.log1p(ratios.rounding / ratios.near))))
    beyond = max(0.0, ratios.ties - expected - 2 * expected**0.5)
    share = beyond / len(ratios.near)
    told = _told(ratios, beyond)
    if share > MOST_EQUAL:
        raise PointsError(
            f"{told}. The others are no fair sample of them: at most {MOST_EQUAL:.0%} may be tied. Give the numbers "
            f"with more digits, or fewer points, which lie farther apart."
        )
    return f"{told}." + (f" The ID may be off by about {share:.1%}." if share >= 0.005 else "")


def within_columns(id: float, stderr: float, columns: int | None) -> str:
    """What must be said of an ID above the number of columns that vary, by more than its error; None: not known how
    many. Raises PointsError where it is above twice that number."""
    if columns is None or id - stderr <= columns:
        return ""
    vary = f"only {columns:,} column{'s vary' if columns != 1 else ' varies'}"
    if id - 2 * stderr > 2 * columns:
        raise PointsError(
            f"The distances would give a dimension of {id:.3g}, and {vary}: the points lie more evenly than by chance "
            f"(equal steps, a sequence that fills the space), which no ratio of distances can see through."
        )
    return f"The ID is above its highest possible value, since {vary}: the points lie more evenly than by chance."


def equal_steps(table: Neighbours) -> str:
    """What must be said of an estimate from farther neighbours where the nearest two are mostly tied, "" elsewhere."""
    r1, r2 = table.distances[:, :2].T
    tied = np.mean((r1 > table.rounding) & (r2 - r1 <= table.rounding + RELATIVE * r2))
    return f"r1 = r2 at {tied:.0%} of the points: equal steps bend this number." if tied > MOST_TIED else ""


def _told(ratios: Ratios, beyond: float) -> str:
    """beyond: how many of the ties the rounding does not explain."""
    are = "ratios is a tie" if ratios.ties == 1 else "ratios are ties"
    if beyond > ratios.ties / 2:
        why = "the points lie on a grid, or their numbers have few digits"
    elif ratios.by_copies > ratios.ties / 2:
        why = "there are copies among the points"
    else:
        why = f"the rounding of the numbers moves a distance by up to {ratios.rounding:.2g}"
    return f"{ratios.ties:,} of {len(ratios.near) + ratios.copies:,} {are} (equal distances, to rounding): {why}"
