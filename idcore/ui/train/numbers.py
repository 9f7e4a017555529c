"""The numbers of measured trainings to take along."""

import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import Any

from idcore import spec
from idcore.estimators.summary import LayerSummary
from idcore.exports import Numbers
from idcore.identity import COLUMNS as IDENTITY
from idcore.identity import caption, identity
from idcore.results import dynamics
from idcore.spec import USUAL, Request, WatchJob
from idcore.ui.kit import on_show, state
from idcore.ui.kit.export import files
from idcore.ui.train import course
from idcore.ui.train.course import Stand

_EPOCH = ("loss", "train_accuracy", "test_accuracy")
_ROW = tuple(field.name for field in dataclasses.fields(LayerSummary))


def export(stands: Sequence[Stand]) -> None:
    """What is in the Export popover."""
    requests = [_request(one.job) for one in stands]
    files(partial(numbers, stands), "train", caption(requests), about=on_show.about(requests))


def numbers(stands: Sequence[Stand]) -> Numbers:
    """One row for each training, measured epoch and layer; as a document the jobs with their history and rows, and what
    the rows were made with."""
    begun = [(one.job, one.dynamics) for one in stands if one.dynamics is not None]
    lines = []
    for job, seen in begun:
        history: dict[int, dict[str, Any]] = {record["epoch"]: record for record in seen.history}
        for epoch, rows in sorted(seen.rows.items()):
            about = [history.get(epoch, {}).get(name) for name in _EPOCH]
            of = identity(_request(job)).values()
            lines += [(course.name(job), epoch, *about, *(getattr(row, name) for name in _ROW), *of) for row in rows]
    trainings = [
        {
            "job": spec.to_json(job),
            "history": list(seen.history),
            "layers": {epoch: [dataclasses.asdict(row) for row in rows] for epoch, rows in seen.rows.items()},
            "seconds_measuring": dict(seen.measuring),
            "versions": dict(seen.versions),
        }
        for job, seen in begun
    ]
    return Numbers(("labels", "epoch", *_EPOCH, *_ROW, *IDENTITY), lines, {**USUAL.of_rows, "trainings": trainings})


def _request(job: WatchJob) -> Request:
    """What an epoch of it is the measurement of."""
    return Request(job.data, job.network, algorithm=job.algorithm)


def discard(job: WatchJob) -> None:
    """Forget a training that has not ended."""
    dynamics.forget(state.store(), job)
