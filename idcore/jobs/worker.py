"""A job as its worker process runs it, telling the store how far it is."""

import contextlib
import dataclasses
import logging
import os
import re
import socket
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from pkgutil import resolve_name
from typing import Any

from idcore import results, spec
from idcore.errors import Cancelled, JobError, LayerscopeError
from idcore.jobs import log
from idcore.jobs import status as tickets
from idcore.jobs.ends import too_long
from idcore.jobs.kinds import kind
from idcore.jobs.status import State, Status, Ticket
from idcore.limits import Budget
from idcore.spec import ALGORITHM, Job
from idcore.store import Store, with_gallery
from idcore.watch import Progress, Watch

_log = logging.getLogger("layerscope.jobs")
_GRACE = 1.0  # seconds that a cancelled job has to stop by itself
_LATE = 5.0  # seconds that an entry may need to be seen on another machine
AGAIN = "The worker process was lost; the job starts again."
NO_MEMORY = (
    "The machine, or its GPU, had no memory left for this job. Try a smaller N or a smaller network, or end something "
    "else that runs there."
)
CANCELLED = "Cancelled. What was finished is kept."

at_work = threading.Lock()
"""Held by a job while it runs: a measurement sets the number of threads of torch, so two would undo each other."""
last_end = time.monotonic()
"""When the last job ended."""
end_process: Callable[[int], Any] | None = None
"""How to end this process at once, where it is a worker process of ours."""


def work(job: Any, attempt: str, owner: str, root: str, limit: int, memory: int, device: str) -> int:
    """Run a job to its end and leave its state in the store. job: JSON of the job. Returns the bytes that it has
    written there. Raises nothing on purpose."""
    global last_end
    store = _store(root, limit)
    with at_work:
        store.warnings.clear()
        before = store.written
        _work(spec.from_json(job), attempt, owner, store, Budget(memory, device))
        last_end = time.monotonic()
        return store.written - before


def visit(
    job: Any, attempt: str, owner: str, root: str, limit: int, memory: int, device: str, *, algorithm: int
) -> int:
    """The same for a worker of somebody else's cluster, which may see another store or have another version. algorithm:
    of the app. Raises JobError where that is so."""
    here = f"The worker on {socket.gethostname()}"
    if algorithm != ALGORITHM:
        raise JobError(
            f"{here} has version {ALGORITHM} of the measurement, the app {algorithm}. Give both the same Layerscope."
        )
    if not _sees(_store(root, limit), tickets.job_key(spec.from_json(job)), attempt):
        raise JobError(
            f"{here} does not see the store of the app at {root}. Put LAYERSCOPE_CACHE on a folder that both share."
        )
    return work(job, attempt, owner, root, limit, memory, device)


@lru_cache(maxsize=1)
def _store(root: str, limit: int) -> Store:
    # One for many jobs: each `Store` weighs what is there before it first writes.
    return with_gallery(root, limit)


def _sees(store: Store, id: str, attempt: str) -> bool:
    """Whether the ticket that the app wrote is in the store; a folder on a network may show it late."""
    end = time.monotonic() + _LATE
    while (ticket := tickets.read(store, id)) is None or ticket.attempt != attempt:
        if time.monotonic() > end:
            return False
        time.sleep(store.period)
    return True


def _work(job: Job, attempt: str, owner: str, store: Store, budget: Budget) -> None:
    before = tickets.read(store, tickets.job_key(job))
    status = Status("queued", submitted=time.time())
    if before is not None and before.attempt == attempt:
        status = before.status
        if not status.active:  # it ended together with its first worker
            return
    again = AGAIN if status.state == "running" else ""
    status = dataclasses.replace(status, state="running", message=again, started=time.time(), process=os.getpid())
    log.reset_peak()
    with Reporter(store, Ticket(job, attempt, owner, status)) as reporter:
        reporter.end(*_outcome(job, store, budget, reporter))
    log.job_ended(job, reporter.status)
    if reporter.broken and end_process is not None:
        end_process(1)


