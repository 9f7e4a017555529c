"""Whom a long piece of work tells how far it is, and whom it asks whether its result is still wanted. No torch."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from idcore.errors import Cancelled

HEARTBEAT = 0.5
"""Seconds between two reports of what goes on all the time."""


@dataclass(frozen=True)
class Progress:
    """phase: reading, downloading, loading, training, measuring, embedding, probing, counting, seeking, computing or
    done. message: a sentence. done of total: images, bytes, epochs (a fraction within an epoch), layers or maps, by
    phase. layer: at work. history: the epochs that are finished."""

    phase: str
    message: str = ""
    done: float = 0
    total: float = 0
    layer: str = ""
    history: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Watch:
    """tell: called with each report. cancelled: asked as often as the work can stop."""

    tell: Callable[[Progress], None] = lambda _: None
    cancelled: Callable[[], bool] = lambda: False

    def check(self) -> None:
        """Raises Cancelled where the result is no longer wanted."""
        if self.cancelled():
            raise Cancelled("The job was cancelled.")

    def report(
        self,
        phase: str,
        message: str,
        done: float = 0,
        total: float = 0,
        layer: str = "",
        history: tuple[dict[str, Any], ...] = (),
    ) -> None:
        """Say how far it is. Raises Cancelled."""
        self.check()
        self.tell(Progress(phase, message, done, total, layer, history))

    def heartbeat(self) -> "Watch":
        """A watch for what goes on all the time: it tells the first report, and no more than one in `HEARTBEAT`."""
        last = -math.inf

        def now_and_then(progress: Progress) -> None:
            nonlocal last
            if time.monotonic() - last > HEARTBEAT:
                last = time.monotonic()
                self.tell(progress)

        return Watch(now_and_then, self.cancelled)


UNWATCHED = Watch()
"""Of work that nobody follows."""
