"""One row of the table of layers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from idcore.errors import PointsError
from idcore.estimators import twonn
from idcore.estimators.caveats import LOWER_BOUND
from idcore.estimators.scale import scale
from idcore.estimators.spectrum import Spectrum
from idcore.estimators.twonn import twonn_of_layer
from idcore.estimators.verdict import FALLS, LEVELS, brief, verdict
from idcore.record import LayerGeometry
from idcore.spec import USUAL, Reading

OF_COVARIANCE = 0.1
"""What the covariance, which is estimated from the samples, adds to the variance of the linearised ID, as a share of
the variance of one Gaussian sample: 0 to 0.15 measured on Gaussians and the layers of the MNIST networks."""
DRAWN = 2 * 2.0**-23
"""Rounding of the distances of the Gaussian samples, drawn as float32, for each unit of the size of their columns
(`geometry.points.rounding`)."""


@dataclass(frozen=True)
class LayerSummary:
    """The numbers of a layer; None where there is none. note: the reason, or what must be said of the ID ("" where that
    is nothing).

    units: D. n: samples. id, id_err: TwoNN and one standard error (`error_bar`); id_low, id_high: the 95 % interval.
    pc_id: components that hold the share of the variance. linearised_id, linearised_err: TwoNN of Gaussian samples with
    the same covariance, mean over the draws, and one standard error of it. dropped: samples that TwoNN did not use,
    merged duplicates included. r2: of the fit. duplicates: exact copies of another sample. dead: constant units.
    lower_bound, reading: what the verdict says of the ID. brute_rows: rows measured by brute force.
    """

    layer: str
    order: int
    depth: float
    units: int
    n: int
    id: float | None
    id_err: float | None
    pc_id: int | None
    linearised_id: float | None
    dropped: int
    note: str
    linearised_err: float | None = None
    participation_ratio: float | None = None
    r2: float | None = None
    duplicates: int = 0
    dead: int = 0
    lower_bound: bool = False
    brute_rows: int = 0
    id_low: float | None = None
    id_high: float | None = None
    reading: str = ""


def summarise(geometry: LayerGeometry, reading: Reading = USUAL) -> LayerSummary:
    """The row of a layer. Never raises: what the data are like goes into `note`."""
    notes = [geometry.note] if geometry.note else list(geometry.notes)
    fit = said = None
    if not geometry.note:
        try:
            fit = twonn_of_layer(geometry, reading.discard)
            said = verdict(scale(geometry, reading.discard, LEVELS), geometry.n)
            notes += [fit.note] if fit.note else []
        except PointsError as error:
            notes.append(str(error))
    pc_id, participation = _linear(geometry, reading.variance)
    linearised, spread = _linearised(geometry, reading.discard)
    if linearised and linearised - (spread or 0.0) > geometry.columns:
        notes.append(f"The chance of its draws takes the linearised ID above the {geometry.columns} units that vary.")
    return LayerSummary(
        layer=geometry.layer.name,
        order=geometry.layer.order,
        depth=geometry.layer.depth,
        units=geometry.layer.units,
        n=geometry.n,
        id=fit.id if fit else None,
        id_err=fit.stderr if fit else None,
        pc_id=pc_id,
        linearised_id=linearised,
        dropped=fit.dropped if fit else geometry.n,
        note=" ".join(notes),
        linearised_err=spread,
        participation_ratio=participation,
        r2=fit.r2 if fit else None,
        duplicates=geometry.duplicates,
        dead=geometry.dead,
        lower_bound=said is not None and said.lower_bound,
        brute_rows=geometry.brute_rows,
        id_low=fit.interval[0] if fit else None,
        id_high=fit.interval[1] if fit else None,
        reading=said.brief if said else "",
    )


def kept(values: Mapping[str, Any]) -> LayerSummary:
    """A row that was kept as `dataclasses.asdict`: what it says of a lower bound is what is said now,
    whatever the limit was then."""
    row = LayerSummary(**values)
    if row.id is None or row.id <= LOWER_BOUND or row.reading.startswith(FALLS):
        return row
    return replace(row, lower_bound=True, reading=brief("bound", row.id, row.id_err or 0.0, row.n))


def _linear(geometry: LayerGeometry, variance: float) -> tuple[int | None, float | None]:
    if not geometry.eigenvalues.size or not geometry.eigenvalues[0] > 0:
        return None, None
    spectrum = Spectrum(geometry.eigenvalues)
    return spectrum.pc_id(variance), spectrum.participation_ratio


def _linearised(geometry: LayerGeometry, discard: float) -> tuple[float | None, float | None]:
    values = geometry.eigenvalues
    size = (np.sum((values / values[:1]) ** 2) / np.sum(values / values[:1]) * values[0]) ** 0.5 if values.size else 0.0
    try:
        draws = geometry.linearised
        fits = [twonn.fit(draw[:, 0], draw[:, 1], discard, rounding=DRAWN * size) for draw in draws]
    except PointsError:
        return None, None  # as few points as the layer itself, whose note says so
    if not fits:
        return None, None
    one = np.mean([fit.stderr**2 for fit in fits])
    return float(np.mean([fit.id for fit in fits])), float((one * (1 / len(fits) + OF_COVARIANCE)) ** 0.5)
