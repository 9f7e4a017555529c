"""What this process may use while it reads something from outside. Only a process of `child` is ever bounded."""

import contextlib
import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator

from idcore.limits import Limits

_KILL_FIRST = b"1000"  # of /proc/self/oom_score_adj: where the machine has no memory left, this process goes first
_PR_SET_PDEATHSIG = 1
_FREE = resource.RLIM_INFINITY
STEP = 2**20  # bytes after which it is told again how many there are


class _Bounds:
    """limits: what is allowed. size: bytes from outside that have been read so far, as `tell` hears."""

    def __init__(self, limits: Limits, tell: Callable[[int], None]) -> None:
        self.limits, self.size = limits, 0
        self._tell, self._told = tell, 0
        self._space, self._seconds = _address_space(), time.process_time()
        _bound(resource.RLIMIT_CORE, 0)
        _bound(resource.RLIMIT_FSIZE, 0)
        self.allow(0)

    def allow(self, size: int) -> None:
        self.size += size
        _bound(resource.RLIMIT_AS, self._space + self.limits.memory_for(self.size))
        # One more, since the system counts whole seconds.
        _bound(resource.RLIMIT_CPU, int(self._seconds + self.limits.seconds_for(self.size)) + 1)
        if self.size >= self._told + STEP:
            self._told = self.size
            self._tell(self.size)


_bounds: _Bounds | None = None


def confine(limits: Limits, tell: Callable[[int], None]) -> None:
    """From here on this process may write no file, and use what `limits` allow for what it has read (`allow`). tell:
    called now and then with the number of bytes that it has read."""
    global _bounds
    sys.dont_write_bytecode = True
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "wb", buffering=0) as file:
        file.write(_KILL_FIRST)
    _bounds = _Bounds(limits, tell)


def allow(size: int) -> None:
    """Say that `size` more bytes from outside are at hand: what this process may use grows with them."""
    if _bounds is not None:
        _bounds.allow(size)


@contextlib.contextmanager
def lifted() -> Iterator[None]:
    """As much memory as it takes, for what we have written ourselves."""
    if _bounds is None:
        yield
        return
    _bound(resource.RLIMIT_AS, _FREE)
    yield
    _bounds.allow(0)


def end_with(parent: int) -> None:
    """Have the system end this process together with its parent (the id of a process), where it can do that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:  # it ended before the system was asked
        os._exit(1)


def _bound(what: int, most: int) -> None:
    hard = resource.getrlimit(what)[1]
    with contextlib.suppress(ValueError, OSError):  # of a system that knows no such limit
        resource.setrlimit(what, (most if hard == _FREE else hard if most == _FREE else min(most, hard), hard))


def _address_space() -> int:
    """Bytes of this process's address space; 0 where the system does not say."""
    with contextlib.suppress(OSError), open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
    return 0
