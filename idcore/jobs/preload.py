"""`dask worker --preload idcore.jobs.preload`: what a worker of somebody else's cluster needs to know."""

import os
from typing import Any

from idcore.jobs import log, worker


def dask_setup(server: Any) -> None:
    """Called by Dask in the worker process: a job that cannot be asked to stop may end it; Dask, SLURM or Kubernetes
    starts another."""
    worker.end_process = os._exit
    log.to_stderr()
