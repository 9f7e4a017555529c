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

from idcore import spec
from idcore.errors import LayerscopeError, StoreError
from idcore.jobs import queue
from idcore.jobs import status as tickets
from idcore.jobs.cluster import Cluster, Workers
from idcore.jobs.ends import is_killed, why
from idcore.jobs.kinds import kind
from idcore.jobs.queue import Asked, Queue
from idcore.jobs.quota import Quota
from idcore.jobs.remote import Remote
from idcore.jobs.status import Status, Ticket, job_key
from idcore.jobs.worker import AGAIN, CANCELLED
from idcore.settings import Settings, settings
from idcore.spec import Job
from idcore.store import Store, shared

_log = logging.getLogger("layerscope.jobs")
_MORE = 2.0  # seconds between two looks at a cluster that may have got more workers
_KNOWN = 60.0  # seconds for which it is remembered how long jobs take
_LOST = "The job stopped when the app that ran it ended. Ask for it again: it goes on from what was finished."


class Jobs:
    """Submit, watch and cancel jobs. All that is known about them lies in the store; safe between threads.

    The workers start in the background; nothing here waits for them. start: makes them, where they are neither those of
    `settings.scheduler` nor processes of our own. hits, computed: jobs asked for here that were answered from the
    store, and that were given to a worker. quota: what a session may use.
    """

    def __init__(self, store: Store, settings: Settings, start: Callable[[Settings], Workers] | None = None) -> None:
        self._store, self._settings = store, settings
        self._futures: dict[str, Future[int]] = {}  # by attempt
        self._open: set[str] = set()  # attempts that were begun here and have not ended
        self._guard = threading.Lock()
        self._queue, self.quota = Queue(), Quota(settings)
        self._known: dict[queue.Likeness, float] = {}
        self._known_until = float("-inf")
        self._owner = spec.key("app", uuid.uuid4().hex)
        self._alive = contextlib.ExitStack()
        self._alive.enter_context(store.locked(self._owner))
        self._background = ThreadPoolExecutor(1, "jobs")
        self._closed = threading.Event()
        self.hits = self.computed = 0
        self._cluster = self._background.submit(start or (Remote if settings.scheduler else Cluster), settings)
        if settings.scheduler:
            threading.Thread(target=self._pump_again, name="pump", daemon=True).start()

    def submit(self, job: Job, device: str = "auto", session: str = "") -> str:
        """Ask for a job and return its id. session: who asks; sessions take turns, and have the limits of `quota`.

        A job that waits or runs, here or in another app on the same store, or whose results are all in the store, is
        not computed again; one that failed, was cancelled or lost is. Raises StoreError where the store cannot be
        written, RequestError where the session has used what it may.
        """
        id = job_key(job)
        with self._guard:
            status = self.status(id, position=False)
            if status.active:
                self._queue.hurry(id, session)
                return id
            if not kind(job).complete(self._store, job):
                self.quota.check_job(session, self._queue.of(session))
                self._begin(job, device, session)
                self.computed += 1
                return id
            self.hits += 1
            if status.state != "done":
                self._write(job, uuid.uuid4().hex, Status("done", phase="done"))
        return id

    def status(self, id: str, position: bool = True) -> Status:
        """Where a job stands, from the store alone. position: where it waits here, say also after how many others, and
        for how long about."""
        ticket = tickets.read(self._store, id)
        status = Status() if ticket is None else self._believe(id, ticket)
        before = self._queue.before(id) if status.state == "queued" and position else None
        if before is None:
            return status
        wait = queue.wait(self._seconds(), before, self._queue.taken())
        return dataclasses.replace(status, position=len(before), wait=wait)

    def active(self) -> list[tuple[str, Job, Status]]:
        """(id, job, status) of all jobs that wait or run, in the order in which they were submitted."""
        return [one for one in self.all(lambda status: status.active) if one[2].active]

    def all(self, wanted: Callable[[Status], bool] = lambda status: True) -> list[tuple[str, Job, Status]]:
        """(id, job, status) of all jobs of which `wanted` is true of what was written, as `active` orders them."""
        jobs = [
            (id, ticket.job, self._believe(id, ticket))
            for id, ticket in tickets.all(self._store)
            if wanted(ticket.status)
        ]
        return sorted(jobs, key=lambda one: one[2].submitted)

    def cancel(self, id: str) -> None:
        """Drop a job that waits, stop one that runs (within 2 s); nothing happens to one that has ended. Raises
        StoreError where a worker cannot be told, since there is no room in the store."""
        with self._guard:
            ticket = tickets.read(self._store, id)
            if ticket is None or not ticket.status.active:
                return
            problem = tickets.ask_to_stop(self._store, id, ticket.attempt)
            if self._store.is_locked(id):
                if problem:  # a worker that is ended without this word begins the job again
                    raise StoreError(f"The job goes on, since its worker cannot be told to stop. {problem}")
                if workers := self._there():
                    workers.stop(ticket.attempt)
            else:
                if future := self._futures.get(ticket.attempt):
                    future.cancel()
                self._forget(id, ticket.attempt)
                status = dataclasses.replace(ticket.status, state="cancelled", message=CANCELLED)
                self._write(ticket.job, ticket.attempt, status)

    def workers(self) -> list[dict[str, Any]]:
        """The workers that are there: name, host, threads, running (jobs), memory (bytes). None while they start."""
        there = self._there()
        return there.workers() if there else []

    def close(self) -> None:
        """End all workers of our own, whatever they are doing."""
        self._closed.set()
        self._background.shutdown(cancel_futures=True)
        if there := self._there():
            there.close()
        self._alive.close()

    def _there(self) -> Workers | None:
        ready = self._cluster.done() and not self._cluster.cancelled() and self._cluster.exception() is None
        return self._cluster.result() if ready else None

    def _believe(self, id: str, ticket: Ticket) -> Status:
        """What is written is true only while somebody lives who can change it."""
        status = ticket.status
        if not status.active or self._store.is_locked(id):
            return status
        if tickets.asked_to_stop(self._store, id, ticket.attempt):
            return dataclasses.replace(status, state="cancelled", message=CANCELLED)
        gone = ticket.owner == self._owner and ticket.attempt not in self._open
        if not gone and self._store.is_locked(ticket.owner):
            return dataclasses.replace(status, message=AGAIN) if status.state == "running" else status
        latest = tickets.read(self._store, id)  # it may have ended since
        if latest is not None and (latest.attempt != ticket.attempt or not latest.status.active):
            return latest.status
        if gone:  # it has ended here, and there was no room to say so
            return dataclasses.replace(status, state="failed", message=why(None, "", self._store.root))
        return dataclasses.replace(status, state="lost", message=_LOST)

    def _seconds(self) -> dict[queue.Likeness, float]:
        """How long jobs take, by what they are like, from those that are done; looked up once a minute."""
        if time.monotonic() > self._known_until:
            self._known_until = time.monotonic() + _KNOWN
            done = self.all(lambda status: status.state == "done" and status.started > 0)
            self._known = queue.typical((job, max(0.0, now.updated - now.started)) for _, job, now in done)
        return self._known

    def _begin(self, job: Job, device: str, session: str) -> None:
        if not self._store.is_locked(self._owner):  # somebody emptied the store
            self._alive.close()
            self._alive.enter_context(self._store.locked(self._owner))
        attempt = uuid.uuid4().hex
        self._open.add(attempt)
        problem = self._write(job, attempt, Status("queued", submitted=time.time()))
        if problem:
            self._open.discard(attempt)
            raise StoreError(f"The job was not started, since its results could not be shown. {problem}")
        self._queue.add(job, attempt, device, session)
        self._background.submit(self._pump)

    def _pump(self) -> None:
        """Give the workers as many jobs as they do at once, those whose turn it is."""
        while not self._closed.is_set() and (asked := self._queue.take(self._slots())) is not None:
            problem = self._give(asked)
            if problem is not None:
                self._fail(asked, problem)
                self._forget(job_key(asked.job), asked.attempt)

    def _pump_again(self) -> None:
        with contextlib.suppress(RuntimeError):  # the app is ending
            while not self._closed.wait(_MORE):
                self._background.submit(self._pump)

    def _slots(self) -> int:
        try:
            return self._cluster.result().slots
        except Exception:
            return 1  # each job will be told why

    def _give(self, asked: Asked) -> str | None:
        """Hand a job to the workers; returns why it cannot be, "" for one that was cancelled."""
        if tickets.asked_to_stop(self._store, job_key(asked.job), asked.attempt):
            return ""
        device = self._settings.device if asked.device == "auto" else asked.device
        job = (spec.to_json(asked.job), asked.attempt, self._owner)
        store = (str(self._store.root), self._store.limit)
        try:
            future = self._cluster.result().begin(*job, *store, self._settings.memory, device)
        except LayerscopeError as error:
            return str(error)
        except Exception as error:
            _log.exception("The workers could not be started")
            return f"The workers could not be started ({type(error).__name__}: {error})."
        self._futures[asked.attempt] = future
        future.add_done_callback(partial(self._ended, asked))
        return None

    def _ended(self, asked: Asked, future: Future[int]) -> None:
        """Called when the workers have done with a job."""
        self._futures.pop(asked.attempt, None)
        with contextlib.suppress(RuntimeError):  # the app is ending, and the job is lost with it
            self._background.submit(self._settle, asked, future)

    def _settle(self, asked: Asked, future: Future[int]) -> None:
        """Write what the status of a job that has ended does not say yet; the next may begin."""
        if self._closed.is_set():
            return
        id, error = job_key(asked.job), CancelledError() if future.cancelled() else future.exception()
        ticket = tickets.read(self._store, id)
        waited = ticket is not None and ticket.attempt == asked.attempt and ticket.status.state == "queued"
        if is_killed(error) and waited:
            self._queue.give_back(asked)  # it never ran: the workers it waited for ended because of others
        else:
            if error is None:
                self.quota.charge(asked.session, future.result())
            self._fail(asked, why(error, self._cluster.result().lost, self._store.root))
            self._forget(id, asked.attempt)
        self._pump()

    def _forget(self, id: str, attempt: str) -> None:
        """A job has ended, or need not begin."""
        self._queue.drop(id, attempt)
        self._open.discard(attempt)

    def _fail(self, asked: Asked, message: str) -> None:
        id = job_key(asked.job)
        ticket = tickets.read(self._store, id)
        current = ticket is not None and ticket.attempt == asked.attempt and ticket.status.active
        if ticket is not None and current and not tickets.asked_to_stop(self._store, id, asked.attempt):
            self._write(asked.job, asked.attempt, dataclasses.replace(ticket.status, state="failed", message=message))

    def _write(self, job: Job, attempt: str, status: Status) -> str:
        return tickets.write(self._store, Ticket(job, attempt, self._owner, status))


_singleton: Jobs | None = None
_singleton_guard = threading.Lock()


def get_jobs() -> Jobs:
    """The `Jobs` of this process, on the default store; its workers start with the first call and end with it."""
    global _singleton
    with _singleton_guard:
        if _singleton is None:
            chosen = settings()
            _singleton = Jobs(shared(str(chosen.cache), chosen.store_limit), chosen)
        return _singleton
