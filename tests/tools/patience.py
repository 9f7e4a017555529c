"""How long a test waits for what must come, on any machine.

A wait that is not in vain costs nothing by a long limit. So a limit is ten times what a quiet machine of two cores
needs at most, times `LAYERSCOPE_TEST_PATIENCE` (1 by default), times the load per core that is seen while it waits.
"""

import os
import time
from collections.abc import Callable
from typing import TypeVar

_Value = TypeVar("_Value")


def seconds(usual: float = 30.0) -> float:
    """The limit now for what takes `usual` seconds at most on a quiet machine."""
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    return 10 * usual * float(os.environ.get("LAYERSCOPE_TEST_PATIENCE", "1")) * min(max(load, 1.0), 10.0)


def until(
    true: Callable[[], _Value],
    usual: float = 30.0,
    seen: Callable[[], object] = lambda: "",
    pause: Callable[[], object] = lambda: time.sleep(0.05),
) -> _Value:
    """The first true value of `true`. seen: told where the wait was in vain. pause: what to do between two tries."""
    begun = time.monotonic()
    while not (value := true()):
        waited, limit = time.monotonic() - begun, seconds(usual)
        assert waited < limit, f"waited {waited:.0f} s in vain; the limit is {limit:.0f} s. {seen()}"
        pause()
    return value
