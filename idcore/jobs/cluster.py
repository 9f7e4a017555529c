"""The local cluster: a scheduler in this process and worker processes of their own, all of it on 127.0.0.1."""

import atexit
import concurrent.futures
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from idcore.jobs import log
from idcore.jobs.worker import work
from idcore.settings import Settings

ROOT = Path(__file__).parent.parent.parent
_STAGGER = 1.5  # seconds between the starts of the first workers
_ANSWER = 3.0  # seconds
_SHORT_LIFE, _PAUSE = 5.0, 1.0  # seconds: a worker that lived for less is replaced after a pause only


class Workers(Protocol):
    """Where jobs run: the workers of `Cluster`, of `jobs.remote.Remote`, or of any executor.

    work: what a worker runs, with the arguments of `worker.work`. slots: how many jobs they do at once. lost: the
    sentence for a job that the workers have dropped unasked.
    """

    @property
    def work(self) -> Callable[..., int]: ...

    @property
    def slots(self) -> int: ...

    @property
    def executor(self) -> concurrent.futures.Executor: ...

    @property
    def lost(self) -> str: ...

    def workers(self) -> list[dict[str, Any]]: ...

    def close(self) -> None: ...


def asked(client: Any, question: Callable[..., Any], **arguments: Any) -> Any:
    """What a scheduler answers. Raises TimeoutError where it does not within 3 s: Dask itself would wait for 30."""
    return client.sync(question, **arguments, callback_timeout=_ANSWER)


def told(client: Any) -> list[dict[str, Any]]:
    """What a scheduler says of its workers, one dict each: name, host, threads, running (jobs), memory (bytes)."""
    return [
        {
            "name": str(worker["name"]),
            "host": worker["host"],
            "threads": worker["nthreads"],
            "running": worker["metrics"].get("task_counts", {}).get("executing", 0),
            "memory": worker["metrics"].get("memory", 0),
        }
        for worker in asked(client, client.scheduler.identity, n_workers=-1)["workers"].values()
    ]


class Cluster:
    """`settings.workers` workers with one job at a time each, behind `executor`.

    A worker that dies is replaced, and its job starts again; a job that has lost two workers fails with
    `distributed.KilledWorker`. When this process ends, in whatever way, its workers end.
    """

    work = staticmethod(work)
    lost = "The workers were lost. What was finished is kept; ask for the job again."
    executor: concurrent.futures.Executor

    def __init__(self, settings: Settings) -> None:
        import dask
        from distributed import Client, LocalCluster

        log.only_errors_of_dask()
        options = {"distributed.scheduler.allowed-failures": 1, "distributed.scheduler.http.routes": []}
        with dask.config.set(options), log.starting_dask():
            self._scheduler = LocalCluster(
                n_workers=0,
                protocol="tcp",
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                silence_logs=False,
            )
        self.slots = settings.workers
        self._client = Client(self._scheduler, set_as_default=False)
        self.executor = self._client.get_executor(pure=False)
        self._folder = tempfile.TemporaryDirectory(prefix="layerscope-", ignore_cleanup_errors=True)
        self._starting, self._closed = threading.Lock(), threading.Event()
        self._workers: dict[int, subprocess.Popen[bytes]] = {}
        self._keepers = [threading.Thread(target=self._keep, args=(i,), daemon=True) for i in range(settings.workers)]
        for keeper in self._keepers:
            keeper.start()
        atexit.register(self.close)  # after distributed has registered its own, so that this one runs first

    @property
    def pids(self) -> list[int]:
        """Process ids of the living workers."""
        return [worker.pid for worker in list(self._workers.values()) if worker.poll() is None]

    def workers(self) -> list[dict[str, Any]]:
        """One dict per worker, as `told` has them."""
        return told(self._client)

    def close(self) -> None:
        """End the workers, whatever they are doing, and the scheduler."""
        atexit.unregister(self.close)
        with self._starting:
            self._closed.set()
        for worker in self._workers.values():
            worker.kill()
        for keeper in self._keepers:
            keeper.join()
        self._client.close()
        self._scheduler.close()
        self._folder.cleanup()

    def _keep(self, number: int) -> None:
        """Have a worker, and another one when it has died."""
        self._closed.wait(number * _STAGGER)  # the first gets the cores to itself, so that it is there sooner
        while True:
            with self._starting:
                if self._closed.is_set():
                    return
                worker = self._workers[number] = self._start(number)
                started = time.monotonic()
            with worker:
                worker.wait()
            if time.monotonic() - started < _SHORT_LIFE:
                self._closed.wait(_PAUSE)

    def _start(self, number: int) -> subprocess.Popen[bytes]:
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        # Threads that spin while they wait would take the cores from the other worker.
        environment = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0", **os.environ, "PYTHONPATH": path}
        folder = os.path.join(self._folder.name, str(number))
        command = [sys.executable, "-m", "idcore.jobs.process", self._scheduler.scheduler_address, folder, str(number)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)
