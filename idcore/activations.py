"""Activations, layer by layer, under a byte budget.

`trace` says which layers there are; `capture` runs the samples through the network as few times as the budget allows
and hands over each layer in call order. The outputs are copied in the hook, straight into their place: a later
in-place ReLU overwrites a kept reference.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil

import torch
from torch import Tensor, nn

from idcore.errors import NetworkError
from idcore.matrices import ActivationMatrices, in_a_row, resting
from idcore.networks.hooks import INPUT, base, batches, first_tensor, forward
from idcore.networks.language import SEEN, LanguageNetwork
from idcore.networks.state import as_it_was, ready
from idcore.networks.steady import BATCH
from idcore.networks.trace import trace
from idcore.record import Layer
from idcore.watch import UNWATCHED, Watch

__all__ = ["ColumnBlocks", "batch", "capture", "itemsize", "planned", "trace"]

# Bytes of the widest output, and samples, of a batch at most. Larger ones fall out of the caches of a processor: of 13
# networks on 224 x 224 images ten take the least time at 4 to 8 samples, and 1.2 to 2 times as long at 32.
_CPU_BATCH, _GPU_BATCH = (2**24, 128), (2**29, 1024)


@dataclass(frozen=True, eq=False)
class ColumnBlocks:
    """The columns of a layer in blocks (n, d_c), in order; iterating again gives the same blocks. The blocks of a layer
    that is cut lie in the same memory: each is good until the next is asked for. passes: forward passes that one
    iteration takes."""

    make: Callable[[], Iterator[Tensor]]
    passes: int = 0

    def __iter__(self) -> Iterator[Tensor]:
        return self.make()


def capture(
    network: nn.Module,
    images: Tensor,
    layers: Sequence[Layer],
    *,
    memory: int,
    device: str | torch.device = "cpu",
    batch_size: int | None = None,
    watch: Watch = UNWATCHED,
) -> Iterator[tuple[Layer, ColumnBlocks]]:
    """The activations of `layers` (of `trace`, in call order, reduced or not) on images (n, ...), with their columns.

    memory: bytes of activations that are held at once. Layers that fit together come from one forward pass, which ends
    at the last of them; a layer larger than the budget is cut into blocks of columns, one forward pass each, again at
    every iteration. ColumnBlocks are valid until the next layer is asked for, when their memory is freed. They lie on
    `resting(device)`, in the layer's own dtype, NaN and infinity included; the columns of the input are a view of the
    images where they can be. Layers with a note are passed over. The network runs in eval mode on `device` and is as it
    was between the layers (see `state.ready`); what it draws at random is the same in every pass. Raises NetworkError
    where the network does not fit the samples or the budget is smaller than one column, and Cancelled within a
    batch. A layer that gives something else than it did when it was traced raises NetworkError too, but only where its
    columns are read.
    """
    chosen = [layer for layer in layers if not layer.note]
    if not chosen:
        return
    if len(images) == 0:
        raise NetworkError("There are no samples to run through the network.")
    unsteady = any(layer.unsteady for layer in chosen)
    source = ForwardPass(network, images, torch.device(device), batch_size, unsteady, watch)
    column = len(images) * itemsize(network)
    if memory < column:
        raise NetworkError(
            f"The memory budget of {memory} bytes is smaller than one unit of {len(images)} samples, {column} bytes. "
            "Choose a larger budget or fewer samples."
        )
    for group in _pack(chosen, memory // column):
        yield from _deliver(source, group, memory // column)


@dataclass(frozen=True, eq=False)
class ForwardPass:
    """Everything that a forward pass over all samples needs."""

    network: nn.Module
    images: Tensor
    device: torch.device
    asked: int | None
    unsteady: bool
    watch: Watch

    def of(self, places: Tensor) -> Tensor:
        """The samples at these places."""
        if in_a_row(places):
            return self.images[int(places[0]) : int(places[-1]) + 1]
        return self.images[places.to(self.images.device)]

    def portions(self) -> list[tuple[Tensor, int]]:
        """(which samples run together, (b,) int64, the number that seeds what they draw), those of all batches once. A
        network of sequences takes them by their length."""
        if isinstance(self.network, LanguageNetwork):
            most, n = self.asked, len(self.images)
            return [(some, i) for i, some in enumerate(self.network.batches(self.images, most))] if n else []
        parts = batches(len(self.images), self.size)
        return [(torch.arange(start, stop), start) for start, stop in parts]

    @cached_property
    def size(self) -> int:
        """Samples of a batch."""
        return self.asked or (BATCH if self.unsteady else batch(self.network, self.images, self.device))


def itemsize(network: nn.Module) -> int:
    """Bytes of one activation."""
    return max((p.element_size() for p in network.parameters() if p.is_floating_point()), default=4)


def batch(network: nn.Module, images: Tensor, device: torch.device) -> int:
    """Samples of one forward step when nothing else is asked for, by the widest output of a module in a pass of two
    samples: a row that depends on its batch must not depend on which layers are asked for. images: (n, ...)."""
    few, widest = images[torch.arange(2, device=images.device) % len(images)], 1

    def hear(_: str, __: str, ___: nn.Module, output: object) -> None:
        nonlocal widest
        tensor = first_tensor(output)
        widest = widest if tensor is None else max(widest, tensor.numel() // len(few))

    with ready(network, device):
        forward(network, few.to(device, copy=True), hear)
    room, most = _CPU_BATCH if device.type == "cpu" else _GPU_BATCH
    return max(1, min(most, room // (4 * widest)))


def planned(layers: Sequence[Layer], columns: int) -> list[tuple[list[Layer], int]]:
    """What `capture` does with room for so many columns: (layers that are read together, forward passes) in turn."""

    def passes(group: list[Layer]) -> int:
        if len(group) > 1:
            return 1
        return 0 if group[0].name == INPUT else ceil(group[0].units / columns)

    return [(group, passes(group)) for group in _pack(layers, columns)] if layers else []


def _pack(layers: Sequence[Layer], columns: int) -> Iterator[list[Layer]]:
    """Neighbouring layers that fit into so many columns together; the input takes none."""
    group: list[Layer] = []
    room = columns
    for layer in layers:
        if layer.name != INPUT and layer.units > room:
            if group:
                yield group
            group, room = [], columns
        group.append(layer)
        room -= 0 if layer.name == INPUT else layer.units
    yield group


def _deliver(source: ForwardPass, group: list[Layer], columns: int) -> Iterator[tuple[Layer, ColumnBlocks]]:
    if group[0].name == INPUT:
        yield group.pop(0), _input(source, columns)
    if len(group) == 1 and group[0].units > columns:
        yield group[0], _sliced(source, group[0], columns)
    elif group:
        held = _run(source, {layer.name: (0, layer.units) for layer in group}, group)
        for layer in group:
            yield layer, ColumnBlocks(lambda name=layer.name: iter((held.of(name),)))  # type: ignore[misc]
            # Whoever looped over us still holds the columns, and must not keep their memory alive.
            held.drop(layer.name)


def _input(source: ForwardPass, columns: int) -> ColumnBlocks:
    matrix = source.images.flatten(1) if source.images.ndim > 1 else source.images[:, None]
    width = matrix.shape[1] if matrix.device == resting(source.device) else columns
    return ColumnBlocks(lambda: (block.to(resting(source.device)) for block in matrix.split(width, 1)))


def _sliced(source: ForwardPass, layer: Layer, columns: int) -> ColumnBlocks:
    passes = ceil(layer.units / columns)
    width = ceil(layer.units / passes)

    def make() -> Iterator[Tensor]:
        # One place for all blocks: a reader may still hold the last one while the next is made.
        buffer: Tensor | None = None
        for start in range(0, layer.units, width):
            stop = min(start + width, layer.units)
            block = _run(source, {layer.name: (start, stop)}, [layer], buffer).of(layer.name)
            buffer = block if buffer is None else buffer
            yield block

    return ColumnBlocks(make, passes)


def _run(
    source: ForwardPass, wanted: dict[str, tuple[int, int]], layers: Sequence[Layer], buffer: Tensor | None = None
) -> ActivationMatrices:
    """One pass over all samples: the wanted range of columns of each layer, (n, stop - start). buffer: memory for it,
    where there is only one."""
    n = len(source.images)
    matrices = ActivationMatrices(n, wanted, {layer.name: layer for layer in layers}, buffer)
    modules = {base(name) for name in wanted}
    with ready(source.network, source.device) as seed:
        pace = Pace(source.network, source.images, source.watch)
        for places, start in source.portions():
            source.watch.check()
            # A copy, because a first layer that works in place would change the person's images.
            samples = source.of(places).to(source.device, copy=True)
            if len(samples) == 1:
                samples = samples.repeat(2, *(1 for _ in samples.shape[1:]))
            # A pass may end earlier than another, so that the next batch would find other random numbers.
            seed(start)
            matrices.expect(places, len(samples))
            # What a network keeps of a batch must not change what it gives for the next one.
            with as_it_was(source.network):
                forward(source.network, samples, lambda name, _, __, output: matrices.write(name, output), modules)
            matrices.complete()
            pace.told(places)
    return matrices


class Pace:
    """Tells how fast sequences pass through a language model; of images nothing is told within a pass."""

    def __init__(self, network: nn.Module, images: Tensor, watch: Watch) -> None:
        self._lengths = images[:, SEEN].sum(1).cpu() if isinstance(network, LanguageNetwork) else None
        self._watch, self._start, self._done, self._tokens = watch.heartbeat(), time.monotonic(), 0, 0

    def told(self, places: Tensor) -> None:
        """places: (b,) int64, the sequences that are done now."""
        if self._lengths is None:
            return
        self._done += len(places)
        self._tokens += int(self._lengths[places].sum())
        rate = self._tokens / max(time.monotonic() - self._start, 1e-6)
        message = f"Running the sequences through the model: {rate:,.0f} tokens a second."
        self._watch.report("measuring", message, self._done, len(self._lengths))
