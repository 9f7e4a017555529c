"""`Jobs`: what the pages and the command line see of the workers."""

import contextlib
import dataclasses
import logging
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from idcore import atlas, placed, results, spec, watched
from idcore.errors import LayerscopeError, RequestError, StoreError
from idcore.jobs import status as tickets
from idcore.jobs.cluster import Cluster, Workers
from idcore.jobs.remote import Remote
from idcore.jobs.status import Status, Ticket, job_key
from idcore.jobs.worker import AGAIN, CANCELLED
from idcore.settings import Settings, settings
from idcore.spec import FOLDER, UPLOAD, EmbedJob, Job, PlaceJob, ProbeJob, ProfileJob, ReadJob, Recipe, WatchJob
from idcore.store import Store

_log = logging.getLogger(__name__)
_LOST = "The job stopped when the app that ran it ended. Ask for it again: it goes on from what was finished."
_KILLED = "The job lost its worker process {}, perhaps for want of memory. Try a smaller N."
_UNSEEN = "The worker left no word of how the job ended in the store at {}. Can it write there, and is there room?"


class Jobs:
    """Submit, watch and cancel jobs. All that is known about them lies in the store; safe between threads.

    The workers start in the background; nothing here waits for them. start: makes them, where they are neither those of
    `settings.scheduler` nor processes of our own. hits, computed: jobs asked for here that were answered from the
    store, and that were given to a worker.
    """

    def __init__(self, store: Store, settings: Settings, start: Callable[[Settings], Workers] | None = None) -> None:
        self._store, self._settings = store, settings
        self._futures: dict[str, Future[None]] = {}  # by attempt
        self._guard = threading.Lock()
        self._owner = spec.key("app", uuid.uuid4().hex)
        self._alive = contextlib.ExitStack()
        self._alive.enter_context(store.locked(self._owner))
        self._background = ThreadPoolExecutor(1, "jobs")
        self._closed = False
        self.hits = self.computed = 0
        self._cluster = self._background.submit(start or (Remote if settings.scheduler else Cluster), settings)

    def submit(self, job: Job, device: str = "auto") -> str:
        """Ask for a job and return its id.

        A job that waits or runs, here or in another app on the same store, or whose results are all in the store, is
        not computed again; one that failed, was cancelled or lost is. Raises StoreError where the store cannot be
        written.
        """
        id = job_key(job)
        with self._guard:
            status = self.status(id, position=False)
            if status.active:
                return id
            if not _complete(self._store, job):
                self._queue(job, device)
                self.computed += 1
                return id
            self.hits += 1
            if status.state != "done":
                self._write(job, uuid.uuid4().hex, Status("done", phase="done"))
        return id

    def status(self, id: str, position: bool = True) -> Status:
        """Where a job stands, from the store alone. position: count those that wait before it, which takes a look at
        all jobs."""
        ticket = tickets.read(self._store, id)
        status = Status() if ticket is None else self._believe(id, ticket)
        if status.state != "queued" or not position:
            return status
        before = [
            other for _, _, other in self.active() if other.state == "queued" and other.submitted < status.submitted
        ]
        return dataclasses.replace(status, position=len(before))

    def active(self) -> list[tuple[str, Job, Status]]:
        """(id, job, status) of all jobs that wait or run, in the order in which they were submitted."""
        return [found for found in self.all(lambda status: status.active) if found[2].active]

    def all(self, wanted: Callable[[Status], bool] = lambda status: True) -> list[tuple[str, Job, Status]]:
        """(id, job, status) of all jobs of which `wanted` is true of what was written, as `active` orders them."""
        found = []
        for id, meta in self._store.entries("status"):
            with contextlib.suppress(RequestError, KeyError, TypeError):  # written by another version
                ticket = tickets.from_meta(meta)
                if wanted(ticket.status):
                    found.append((id, ticket.job, self._believe(id, ticket)))
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

    def workers(self) -> list[dict[str, Any]]:
        """The workers that are there: name, host, threads, running (jobs), memory (bytes). None while they start."""
        ready = self._cluster.done() and self._cluster.exception() is None
        return self._cluster.result().workers() if ready else []

    def close(self) -> None:
        """End all workers of our own, whatever they are doing."""
        self._closed = True
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
        if not self._store.is_locked(self._owner):  # somebody emptied the store
            self._alive.close()
            self._alive.enter_context(self._store.locked(self._owner))
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
            workers = self._cluster.result()
            future = workers.executor.submit(workers.work, spec.to_json(job), attempt, self._owner, *arguments)
        except LayerscopeError as error:
            self._fail(job, attempt, str(error))
            return
        except Exception as error:
            _log.exception("The workers could not be started")
            self._fail(job, attempt, f"The workers could not be started ({type(error).__name__}: {error}).")
            return
        self._futures[attempt] = future
        future.add_done_callback(partial(self._ended, job, attempt, device))

    def _ended(self, job: Job, attempt: str, device: str, future: Future[None]) -> None:
        self._futures.pop(attempt, None)
        if self._closed:
            return
        try:
            error = future.exception()
        except CancelledError:
            if not tickets.asked_to_stop(self._store, job_key(job), attempt):
                self._fail(job, attempt, self._cluster.result().lost)
            return
        if type(error).__name__ == "KilledWorker":
            ticket = tickets.read(self._store, job_key(job))
            if ticket is not None and ticket.attempt == attempt and ticket.status.state == "queued":
                # It never ran: the workers it waited for ended because of others.
                self._background.submit(self._dispatch, job, attempt, device)
                return
            times = getattr(error, "allowed_failures", 1) + 1
            self._fail(job, attempt, _KILLED.format("twice" if times == 2 else f"{times} times"))
        elif isinstance(error, LayerscopeError):
            self._fail(job, attempt, str(error))
        elif error is not None:
            self._fail(job, attempt, f"The job failed with {type(error).__name__}: {error}.")
        else:
            self._fail(job, attempt, _UNSEEN.format(self._store.root))

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
        found = watched.read(store, job)
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
