"""Pieces of different dimension of measured layers: seconds for each, so in a worker."""

import numpy as np

from idcore import results
from idcore.errors import PointsError, RequestError
from idcore.estimators.hidalgo import growing
from idcore.limits import BUDGET, Budget
from idcore.pipeline.read import as_it_is
from idcore.record import LayerGeometry
from idcore.results import segmented
from idcore.results.segmented import Pieces
from idcore.spec import SegmentJob
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch


def segment(job: SegmentJob, store: Store, budget: Budget = BUDGET, watch: Watch = UNWATCHED) -> None:
    """Seek 1 to `job.most` pieces in each layer that has none yet, and keep the number with the highest likelihood. A
    layer without pieces keeps the reason. Raises RequestError where a layer is not measured; Cancelled."""
    job = as_it_is(job, store, watch)
    for i, name in enumerate(job.layers):
        watch.check()
        if segmented.read(store, job.request, name) is not None:
            continue
        geometry = results.layer(store, job.request, name)
        if geometry is None:
            raise RequestError(f"The layer {name!r} is not measured, so it cannot be parted. Measure it first.")
        segmented.save(store, job.request, name, _pieces(geometry, job.most, i, len(job.layers), watch))
    watch.report("done", "Done.")


def _pieces(geometry: LayerGeometry, most: int, i: int, total: int, watch: Watch) -> Pieces:
    name, fits = geometry.layer.name, []
    try:
        if geometry.note:
            raise PointsError(geometry.note)
        watch.report("parting", f"Parting {name}, {i + 1} of {total}.", i, total, name)
        for one in growing(geometry.neighbours, most):
            fits.append(one)
            told = f"Parting {name}, {i + 1} of {total}: {len(fits)} of up to {most} pieces."
            watch.report("parting", told, i, total, name)
    except PointsError as error:
        return Pieces((), (), np.full(geometry.n, -1), (), str(error))
    best = max(fits, key=lambda one: one.log_likelihood)
    return Pieces(
        tuple(map(float, best.ids)),
        tuple(map(float, best.stderrs)),
        best.labels[geometry.group],
        tuple(one.log_likelihood for one in fits),
    )
