"""`python -m idcore.jobs.process NUMBER [maps]`: one worker process of this machine. NUMBER: among the workers, from 0.
maps: it gets ready for maps while it has nothing else to do.

The app holds the other ends of its standard input and output. A line of JSON that comes in is a job, the arguments of
`worker.work`; a line goes out when the worker is ready, and when a job has ended. When the input closes, the app has
gone, even if it was killed, and the process ends at once. What a job prints goes to stderr.
"""

import contextlib
import gc
import json
import logging
import os
import queue
import sys
import threading
import time
from typing import Any

from idcore.jobs import log, worker

_log = logging.getLogger(__name__)
_QUIET = 2.0  # seconds without a job after which a worker gets ready for maps
_TURN = 12.0  # seconds that takes: one worker after the other


def main() -> None:
    asked: queue.SimpleQueue[list[Any]] = queue.SimpleQueue()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    worker.end_process = os._exit
    log.to_stderr()
    threading.Thread(target=_listen, args=(asked,), name="app", daemon=True).start()
    geometry = _warm()
    if geometry is not None and sys.argv[2:] == ["maps"]:
        quiet = _QUIET + _TURN * int(sys.argv[1])
        threading.Thread(target=_warm_maps, args=(quiet, geometry), name="warm", daemon=True).start()
    answers.write("{}\n")
    while True:
        answers.write(json.dumps(_done(asked.get())) + "\n")


def _listen(asked: "queue.SimpleQueue[list[Any]]") -> None:
    for line in sys.stdin.buffer:
        asked.put(json.loads(line))
    os._exit(0)


def _done(arguments: list[Any]) -> dict[str, Any]:
    """What is said of a job that has ended: the bytes that it has written, or what went wrong with the worker."""
    try:
        return {"written": worker.work(*arguments)}
    except Exception as error:
        _log.exception("A job left no status")
        return {"error": f"The job failed with {type(error).__name__}: {error}."}


def _warm() -> Any:
    """Do in advance what the first job would wait for; gives the small record that it has measured for that.

    What is imported stays, and the collector of unreachable objects never looks at it: a fifth of all this time."""
    gc.disable()
    try:
        from idcore import pipeline

        geometry = pipeline.warm()
    except Exception:  # each job will say what it lacks
        _log.exception("A worker could not be warmed up")
        return None
    finally:
        gc.freeze()
        gc.enable()
    # Torch makes this folder for what is not done here; it stays where it holds something.
    with contextlib.suppress(OSError):
        os.rmdir(os.environ.get("TORCHINDUCTOR_CACHE_DIR", ""))
    return geometry


def _warm_maps(quiet: float, geometry: Any) -> None:
    """After a quiet time."""
    from idcore import pipeline

    while worker.at_work.locked() or time.monotonic() - worker.last_end < quiet:
        time.sleep(_QUIET / 4)
    if sys.platform == "linux":
        os.nice(10)  # of this thread alone
    pipeline.warm_maps(geometry)


if __name__ == "__main__":
    main()
