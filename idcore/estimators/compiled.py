"""numba, which comes with umap-learn, with what it compiles kept on the disk: beside the packages, or in the user's
cache folder. Without that every process spends some 12 s of the processor on the same machine code."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any


@contextmanager
def kept() -> Iterator[Callable[..., Any]]:
    """numba's `njit`, so that what it compiles within is kept, whoever asks for it: umap-learn does not."""
    import numba  # takes seconds

    plain = numba.njit
    keeping: Callable[..., Any] = partial(plain, cache=True)
    numba.njit = keeping
    try:
        yield keeping
    finally:
        numba.njit = plain
