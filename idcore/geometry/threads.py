"""One Python thread per core, each with single-threaded BLAS: faster here than one BLAS call over all cores."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch

T = TypeVar("T")
R = TypeVar("R")


def workers(device: torch.device) -> int:
    """Threads to use on `device`: as many as torch was told to, and one where the device is itself parallel."""
    return torch.get_num_threads() if device.type == "cpu" else 1


def parallel(work: Callable[[T], R], items: Sequence[T], threads: int) -> list[R]:
    """`work` of each item, in order, over `threads` threads.

    The thread setting of torch is the same afterwards. With one thread or one item the work runs here, with all of
    torch's threads.
    """
    threads = min(threads, len(items))
    if threads <= 1:
        return [work(item) for item in items]
    before = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            return list(pool.map(work, items))
    finally:
        # The number that a worker sets for itself is also the default of threads started later: put it back.
        torch.set_num_threads(before)


@contextmanager
def full_precision() -> Iterator[None]:
    """Float32 products in float32: no TF32 on a GPU, no bfloat16 on a CPU, whatever the caller has allowed."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
