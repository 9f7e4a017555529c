"""The tokens of one sequence as a cloud, and how its dimension goes with what the model does not foretell of it.

Viswanathan et al., "The geometry of tokens in internal representations of large language models" (2025): one cloud a
prompt, Gride, Spearman's r of the ID and the mean next-token loss over the prompts.
"""

from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import gride, local, twonn
from idcore.estimators.regression import ranks, spearman
from idcore.record import LayerGeometry
from idcore.shapes import Float64

RANK = 8
"""k of the ratios r_2k / r_k that are read of a cloud."""
_SEED = 31


@dataclass(frozen=True)
class CloudId:
    """Of one cloud in one layer: TwoNN and Gride at r_16 / r_8 with their standard errors, NaN where there is none.
    distinct: points that are left once equal tokens are one. note: why there is no number."""

    twonn: float
    twonn_err: float
    gride: float
    gride_err: float
    distinct: int
    note: str = ""


@dataclass(frozen=True)
class Goes:
    """Spearman's r of n pairs, its 95 % bootstrap interval, and the share p of random pairings with an |r| as large. r
    is None where there is none, and the note says why."""

    r: float | None
    low: float
    high: float
    p: float
    n: int
    note: str = ""


def of_cloud(geometry: LayerGeometry) -> CloudId:
    """The dimension of one cloud. Never raises for what it is like."""
    none, notes = float("nan"), []
    first, second = (none, none), (none, none)
    distinct = 0 if geometry.note else geometry.distinct
    try:
        fit = twonn.twonn_of_layer(geometry)
        first = fit.id, fit.stderr
    except PointsError as error:
        notes.append(str(error))
    if not geometry.note:
        try:
            point = gride.gride_at(geometry.neighbours, RANK, geometry.columns)
            second = (point.id, point.stderr) if point is not None else second
        except PointsError as error:
            notes.append(str(error))
    return CloudId(*first, *second, distinct, " ".join(dict.fromkeys(notes)))


def of_tokens(geometry: LayerGeometry) -> Float64[np.ndarray, " t"]:
    """(t,) the local dimension at each token, NaN where there is none."""
    try:
        return local.of_samples(geometry)
    except PointsError:
        return np.full(geometry.n, np.nan)


def goes_with(ids: Float64[np.ndarray, " s"], losses: Float64[np.ndarray, " s"], draws: int = 2000) -> Goes:
    """Spearman's r of the IDs of clouds and their mean losses, both (s,), NaN where there is none. draws: resamples of
    the interval, and random pairings."""
    both = np.isfinite(ids) & np.isfinite(losses)
    x, y = ids[both], losses[both]
    none = float("nan")
    try:
        correlation = spearman(x, y, draws)
    except PointsError as error:
        return Goes(None, none, none, none, int(both.sum()), str(error))
    of = [ranks(values[None])[0] for values in (x, y)]
    one, other = ((values - values.mean()) / np.linalg.norm(values - values.mean()) for values in of)
    random = np.random.default_rng(_SEED)
    null = np.array([abs(one @ random.permutation(other)) for _ in range(draws)])
    p = (1 + int((null >= abs(correlation.value) - 1e-12).sum())) / (draws + 1)
    return Goes(correlation.value, correlation.low, correlation.high, p, correlation.n)
