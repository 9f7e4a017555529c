"""`python -m benchmarks.jobs`: what a job costs besides its work, through a real scheduler and 1, 2 worker processes.

Nothing: an upload that is not there is to be read, so that a job is all status, locks, queue and Dask. Little: the
smallest measurement there is, 8 samples of the digits through a network of one layer of 2 units.
"""

import contextlib
import hashlib
import tempfile
import time
from collections.abc import Callable

from idcore.jobs import Jobs
from idcore.spec import Architecture, DataSpec, Job, NetworkSpec, ProfileJob, ReadJob, Request, Untrained
from idcore.store import Store
from tests.tools.dask_cluster import end, free_port, scheduler, there, workers

MANY, ROUNDS = 200, 3


def nothing(number: int) -> Job:
    return ReadJob("images", hashlib.sha256(str(number).encode()).hexdigest())


def little(number: int) -> Job:
    network = NetworkSpec(Architecture("mlp", width=2, depth=1), Untrained(number))
    return ProfileJob(Request(DataSpec("digits", n=8), network))


def milliseconds(jobs: Jobs, asked: list[Job]) -> tuple[float, float]:
    """(until the last has been asked for, until the last has ended), for one job."""
    begun = time.perf_counter()
    waiting = [jobs.submit(job) for job in asked]
    asked_for = time.perf_counter()
    for id in waiting:
        while jobs.status(id, position=False).active:
            time.sleep(0.02)
    ended = time.perf_counter()
    return 1e3 * (asked_for - begun) / len(asked), 1e3 * (ended - begun) / len(asked)


def row(what: Callable[[int], Job], count: int) -> str:
    port = free_port()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        store = Store(folder)
        processes = [scheduler(port), *workers(port, folder, count)]
        time.sleep(3)
        try:
            with contextlib.closing(Jobs(store, there(store, port))) as jobs:
                while len(jobs.workers()) < count:
                    time.sleep(0.2)
                milliseconds(jobs, [what(ROUNDS * MANY + number) for number in range(20 * count)])  # imports
                rounds = [
                    milliseconds(jobs, [what(number) for number in range(once * MANY, (once + 1) * MANY)])
                    for once in range(ROUNDS)
                ]
        finally:
            end(*processes)
    submit, whole = (sorted(column)[ROUNDS // 2] for column in zip(*rounds, strict=True))
    low, high = min(one for _, one in rounds), max(one for _, one in rounds)
    return f"{what.__name__:8} workers {count}: {whole:6.1f} ms a job ({low:.1f} to {high:.1f}), {submit:.1f} to ask"


if __name__ == "__main__":
    for what in (nothing, little):
        for count in (1, 2):
            print(row(what, count), flush=True)
