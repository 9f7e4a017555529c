"""Pages are drawn a few at a time. Python runs one thread at once: of forty pages drawn together all are late, of forty
drawn one after the other half are there in half the time, and the threads do not take turns at every step."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = max(2, (os.cpu_count() or 2) // 2)
PATIENCE = 10.0
"""Seconds after which a page is drawn all the same: no page that hangs holds up the others."""
_slots = threading.BoundedSemaphore(AT_ONCE)
_local = threading.local()


@contextmanager
def turn() -> Iterator[None]:
    """While a page is drawn, or a part of it, also within the page."""
    if _holds():
        yield
        return
    _local.held = _slots.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        _leave()


def pause(seconds: float) -> None:
    """Wait, and let others draw meanwhile."""
    held = _holds()
    _leave()
    time.sleep(seconds)
    _local.held = held and _slots.acquire(timeout=PATIENCE)


def _holds() -> bool:
    return getattr(_local, "held", False)


def _leave() -> None:
    if _holds():
        _local.held = False
        _slots.release()
