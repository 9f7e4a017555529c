"""What was made once, kept for all sessions of this process. Streamlit's own caches take ten times as long to find
something: they read the signature of the function and hash every part of every argument at each call."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Kept:
    """At most `most` things, those that were asked for last; safe between threads. They are shared: not to be changed.
    Of several who ask for the same at once one makes it, and the others wait."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: OrderedDict[tuple[Hashable, ...], Any] = OrderedDict()
        self._making: dict[tuple[Hashable, ...], threading.RLock] = {}
        self._guard = threading.Lock()

    def get(self, make: Callable[[], T], *about: Hashable) -> T:
        """What `make` makes. about: all that it depends on. None is returned and not kept: it may be there later."""
        with self._guard:
            if about in self._found:
                self._found.move_to_end(about)
                kept: T = self._found[about]
                return kept
            turn = self._making.setdefault(about, threading.RLock())
        with turn:
            with self._guard:
                if about in self._found:
                    again: T = self._found[about]
                    return again
            try:
                found = make()
            finally:
                with self._guard:
                    self._making.pop(about, None)
            if found is not None:
                self._keep(found, about)
            return found

    def _keep(self, found: Any, about: tuple[Hashable, ...]) -> None:
        with self._guard:
            self._found[about] = found
            while len(self._found) > self._most:
                self._found.popitem(last=False)