def _outcome(job: Job, store: Store, budget: Budget, reporter: "Reporter") -> tuple[State, str]:
    """(state, sentence) in which the job ended."""
    try:
        reporter.watch.check()
        _run(job, store, budget, reporter.watch)
    except Cancelled:
        return reporter.stopped()
    except LayerscopeError as error:
        return "failed", str(error)
    except Exception as error:
        _log.exception("A job failed: %s", spec.canonical(job))
        if "CUDA error" in str(error):  # nothing works on that GPU in this process any more
            reporter.broken = True
        if isinstance(error, MemoryError) or re.search("can't allocate memory|out of memory", str(error)):
            return "failed", NO_MEMORY
        return "failed", f"The job failed with {type(error).__name__}: {str(error) or 'no further word'}."
    return "done", store.warnings[-1] if store.warnings else ""


def _run(job: Job, store: Store, budget: Budget, watch: Watch) -> None:
    from idcore import pipeline  # torch

    results.save_devices(store, pipeline.devices())
    resolve_name(f"idcore.pipeline.{kind(job).run}")(job, store, budget, watch)


class Reporter:
    """Holds the lock of a job while it runs, writes its progress, and watches for the wish to cancel it and for the end
    of the time that it may take.

    A thread of its own looks at the store every `Store.period`, so that a job may report and ask as often as it likes.
    broken: whether the process can do no other job after this one.
    """

    broken = False

    def __init__(self, store: Store, ticket: Ticket) -> None:
        self._store, self._ticket = store, ticket
        self._id = tickets.job_key(ticket.job)
        self._status = ticket.status
        self._written: Status | None = None
        self._cancelled, self._ended = threading.Event(), threading.Event()
        self._end = float("inf")
        self._thread = threading.Thread(target=self._watch, name="progress", daemon=True)
        self._lock = contextlib.ExitStack()

    def __enter__(self) -> "Reporter":
        # Another app on the same store may run the same job: wait, then find its results.
        with contextlib.suppress(Cancelled):
            self._lock.enter_context(self._store.locked(self._id, Watch(cancelled=self._asked_to_stop)))
        self._end = time.monotonic() + kind(self._ticket.job).longest
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._ended.set()
            self._thread.join()
            self._write()
            if self._asked_to_stop():
                self._store.delete(tickets.cancel_key(self._id))

    @property
    def watch(self) -> Watch:
        """What the job tells and asks on the way."""
        return Watch(self._progress, self._cancelled.is_set)

    def _progress(self, progress: Progress) -> None:
        # That the job had to start again stays in sight.
        message = f"{self._ticket.status.message} {progress.message}".strip()
        self._status = dataclasses.replace(self._status, **{**vars(progress), "message": message})

    def stopped(self) -> tuple[State, str]:
        """(state, sentence) of a job that was stopped: by a person, or by the clock."""
        late = time.monotonic() > self._end and not self._asked_to_stop()
        return ("failed", too_long(self._ticket.job)) if late else ("cancelled", CANCELLED)

    def end(self, state: State, message: str) -> None:
        self._status = dataclasses.replace(self._status, state=state, message=message)

    @property
    def status(self) -> Status:
        """The status as it stands now."""
        return dataclasses.replace(self._status, updated=time.time())

    def _watch(self) -> None:
        while not self._ended.wait(self._store.period):
            self._look()
            if self._cancelled.is_set() and not self._ended.wait(_GRACE):
                # Deep in a library that cannot be asked to stop: the process goes, and another takes its place.
                self.end(*self.stopped())
                self._write()
                log.job_ended(self._ticket.job, self.status)
                if end_process is not None:
                    end_process(1)

    def _look(self) -> None:
        if time.monotonic() > self._end or self._asked_to_stop():
            self._cancelled.set()
        self._write()

    def _asked_to_stop(self) -> bool:
        return tickets.asked_to_stop(self._store, self._id, self._ticket.attempt)

    def _write(self) -> None:
        status = self._status
        if status != self._written and self._is_current():
            tickets.write(self._store, dataclasses.replace(self._ticket, status=status))
            self._written = status

    def _is_current(self) -> bool:
        # A later submission of the same job has a status of its own, which this one must not cover.
        current = tickets.read(self._store, self._id)
        return current is None or current.attempt == self._ticket.attempt or not current.status.active
