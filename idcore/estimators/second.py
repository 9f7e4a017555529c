"""Second opinions on the dimension of a layer, beside the estimators of `table`: other quantities, each with a bias of
its own. A row of `SECOND` each."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import opinions, persistence, ties
from idcore.estimators.opinions import Opinion
from idcore.estimators.spectrum import Spectrum
from idcore.record import LayerGeometry
from idcore.shapes import Float64

_PLANES, _PAIRS, _TREE = 300, 1000, 800
"""Points at most, so that all of them together take about a second."""


@dataclass(frozen=True)
class Second:
    """name: in tables. bias: what is known of how it errs, a sentence. formula: LaTeX. source: where it is from.
    function: of a layer that has numbers; raises PointsError."""

    name: str
    bias: str
    formula: str
    source: str
    function: Callable[[LayerGeometry], Opinion]


def second_opinions(geometry: LayerGeometry) -> tuple[tuple[Second, Opinion], ...]:
    """All of them on the distinct points of a layer, in their order. Where there is no number, id is NaN and the note
    says why. Never raises for what the data are like."""
    return tuple((one, _asked(one, geometry)) for one in SECOND)


def _asked(one: Second, geometry: LayerGeometry) -> Opinion:
    try:
        if geometry.note:
            raise PointsError(geometry.note)
        return one.function(geometry)
    except PointsError as error:
        return Opinion(math.nan, math.nan, 0, str(error))


def _points(geometry: LayerGeometry) -> tuple[Float64[np.ndarray, "m c"], str]:
    """(leading principal coordinates of the distinct points, how much of the variance they hold)."""
    firsts = np.unique(geometry.group, return_index=True)[1]
    x = geometry.coordinates[firsts].astype(np.float64)
    total = float(geometry.eigenvalues.sum())
    held = float(geometry.eigenvalues[: x.shape[1]].sum()) / total if total > 0 else 1.0
    share = "all" if held > 0.9995 else f"{held:.1%}"
    return x, f"{x.shape[1]} coordinates with {share} of the variance"


def _local_pca(geometry: LayerGeometry) -> Opinion:
    x, held = _points(geometry)
    result = opinions.local_pca(x, geometry.neighbours, min(opinions.LOCAL_K, geometry.neighbours.k), most=_PLANES)
    return Opinion(result.id, result.stderr, result.n, f"{result.note}; {held}")


def _correlation(geometry: LayerGeometry) -> Opinion:
    x, held = _points(geometry)
    result = opinions.correlation_dimension(x, most=_PAIRS)
    return Opinion(result.id, result.stderr, result.n, f"{result.note}; {held}")


def _tree(geometry: LayerGeometry) -> Opinion:
    x, held = _points(geometry)
    result = persistence.ph_dimension(x, draws=3, most=_TREE)
    ties.within_columns(result.id, result.stderr, geometry.columns)
    about = f"trees of {result.sizes[0]} to {result.sizes[-1]} points, median of 3 draws; {held}"
    return Opinion(result.id, result.stderr, result.sizes[-1], about)


def _rank_me(geometry: LayerGeometry) -> Opinion:
    return Opinion(opinions.rank_me(Spectrum(geometry.eigenvalues)), math.nan, geometry.n, "stored eigenvalues")


def _entropy(geometry: LayerGeometry) -> Opinion:
    result = opinions.spectral_entropy(Spectrum(geometry.eigenvalues))
    return Opinion(result, math.nan, geometry.n, "stored eigenvalues")


SECOND: tuple[Second, ...] = (
    Second(
        "persistent homology",
        "Too low above about 4 dimensions (4.2 of a cube of 5 with 1600 points), and it varies from draw to draw.",
        r"\hat d = \frac{\alpha}{1 - m}, \qquad \log E_\alpha(n) \approx m \log n",
        "Steele, Annals of Probability 16:1767 (1988); Adams et al., *A fractal dimension for measures via persistent "
        "homology* (2020)",
        _tree,
    ),
    Second(
        "correlation integral",
        "Too low above about 5 dimensions: edges take pairs away, and few points have few near pairs.",
        r"\hat d = \frac{d \log C(r)}{d \log r}",
        "Grassberger, Procaccia, *Measuring the strangeness of strange attractors*, Physica D 9:189 (1983)",
        _correlation,
    ),
    Second(
        "local PCA",
        "Too high where the cloud bends within a neighbourhood or holds noise, too low where a neighbourhood has few "
        "points for its dimension; it moves with the share of the variance.",
        r"\hat d = \frac{1}{N} \sum_i \min \{ m : \textstyle\sum_{j \le m} \lambda_j(i) \ge v \sum_j \lambda_j(i) \}",
        "Fukunaga, Olsen, IEEE Transactions on Computers C-20:176 (1971)",
        _local_pca,
    ),
    Second(
        "RankMe",
        "Counts linear directions, faint ones too: on a curved cloud far above the ID.",
        r"\exp \Bigl( - \sum_j p_j \log p_j \Bigr), \qquad p_j = \frac{\sqrt{\lambda_j}}{\sum_l \sqrt{\lambda_l}}",
        "Garrido, Balestriero, Najman, LeCun, *RankMe*, ICML 2023 (here of centred features)",
        _rank_me,
    ),
    Second(
        "spectral entropy",
        "Counts linear directions, weighted by their variance: above the ID on a curved cloud, below it where one "
        "direction outweighs the others.",
        r"\exp \Bigl( - \sum_j p_j \log p_j \Bigr), \qquad p_j = \frac{\lambda_j}{\sum_l \lambda_l}",
        "Roy, Vetterli, *The effective rank*, EUSIPCO 2007",
        _entropy,
    ),
)
