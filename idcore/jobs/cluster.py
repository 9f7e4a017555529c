"""Where jobs run: `Workers`; and the workers of this machine, processes that are spoken to through pipes. No port is
open, no name, address or key lies anywhere: only the app holds the other end of a pipe."""

import atexit
import json
import os
import queue
import select
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import psutil

from idcore import spec
from idcore.errors import JobError
from idcore.jobs.ends import KilledWorker, too_long
from idcore.jobs.kinds import kind
from idcore.settings import Settings
from idcore.spec import Job

ROOT = Path(__file__).parent.parent.parent
PROCESS = "idcore.jobs.process"  # the module that a worker runs
_STAGGER = 1.5  # seconds between the starts of the first workers
_SHORT_LIFE, _PAUSE = 5.0, 1.0  # seconds: a worker that lived for less is replaced after a pause only
_LOOK = 0.25  # seconds between two looks whether a worker lives
_LIVES = 2  # workers that a job may lose
_DEAF = 5.0  # seconds that a worker has to do by itself what this process would have to do for it


class Workers(Protocol):
    """Where jobs run: the workers of `Cluster`, of `jobs.remote.Remote`, or of anything else that gives futures.

    slots: how many jobs they do at once. lost: the sentence for a job that the workers have dropped unasked.
    """

    @property
    def slots(self) -> int: ...

    @property
    def lost(self) -> str: ...

    def begin(self, *arguments: Any) -> Future[int]:
        """Have a worker do `worker.work` with these arguments. Raises JobError where there are no workers."""

    def stop(self, attempt: str) -> None:
        """Somebody has cancelled this attempt: end its worker where it does not stop by itself and is ours to end."""

    def workers(self) -> list[dict[str, Any]]:
        """One dict each: name, host, threads, running (jobs), memory (bytes)."""

    def close(self) -> None: ...


@dataclass(eq=False)
class _Task:
    """A job on its way. lost: workers that it has lost. end: when its worker must have done with it, on the clock of
    time.monotonic. stopped: whether it was cancelled."""

    arguments: tuple[Any, ...]
    future: Future[int] = field(default_factory=Future)
    lost: int = 0
    end: float = float("inf")
    stopped: bool = False

    @property
    def job(self) -> Job:
        job: Job = spec.from_json(self.arguments[0])
        return job


class Cluster:
    """`settings.workers` workers of this machine with one job at a time each.

    A worker that dies is replaced, and its job starts again; a job that has lost two workers fails with `KilledWorker`.
    A worker so deep in something that it neither stops when its job is cancelled nor when its time is over is killed.
    When this process ends, in whatever way, its workers end. Each worker has a process group of its own: Ctrl-C in the
    terminal is for the app.
    """

    lost = "The workers were lost. What was finished is kept; ask for the job again."

    def __init__(self, settings: Settings) -> None:
        self.slots, self._gpus = settings.workers, settings.gpus
        self._tasks: queue.SimpleQueue[_Task] = queue.SimpleQueue()
        self._starting, self._closed = threading.Lock(), threading.Event()
        self._workers: dict[int, subprocess.Popen[bytes]] = {}
        self._busy: dict[int, _Task] = {}
        self._keepers = [threading.Thread(target=self._keep, args=(i,), daemon=True) for i in range(settings.workers)]
        for keeper in self._keepers:
            keeper.start()
        atexit.register(self.close)

    def begin(self, *arguments: Any) -> Future[int]:
        """Have the next free worker do a job; `worker.work` says the arguments."""
        task = _Task(arguments)
        self._tasks.put(task)
        return task.future

    def stop(self, attempt: str) -> None:
        """Kill the worker of a cancelled attempt if it has not stopped in 5 s; the next one writes that it ended."""
        for task in list(self._busy.values()):
            if task.arguments[1] == attempt:
                task.end, task.stopped = time.monotonic() + _DEAF, True

    def workers(self) -> list[dict[str, Any]]:
        """One dict per living worker, as `Workers` has them."""
        return [
            {"name": str(number), "host": "this machine", "threads": 1, "running": int(number in self._busy),
             "memory": _memory(worker.pid)}
            for number, worker in sorted(list(self._workers.items()))
            if worker.poll() is None
        ]  # fmt: skip

    def close(self) -> None:
        """End the workers, whatever they are doing."""
        atexit.unregister(self.close)
        with self._starting:
            self._closed.set()
        for worker in self._workers.values():
            worker.kill()
        for keeper in self._keepers:
            keeper.join()

    def _keep(self, number: int) -> None:
        """Have a worker, and another one when it has died."""
        self._closed.wait(number * _STAGGER)  # the first gets the cores to itself, so that it is there sooner
        while True:
            with self._starting:
                if self._closed.is_set():
                    return
                worker = self._workers[number] = _start(number, self._gpus)
                started = time.monotonic()
            with worker:
                self._serve(number, worker)
            if time.monotonic() - started < _SHORT_LIFE:
                self._closed.wait(_PAUSE)

    def _serve(self, number: int, worker: subprocess.Popen[bytes]) -> None:
        """Give a worker one job after the other, until it ends."""
        if _answer(worker) is None:  # it says once that it is ready
            return
        while worker.poll() is None:
            try:
                task = self._tasks.get(timeout=_LOOK)
            except queue.Empty:
                continue
            if task.lost or task.future.set_running_or_notify_cancel():
                task.end = time.monotonic() + kind(task.job).longest + _DEAF
                self._busy[number] = task
                answer = _ask(worker, task)
                del self._busy[number]
                self._ended(task, answer)
                if answer is None:
                    return

    def _ended(self, task: _Task, answer: dict[str, Any] | None) -> None:
        """A worker has done with a job, or has died with it."""
        if answer is None:
            task.lost += 1
            if time.monotonic() > task.end and not task.stopped:
                task.future.set_exception(JobError(too_long(task.job)))
            elif task.lost < _LIVES:
                self._tasks.put(task)
            else:
                task.future.set_exception(KilledWorker(_LIVES))
        elif "error" in answer:
            task.future.set_exception(JobError(answer["error"]))
        else:
            task.future.set_result(answer["written"])


def _start(number: int, gpus: tuple[str, ...]) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    # Threads that spin while they wait would take the cores from the other worker.
    environment = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0", **os.environ, "PYTHONPATH": path}
    if gpus:
        environment["CUDA_VISIBLE_DEVICES"] = gpus[number % len(gpus)]
    command = [sys.executable, "-m", PROCESS, str(number)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, process_group=0, bufsize=0
    )


def _ask(worker: subprocess.Popen[bytes], task: _Task) -> dict[str, Any] | None:
    assert worker.stdin is not None
    left = memoryview(json.dumps(task.arguments).encode() + b"\n")
    try:
        while left:
            left = left[worker.stdin.write(left) :]
    except OSError:  # it has just ended
        return None
    return _answer(worker, task)


def _answer(worker: subprocess.Popen[bytes], task: _Task | None = None) -> dict[str, Any] | None:
    """The next line of a worker; None where it has ended, though a process that it began may still hold the pipe."""
    assert worker.stdout is not None
    ready = select.poll()
    ready.register(worker.stdout, select.POLLIN)
    while not ready.poll(1e3 * _LOOK):
        if task is not None and time.monotonic() > task.end:
            worker.kill()
        if worker.poll() is not None:
            return None
    line = worker.stdout.readline()
    if line.endswith(b"\n"):
        answer: dict[str, Any] = json.loads(line)
        return answer
    worker.kill()  # its pipe is closed: whoever hears that the job ended finds no such process
    worker.wait()
    return None


def _memory(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
