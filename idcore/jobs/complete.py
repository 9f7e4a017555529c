"""Whether what a job would leave is in the store already."""

import contextlib

from idcore import results, spec
from idcore.errors import RequestError
from idcore.results import atlas, dynamics, placed
from idcore.spec import FOLDER, UPLOAD, EmbedJob, Job, PlaceJob, ProbeJob, ProfileJob, ReadJob, Recipe, WatchJob
from idcore.store import Store


def complete(store: Store, job: Job) -> bool:
    """Whether all results of a job are in the store."""
    if isinstance(job, ProfileJob):
        run = results.run(store, job.request)
        if run is None or len(run.predictions) != len(run.labels) or not atlas.there(store, job.request):
            return False
        with contextlib.suppress(RequestError):
            layers = results.chosen(run.layers, job.layers)
            return all(store.meta(spec.layer_key(job.request, layer.name)) for layer in layers)
        return False
    if isinstance(job, EmbedJob):
        return all(store.meta(results.embedding_key(job, layer)) for layer in job.layers)
    if isinstance(job, ProbeJob):
        return all(store.meta(results.probe_key(job.request, layer)) for layer in job.layers)
    if isinstance(job, ReadJob):
        return _read(store, job)
    if isinstance(job, PlaceJob):
        return placed.read(store, job) is not None
    if isinstance(job, WatchJob):
        found = dynamics.read(store, job)
        return found is not None and found.complete
    return not isinstance(job.network.weights, Recipe) or results.training(store, job.network) is not None


def _read(store: Store, job: ReadJob) -> bool:
    if job.what == "weights":
        meta = store.meta(spec.key("file", job.name)) or {}
        return meta.get("architecture") == spec.to_json(job.architecture)
    name = job.name if job.what == "dataset" else UPLOAD + job.name
    known = (store.meta(spec.key("dataset", name)) or {}).get("dataset")
    if known is None or name.startswith(FOLDER):  # what lies in a folder changes: who asks again wants it read again
        return False
    return job.what == "dataset" or bool(known["matrices"]) == (job.what == "representations")
