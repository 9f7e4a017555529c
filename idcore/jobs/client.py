"""`Jobs`: what the pages and the command line see of the workers."""

import contextlib
import dataclasses
import logging
import threading
import time
import uuid
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from functools import partial

from idcore import results, spec
from idcore.errors import RequestError, StoreError
from idcore.jobs import status as tickets
from idcore.jobs.cluster import Cluster
from idcore.jobs.status import Status, Ticket, job_key
from idcore.jobs.worker import AGAIN, CANCELLED, work
from idcore.settings import Settings, settings
from idcore.spec import EmbedJob, Job, ProfileJob, Untrained
from idcore.store import Store

_log = logging.getLogger(__name__)
_LOST = "The job stopped when the app that ran it ended. Ask for it again: it goes on from what was finished."
_KILLED = "The job lost its worker process twice, perhaps for want of memory. Try a smaller N."


class Jobs:
    """Submit, watch and cancel jobs. All that is known about them lies in the store; safe between threads.

    The workers start in the background; nothing here waits for them.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._settings = store, settings
        self._futures: dict[str, Future[None]] = {}  # by attempt
        self._guard = threading.Lock()
        self._owner = spec.key("app", uuid.uuid4().hex)
        self._alive = contextlib.ExitStack()
        self._alive.enter_context(store.locked(self._owner))
        self._background = ThreadPoolExecutor(1, "jobs")
        self._cluster = self._background.submit(Cluster, settings.workers)

    def submit(self, job: Job, device: str = "auto") -> str:
        """Ask for a job and return its id.

        A job that waits or runs, here or in another app on the same store, or whose results are all in the store, is
        not computed again; one that failed, was cancelled or lost is. Raises StoreError where the store cannot be
        written.
        """
        id = job_key(job)
        with self._guard:
            status = self.status(id)
            if status.active:
                return id
            if not _complete(self._store, job):
                self._queue(job, device)
            elif status.state != "done":
                self._write(job, uuid.uuid4().hex, Status("done", phase="done"))
        return id

    def status(self, id: str) -> Status:
        """Where a job stands, from the store alone."""
        ticket = tickets.read(self._store, id)
        status = Status() if ticket is None else self._believe(id, ticket)
        if status.state != "queued":
            return status
        before = [
            other for _, _, other in self.active() if other.state == "queued" and other.submitted < status.submitted
        ]
        return dataclasses.replace(status, position=len(before))

    def active(self) -> list[tuple[str, Job, Status]]:
        """(id, job, status) of all jobs that wait or run, in the order in which they were submitted."""
        found = []
        for id, meta in self._store.entries("status"):
            with contextlib.suppress(RequestError, KeyError, TypeError):  # written by another version
                ticket = tickets.from_meta(meta)
                if ticket.status.active and (status := self._believe(id, ticket)).active:
                    found.append((id, ticket.job, status))
        return sorted(found, key=lambda one: one[2].submitted)

    def cancel(self, id: str) -> None:
        """Drop a job that waits, stop one that runs (within 2 s); nothing happens to one that has ended."""
        with self._guard:
            ticket = tickets.read(self._store, id)
            if ticket is None or not ticket.status.active:
                return
            tickets.ask_to_stop(self._store, id, ticket.attempt)
            if not self._store.is_locked(id):
                if future := self._futures.get(ticket.attempt):
                    future.cancel()
                self._write(
                    ticket.job, ticket.attempt, dataclasses.replace(ticket.status, state="cancelled", message=CANCELLED)
                )

    def close(self) -> None:
        """End all workers, whatever they are doing."""
        self._background.shutdown(cancel_futures=True)
        if not self._cluster.cancelled() and self._cluster.exception() is None:
            self._cluster.result().close()
        self._alive.close()

    def _believe(self, id: str, ticket: Ticket) -> Status:
        """What is written is true only while somebody lives who can change it."""
        status = ticket.status
        if not status.active or self._store.is_locked(id):
            return status
        if tickets.asked_to_stop(self._store, id, ticket.attempt):
            return dataclasses.replace(status, state="cancelled", message=CANCELLED)
        if self._store.is_locked(ticket.owner):
            return dataclasses.replace(status, message=AGAIN) if status.state == "running" else status
        latest = tickets.read(self._store, id)  # it may have ended since
        if latest is not None and not latest.status.active:
            return latest.status
        return dataclasses.replace(status, state="lost", message=_LOST)

    def _queue(self, job: Job, device: str) -> None:
        attempt = uuid.uuid4().hex
        problem = self._write(job, attempt, Status("queued", submitted=time.time()))
        if problem:
            raise StoreError(f"The job was not started, since its results could not be shown. {problem}")
        self._background.submit(self._dispatch, job, attempt, device)

    def _dispatch(self, job: Job, attempt: str, device: str) -> None:
        if tickets.asked_to_stop(self._store, job_key(job), attempt):
            return
        place = self._settings.device if device == "auto" else device
        arguments = (str(self._store.root), self._store.limit, self._settings.memory, place)
        try:
            executor = self._cluster.result().executor
            future = executor.submit(work, spec.to_json(job), attempt, self._owner, *arguments)
        except Exception as error:
            _log.exception("The workers could not be started")
            self._fail(job, attempt, f"The workers could not be started ({type(error).__name__}: {error}).")
            return
        self._futures[attempt] = future
        future.add_done_callback(partial(self._ended, job, attempt, device))

    def _ended(self, job: Job, attempt: str, device: str, future: Future[None]) -> None:
        self._futures.pop(attempt, None)
        with contextlib.suppress(CancelledError):
            error = future.exception()
            if error is not None:
                killed = type(error).__name__ == "KilledWorker"
                ticket = tickets.read(self._store, job_key(job))
                if killed and ticket is not None and ticket.attempt == attempt and ticket.status.state == "queued":
                    # It never ran: the workers it waited for ended because of others.
                    self._background.submit(self._dispatch, job, attempt, device)
                    return
                self._fail(job, attempt, _KILLED if killed else f"The job failed with {type(error).__name__}: {error}.")

    def _fail(self, job: Job, attempt: str, message: str) -> None:
        ticket = tickets.read(self._store, job_key(job))
        if ticket is not None and ticket.attempt == attempt and ticket.status.active:
            self._write(job, attempt, dataclasses.replace(ticket.status, state="failed", message=message))

    def _write(self, job: Job, attempt: str, status: Status) -> str:
        return tickets.write(self._store, Ticket(job, attempt, self._owner, status))


def _complete(store: Store, job: Job) -> bool:
    """Whether all results of a job are in the store."""
    if isinstance(job, ProfileJob):
        run = results.run(store, job.request)
        if run is None or len(run.predictions) != len(run.labels):
            return False
        with contextlib.suppress(RequestError):
            layers = results.chosen(run.layers, job.layers)
            return all(store.meta(spec.layer_key(job.request, layer.name)) for layer in layers)
        return False
    if isinstance(job, EmbedJob):
        return all(store.meta(results.embedding_key(job, layer)) for layer in job.layers)
    return isinstance(job.network.weights, Untrained) or results.training(store, job.network) is not None


_singleton: Jobs | None = None
_singleton_guard = threading.Lock()


def get_jobs() -> Jobs:
    """The `Jobs` of this process, on the default store; its workers start with the first call and end with it."""
    global _singleton
    with _singleton_guard:
        if _singleton is None:
            chosen = settings()
            _singleton = Jobs(Store(chosen.cache, limit=chosen.store_limit), chosen)
        return _singleton
