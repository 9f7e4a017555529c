"""A cluster that is there already: a Dask scheduler of somebody else, and the workers that it has (docs/cluster.md)."""

import concurrent.futures
import contextlib
import json
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

from idcore.errors import JobError
from idcore.jobs import log
from idcore.jobs.cluster import asked, told
from idcore.jobs.worker import visit
from idcore.settings import Settings
from idcore.spec import ALGORITHM

_TIMEOUT = 5.0  # seconds to wait for a scheduler, and before it is asked again


class Remote:
    """The workers of a scheduler, behind `executor`. One that does not answer, or has gone, is looked for again by the
    next job."""

    work = staticmethod(partial(visit, algorithm=ALGORITHM))

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Any = None
        self._guard = threading.Lock()
        self._refused, self._reason = float("-inf"), ""
        with contextlib.suppress(JobError):  # said to each job
            self.executor  # noqa: B018

    @property
    def executor(self) -> concurrent.futures.Executor:
        """Where jobs are submitted. Raises JobError where the scheduler does not answer within 5 s."""
        with self._guard:
            if self._client is None or self._client.status != "running":
                self._drop()
                if time.monotonic() - self._refused < _TIMEOUT:
                    raise JobError(self._reason)
                self._connect()
            executor: concurrent.futures.Executor = self._client.get_executor(pure=False)
            return executor

    @property
    def slots(self) -> int:
        """Threads of all workers, at least 1: a job may wait for the first of them."""
        client = self._client
        if client is not None and client.status == "running":
            with contextlib.suppress(OSError, TimeoutError):
                return max(1, sum(asked(client, client.scheduler.ncores).values()))
        return 1

    @property
    def lost(self) -> str:
        """The sentence for a job whose scheduler has gone."""
        return (
            f"The connection to the scheduler {self._settings.scheduler} was lost. What was finished is kept; ask for "
            "the job again once the scheduler and its workers are back."
        )

    def workers(self) -> list[dict[str, Any]]:
        """One dict per worker, as `jobs.cluster.told` has them; none while there is no connection."""
        client = self._client
        if client is not None and client.status == "running":
            with contextlib.suppress(OSError, TimeoutError):
                return told(client)
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
                "correct LAYERSCOPE_SCHEDULER; the app goes on by itself once it is there."
            )
            raise JobError(self._reason) from error

    def _address(self) -> str:
        if "://" in self._settings.scheduler:
            return self._settings.scheduler
        return str(json.loads(Path(self._settings.scheduler).expanduser().read_text())["address"])

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
