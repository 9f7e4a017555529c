"""`python -m idcore.jobs.process ADDRESS FOLDER NUMBER`: one worker process of the local cluster.

Its standard input is a pipe whose other end the app holds: when that closes, the app has gone, even if it was killed,
and the process ends at once. FOLDER: for its temporary files. NUMBER: among the workers, from 0.
"""

import asyncio
import contextlib
import logging
import os
import shutil
import sys
import threading
import time

from idcore.jobs import log, worker

_QUIET = 2.0  # seconds without a job after which a worker gets ready for maps
_TURN = 12.0  # seconds that takes: one worker after the other


def main() -> None:
    address, folder, number = sys.argv[1:]
    worker.end_process = os._exit
    log.to_stderr()
    threading.Thread(target=_end_with_the_app, args=(folder,), name="app", daemon=True).start()
    threading.Thread(target=_warm, args=(_QUIET + _TURN * int(number),), name="warm", daemon=True).start()
    asyncio.run(_serve(address, folder))


async def _serve(address: str, folder: str) -> None:
    from distributed import Worker

    log.only_errors_of_dask()
    with log.starting_dask():
        server = await Worker(
            address,
            nthreads=1,
            host="127.0.0.1",
            dashboard=False,
            dashboard_address="127.0.0.1:0",
            memory_limit=0,
            death_timeout=30,
            local_directory=folder,
        )
    async with server:
        await server.finished()


def _end_with_the_app(folder: str) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 1):
            pass
    logging.disable()  # nobody is left to be told that the scheduler has gone
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def _warm(quiet: float) -> None:
    """Do in advance what the first jobs would wait for: the imports at once, the maps after a quiet time."""
    # Also because a measurement sets the number of threads of torch: two at a time would undo each other.
    with worker.at_work:
        from idcore import pipeline

        geometry = pipeline.warm()
    while worker.at_work.locked() or time.monotonic() - worker.last_end < quiet:
        time.sleep(_QUIET / 4)
    if sys.platform == "linux":
        os.nice(10)  # of this thread alone
    pipeline.warm_maps(geometry)


if __name__ == "__main__":
    main()
