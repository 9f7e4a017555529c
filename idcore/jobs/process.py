"""`python -m idcore.jobs.process ADDRESS FOLDER WARM`: one worker process of the local cluster.

Its standard input is a pipe whose other end the app holds: when that closes, the app has gone, even if it was killed,
and the process ends at once. FOLDER: for its temporary files. WARM: "maps" to get ready for the maps as well.
"""

import asyncio
import contextlib
import logging
import os
import shutil
import sys
import threading

from idcore.jobs import worker

_IDLE = 2.0  # seconds without a job after which the slow imports of the maps begin


def main() -> None:
    address, folder, warm = sys.argv[1:]
    worker.end_process = os._exit
    threading.Thread(target=_end_with_the_app, args=(folder,), name="app", daemon=True).start()
    threading.Thread(target=_warm, args=(warm == "maps",), name="warm", daemon=True).start()
    asyncio.run(_serve(address, folder))


async def _serve(address: str, folder: str) -> None:
    from distributed import Worker

    logging.getLogger("distributed").setLevel(logging.WARNING)
    server = Worker(
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
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def _warm(maps: bool) -> None:
    """Import what a job would import first; a job that arrives meanwhile waits for no more than that."""
    from idcore import pipeline

    pipeline.warm(maps=False)
    if maps and not worker.busy.wait(_IDLE):
        pipeline.warm(maps=True)


if __name__ == "__main__":
    main()
