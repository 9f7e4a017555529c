"""How fast this machine is at what a measurement is made of: a short calibration, kept for the life of the process."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import inf

import numpy as np
import torch
from torch import Tensor, nn

from idcore.geometry.measure import measure
from idcore.geometry.neighbours import BREAK_EVEN
from idcore.matrices import resting
from idcore.networks.hooks import INPUT, OUTPUT, forward
from idcore.networks.state import ready
from idcore.record import Layer

DRAWS = 5
_EIGEN = 12  # operations, in units of n^3, of all eigenvalues and eigenvectors by LAPACK's syevd, at the product rate
_SAMPLES = 3
_TRIALS = 0.15  # seconds for all forward passes together
_FASTER, _WORSE = 0.9, 2  # of the time of the fastest pass; passes in a row that are no faster, after which it is known
_PRODUCT, _PAIRS = 512, 768


@dataclass(frozen=True)
class Rates:
    """Of one device. double, single: operations of a matrix product per second, float64 and float32. layer: seconds
    that any layer takes. pairs: pairs of samples per second that the search for neighbours looks at."""

    double: float
    single: float
    layer: float
    pairs: float


@cache
def rates(device: str) -> Rates:
    """Measured at the first call (0.3 s on two cores)."""
    device = str(resting(torch.device(device)))
    double, single = (_products(dtype, device) for dtype in (torch.float64, torch.float32))
    small, large = (_measurement(n, device) for n in (64, _PAIRS))
    pairs = (1 + DRAWS) * _PAIRS**2 / max(large - small, 1e-3)
    return Rates(double, single, small, pairs)


def measuring(layer: Layer, n: int, rate: Rates) -> float:
    """Seconds that the measurement of a layer of n samples takes, without the forward pass.

    A layer wider than n: one triangle of products, n^2 D, and the decomposition of an n x n matrix; a narrower one: the
    same products in the precision that the search chooses, and a D x D covariance. Then the search for neighbours, and
    that of the Gaussian samples of the same rank.
    """
    d, side = layer.units, min(n, layer.units)
    product = rate.double if d >= n or n < 64 * BREAK_EVEN else rate.single
    covariance = n * d * d / rate.double if d < n else 0.0
    searched = n * n * ((1 + DRAWS) / rate.pairs + DRAWS * side / rate.single)
    return rate.layer + n * n * d / product + covariance + _EIGEN * side**3 / rate.double + searched


def until_layer(network: nn.Module, images: Tensor, device: torch.device, most: int) -> dict[str, float]:
    """Seconds per sample of a forward pass up to each layer, by name; `output` is all of it. most: largest batch."""
    few, best, end = images[:_SAMPLES], {OUTPUT: inf}, time.perf_counter() + _TRIALS
    count, worse = max(2, len(few)), 0  # many networks squeeze a single sample away
    # The first pass prepares its kernels and is slower, small batches too; what is slow at once is not run again.
    while best[OUTPUT] == inf or worse < _WORSE and time.perf_counter() < end:
        seconds = _stamps(network, few[torch.arange(count) % len(few)], device)
        worse = 0 if seconds[OUTPUT] < _FASTER * best[OUTPUT] else worse + 1
        best = min(best, seconds, key=lambda stamps: stamps[OUTPUT])
        count = max(count, min(most, 4 * count))
    return best


def _stamps(network: nn.Module, batch: Tensor, device: torch.device) -> dict[str, float]:
    stamps: dict[str, float] = {}
    with ready(network, device):
        batch = batch.to(device, copy=True)
        start = time.perf_counter()
        forward(network, batch, lambda name, *_: stamps.update({name: time.perf_counter() - start}))
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        whole = time.perf_counter() - start
    # On a GPU the hooks hear of a layer when it is queued, not when it is done.
    stretch = whole / max(stamps.values(), default=whole) / len(batch)
    return {INPUT: 0.0} | {name: seconds * stretch for name, seconds in stamps.items()} | {OUTPUT: whole / len(batch)}


def _products(dtype: torch.dtype, device: str) -> float:
    x = torch.ones((_PRODUCT, _PRODUCT), dtype=dtype, device=device)
    return 2 * _PRODUCT**3 / _best(lambda: float((x @ x)[0, 0]), 4)


def _measurement(n: int, device: str) -> float:
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(n, 8)).astype(np.float32)).to(device)
    return _best(lambda: measure([x], Layer("", 0, 0.0, "", (8,), 8), memory=2**28, draws=DRAWS), 2)


def _best(call: Callable[[], object], times: int) -> float:
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)
