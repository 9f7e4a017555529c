"""The values of units of a measured layer on all samples: the network is shown the samples once more."""

from collections.abc import Iterable

import numpy as np

from idcore.activations import capture, itemsize
from idcore.estimators import units as estimator
from idcore.geometry.measure import Slices
from idcore.limits import BUDGET, Budget
from idcore.pipeline.estimate import split
from idcore.pipeline.layers import choose_device, held
from idcore.pipeline.read import as_it_is
from idcore.pipeline.units import counted_units, lent
from idcore.results import columns as kept
from idcore.spec import ColumnJob
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch


def columns(job: ColumnJob, store: Store, budget: Budget = BUDGET, watch: Watch = UNWATCHED) -> None:
    """Keep the values that are not there. Raises RequestError where the units of the layer have not been counted;
    NetworkError, Cancelled."""
    job = as_it_is(job, store, watch)
    layer = counted_units(store, job).layer
    missing = [unit for unit in job.units if not kept.there(store, job.request, job.layer, unit)]
    if missing:
        watch.report("loading", "Loading the data.")
        about, images, trained = lent(job.request, store, watch)
        module, where = trained.module, choose_device(budget.device)
        room, _ = split([layer], len(images), budget.memory, itemsize(module), held(module, about.shape))
        for _, slices in capture(module, images, [layer], memory=room, device=where, watch=watch):
            for unit, values in _chosen(slices, missing):
                kept.save(store, job.request, job.layer, unit, values)
    watch.report("done", "Done.")


def _chosen(slices: Slices, units: list[int]) -> Iterable[tuple[int, np.ndarray]]:
    start = 0
    for x in slices:
        block = x.flatten(1)
        here = [unit for unit in units if start <= unit < start + block.shape[1]]
        if here:
            values = estimator.matrix(block[:, [unit - start for unit in here]])
            yield from zip(here, values.T, strict=True)
        start += block.shape[1]
