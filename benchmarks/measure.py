"""Time and peak memory of a call. Linux only: the peak is the kernel's own high-water mark of this process."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Runs:
    """seconds of every repeat, the last value, and the peak resident bytes above those before the call."""

    seconds: list[float] = field(default_factory=list)
    bytes_above: list[int] = field(default_factory=list)
    value: float = float("nan")
    failure: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.seconds) if self.seconds else float("nan")

    @property
    def peak(self) -> int:
        return max(self.bytes_above, default=0)


def resident(field_name: str = "VmRSS") -> int:
    """Resident bytes now ("VmRSS") or at their highest ("VmHWM")."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field_name + ":"):
            return int(line.split()[1]) * 1024
    raise OSError(f"/proc/self/status has no {field_name}.")


def record(runs: Runs, call: Callable[[], float]) -> None:
    """Run once and note time, peak memory and value; a failure is noted, not raised."""
    Path("/proc/self/clear_refs").write_text("5")
    before, start = resident(), time.perf_counter()
    try:
        runs.value = call()
    except Exception as error:  # a peer that fails is a result
        runs.failure = f"{type(error).__name__}: {error}"
        return
    runs.seconds.append(time.perf_counter() - start)
    runs.bytes_above.append(resident("VmHWM") - before)
