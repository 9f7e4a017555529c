"""Locks where there are none: a small object that its holder writes anew every few seconds.

A holder that dies is noticed `LIFE` seconds later, by whoever looks. Clocks of machines are not compared but for the
very old: a lease is dead when it has not changed for `LIFE` seconds of the one who looks. Two who take over the same
dead lease at the same moment, or a holder that was stopped for longer than `LIFE`, may both work: then a thing is
computed twice. An entry is written whole and is the same from both, so that no result is wrong.
"""

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator

from idcore.watch import Watch

RENEWED, LIFE = 5.0, 20.0
"""Seconds."""
_OLD = 7200.0  # seconds by two clocks: one of them may just have been set forward or back by an hour


class Lease:
    """read(path) -> bytes, write(path, bytes), create(path, bytes), remove(path); create raises OSError where there is
    one already, read FileNotFoundError where there is none."""

    def __init__(
        self,
        read: Callable[[str], bytes],
        write: Callable[[str, bytes], None],
        create: Callable[[str, bytes], None],
        remove: Callable[[str], None],
    ) -> None:
        self._read, self._write, self._create, self._remove = read, write, create, remove
        self._seen: dict[str, tuple[bytes, float]] = {}  # by path: what stood there, and since when

    @contextlib.contextmanager
    def held(self, path: str, watch: Watch, period: float) -> Iterator[None]:
        """Hold the lease; period: seconds between two tries. Raises Cancelled while it waits, and OSError."""
        name = uuid.uuid4().hex.encode()
        while not self._take(path, name):
            watch.check()
            time.sleep(period)
        ended = threading.Event()
        thread = threading.Thread(target=self._renew, args=(path, name, ended), name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            with contextlib.suppress(OSError):
                if self._is_of(path, name):
                    self._remove(path)

    def is_held(self, path: str) -> bool:
        """Whether somebody living holds the lease. Raises OSError."""
        return self._living(path, self._body(path))

    def _take(self, path: str, name: bytes) -> bool:
        body = self._body(path)
        if self._living(path, body):
            return False
        if body is not None and self._body(path) == body:
            self._remove(path)
        try:
            self._create(path, _body(name))
        except FileExistsError:  # somebody was faster
            return False
        except OSError:  # which some kinds of storage say in other words
            if self._body(path) is None:
                raise
            return False
        return True

    def _living(self, path: str, body: bytes | None) -> bool:
        if body is None:
            self._seen.pop(path, None)
            return False
        before, since = self._seen.get(path, (None, 0.0))
        if body != before:
            since = time.monotonic()
            self._seen[path] = (body, since)
        return time.monotonic() - since < LIFE and time.time() - _written(body) < _OLD

    def _renew(self, path: str, name: bytes, ended: threading.Event) -> None:
        while not ended.wait(RENEWED):
            with contextlib.suppress(OSError):  # the next one may come through
                if not self._is_of(path, name):
                    return
                self._write(path, _body(name))

    def _is_of(self, path: str, name: bytes) -> bool:
        return (self._body(path) or b"").startswith(name)

    def _body(self, path: str) -> bytes | None:
        try:
            return self._read(path)
        except FileNotFoundError:
            return None


def _body(name: bytes) -> bytes:
    return name + f" {time.time():.3f}".encode()


def _written(body: bytes) -> float:
    with contextlib.suppress(ValueError, IndexError):
        return float(body.split()[1])
    return 0.0
