"""The layers of one network on one set of samples: captured, measured, kept."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from idcore import results, spec
from idcore.activations import batch, capture, itemsize, trace
from idcore.errors import NetworkError, RequestError
from idcore.geometry.measure import Slices, measure
from idcore.networks.checkpoints import checkpoints
from idcore.networks.unfounded import noted
from idcore.pipeline.estimate import NOTHING, Held, RunEstimate, estimated, sentence
from idcore.pipeline.rates import rates, until_layer
from idcore.record import Layer, LayerGeometry, unmeasured
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch


@dataclass(frozen=True)
class RecordShelf:
    """Where the records are kept; nowhere without a store. about: what all of them are about, the request or JSON
    values that stand for it; with the name of a layer it makes the key."""

    store: Store | None
    about: Any

    def get(self, layer: str) -> LayerGeometry | None:
        return None if self.store is None else results.layer(self.store, self.about, layer)

    def has(self, layer: str) -> bool:
        return self.store is not None and self.store.meta(spec.layer_key(self.about, layer)) is not None

    def compute_once(self, layer: str, make: Callable[[], LayerGeometry], watch: Watch) -> LayerGeometry:
        """From the shelf, or made and kept; another process that makes it is waited for."""
        if self.store is None:
            return make()
        with self.store.locked(spec.layer_key(self.about, layer), watch):
            geometry = self.get(layer)
            if geometry is None:
                geometry = make()
                results.save_layer(self.store, self.about, geometry)
        return geometry


@dataclass(frozen=True, eq=False)
class Subject:
    """A network and its samples. images: (n, ...), the sample axis first. cost: what was promised of the layers that
    are missing, and how the memory budget is split for them."""

    module: nn.Module
    images: Tensor
    shelf: RecordShelf
    cost: RunEstimate
    device: torch.device
    watch: Watch = UNWATCHED


def plan(module: nn.Module, images: Tensor, reduce: str) -> tuple[Layer, ...]:
    """All layers of a network in call order, as they are after the reduction, the checkpoint layers marked."""
    layers = noted(trace(module, images, reduce), module, images)
    marked = set(checkpoints(layers, module))
    return tuple(replace(layer, checkpoint=layer.name in marked) for layer in layers)


def cost(
    module: nn.Module,
    images: Tensor,
    layers: Sequence[Layer],
    n: int,
    memory: int,
    device: torch.device,
    *,
    network: str,
    predicted: bool = False,
    holding: Held = NOTHING,
) -> RunEstimate:
    """What it takes to measure these layers on n samples like the images. Raises RequestError where it cannot fit."""
    until = until_layer(module, images, device, batch(module, images, device))
    return estimated(
        layers,
        n,
        memory,
        itemsize=itemsize(module),
        until=until,
        rate=rates(str(device)),
        network=network,
        predicted=predicted,
        holding=holding,
    )


def held(module: nn.Module, shape: Sequence[int]) -> Held:
    """What a network and images (float32) of this shape take."""
    weights = sum(tensor.numel() * tensor.element_size() for tensor in (*module.parameters(), *module.buffers()))
    return Held(weights, 4 * prod(shape))


def measured(subject: Subject, layers: Sequence[Layer]) -> Iterator[tuple[LayerGeometry, Slices | None]]:
    """Each layer in turn with its activations, where those were captured just now (they are gone at the next step)."""
    shelf, watch = subject.shelf, subject.watch
    missing = [layer for layer in layers if not layer.note and not shelf.has(layer.name)]
    fresh = _captured(subject, missing)
    for i, layer in enumerate(layers):
        message = f"Measuring “{layer.name}” ({i + 1} of {len(layers)})."
        if i == 0 and missing:
            message = f"{message} {sentence(subject.cost)}"
        watch.report("measuring", message, i, len(layers), layer.name)
        if layer.note:
            yield (
                shelf.compute_once(layer.name, partial(unmeasured, layer, len(subject.images), layer.note), watch),
                None,
            )
            continue
        kept = None if layer in missing else shelf.get(layer.name)
        if kept is not None:
            yield kept, None
            continue
        # What was on the shelf a moment ago may have been evicted, or its digest may not match.
        slices = next(fresh if layer in missing else _captured(subject, [layer]))
        geometry = shelf.compute_once(layer.name, partial(_measure, slices, layer, subject), watch)
        yield geometry, None if geometry.note else slices


def _measure(slices: Slices, layer: Layer, subject: Subject) -> LayerGeometry:
    try:
        return measure(slices, layer, memory=subject.cost.work)
    except NetworkError as error:  # the other layers can be measured all the same
        return unmeasured(layer, len(subject.images), str(error))


def _captured(subject: Subject, layers: Sequence[Layer]) -> Iterator[Slices]:
    captured = capture(
        subject.module,
        subject.images,
        list(layers),
        memory=subject.cost.columns,
        device=subject.device,
        watch=subject.watch,
    )
    return (slices for _, slices in captured)


def devices() -> tuple[str, ...]:
    """The devices of this machine, what `auto` takes first."""
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    return tuple(name for name, there in available.items() if there)


def choose_device(name: str = "auto") -> torch.device:
    """auto: CUDA where there is one, then MPS, then the CPU. Raises RequestError for one that is not there."""
    there = devices()
    if name == "auto":
        return torch.device(there[0])
    kind, _, number = name.partition(":")
    count = torch.cuda.device_count() if kind == "cuda" else 1
    if kind not in there or name != kind and not (number.isdecimal() and int(number) < count):
        raise RequestError(f"There is no device {name!r} on this machine; choose one of auto, {', '.join(there)}.")
    return torch.device(name)
