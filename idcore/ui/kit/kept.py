"""What was made once, kept for all sessions of this process. Streamlit's own caches take ten times as long to find
something: they read the signature of the function and hash every part of every argument at each call."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Kept:
    """At most `most` things, those that were asked for last; safe between threads. They are shared: not to be changed.
    Of several who ask for the same at once one makes it, and the others wait. weight: of a thing, where `most` is not
    their number."""

    def __init__(self, most: int, weight: Callable[[Any], int] = lambda _: 1) -> None:
        self._most, self._weight, self._holds = most, weight, 0
        self._values: OrderedDict[tuple[Hashable, ...], Any] = OrderedDict()
        self._making: dict[tuple[Hashable, ...], threading.RLock] = {}
        self._guard = threading.Lock()

    def get(self, make: Callable[[], T], *about: Hashable) -> T:
        """What `make` makes. about: all that it depends on. None is returned and not kept: it may be there later."""
        with self._guard:
            if about in self._values:
                self._values.move_to_end(about)
                kept: T = self._values[about]
                return kept
            turn = self._making.setdefault(about, threading.RLock())
        with turn:
            with self._guard:
                if about in self._values:
                    again: T = self._values[about]
                    return again
            try:
                value = make()
            finally:
                with self._guard:
                    self._making.pop(about, None)
            if value is not None:
                self._keep(value, about)
            return value

    def _keep(self, value: Any, about: tuple[Hashable, ...]) -> None:
        with self._guard:
            self._values[about] = value
            self._holds += self._weight(value)
            while self._holds > self._most and len(self._values) > 1:
                self._holds -= self._weight(self._values.popitem(last=False)[1])
