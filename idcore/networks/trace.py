"""Which layers a network has, and which axis of their outputs counts what: a few small forward passes."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from math import ceil, prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from idcore.errors import NetworkError
from idcore.networks import steady
from idcore.networks.channels import known
from idcore.networks.hooks import INPUT, base, first_tensor, forward
from idcore.networks.parts import has_weights, kind, parts
from idcore.networks.reduction import reduced
from idcore.networks.stages import stages
from idcore.networks.state import home, ready
from idcore.networks.steady import Heard
from idcore.record import Layer

SAMPLES = (3, 2)
"""Batches that are run: as small as can be, but for one sample, which many networks squeeze away."""
_GROWN = 65
"""Least length of an axis that was grown: a map of one position stays one where few are joined, 32 by 32 say."""


NUMBERED = (
    "The input is whole numbers, ids of tokens for instance, between which no distance means anything. It is not "
    "measured."
)


class _ShapesAlone(TorchFunctionMode):
    """For tensors of the meta device: what gives the shape of its input, which torch finds step by step of the
    arithmetic (two thirds of all the time), gives it at once."""

    def __torch_function__(self, function: Any, types: Any, arguments: Any = (), named: Any = None) -> Any:
        shaped = function in (functional.batch_norm, functional.layer_norm, functional.gelu)
        if shaped and arguments and arguments[0].is_meta:
            return torch.empty_like(arguments[0])
        return function(*arguments, **(named or {}))


@dataclass(frozen=True, eq=False)
class Event:
    """One call of a module. module: the one that made its output. version: of the output's memory, so that a later
    change in place can be told. weighted: calls of modules with weight matrices until now. rank: who names an output
    that several modules share. also: the names of the others."""

    name: str
    path: str
    kind: str
    module: nn.Module | None
    tensor: Tensor | None
    version: int
    weighted: int
    rank: int
    also: tuple[str, ...] = ()


def trace(network: nn.Module, batch: Tensor, reduce: str = "flatten") -> list[Layer]:
    """All layers in call order, the input first. batch: (n, ...); its first samples are run, in eval mode.

    Layers are the input, every call of a module without children, and every container whose output no module inside it
    gave before (a residual sum, say). Where a container gives the very tensor of a module inside it, the two are one
    layer, named `output` where it is the network's, by the stage (`layer1`) or block (`layer1.0`) where there is one,
    else by the inner module. Names are paths of modules; a second call adds `#2`.

    depth: calls of modules with weight matrices (convolutions, fully connected) up to the layer over all of them, after
    the relative depth of Ansuini et al. 2019, which leaves out pooling, normalisation and nonlinearities.
    samples: the axis that changes with the size of the batch; a layer without one has a note, and so has one without a
    floating-point output. channels: see `channels.known`; for a reduction the network is run on larger inputs too.
    unsteady: see `steady.remark`. Raises NetworkError.
    """
    if not len(batch):
        raise NetworkError("There are no samples to run through the network.")
    with _ShapesAlone() if batch.is_meta else nullcontext():
        several, few = (batch[torch.arange(count, device=batch.device) % len(batch)] for count in SAMPLES)
        heard: Heard = {}
        events = _events(network, several, heard)
        fewer = steady.heard(network, few, seed=1)
        layers = _layers(events, heard, fewer, getattr(network, "depths", {}))
        if not batch.is_floating_point():
            layers[0] = replace(layers[0], note=NUMBERED)
        samples = {layer.name: layer.samples for layer in layers if not layer.note}
        remarks = steady.remarks(network, several, few, heard, fewer, samples)
        layers = [_remarked(layer, remarks.get(layer.name, "")) for layer in layers]
        return [reduced(layer, reduce) for layer in _channels(network, few, events, layers, reduce)]


def _events(network: nn.Module, batch: Tensor, shapes: Heard) -> list[Event]:
    device, stage = home(network), set[str]()
    heard: list[Event] = []
    worked: set[str] = set()  # paths of the modules inside which a layer with weights was called

    def rank(path: str, module: nn.Module) -> int:
        if not path or path in stage:
            return 2 if path else 3
        return int(bool(parts(module)) and not isinstance(module, nn.Sequential))

    def hear(name: str, path: str, module: nn.Module, output: object) -> None:
        tensor, inside = first_tensor(output), path + "." if path else ""
        steady.note(shapes, name, tensor, len(batch))
        # Weights of modules that were not called are used by the one that holds them, as in an attention.
        adds = has_weights(module) or path not in worked and any(map(has_weights, module.modules()))
        if adds:
            worked.update(_above(path))
        version = -1 if tensor is None else tensor._version
        weighted = heard[-1].weighted + adds
        event = Event(name, path, kind(module), module, tensor, version, weighted, rank(path, module))
        twin = _twin(heard, event, inside)
        if twin is None:
            heard.append(event)
            return
        other = name
        if event.rank > heard[twin].rank:
            title, other = event.kind if path else heard[twin].kind, heard[twin].name
            name = other if base(other) == base(name) else name  # a module called output, say
            heard[twin] = replace(heard[twin], name=name, path=path, kind=title, rank=event.rank)
        if base(other) != base(heard[twin].name):
            heard[twin] = replace(heard[twin], also=(*heard[twin].also, other))
        if adds:  # its own weights came before the module whose output it gives
            heard[twin:] = [replace(later, weighted=later.weighted + 1) for later in heard[twin:]]

    with ready(network, device):
        stage.update(stages(network))
        batch = batch.to(device, copy=True)
        # A first layer that works in place must not change what is taken for the input.
        given = batch.clone() if batch.is_floating_point() else None
        heard.append(Event(INPUT, "", "Input", None, given, 0, 0, 9))
        steady.note(shapes, INPUT, given, len(batch))
        forward(network, batch, hear)
    return heard


def _above(path: str) -> list[str]:
    """Paths of the modules that the one at `path` is part of."""
    names = path.split(".")
    return [".".join(names[:i]) for i in range(len(names))] if path else []


def _twin(heard: list[Event], event: Event, inside: str) -> int | None:
    """Place of the last event from inside the module whose output is this very tensor, unchanged since."""
    for i in range(len(heard) - 1, 0, -1):
        if heard[i].tensor is event.tensor and event.tensor is not None:
            same = (
                heard[i].version == event.version and heard[i].path.startswith(inside) and heard[i].path != event.path
            )
            return i if same else None
    return None


def _layers(events: Sequence[Event], several: Heard, few: Heard, said: Mapping[str, float]) -> list[Layer]:
    """The layers, their axes of samples found from the outputs on `SAMPLES`. said: depths that the network tells."""
    total, last = events[-1].weighted, max(1, len(events) - 1)
    layers = []
    for order, event in enumerate(events):
        depth = said.get(event.name, event.weighted / total if total else order / last)
        shape, other = several[event.name].shape, few[event.name].shape if event.name in few else None
        axis, note = _samples(shape, other)
        sample = () if shape is None else shape[:axis] + shape[axis + 1 :]
        note = note or ("It has no units." if 0 in sample else "")
        units = 0 if shape is None else prod(sample)
        layer = Layer(event.name, order, depth, event.kind, sample, units, note=note, samples=axis, also=event.also)
        layers.append(layer)
    return layers


def _samples(shape: tuple[int, ...] | None, other: tuple[int, ...] | None) -> tuple[int, str]:
    """(the axis that counts the samples, why there is none)."""
    if shape is None:
        return 0, "It gives no tensor of floating-point numbers."
    n, m = SAMPLES
    said = f"Its output has the shape {shape} for {n} samples"
    if other is None:
        return 0, f"{said}, and it is not called for {m}."
    if shape == other:
        return 0, f"{said} and for {m}: no axis counts the samples."
    axes = [
        axis for axis, length in enumerate(shape) if other == (*shape[:axis], m, *shape[axis + 1 :]) and length == n
    ]
    return (axes[0], "") if axes else (0, f"{said} and {other} for {m}: no axis counts the samples.")


def _remarked(layer: Layer, remark: str) -> Layer:
    if not remark or layer.note:
        return layer
    if remark == steady.NEVER_AGAIN:
        return replace(layer, note=remark)
    return replace(layer, unsteady=True, remarks=(remark,))


def _channels(
    network: nn.Module, batch: Tensor, events: Sequence[Event], layers: Sequence[Layer], reduce: str
) -> list[Layer]:
    usable = [layer for layer in layers if not layer.note and layer.name != INPUT]
    modules = {event.name: event.module for event in events}
    shapes, samples = {x.name: x.shape for x in usable}, {x.name: x.samples for x in usable}
    axes = known(modules, shapes, samples)
    if reduce != "flatten" and any(len(shape) > 1 and name not in axes for name, shape in shapes.items()):
        axes = known(modules, shapes, samples, [_grown(network, batch, axis, samples) for axis in range(1, batch.ndim)])
    return [replace(layer, channels=axes.get(layer.name)) for layer in layers]


def _grown(network: nn.Module, batch: Tensor, axis: int, samples: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    """Shapes of one sample on inputs that are larger in one axis, as far as the network takes them."""
    heard: Heard = {}
    times = max(2, ceil(_GROWN / batch.shape[axis]))
    with suppress(NetworkError):  # what it gave before it failed is as good
        steady.heard(network, torch.cat([batch] * times, axis), heard)
    shapes = {}
    for name, axis in samples.items():
        shape = heard[name].shape if name in heard else None
        if shape is not None and axis < len(shape) and shape[axis] == len(batch):
            shapes[name] = shape[:axis] + shape[axis + 1 :]
    return shapes
