"""The status of a job, as it lies in the store."""

import contextlib
import dataclasses
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from idcore import spec
from idcore.errors import RequestError
from idcore.spec import Job
from idcore.store import Store

State = Literal["absent", "queued", "running", "done", "failed", "cancelled", "lost"]
ACTIVE = ("queued", "running")


@dataclass(frozen=True)
class Status:
    """Where a job stands.

    state: absent (never asked for), queued, running, done, failed (`message` says why), cancelled, lost (the app that
    ran it has gone; ask for it again). phase: reading, downloading, loading, training, measuring, embedding,
    probing or done. layer: at work. done, total: images, bytes, layers, epochs or maps, by phase. message: a
    sentence. history: one dict per epoch so far. position: jobs that wait before this one, where it waits. wait:
    seconds until it begins, about; None for not known. submitted, started, updated: seconds since 1970, 0 for not yet.
    process: id of the worker process, 0 for none yet.
    """

    state: State = "absent"
    phase: str = ""
    layer: str = ""
    done: float = 0
    total: float = 0
    message: str = ""
    history: tuple[dict[str, Any], ...] = ()
    position: int | None = None
    wait: float | None = None
    submitted: float = 0.0
    started: float = 0.0
    updated: float = 0.0
    process: int = 0

    @property
    def active(self) -> bool:
        return self.state in ACTIVE


@dataclass(frozen=True)
class Ticket:
    """A status with what it needs to be believed. attempt: which submission it speaks of. owner: key of the lock that
    the app which submitted the job holds for as long as it lives."""

    job: Job
    attempt: str
    owner: str
    status: Status = field(default_factory=Status)


def job_key(job: Job) -> str:
    """The id of a job; also the key of its status, and of the lock that whoever runs it holds."""
    return spec.key("job", job)


def cancel_key(id: str) -> str:
    """Key of the marker that asks a job to stop."""
    return spec.key("cancel", id)


def read(store: Store, id: str) -> Ticket | None:
    """The last status written under an id; None for none, or for one of another version that cannot be read here."""
    meta = store.meta(id)
    return None if meta is None or meta.get("kind") != "status" else _ticket(meta)


def all(store: Store) -> list[tuple[str, Ticket]]:
    """(id, last status written) of all jobs but those that only another version can read."""
    return [(id, ticket) for id, ticket in store.values("status", _ticket) if ticket is not None]


def _ticket(meta: dict[str, Any]) -> Ticket | None:
    with contextlib.suppress(RequestError, KeyError, TypeError):  # written by another version
        values = {**meta["status"], "history": tuple(meta["status"]["history"])}
        return Ticket(spec.from_json(meta["request"]), meta["attempt"], meta["owner"], Status(**values))
    return None


def write(store: Store, ticket: Ticket) -> str:
    """Write a status; returns "", or the sentence that says why it could not be kept."""
    status = dataclasses.replace(ticket.status, updated=time.time())
    values = {name: value for name, value in dataclasses.asdict(status).items() if name not in ("position", "wait")}
    meta = {
        "kind": "status",
        "request": spec.to_json(ticket.job),
        "attempt": ticket.attempt,
        "owner": ticket.owner,
        "status": values,
    }
    return str(store.put(job_key(ticket.job), {}, meta) or "")


def ask_to_stop(store: Store, id: str, attempt: str) -> str:
    """Leave the marker that asks an attempt to stop; returns "", or the sentence that says why it could not be kept."""
    return str(store.put(cancel_key(id), {}, {"kind": "cancel", "attempt": attempt}) or "")


def asked_to_stop(store: Store, id: str, attempt: str) -> bool:
    """Whether somebody asked this attempt to stop."""
    meta = store.meta(cancel_key(id))
    return meta is not None and meta.get("attempt") == attempt
