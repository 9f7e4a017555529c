"""How much memory a call takes."""

import sys
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.measure import Runs, record


def grown(call: Callable[[], Any]) -> int:
    """Bytes of resident memory at the highest point of the call above those before it; skips off Linux."""
    if sys.platform != "linux":
        pytest.skip("the peak is read from /proc")
    runs = Runs()
    record(runs, lambda: (call(), 0.0)[1])
    assert not runs.failure, runs.failure
    return runs.peak
