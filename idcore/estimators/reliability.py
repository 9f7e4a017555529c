"""How reliable a distance matrix (RDM) is, from repeated measurements: the noise ceiling of its RSA with anything else.

The repeats are split into halves and averaged within each; the RSA of the two halves is the reliability of half of the
data. That of all of it, by Spearman (1910) and Brown (1910), is 2 h / (1 + h); and no model, without noise of its own,
correlates with the measured RDM by more than the root of that (attenuation; Spearman 1904; for RDMs: Nili, Wingfield,
Walther, Su, Marslen-Wilson, Kriegeskorte, "A toolbox for representational similarity analysis", PLoS Computational
Biology 10, 2014, e1003553). The formulas are those of noise that adds to what is correlated. Noise also lengthens the
distances themselves, those of near samples more: where it is large the ceiling is an approximation.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice
from math import comb

import numpy as np

from idcore.errors import PointsError
from idcore.estimators.rsa import rsa_of_points
from idcore.record import apart_samples
from idcore.shapes import Bool, Float

SPLITS = 20
SEED = 2019


@dataclass(frozen=True)
class Reliability:
    """half: mean RSA of two halves of the repeats; spread: its standard deviation over the splits. full: of all repeats
    (Spearman-Brown), ceiling: its root, the largest RSA that a model can have; both None where the halves do not
    agree. repeats, splits: how many. n: samples; pairs: of them."""

    half: float
    spread: float
    full: float | None
    ceiling: float | None
    repeats: int
    splits: int
    n: int
    pairs: int


def reliability(x: Float[np.ndarray, "n r u"], splits: int = SPLITS, seed: int = SEED) -> Reliability:
    """x: (n, repeats, units). splits: into halves, drawn by the seed; all there are where those are no more. Of an odd
    number of repeats the halves differ by one. Raises PointsError for fewer than two repeats or ten
    samples, NaN, and distances that are all the same."""
    r = x.shape[1]
    if r < 2:
        raise PointsError(f"A noise ceiling needs two repeats of each sample or more; there is {r}.")
    if isinstance(splits, bool) or not isinstance(splits, (int, np.integer)) or splits < 1:
        raise PointsError(f"The number of splits must be a whole number, 1 or more, not {splits!r}.")
    x = x.astype(np.float64, copy=False)
    correlations = [
        rsa_of_points(x[:, half].mean(axis=1), x[:, ~half].mean(axis=1)) for half in _halves(r, splits, seed)
    ]
    values = np.array([one.value for one in correlations])
    half = float(values.mean())
    full = 2 * half / (1 + half) if half > 0 else None
    return Reliability(
        half=half,
        spread=float(values.std()),
        full=full,
        ceiling=None if full is None else full**0.5,
        repeats=r,
        splits=len(correlations),
        n=correlations[0].n,
        pairs=correlations[0].pairs,
    )


def of_records(x: Float[np.ndarray, "n r u"]) -> Reliability:
    """`reliability` on the samples whose distances a record keeps: `record.apart_samples`."""
    return reliability(x[apart_samples(len(x))])


def _halves(r: int, splits: int, seed: int) -> Iterator[Bool[np.ndarray, " r"]]:
    """(r,) which repeats are in the first half, a split at a time, no split twice."""
    size = r // 2
    all_there_are = comb(r, size) // (1 if r % 2 else 2)
    if all_there_are <= splits:
        chosen = islice(combinations(range(r), size), all_there_are)  # those without the first repeat are the same
        for members in chosen:
            yield np.isin(np.arange(r), members)
        return
    random, seen = np.random.default_rng(seed), set[bytes]()
    while len(seen) < splits:
        half = np.isin(np.arange(r), random.permutation(r)[:size])
        same = half if r % 2 or half[0] else ~half
        if same.tobytes() not in seen:
            seen.add(same.tobytes())
            yield half
