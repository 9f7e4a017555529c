"""What a run will cost, before it starts: bytes, forward passes, seconds; and the refusal of one that cannot fit.

One budget holds the network and its images, the memory that `measure` works in, and the activations that `capture`
keeps. The first two cannot be cut; the work is, for a layer at least as wide as it has samples, the n x n products,
their decomposition and the scratch beside it; for a narrower one the same of size D x D, and all its columns. What is
left is for activations, which can be cut into slices at the price of a forward pass each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import torch

from idcore.activations import planned
from idcore.errors import RequestError
from idcore.geometry.measure import BYTES_OF_A_PAIR
from idcore.geometry.products import CHUNK
from idcore.networks.hooks import INPUT, OUTPUT
from idcore.pipeline.rates import Rates, measuring
from idcore.record import Layer

MOST_SLICES = 100
"""Forward passes beyond which a layer counts as too large for the budget."""
_SAMPLE = 16 * 2**10
"""Bytes per sample: candidates with their bounds for k = 64, pairs to be recomputed, tables."""
_TILE = 32
"""Bytes per entry of a tile and thread (`geometry.search.tile_rows`)."""


@dataclass(frozen=True)
class Cost:
    """Of one layer. bytes: its columns that are held at once. passes: forward passes that begin with it; the layers
    that share them have none. seconds: of these passes and its measurement. reason: a sentence on how it is read."""

    layer: str
    bytes: int
    passes: int
    seconds: float
    reason: str


@dataclass(frozen=True)
class Held:
    """What lies in memory from beginning to end. weights: bytes of the network. image: bytes of one image."""

    weights: int = 0
    image: int = 0

    def bytes(self, n: int) -> int:
        return self.weights + n * self.image


NOTHING = Held()


@dataclass(frozen=True)
class RunEstimate:
    """Of a run. budget: bytes that may be held. columns, work: what activations and measurement have of it.
    bytes: held at peak. passes: forward passes of the network over all n samples. seconds: without any training."""

    network: str
    n: int
    budget: int
    columns: int
    work: int
    bytes: int
    passes: int
    seconds: float
    layers: tuple[Cost, ...]


def estimated(
    layers: Sequence[Layer],
    n: int,
    memory: int,
    *,
    itemsize: int,
    until: Mapping[str, float],
    rate: Rates,
    network: str = "the network",
    predicted: bool = False,
    holding: Held = NOTHING,
) -> RunEstimate:
    """The cost of measuring these layers (in call order, those with a note cost nothing) on n samples.

    itemsize: bytes of one activation. until: seconds per sample up to each layer (`rates.until_layer`). predicted: one
    more forward pass for the predictions. Raises RequestError where it cannot fit into `memory` bytes.
    """
    layers = [layer for layer in layers if not layer.note]
    columns, work = split(layers, n, memory, itemsize, holding)
    column, costs, held = n * itemsize, [], 0
    for group, passes in planned(layers, max(1, columns // column)):
        whole = sum(0 if layer.name == INPUT else layer.units for layer in group)
        block = ceil(whole / max(1, passes)) * column
        held = max(held, block)
        for i, layer in enumerate(group):
            last = i == len(group) - 1
            seconds = passes * n * until.get(layer.name, until[OUTPUT]) if last else 0.0
            own = 0 if layer.name == INPUT else min(layer.units * column, block)
            reason = _reason(layer, passes, layer.units * column, columns)
            costs.append(Cost(layer.name, own, passes if last else 0, seconds + measuring(layer, n, rate), reason))
    passes = sum(cost.passes for cost in costs) + predicted
    seconds = sum(cost.seconds for cost in costs) + predicted * n * until[OUTPUT]
    return RunEstimate(network, n, memory, columns, work, holding.bytes(n) + held + work, passes, seconds, tuple(costs))


def sentence(estimate: RunEstimate) -> str:
    """The estimate in words."""
    passes = f"{estimate.passes} forward pass{'' if estimate.passes == 1 else 'es'} of {estimate.network}"
    held, budget = in_bytes(estimate.bytes), in_bytes(estimate.budget)
    return f"About {duration(estimate.seconds)}: {passes}, {held} at peak of a budget of {budget}."


def split(layers: Sequence[Layer], n: int, memory: int, itemsize: int, holding: Held = NOTHING) -> tuple[int, int]:
    """(bytes for activations, bytes for the measurement) of a budget. Raises RequestError where these layers of n
    samples do not fit, with the nearest number of samples and the nearest budget that do."""
    room = memory - holding.bytes(n)
    if not layers:
        return room // 2, room // 2
    columns, work = _least(layers, n, itemsize)
    if columns + work > room:
        raise RequestError(_refusal(layers, n, memory, itemsize, holding))
    # More than that makes the measurement faster, but less so than a forward pass that is saved.
    wanted = max(work, min(max(_comfort(layer, n) for layer in layers), room // 4))
    work = min(wanted, room - columns)
    return room - work, work


def _work(layer: Layer, n: int) -> int:
    """Least bytes that `measure` works in: the square matrices, and for each sample the tables and the columns that
    each thread holds as float64."""
    side = min(n, layer.units)
    return BYTES_OF_A_PAIR * side * side + n * (_SAMPLE + 8 * torch.get_num_threads() * min(layer.units, CHUNK))


def _comfort(layer: Layer, n: int) -> int:
    """The same with all threads at work: an accumulator and large tiles for each."""
    side, tile = min(n, layer.units), min(2048, ceil(n / 3))
    return _work(layer, n) + torch.get_num_threads() * (16 * side * side + _TILE * tile * tile)


def _columns(layer: Layer, n: int, itemsize: int) -> int:
    """Least bytes of activations that must be held at once."""
    if layer.name == INPUT:
        return n * itemsize
    return n * itemsize * (layer.units if layer.units < n else ceil(layer.units / MOST_SLICES))


def _least(layers: Sequence[Layer], n: int, itemsize: int) -> tuple[int, int]:
    return max(_columns(layer, n, itemsize) for layer in layers), max(_work(layer, n) for layer in layers)


def _need(layers: Sequence[Layer], n: int, itemsize: int, holding: Held) -> int:
    return holding.bytes(n) + sum(_least(layers, n, itemsize))


def _refusal(layers: Sequence[Layer], n: int, memory: int, itemsize: int, holding: Held) -> str:
    worst = max(layers, key=lambda layer: _columns(layer, n, itemsize) + _work(layer, n))
    need = _need(layers, n, itemsize, holding)
    most = _most(layers, n, memory, itemsize, holding)
    fewer = f"N up to {most:,}, or " if most >= 3 else ""
    if 2 * holding.bytes(n) > need:
        what = f"The network takes {in_bytes(holding.weights)} and its {n:,} images {in_bytes(n * holding.image)}"
    else:
        what = (
            f"The layer {worst.name} ({worst.units:,} units) cannot be measured on {n:,} samples: "
            f"{_why(worst, n, itemsize)}"
        )
    return (
        f"{what}. In all the run needs {in_bytes(need)}, and the memory budget is {in_bytes(memory)}. "
        f"Choose {fewer}a budget of {_rounded_up(need)}."
    )


def _why(worst: Layer, n: int, itemsize: int) -> str:
    columns, work = _columns(worst, n, itemsize), _work(worst, n)
    side = min(n, worst.units)
    if columns > work and worst.units < n:
        return f"its {worst.units:,} columns must be held together, {in_bytes(columns)}"
    if columns > work:
        return f"it would have to be cut into more than {MOST_SLICES} slices, of {in_bytes(columns)} or less"
    if 2 * BYTES_OF_A_PAIR * side * side > work:
        return f"the {side:,} x {side:,} matrices of products and eigenvectors take {in_bytes(work)}"
    return f"the tables of their neighbours take {in_bytes(work)}"


def _most(layers: Sequence[Layer], n: int, memory: int, itemsize: int, holding: Held) -> int:
    """Largest number of samples that fits, to two digits."""
    low, high = 0, n
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _need(layers, middle, itemsize, holding) <= memory else (low, middle)
    unit = 10 ** max(0, len(str(low)) - 2)
    return int(low // unit * unit)


def _reason(layer: Layer, passes: int, whole: int, columns: int) -> str:
    if layer.name == INPUT:
        return "The input needs no forward pass."
    if passes > 1:
        return (
            f"{layer.name} takes {in_bytes(whole)} and there is room for {in_bytes(columns)}: {passes} slices, one "
            "forward pass each, and again where near distances must be recomputed."
        )
    return f"{layer.name} takes {in_bytes(whole)} and is held whole."


def in_bytes(count: float) -> str:
    """Bytes in words: "1.9 GB" (decimal units, two digits)."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= 0.9995 * unit:
            value = count / unit
            return f"{value:.1f} {name}" if value < 9.95 else f"{value:,.0f} {name}"
    return f"{count:.0f} bytes"


def duration(seconds: float) -> str:
    """Seconds in words: "12 s", "3 min", "2.5 h"."""
    if seconds < 1:
        return "1 s" if seconds > 0.5 else "half a second" if seconds > 0.2 else "a moment"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _rounded_up(count: int) -> str:
    if count < 2**30:
        return f"{ceil(count / 2**24) * 16} MiB"
    return f"{ceil(count / 2**29) / 2:g} GiB"
