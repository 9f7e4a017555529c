"""The queue of an app: which job is next, fair between sessions, and when a job's turn will be."""

import heapq
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from idcore.jobs.kinds import kind
from idcore.jobs.status import job_key
from idcore.spec import Job

Likeness = tuple[Any, ...]


@dataclass(frozen=True)
class Asked:
    """A job that waits or runs. session: who asked for it. turn: the round in which it is served; within a round, in
    the order of `number`. taken: on the clock of time.monotonic, 0 while it waits."""

    job: Job
    attempt: str
    device: str
    session: str
    turn: int
    number: int
    taken: float = 0.0


class Queue:
    """Jobs that wait for a worker, or have one. Safe between threads.

    Start-time fair queuing (Goyal, Vin, Cheng 1997) with jobs of equal weight: each session has one job a round, so
    that one who asks for a single job waits for one job of each other session at most, however many they asked for.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, Asked] = {}  # by key of the job
        self._taken: dict[str, Asked] = {}  # by attempt
        self._count = 0
        self._guard = threading.Lock()

    def add(self, job: Job, attempt: str, device: str, session: str) -> None:
        """Put a job at the end of those of its session."""
        with self._guard:
            self._count += 1
            self._waiting[job_key(job)] = Asked(job, attempt, device, session, self._turn(session), self._count)

    def hurry(self, id: str, session: str) -> None:
        """Another session wants a job that waits: it need not wait longer than if it had asked first."""
        with self._guard:
            if (asked := self._waiting.get(id)) is not None:
                self._waiting[id] = replace(asked, turn=min(asked.turn, self._turn(session)))

    def take(self, most: int) -> Asked | None:
        """The next job, unless `most` have been taken and not been dropped since, or none waits."""
        with self._guard:
            if not self._waiting or len(self._taken) >= most:
                return None
            asked = min(self._waiting.values(), key=_order)
            del self._waiting[job_key(asked.job)]
            self._taken[asked.attempt] = replace(asked, taken=time.monotonic())
            return asked

    def give_back(self, asked: Asked) -> None:
        """A job that was taken waits again, where it stood."""
        with self._guard:
            if self._taken.pop(asked.attempt, None) is not None:
                self._waiting[job_key(asked.job)] = asked

    def drop(self, id: str, attempt: str) -> None:
        """A job has ended, or need not begin."""
        with self._guard:
            self._taken.pop(attempt, None)
            if (asked := self._waiting.get(id)) is not None and asked.attempt == attempt:
                del self._waiting[id]

    def before(self, id: str) -> list[Job] | None:
        """The jobs that wait before one that waits, the next first; None where it does not wait here."""
        with self._guard:
            asked = self._waiting.get(id)
            order = sorted(self._waiting.values(), key=_order)
        return None if asked is None else [other.job for other in order[: order.index(asked)]]

    def taken(self) -> list[tuple[Job, float]]:
        """(job, seconds since it was taken) of those that have a worker."""
        with self._guard:
            return [(asked.job, time.monotonic() - asked.taken) for asked in self._taken.values()]

    def of(self, session: str) -> int:
        """How many jobs of a session wait or run."""
        with self._guard:
            return sum(asked.session == session for asked in (*self._waiting.values(), *self._taken.values()))

    def _turn(self, session: str) -> int:
        """The round in which the next job of a session is served: the one that is being served, or its next."""
        first = min((asked.turn for asked in self._waiting.values()), default=0)
        now = max((asked.turn for asked in self._taken.values()), default=first)
        both = (*self._waiting.values(), *self._taken.values())
        return max([now, *(asked.turn + 1 for asked in both if asked.session == session)])


def _order(asked: Asked) -> tuple[int, int]:
    return asked.turn, asked.number


def likeness(job: Job) -> Likeness:
    """What says most about how long a job takes, the most telling first: its kind, network, number of samples."""
    network, data, _ = kind(job).about(job)
    return type(job), network and network.architecture, data and data.n


def typical(done: Iterable[tuple[Job, float]]) -> dict[Likeness, float]:
    """The median seconds of jobs that are done, of those that are alike, and of those that are less and less so."""
    seconds = defaultdict(list)
    for job, one in done:
        for end in (3, 2, 1):
            seconds[likeness(job)[:end]].append(one)
    return {like: statistics.median(many) for like, many in seconds.items()}


def wait(known: Mapping[Likeness, float], before: Sequence[Job], taken: Sequence[tuple[Job, float]]) -> float | None:
    """Seconds until a job begins, about; None where nothing like one of those before it has been done yet.

    known: of `typical`. before, taken: as `Queue` has them; each worker takes the next as soon as it is free.
    """
    left = [None if (usual := _seconds(known, job)) is None else max(usual - since, 0.0) for job, since in taken]
    times = [_seconds(known, job) for job in before]
    if not left or None in left or None in times:
        return None
    free = [one for one in left if one is not None]
    heapq.heapify(free)
    for one in times:
        heapq.heapreplace(free, free[0] + (one or 0.0))
    return free[0]


def _seconds(known: Mapping[Likeness, float], job: Job) -> float | None:
    like = likeness(job)
    return next((known[like[:end]] for end in (3, 2, 1) if like[:end] in known), None)
