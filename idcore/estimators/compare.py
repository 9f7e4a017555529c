"""Side by side: every estimator on one layer; what each layer of a network knows of the labels and of the others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import levina_bickel, overlap, ties, twonn
from idcore.estimators.accuracy import Accuracy, knn_accuracy
from idcore.estimators.error_bar import error_bar
from idcore.estimators.gride import gride_at
from idcore.estimators.samples import sample_neighbours
from idcore.estimators.scale import twonn_of_layer
from idcore.record import LayerGeometry, Neighbours
from idcore.spec import USUAL

Bars = Literal["jackknife", "paper"]
ESTIMATORS = ("TwoNN", "TwoNN ML", "Gride", "Levina-Bickel")
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Estimate:
    """One estimator on one layer. name: of `ESTIMATORS`. id, stderr: None where there is no number, with the reason in
    `note`. n: points used. note: what the error is, or why there is no number."""

    name: str
    id: float | None
    stderr: float | None
    n: int
    note: str


@dataclass(frozen=True)
class Place:
    """What a layer knows; None where it has no numbers. labels, output: share of the k nearest neighbours that have
    the label of their point, and that are its neighbours in the last layer. before: share that are its neighbours in
    the measured layer before. accuracy: of the vote of the k nearest neighbours, None without labels."""

    layer: str
    k: int
    labels: float | None
    output: float | None
    before: float | None
    accuracy: Accuracy | None


def estimates(
    geometry: LayerGeometry, discard: float = USUAL.discard, k: int = 16, bars: Bars = "jackknife"
) -> tuple[Estimate, ...]:
    """All estimators on the distinct points of a layer, in the order of `ESTIMATORS`.

    discard: fraction of the largest mu that both forms of TwoNN leave out. k: neighbours that Levina-Bickel takes, and
    the farther of the two that Gride compares (r_k / r_(k/2)), an even number; lowered to what the table has.
    bars: of least squares, by the jackknife or those of the paper. Never raises for what the data are like.
    """
    table = geometry.neighbours
    k = min(k, table.k) // 2 * 2
    found = []
    for name, estimate in zip(ESTIMATORS, (_least_squares, _likelihood, _gride, _levina_bickel), strict=True):
        try:
            if geometry.note:
                raise PointsError(geometry.note)
            one = estimate(geometry, discard, k, bars)
            assert one.id is not None and one.stderr is not None
            above = ties.within_columns(one.id, one.stderr, geometry.columns)
            found.append(one if above in one.note else replace(one, note=_with(one.note, above)))
        except PointsError as error:
            found.append(Estimate(name, None, None, 0, str(error)))
    return tuple(found)


def _least_squares(geometry: LayerGeometry, discard: float, k: int, bars: Bars) -> Estimate:
    fit = twonn_of_layer(geometry, discard)
    if bars == "paper":
        error = twonn.paper_bars(geometry.neighbours, discard)
        from_ = "spread over subsets of 90 %: too small, about 0.57 of the error"
        return Estimate("TwoNN", fit.id, error, fit.n, _with(from_, fit.note))
    return Estimate("TwoNN", fit.id, fit.stderr, fit.n, _with(f"95 % interval {_words(fit.interval)}", fit.note))


def _likelihood(geometry: LayerGeometry, discard: float, k: int, bars: Bars) -> Estimate:
    fit, bar = twonn.mle_of(geometry.neighbours, discard)
    interval = _words((fit.id - bar.half_width, fit.id + bar.half_width))
    return Estimate("TwoNN ML", fit.id, bar.stderr, fit.n, _with(f"95 % interval {interval}", fit.note))


def _gride(geometry: LayerGeometry, discard: float, k: int, bars: Bars) -> Estimate:
    point = gride_at(geometry.neighbours, k // 2, geometry.columns)
    if point is None:
        raise PointsError(f"Gride needs at least {twonn.MIN_POINTS} points with r_2k > r_k > 0.")
    ratio = f"r{k} / r{k // 2}".translate(SUBSCRIPTS)
    return Estimate("Gride", point.id, point.stderr, point.n, _with(f"ratios {ratio}", point.note))


def _levina_bickel(geometry: LayerGeometry, discard: float, k: int, bars: Bars) -> Estimate:
    table = geometry.neighbours
    fit = levina_bickel.fit(table, k)
    inverse = (k - 2) / (k - 1) / fit.local
    influence = np.nan_to_num(inverse.mean(where=~np.isnan(inverse)) - inverse) * fit.id**2 / fit.n
    error = error_bar(influence, table.indices[:, :k]).stderr
    return Estimate("Levina-Bickel", fit.id, error, fit.n, _with(f"{k} neighbours, average of the inverses", fit.note))


def _with(about: str, note: str) -> str:
    return f"{about.removesuffix('.')}. {note}" if note else about


def _words(interval: tuple[float, float]) -> str:
    return "{:.2f} to {:.2f}".format(*interval)


def along_depth(geometries: Sequence[LayerGeometry], labels: np.ndarray, k: int = overlap.K) -> tuple[Place, ...]:
    """What each layer knows, in call order; the last one is taken as the output.

    labels: (n,) int, negative where there is none; then nothing is said about labels. k: neighbours, lowered to what
    every measured layer has. Raises PointsError when the layers hold different samples.
    """
    known = [g for g in geometries if not g.note]
    k = min([k, *(g.neighbours.k for g in known)])
    tables = {g.layer.name: sample_neighbours(g, k) for g in known}
    last = tables.get(geometries[-1].layer.name) if geometries else None
    labelled = bool(len(labels)) and bool((np.asarray(labels) >= 0).all())
    places, before = [], None
    for geometry in geometries:
        table = tables.get(geometry.layer.name)
        if table is None:
            places.append(Place(geometry.layer.name, k, None, None, None, None))
            continue
        places.append(
            Place(
                layer=geometry.layer.name,
                k=k,
                labels=overlap.label_overlap(table, labels, k) if labelled else None,
                output=_common(table, last),
                before=_common(table, before),
                accuracy=knn_accuracy(geometry, labels, k) if labelled else None,
            )
        )
        before = table
    return tuple(places)


def _common(table: Neighbours, other: Neighbours | None) -> float | None:
    return None if other is None else overlap.overlap(table, other, table.k)
