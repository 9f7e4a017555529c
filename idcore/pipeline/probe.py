"""Linear probes of measured layers: how well a straight cut reads the labels from each."""

from idcore import results
from idcore.errors import PointsError, RequestError
from idcore.estimators.accuracy import linear_probe
from idcore.limits import BUDGET, Budget
from idcore.pipeline.read import as_it_is
from idcore.spec import ProbeJob
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch


def probe(job: ProbeJob, store: Store, budget: Budget = BUDGET, watch: Watch = UNWATCHED) -> None:
    """Fit a probe to each layer that has none yet, and keep its accuracy as it is ready. A layer that cannot be probed
    (it does not vary, a class is too small) keeps the reason. Raises RequestError where a layer is not measured, or the
    samples have no labels; Cancelled."""
    job = as_it_is(job, store, watch)
    run, total = results.run(store, job.request), len(job.layers)
    if run is None:
        raise RequestError("Linear probes read measured layers, and nothing is measured here yet. Measure it first.")
    if not len(run.labels) or run.labels.min() < 0:
        raise RequestError("Linear probes learn labels, and these samples have none. Choose samples with labels.")
    for i, name in enumerate(job.layers):
        watch.report("probing", f"Fitting a linear probe to {name}, {i + 1} of {total}.", i, total, name)
        if results.probe(store, job.request, name) is not None:
            continue
        geometry = results.layer(store, job.request, name)
        if geometry is None:
            raise RequestError(f"The layer {name!r} is not measured, so it cannot be probed. Measure it first.")
        try:
            results.save_probe(store, job.request, name, linear_probe(geometry, run.labels))
        except PointsError as error:
            results.save_probe(store, job.request, name, str(error))
    watch.report("done", "Done.")
