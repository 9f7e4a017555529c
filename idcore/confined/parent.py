"""Starting the process that reads, hearing it out, and ending it."""

import contextlib
import dataclasses
import json
import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from idcore import errors
from idcore.confined import frames
from idcore.confined.bounds import STEP
from idcore.errors import DataError, JobError
from idcore.limits import LIMITS, Limits
from idcore.spec import to_json
from idcore.store import Store
from idcore.watch import UNWATCHED, Progress, Watch

Item = tuple[dict[str, np.ndarray], Any]
"""(arrays by name, JSON values)."""

_log = logging.getLogger(__name__)
_ROOT = Path(__file__).parents[2]
_TICK = 0.1  # seconds between two looks at whether it is still wanted
# One thread, and memory from the system alone: pools would fill the address space with what nobody uses.
_LEAN = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "MALLOC_ARENA_MAX"), "1"),
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}


def run(function: Callable[..., Any], *arguments: Any, **options: Any) -> list[Item]:
    """All that `stream` yields, once the function has ended."""
    return list(stream(function, *arguments, **options))


def stream(
    function: Callable[..., Any],
    *arguments: Any,
    what: str,
    store: Store | None = None,
    watch: Watch = UNWATCHED,
    limits: Limits = LIMITS,
) -> Iterator[Item]:
    """Call a function of a module of ours in a process of its own; yields what it yields.

    It may take `store` and `watch` by these names; `arguments` are JSON values or specs. what: is read, as the
    beginning of a sentence ("The upload"). Raises what the function raises of our errors; DataError where it takes more
    than `limits` allow or the process breaks down; and Cancelled, within a tenth of a second.
    """
    call = {
        "module": function.__module__,
        "function": function.__name__,
        "arguments": [to_json(argument) for argument in arguments],
        "store": None if store is None else str(store.root),
        "limits": dataclasses.asdict(limits),
    }
    child = _Child(call, what, limits, watch)
    try:
        for kind, arrays, values in child.frames():
            if kind == "item":
                yield arrays, values["values"]
            elif kind == "put" and store is not None:
                store.put(values["key"], arrays, values["meta"])
            elif kind == "progress":
                watch.tell(Progress(**values))
    finally:
        child.end()


class _Child:
    """The process, and what it may still use. what, limits, watch: as `stream` has them."""

    def __init__(self, call: Any, what: str, limits: Limits, watch: Watch) -> None:
        self._what, self._limits, self._watch = what, limits, watch
        self._size, self._waited = 0, 0.0
        path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "idcore.confined.child", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_LEAN, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is for the process that asked
            bufsize=0,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._output, self._poll = self._process.stdout.fileno(), select.poll()
        self._poll.register(self._output, select.POLLIN)
        with contextlib.suppress(BrokenPipeError):  # its end is seen when its answer is read
            frames.send(self._process.stdin.fileno(), memoryview(json.dumps(call).encode() + b"\n"))

    def frames(self) -> Iterator[tuple[str, dict[str, np.ndarray], dict[str, Any]]]:
        """What it tells, until it is done. Raises as `stream` does."""
        while True:
            try:
                kind, arrays, values = frames.read(self._fill)
            except EOFError:
                raise self._broken(self._process.wait()) from None
            if kind == "done":
                return
            if kind == "size":
                self._size = values["size"]
            elif kind == "error":
                raise getattr(errors, values["name"])(values["message"])
            elif kind == "memory":
                raise self._hungry()
            elif kind == "bug":
                _log.error("The process that reads failed:\n%s", values["text"])
                raise JobError(f"{self._what} could not be read: {values['text'].strip().splitlines()[-1][:300]}.")
            else:
                yield kind, arrays, values

    def end(self) -> None:
        """Whatever it is doing."""
        self._process.kill()
        with self._process:  # closes the pipes and waits
            pass

    def _fill(self, content: memoryview) -> None:
        while content:
            self._wait()
            size = os.readv(self._output, [content])
            if size == 0:
                raise EOFError
            content = content[size:]

    def _wait(self) -> None:
        """Until there is something to read. Raises Cancelled, and DataError where it takes too long."""
        while True:
            self._watch.check()
            began = time.monotonic()
            if self._poll.poll(1000 * _TICK):
                return
            self._waited += time.monotonic() - began
            most = self._limits.patience * self._limits.seconds_for(self._size)
            if self._waited > most:
                raise DataError(
                    f"{self._what} was not read within {most:,.0f} s, {self._for}. Does the disk answer on which it "
                    "lies? Ask again, or give less at once."
                )

    def _broken(self, code: int) -> DataError:
        """What to say where it ended without a word."""
        if code == -signal.SIGXCPU:
            most = self._limits.seconds_for(self._size)
            return DataError(
                f"{self._what} takes more than {most:,.0f} s of computing to read, {self._for}. It is not what it "
                "seems: save it again, or give less at once."
            )
        if code == -signal.SIGKILL:
            return DataError(
                f"The process that read was ended by the system, perhaps for want of memory. {self._what} is too "
                "large for this machine: give less at once, or end something else that runs there."
            )
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return DataError(f"{self._what} is damaged: its reader broke down ({how}). Save it again.")

    def _hungry(self) -> DataError:
        most = self._limits.memory_for(self._size) / 2**30
        return DataError(
            f"{self._what} takes more than {most:,.1f} GiB of memory to read, {self._for}. It is not what it seems: "
            "save it again, uncompressed, or give less at once."
        )

    @property
    def _for(self) -> str:
        return f"the limit for {self._size:,} bytes" if self._size >= STEP else "the limit for less than 1 MiB"
