"""One Python thread per core, each with single-threaded torch: faster here than the threads inside each operation,
and an operation never waits for a core that another process holds."""

import os
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch import Tensor

T = TypeVar("T")
R = TypeVar("R")
Scratch = dict[tuple[str, torch.dtype], Tensor]

_local = threading.local()
_pools: dict[int, ThreadPoolExecutor] = {}
os.register_at_fork(after_in_child=_pools.clear)


@dataclass(frozen=True, eq=False)
class _Measurement:
    """Threads to use, and theirs; what was begun; the arrays of each thread, which go with the measurement."""

    cores: int
    pool: ThreadPoolExecutor
    begun: set[Future[Any]] = field(default_factory=set)
    scratch: dict[int, Scratch] = field(default_factory=lambda: defaultdict(dict))

    def begin(self, work: Callable[[], R]) -> Future[R]:
        """Nothing holds on to `work` once it is done or cancelled, nor to its result but the future."""
        once = [work]

        def over(future: Future[R]) -> None:
            once.clear()
            self.begun.discard(future)

        future = self.pool.submit(self._within, once)
        self.begun.add(future)
        future.add_done_callback(over)
        return future

    def _within(self, once: list[Callable[[], R]]) -> R:
        _local.scratch = self.scratch[threading.get_ident()]
        try:
            return once.pop()()
        finally:
            del _local.scratch

    def end(self) -> None:
        """Nothing of it runs on, whatever was raised."""
        left = list(self.begun)
        for future in left:
            future.cancel()
        wait(left)


@contextmanager
def measuring() -> Iterator[None]:
    """The settings of a measurement, put back at the end: operations of this thread are single-threaded, `parallel`
    uses as many threads as torch had; float32 products are float32 (no TF32 on a GPU, no bfloat16 on a CPU, no
    autocast of whoever called)."""
    if hasattr(_local, "measurement"):  # within another
        yield
        return
    cores, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    torch.set_num_threads(1)
    torch.set_float32_matmul_precision("highest")
    # Kept between measurements: new threads, and their first memory, take as long as all else in a small one.
    pool = _pools.setdefault(cores, ThreadPoolExecutor(cores, "measuring", _start))
    _local.measurement = measurement = _Measurement(cores, pool)
    _local.scratch = measurement.scratch[threading.get_ident()]
    casting = [device for device in ("cpu", "cuda") if torch.is_autocast_enabled(device)]
    try:
        with ExitStack() as stack, torch.no_grad():
            for device in casting:
                stack.enter_context(torch.autocast(device, enabled=False))
            yield
    finally:
        measurement.end()
        _local.__dict__.clear()
        torch.set_float32_matmul_precision(precision)
        # The number that a worker sets for itself is also the default of threads that start later: put it back.
        torch.set_num_threads(cores)


def _start() -> None:
    _local.measurement = None  # what is measured in this thread is part of another, and shares nothing out
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)


def massive(device: torch.device) -> bool:
    """Whether one call is itself shared out, over thousands of units (a GPU): then calls are few and large."""
    return device.type != "cpu"


def grain(device: torch.device, core: int, gpu: int) -> int:
    """How much one call takes: what the cache of a core holds, or what is worth a launch on a GPU."""
    return gpu if massive(device) else core


def workers(device: torch.device) -> int:
    """Threads to use on `device`; one where the device is itself parallel, and outside `measuring`."""
    measurement = getattr(_local, "measurement", None)
    return 1 if massive(device) or measurement is None else measurement.cores


def parallel(work: Callable[[T], R], items: Sequence[T], threads: int) -> list[R]:
    """`work` of each item, in order; shared out over this thread and others of the measurement where `threads` is above
    1. This one takes its part, as to wake another takes as long as many an operation."""
    if min(threads, len(items)) <= 1:
        return [work(item) for item in items]
    results: list[Any] = [None] * len(items)
    left = iter(range(len(items)))

    def take() -> None:
        for i in left:
            try:
                results[i] = work(items[i])
            except BaseException:
                deque(left, maxlen=0)  # no thread begins another
                raise

    helpers = [_local.measurement.begin(take) for _ in range(min(threads, len(items)) - 1)]
    try:
        take()
    finally:
        for helper in helpers:
            if not helper.cancel():
                helper.result()
    return results


def soon(work: Callable[[], R], apart: bool) -> Callable[[], R]:
    """What gives the result of `work`, which a thread of the measurement begins in its turn; not `apart`, it is done
    now."""
    if apart:
        return _local.measurement.begin(work).result  # type: ignore[no-any-return]
    result = work()
    return lambda: result


def shares(items: Sequence[T], threads: int) -> list[Sequence[T]]:
    """The items cut into at most `threads` runs of about the same length."""
    threads = max(1, min(threads, len(items)))
    return [items[i * len(items) // threads : (i + 1) * len(items) // threads] for i in range(threads)]


def scratch(name: str, shape: Sequence[int], like: Tensor, dtype: torch.dtype) -> Tensor:
    """An uninitialised array of this thread, the same memory at each call with this name: fresh pages cost more than
    the arithmetic done on them. Lives as long as the thread, or the measurement."""
    store: Scratch = _local.__dict__.setdefault("scratch", {})
    size = shape[0] * shape[1]
    held = store.get((name, dtype))
    if held is None or len(held) < size or held.device != like.device:
        held = store[name, dtype] = torch.empty(size, dtype=dtype, device=like.device)
    return held[:size].view(*shape)
