"""What a worker can be asked to do: a line of `KINDS` for each kind of job. No torch."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from idcore import results, spec
from idcore.data.places import on_disk
from idcore.errors import RequestError
from idcore.results import (
    atlas,
    attended,
    chunked,
    clouded,
    columns,
    detected,
    dynamics,
    generalised,
    looked,
    placed,
    segmented,
    sought,
)
from idcore.spec import UPLOAD, DataSpec, Job, NetworkSpec, ReadJob, Recipe
from idcore.store import Store

About = tuple[NetworkSpec | None, DataSpec | None, str]
"""(network, samples, name of what is read) that a job is about; what it is not about is None or empty."""
_HOUR = 3600.0


@dataclass(frozen=True)
class Kind:
    """A kind of job.

    words: what it does, as a sentence begins. longest: seconds that it may take once a worker has begun with it, which
    is least for what reads files of other people; what was finished before is kept. run: the function that carries it
    out, as `module:function` of `pipeline`, since that brings torch; called in a worker with (job, store, budget,
    watch). complete: whether all results of a job are in the store. about: see `About`. stages: of its phases, those
    that a page tells apart: a network learns, then it is measured.
    """

    words: str
    longest: float
    run: str
    complete: Callable[[Store, Any], bool]
    about: Callable[[Any], About]
    stages: tuple[str, ...] = ()


def kind(job: Job) -> Kind:
    """The line of a job."""
    return KINDS[type(job)]


def name(job: Job) -> str:
    """The kind of a job in a word: that of its class without `Job`."""
    return type(job).__name__.removesuffix("Job").lower()


def _measured(store: Store, job: spec.ProfileJob) -> bool:
    run = results.run(store, job.request)
    if run is None or not run.finished or not atlas.there(store, job.request):
        return False
    with contextlib.suppress(RequestError):
        layers = results.chosen(run.layers, job.layers)
        return all(store.meta(spec.layer_key(job.request, layer.name)) for layer in layers)
    return False


def _trained(store: Store, job: spec.TrainJob) -> bool:
    return not isinstance(job.network.weights, Recipe) or results.training(store, job.network) is not None


def _dynamics(store: Store, job: spec.WatchJob) -> bool:
    training = dynamics.read(store, job)
    return training is not None and training.complete


def _embedded(store: Store, job: spec.EmbedJob) -> bool:
    return all(store.meta(results.embedding_key(job, layer)) for layer in job.layers)


def _probed(store: Store, job: spec.ProbeJob) -> bool:
    return all(store.meta(results.probe_key(job.request, layer)) for layer in job.layers)


def _placed(store: Store, job: spec.PlaceJob) -> bool:
    return placed.read(store, job) is not None


def _counted(store: Store, job: spec.UnitsJob) -> bool:
    return all(store.meta(detected.key(job.request, layer)) for layer in job.layers)


def _sought(store: Store, job: spec.IdealJob) -> bool:
    return all(store.meta(sought.key(job, unit)) for unit in job.units)


def _kept(store: Store, job: spec.ColumnJob) -> bool:
    return all(columns.there(store, job.request, job.layer, unit) for unit in job.units)


def _parted(store: Store, job: spec.SegmentJob) -> bool:
    return all(store.meta(segmented.key(job.request, layer)) for layer in job.layers)


def _in_chunks(store: Store, job: spec.RedundancyJob) -> bool:
    return store.meta(chunked.key(job.request)) is not None


def _clouded(store: Store, job: spec.CloudsJob) -> bool:
    return store.meta(clouded.key(job)) is not None


def _attended(store: Store, job: spec.AttendJob) -> bool:
    return store.meta(attended.key(job)) is not None


def _looked(store: Store, job: spec.LookJob) -> bool:
    return looked.there(store, job)


def _read(store: Store, job: ReadJob) -> bool:
    if job.what == "weights":
        meta = store.meta(spec.key("file", job.name)) or {}
        return bool(meta.get("architecture") == spec.to_json(job.architecture))
    name = job.name if job.what == "dataset" else UPLOAD + job.name
    known = (store.meta(spec.key("dataset", name)) or {}).get("dataset")
    if known is None or on_disk(name):  # what lies there changes: who asks again wants it read again
        return False
    kind = "representations" if known["matrices"] else "texts" if known.get("texts") else "images"
    return job.what in ("dataset", kind)


def _of_request(job: Any) -> About:
    return job.request.network, job.request.data, ""


def _of_dynamics(job: spec.WatchJob) -> About:
    return job.network, job.data, ""


KINDS: dict[type, Kind] = {
    spec.ProfileJob: Kind(
        "The measurement", 48 * _HOUR, "requests:profile_request", _measured, _of_request, ("training", "measuring")
    ),
    spec.TrainJob: Kind(
        "The training", 168 * _HOUR, "requests:train", _trained, lambda job: (job.network, None, ""), ("training",)
    ),
    spec.WatchJob: Kind("The training", 168 * _HOUR, "training:measure_while_training", _dynamics, _of_dynamics),
    spec.EmbedJob: Kind("The map", 6 * _HOUR, "requests:embed", _embedded, _of_request),
    spec.ProbeJob: Kind("The probe", 6 * _HOUR, "probe:probe", _probed, _of_request),
    spec.PlaceJob: Kind("The placing of the pictures", 6 * _HOUR, "place:place", _placed, _of_request),
    spec.UnitsJob: Kind("The counting of units", 6 * _HOUR, "units:units", _counted, _of_request),
    spec.IdealJob: Kind("The search for ideal inputs", 6 * _HOUR, "units:ideal", _sought, _of_request),
    spec.ColumnJob: Kind("The reading of units", 6 * _HOUR, "columns:columns", _kept, _of_request),
    spec.GeneraliseJob: Kind(
        "The experiment",
        12 * _HOUR,
        "generalise:generalise",
        generalised.complete,
        lambda job: (None, None, job.experiment),
    ),
    spec.SegmentJob: Kind("The parting", 6 * _HOUR, "segment:segment", _parted, _of_request),
    spec.RedundancyJob: Kind("The taking of chunks", 6 * _HOUR, "redundancy:chunks", _in_chunks, _of_request),
    spec.CloudsJob: Kind("The measuring of tokens", 6 * _HOUR, "clouds:clouds", _clouded, _of_request),
    spec.AttendJob: Kind("The reading of attention", _HOUR, "sequence:attention", _attended, _of_request),
    spec.LookJob: Kind("The look at one sample", _HOUR, "attend:look", _looked, _of_request),
    ReadJob: Kind("Reading it", _HOUR, "read:read", _read, lambda job: (None, None, job.name)),
}
