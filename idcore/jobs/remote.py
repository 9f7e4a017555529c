"""A cluster that is there already: a Dask scheduler of somebody else, and the workers that it has (docs/cluster.md)."""

import contextlib
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from idcore.errors import JobError
from idcore.jobs import log
from idcore.jobs.worker import visit
from idcore.settings import Settings
from idcore.spec import ALGORITHM

_ANSWER = 3.0  # seconds
_TIMEOUT = 5.0  # seconds to wait for a scheduler, and before it is asked again


def asked(client: Any, question: Callable[..., Any], **arguments: Any) -> Any:
    """What a scheduler answers. Raises TimeoutError where it does not within 3 s: Dask itself would wait for 30."""
    return client.sync(question, **arguments, callback_timeout=_ANSWER)


class Remote:
    """The workers of a scheduler. One that does not answer, or has gone, is looked for again by the next job."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Any = None
        self._guard = threading.Lock()
        self._refused, self._reason = float("-inf"), ""
        with contextlib.suppress(JobError):  # said to each job
            self._executor()

    def begin(self, *arguments: Any) -> Future[int]:
        """Have a worker of the cluster do a job; `worker.work` says the arguments. Raises JobError where the scheduler
        does not answer within 5 s."""
        future: Future[int] = self._executor().submit(visit, *arguments, algorithm=ALGORITHM)
        return future

    def stop(self, attempt: str) -> None:
        """Nothing: a worker of the cluster ends itself (`jobs.preload`)."""

    def _executor(self) -> Executor:
        with self._guard:
            if self._client is None or self._client.status != "running":
                self._drop()
                if time.monotonic() - self._refused < _TIMEOUT:
                    raise JobError(self._reason)
                self._connect()
            executor: Executor = self._client.get_executor(pure=False)
            return executor

    @property
    def slots(self) -> int:
        """Threads of all workers, at least 1: a job may wait for the first of them."""
        client = self._client
        if client is not None and client.status == "running":
            with contextlib.suppress(OSError, TimeoutError):
                threads: dict[str, int] = asked(client, client.scheduler.ncores)
                return max(1, sum(threads.values()))
        return 1

    @property
    def lost(self) -> str:
        """The sentence for a job whose scheduler has gone."""
        return (
            f"The connection to the scheduler {self._settings.scheduler} was lost. What was finished is kept; ask for "
            "the job again once the scheduler and its workers are back."
        )

    def workers(self) -> list[dict[str, Any]]:
        """One dict per worker, as `jobs.cluster.Workers` has them; none while there is no connection."""
        client = self._client
        if client is not None and client.status == "running":
            with contextlib.suppress(OSError, TimeoutError):
                told = asked(client, client.scheduler.identity, n_workers=-1)["workers"].values()
                return [_worker(one) for one in told]
        return []

    def close(self) -> None:
        """Leave the cluster; what runs there goes on."""
        with self._guard:
            self._drop()

    def _connect(self) -> None:
        from distributed import Client

        log.only_errors_of_dask()

        try:
            self._client = Client(self._address(), timeout=_TIMEOUT, set_as_default=False, security=self._security())
        except (OSError, TimeoutError, ValueError) as error:
            self._refused = time.monotonic()
            self._reason = (
                f"The scheduler {self._settings.scheduler} does not answer ({type(error).__name__}). Start it, or "
                "correct LAYERSCOPE_SCHEDULER or the key in LAYERSCOPE_TLS_KEY; the app goes on by itself once it is "
                "there."
            )
            raise JobError(self._reason) from error

    def _address(self) -> str:
        """Raises JobError where the file of a scheduler names one without TLS though there are keys."""
        if "://" in self._settings.scheduler:
            return self._settings.scheduler
        address = str(json.loads(Path(self._settings.scheduler).expanduser().read_text())["address"])
        if self._settings.tls is not None and not address.startswith("tls://"):
            raise JobError(
                f"The scheduler in {self._settings.scheduler} has no key: it listens at {address}. Start it with keys, "
                "DASK_CONFIG=deploy/dask.yaml (docs/cluster.md)."
            )
        return address

    def _security(self) -> Any:
        if self._settings.tls is None:
            return None
        from distributed.security import Security

        authority, certificate, key = self._settings.tls
        return Security(require_encryption=True, tls_ca_file=authority, tls_client_cert=certificate, tls_client_key=key)

    def _drop(self) -> None:
        if self._client is not None:
            with contextlib.suppress(Exception):  # it is gone anyway
                self._client.close(timeout=1)
            self._client = None


def _worker(told: dict[str, Any]) -> dict[str, Any]:
    """What a scheduler says of a worker, in the words of `jobs.cluster.Workers`."""
    return {
        "name": str(told["name"]),
        "host": told["host"],
        "threads": told["nthreads"],
        "running": told["metrics"].get("task_counts", {}).get("executing", 0),
        "memory": told["metrics"].get("memory", 0),
    }
