"""Experiments on generalisation. `python -m idcore.pipeline.generalise [EXPERIMENT ...]`: make those that come with the
package, again; all of them, or those named. The same versions and kind of processor give the same numbers.
"""

import argparse
import tempfile

from idcore.generalise.features import random_features
from idcore.generalise.lazy import learn_scaled
from idcore.generalise.sets import Sets, sets
from idcore.generalise.widths import trained
from idcore.limits import BUDGET, Budget
from idcore.networks.train import one_thread
from idcore.results import generalised
from idcore.results.generalised import Row
from idcore.spec import GeneraliseJob
from idcore.store import GALLERY, Store
from idcore.watch import UNWATCHED, Progress, Watch

SHIPPED = (
    GeneraliseJob("features", noise=0.2),
    GeneraliseJob("features"),
    GeneraliseJob("widths", noise=0.2),
    GeneraliseJob("widths", noise=0.2, loss="cross entropy"),
    GeneraliseJob("lazy"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the experiments that come with the package, again.")
    parser.add_argument("names", nargs="*", metavar="EXPERIMENT", help="of features, widths, lazy; all when left out")
    names = parser.parse_args().names
    for job in [job for job in SHIPPED if not names or job.experiment in names]:
        with tempfile.TemporaryDirectory() as work:
            store = Store(work)
            generalise(job, store, watch=Watch(lambda progress: print(progress.message, flush=True)))
            generalised.save(Store(GALLERY), job, generalised.read(store, job))


def generalise(job: GeneraliseJob, store: Store, budget: Budget = BUDGET, watch: Watch = UNWATCHED) -> None:
    """Try the sizes that are not in the store, and keep each as it is ready. budget: on one core, whatever there is.
    Raises DataError, NetworkError, Cancelled."""
    rows = list(generalised.read(store, job))
    missing = [size for size in job.tried if size not in set(map(generalised.size, rows))]
    drawn = sets(job, store) if missing and job.experiment != "lazy" else None
    for size in missing:
        done, of = len(rows), len(job.tried)
        watch.report("computing", _words(job, size, done), done, of)
        with one_thread():
            rows.append(_row(job, size, drawn, store, _within(watch, done, of)))
        generalised.save(store, job, sorted(rows, key=generalised.size))
    watch.report("done", "Done.")


def _row(job: GeneraliseJob, size: float, drawn: Sets | None, store: Store, watch: Watch) -> Row:
    if drawn is None:
        return learn_scaled(size, store, n=job.n, seed=job.seed, watch=watch)
    if job.experiment == "features":
        return random_features(drawn, int(size), job.seed, watch)
    return trained(drawn, int(size), job.loss, job.seed, watch=watch)


def _words(job: GeneraliseJob, size: float, done: int) -> str:
    what = {"features": f"{size:,g} random features", "widths": f"Width {size:g}", "lazy": f"Scale alpha = {size:g}"}
    return f"{what[job.experiment]}, {done + 1} of {len(job.tried)}."


def _within(watch: Watch, done: int, of: int) -> Watch:
    """A share of one size as a share of all."""
    return Watch(
        lambda p: watch.tell(Progress(p.phase, p.message, done + (p.done / p.total if p.total else 0), of)),
        watch.cancelled,
    )


if __name__ == "__main__":
    main()
