"""Statistics of the layers of a network beside the dimension, as columns of its table: a row of `STATISTICS` each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError, RequestError
from idcore.estimators import abide, far_scales, hidalgo, levina_bickel, overlap, peaks
from idcore.estimators.cka import cka_matrix
from idcore.estimators.density import K
from idcore.estimators.imbalance import imbalances
from idcore.estimators.nucleation import adjusted_rand, nucleation
from idcore.estimators.null import DENSE, calibrate, cka_null, overlap_null
from idcore.estimators.samples import sample_neighbours
from idcore.estimators.second import second_opinions
from idcore.estimators.twonn import twonn_of_layer
from idcore.record import LayerGeometry
from idcore.shapes import Int

Row = dict[str, float | int | None]
_RANKS = tuple(2**j for j in range(1, 14))
_LOCAL = 20


@dataclass(frozen=True)
class Statistic:
    """name: on the command line. words: what it is. columns: what each says. function: of the layers that have numbers
    and the labels (n,), negative where there is none: a row for each, a column left out where it has no number; raises
    PointsError where it has none of any layer."""

    name: str
    words: str
    columns: dict[str, str]
    function: Callable[[Sequence[LayerGeometry], Int[np.ndarray, " n"]], list[Row]]


def columns_of(
    names: Sequence[str], geometries: Sequence[LayerGeometry], labels: Int[np.ndarray, " n"]
) -> tuple[list[Row], list[str]]:
    """(a row for each layer with all columns of the named statistics, None where there is no number; sentences on what
    could not be had). Raises RequestError for an unknown name."""
    chosen = named(names)
    rows: list[Row] = [{column: None for one in chosen for column in one.columns} for _ in geometries]
    known = [i for i, geometry in enumerate(geometries) if not geometry.note]
    notes = []
    for one in chosen:
        if not known:
            break
        try:
            values = one.function([geometries[i] for i in known], labels)
        except PointsError as error:
            notes.append(f"{one.name}: {error}")
            continue
        for i, row in zip(known, values, strict=True):
            rows[i].update(row)
    return rows, notes


def named(names: Sequence[str]) -> tuple[Statistic, ...]:
    """The statistics of these names. Raises RequestError."""
    by_name = {one.name: one for one in STATISTICS}
    for name in names:
        if name not in by_name:
            raise RequestError(f"There is no statistic {name!r}: choose among {', '.join(by_name)}.")
    return tuple(by_name[name] for name in dict.fromkeys(names))


def _nucleation(geometries: Sequence[LayerGeometry], labels: Int[np.ndarray, " n"]) -> list[Row]:
    rows = nucleation(geometries, labels, None, K, peaks.Z)
    return [
        {"peaks": row.peaks, "peaks_ari": row.ari, "peaks_core": row.core, "peaks_d": row.dimension} for row in rows
    ]


def _imbalance(geometries: Sequence[LayerGeometry], labels: Int[np.ndarray, " n"]) -> list[Row]:
    imbalance = imbalances([geometry.coordinates for geometry in geometries])
    return [
        {
            "imbalance_to_output": float(imbalance.values[i, -1]),
            "imbalance_to_output_err": float(imbalance.errors[i, -1]),
            "imbalance_from_output": float(imbalance.values[-1, i]),
            "imbalance_from_output_err": float(imbalance.errors[-1, i]),
        }
        for i in range(len(geometries))
    ]


def _scale(geometries: Sequence[LayerGeometry], labels: Int[np.ndarray, " n"]) -> list[Row]:
    return [_of_scales(geometry) for geometry in geometries]


def _of_scales(geometry: LayerGeometry) -> Row:
    try:
        points = [point for point in far_scales.of_layer(geometry) if 2 * point.k in _RANKS]
    except PointsError:
        return {}
    row: Row = {f"id_r{2 * point.k}": point.id for point in points}
    return row | {f"id_r{2 * point.k}_err": point.stderr for point in points}


def _local(geometries: Sequence[LayerGeometry], labels: Int[np.ndarray, " n"]) -> list[Row]:
    return [_of_points(geometry) for geometry in geometries]


def _of_points(geometry: LayerGeometry) -> Row:
    try:
        dimensions = levina_bickel.fit(geometry.neighbours, min(_LOCAL, geometry.neighbours.k)).local[geometry.group]
    except PointsError:
        return {}
    low, middle, high = np.nanpercentile(dimensions, [25, 50, 75])
    return {"local_id_25": float(low), "local_id_median": float(middle), "local_id_75": float(high)}


def _abide(geometries: Sequence[LayerGeometry], labels: Int[np.ndarray, " n"]) -> list[Row]:
    return [_of_abide(geometry) for geometry in geometries]


def _of_abide(geometry: LayerGeometry) -> Row:
    try:
        fit = abide.abide(geometry.neighbours, twonn_of_layer(geometry).id)
    except PointsError:
        return {}
    return {
        "abide_id": fit.id,
        "abide_err": fit.stderr,
        "abide_p": fit.p,
        "abide_k": float(np.median(fit.k)),
        "abide_capped": fit.capped,
    }


def _similarity(geometries: Sequence[LayerGeometry], labels: Int[np.ndarray, " n"]) -> list[Row]:
    last = geometries[-1]
    cka = [row[0].value for row in cka_matrix(geometries, [last])]
    cka_chance = cka_null(geometries, [last])
    k = min([overlap.K, *(geometry.neighbours.k for geometry in geometries)])
    tables = [sample_neighbours(geometry, k) for geometry in geometries]
    common = [overlap.overlap(table, tables[-1], k) for table in tables]
    chance = overlap_null(tables, tables[-1:], k) if last.n <= DENSE else None
    rows: list[Row] = []
    for i in range(len(geometries)):
        row: Row = {"cka_output": cka[i], "cka_output_p": calibrate(cka[i], cka_chance[:, i, 0]).p}
        row["overlap_output"] = common[i]
        if chance is not None:
            row["overlap_output_p"] = calibrate(common[i], chance[:, i, 0]).p
        rows.append(row)
    return rows


_PIECES = 4


def _hidalgo(geometries: Sequence[LayerGeometry], labels: Int[np.ndarray, " n"]) -> list[Row]:
    return [_of_pieces(geometry, labels) for geometry in geometries]


def _of_pieces(geometry: LayerGeometry, labels: Int[np.ndarray, " n"]) -> Row:
    try:
        best = max(hidalgo.growing(geometry.neighbours, _PIECES), key=lambda one: one.log_likelihood)
    except PointsError:
        return {}
    row: Row = {"pieces": len(best.ids)}
    for i, (d, error) in enumerate(zip(best.ids, best.stderrs, strict=True), start=1):
        row |= {f"pieces_d{i}": float(d), f"pieces_d{i}_err": float(error)}
    of = best.labels[geometry.group]
    if len(labels) == len(of) and (labels >= 0).all() and len(np.unique(labels)) > 1:
        row["pieces_ari"] = adjusted_rand(of, labels)
    return row


_OPINIONS = {
    "persistent homology": "ph_id",
    "correlation integral": "correlation_id",
    "local PCA": "local_pca_id",
    "RankMe": "rank_me",
    "spectral entropy": "spectral_entropy",
}


def _opinions(geometries: Sequence[LayerGeometry], labels: Int[np.ndarray, " n"]) -> list[Row]:
    rows: list[Row] = []
    for geometry in geometries:
        row: Row = {}
        for one, said in second_opinions(geometry):
            column = _OPINIONS.get(one.name)
            if column is not None and np.isfinite(said.id):
                row[column] = said.id
                if column.endswith("_id") and np.isfinite(said.stderr):
                    row[column.removesuffix("_id") + "_err"] = said.stderr
        rows.append(row)
    return rows


STATISTICS: tuple[Statistic, ...] = (
    Statistic(
        "nucleation",
        "peaks of the kNN density (k = 30, Z = 1.65, in the TwoNN dimension of the layer)",
        {
            "peaks": "their number",
            "peaks_ari": "adjusted Rand index of the peaks with the labels, 0 by chance",
            "peaks_core": "share of the samples above the highest saddle of their peak",
            "peaks_d": "the dimension that the density was taken in",
        },
        _nucleation,
    ),
    Statistic(
        "imbalance",
        "information imbalance with the last layer (k = 1, ranks over all samples for 500 of them)",
        {
            "imbalance_to_output": "from this layer to the last one, 0 (foretold) to 1",
            "imbalance_to_output_err": "one standard error of it",
            "imbalance_from_output": "from the last layer to this one",
            "imbalance_from_output_err": "one standard error of it",
        },
        _imbalance,
    ),
    Statistic(
        "similarity",
        "likeness with the last layer, against 200 permutations of the samples",
        {
            "cka_output": "debiased linear CKA",
            "cka_output_p": "share of the permutations as large, the layer itself counted",
            "overlap_output": "share of the 30 nearest neighbours in common",
            "overlap_output_p": "as of CKA; up to 12,000 samples",
        },
        _similarity,
    ),
    Statistic(
        "scale",
        "Gride, the ID from the ratios r_2k / r_k, up to half of the samples",
        {f"id_r{r}{end}": f"{what} r_{r} / r_{r // 2}" for r in _RANKS
         for end, what in (("", "ID at"), ("_err", "one standard error at"))},
        _scale,
    ),
    Statistic(
        "abide",
        "the ID at the scale up to which the density is constant; the neighbourhoods end at 64",
        {
            "abide_id": "the ID",
            "abide_err": "one standard error, points taken as independent",
            "abide_p": "of the check of its model; below 0.01 read it with care",
            "abide_k": "median of the neighbours taken",
            "abide_capped": "share of the points whose neighbourhood met the end of the table",
        },
        _abide,
    ),
    Statistic(
        "local",
        "the ID at each point, of 20 neighbours (Levina-Bickel)",
        {
            "local_id_25": "lower quartile over the samples",
            "local_id_median": "median",
            "local_id_75": "upper quartile",
        },
        _local,
    ),
    Statistic(
        "hidalgo",
        "pieces of different dimension (Hidalgo): of 1 to 4 as many as have the highest likelihood; seconds a layer",
        {"pieces": "their number", "pieces_ari": "adjusted Rand index of the pieces with the labels, 0 by chance"}
        | {f"pieces_d{i}{end}": f"{what} piece {i}, by rising dimension" for i in range(1, _PIECES + 1)
           for end, what in (("", "dimension of"), ("_err", "spread over the sweeps of the dimension of"))},
        _hidalgo,
    ),
    Statistic(
        "opinions",
        "other quantities that go by the name of a dimension, each with a bias of its own",
        {
            "ph_id": "persistent homology, at most 800 points",
            "ph_err": "its spread over draws",
            "correlation_id": "correlation integral, at most 1000 points",
            "correlation_err": "its spread over halves",
            "local_pca_id": "mean components for 95% of the variance of 64 neighbours",
            "local_pca_err": "one standard error of it",
            "rank_me": "exp of the entropy of the singular values",
            "spectral_entropy": "exp of the entropy of the eigenvalues",
        },
        _opinions,
    ),
)  # fmt: skip
