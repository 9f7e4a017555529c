"""ABIDE: the ID at the scale, point by point, up to which the density can be taken as constant.

Di Noia, Macocco, Glielmo, Laio, Mira, "Beyond the noise: intrinsic dimension estimation with optimal neighbourhood
identification", arXiv:2405.15132 (2024). In turns: k* from the ID (`density.neighbourhoods`), and the ID from how many
of these neighbours lie within r times their reach: of k* - 1 points that are uniform in a ball of dimension d,
Binomial(k* - 1, r**d) do.
"""

from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.estimators.density import neighbourhoods
from idcore.estimators.error_bar import error_bar
from idcore.estimators.estimator import Estimate, Estimator
from idcore.estimators.twonn import MIN_POINTS, from_neighbours
from idcore.record import LayerGeometry, Neighbours
from idcore.shapes import Float64, Int
from idcore.spec import Reading
from idcore.text import brief

TURNS = 5
_BEST = 0.2032
"""r**d at which the error is least."""
_WIDEST = 0.975
_DRAWS = 199


@dataclass(frozen=True, eq=False)
class Abide:
    """id: the dimension at that scale. stderr: one standard error by the binomial law, which takes the points as
    independent, so it is too small. k: (n,) int64, neighbours of each point that it was taken from. p: probability
    of a distance (Kolmogorov-Smirnov) as large as seen between the counts and their binomial law; below 0.01 the cloud
    is not as the model has it, and the number is to be read with care. capped: share whose neighbourhood met the
    end of the table. influence: (n,) float64, what each point adds to the dimension."""

    id: float
    stderr: float
    k: Int[np.ndarray, " n"]
    p: float
    capped: float
    influence: Float64[np.ndarray, " n"]

    __repr__ = brief

    @property
    def note(self) -> str:
        """What must be said of it."""
        kept = f"neighbourhoods of {int(np.median(self.k))} (median)"
        ended = f", {self.capped:.0%} of them cut at {int(self.k.max())} neighbours" if self.capped >= 0.01 else ""
        doubt = f"; the counts are not binomial (p = {self.p:.2g}): read it with care" if self.p < 0.01 else ""
        return f"{kept}{ended}{doubt}"


def abide(table: Neighbours, start: float, turns: int = TURNS, seed: int = 0) -> Abide:
    """table: neighbours of distinct points, the more the better (64 or so at least): neighbourhoods end at the last.
    start: the ID to begin from, of TwoNN. Raises PointsError for too few points or neighbours, or where the counts
    give no dimension."""
    if table.n < MIN_POINTS:
        raise PointsError(f"ABIDE needs at least {MIN_POINTS} points; there are {table.n}.")
    if not (np.isfinite(start) and start > 0):
        raise PointsError(f"ABIDE begins from a positive dimension, not {start}.")
    dimension = float(start)
    for _ in range(turns):
        taken = neighbourhoods(table, dimension)
        ratio = min(_WIDEST, _BEST ** (1 / dimension))
        counts = _counts(table, taken, ratio)
        share = counts.mean() / (taken - 1).mean()
        if not 0 < share < 1:
            raise PointsError(
                f"ABIDE finds {'none' if share == 0 else 'all'} of the neighbours within {ratio:.3f} of their "
                f"reach: the distances are equal, or there are copies. Merge duplicates, or give more points."
            )
        dimension = float(np.log(share) / np.log(ratio))
    variance = (ratio**-dimension - 1) / ((taken - 1).mean() * table.n * np.log(ratio) ** 2)
    p = _probability(counts, taken - 1, ratio**dimension, np.random.default_rng(seed))
    influence = (counts / counts.sum() - (taken - 1) / (taken - 1).sum()) / np.log(ratio)
    return Abide(dimension, float(variance**0.5), taken, p, float(np.mean(taken == table.k - 1)), influence)


def _counts(table: Neighbours, taken: Int[np.ndarray, " n"], ratio: float) -> Int[np.ndarray, " n"]:
    reach = table.distances[np.arange(table.n), taken - 1]
    counts: np.ndarray = np.count_nonzero(table.distances[:, : taken.max()] < ratio * reach[:, None], axis=1)
    return counts


def _probability(
    counts: Int[np.ndarray, " n"], trials: Int[np.ndarray, " n"], share: float, random: np.random.Generator
) -> float:
    """Of the counts under their law: how many of 199 sets drawn by it lie as far from its distribution function. Where
    none does, the bound of Dvoretzky, Kiefer and Wolfowitz (with Massart's constant), if that is lower."""
    size = int(trials.max()) + 1
    drawn = np.stack([np.bincount(random.binomial(trials, share), minlength=size) for _ in range(_DRAWS)])
    heights = np.cumsum(drawn, axis=1) / len(counts)
    law = heights.mean(axis=0)
    own = np.cumsum(np.bincount(counts, minlength=size)) / len(counts)
    seen = float(np.abs(own - law).max())
    as_far = int(np.count_nonzero(np.abs(heights - law).max(axis=1) >= seen))
    p = (1 + as_far) / (_DRAWS + 1)
    return p if as_far else min(p, 2 * float(np.exp(-2 * len(counts) * seen**2)))


def _estimate(geometry: LayerGeometry, reading: Reading) -> Estimate:
    """Its error is that of the other estimators: points that share neighbours are taken together."""
    table = geometry.neighbours
    fit = abide(table, from_neighbours(table).id)
    reached = np.arange(table.k) < fit.k[:, None]
    error = error_bar(fit.influence, np.where(reached, table.indices, -1)).stderr
    return Estimate("ABIDE", fit.id, error, geometry.distinct, fit.note)


ESTIMATOR = Estimator(
    name="ABIDE",
    title="ABIDE",
    words="The scale adapts to each point, up to where the density stops being constant, so noise below it counts "
    "less; a check of its model is told beside it. Neighbourhoods end with the table, at 64 neighbours: where many are "
    "cut there, the number is too high on noisy clouds.",
    formula=r"\hat d = \frac{\log \bigl( \sum_i n_i / \sum_i (k^*_i - 1) \bigr)}{\log r}",
    source="Di Noia, Macocco, Glielmo, Laio, Mira, *Beyond the noise: intrinsic dimension estimation with optimal "
    "neighbourhood identification*, arXiv:2405.15132 (2024)",
    needs=(),
    function=_estimate,
)
