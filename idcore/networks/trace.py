"""Which layers a network has: one small forward pass, every output seen once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

import torch
from torch import Tensor, nn

from idcore.networks.hooks import INPUT, base, first_tensor, forward, home, ready
from idcore.networks.stages import stages
from idcore.record import Layer

_SAMPLES = 3  # a batch this small costs nothing, and few axes that do not count samples have this length


@dataclass(frozen=True, eq=False)
class Event:
    """One call of a module. version: of its output's memory, so that a later change in place can be told.
    weighted: calls of modules with weight matrices until now. rank: who names an output that several modules share."""

    name: str
    path: str
    kind: str
    tensor: Tensor | None
    version: int
    weighted: int
    rank: int


def trace(network: nn.Module, batch: Tensor, reduce: str = "flatten") -> list[Layer]:
    """All layers in call order, the input first. batch: (n, ...); its first samples are run once, in eval mode.

    Layers are the input, every call of a module without children, and every container whose output no module inside it
    gave before (a residual sum, say). Where a container gives the very tensor of a module inside it, the two are one
    layer, named `output` where it is the network's, by the stage (`layer1`) or block (`layer1.0`) where there is one,
    else by the inner module. Names are paths of modules; a second call adds `#2`.

    depth: calls of modules with weight matrices (convolutions, fully connected) up to the layer over all of them, after
    the relative depth of Ansuini et al. 2019, which leaves out pooling, normalisation and nonlinearities.
    A layer without a floating-point output that counts the samples first has a note. Raises NetworkError.
    """
    batch = batch[:_SAMPLES]
    events = _events(network, batch)
    total = events[-1].weighted
    layers = []
    for order, event in enumerate(events):
        depth = event.weighted / total if total else order / max(1, len(events) - 1)
        layers.append(reduced(_layer(event, order, depth, len(batch)), reduce))
    return layers


def reduced(layer: Layer, reduce: str) -> Layer:
    """The layer as it is after the reduction: flatten (as it is), mean (over tokens or over positions, one value per
    channel), cls (the first token). A layer that cannot be reduced has a note; vectors and the input stay as they are.

    Channels come first, (c, h, w), unless only the first two are equal: then they come last, as in a Swin transformer.
    """
    shape = layer.shape
    if reduce == "flatten" or layer.note or len(shape) < 2 or layer.name == INPUT:
        return layer
    if reduce == "cls" and len(shape) != 2:
        return replace(layer, note=f"It has no tokens: its outputs are {shape} per sample, not (tokens, units).")
    kept = shape[1:] if len(shape) == 2 else shape[-1:] if _channels_last(shape) else shape[:1]
    return replace(layer, shape=kept, units=prod(kept))


def apply(tensor: Tensor, reduce: str) -> Tensor:
    """The reduction of an output (n, ...); see `reduced`."""
    if reduce == "flatten" or tensor.ndim < 3:
        return tensor
    if reduce == "cls":
        return tensor[:, 0]
    if tensor.ndim == 3:
        return tensor.mean(1)
    return tensor.mean((1, 2)) if _channels_last(tensor.shape[1:]) else tensor.flatten(2).mean(2)


def _channels_last(shape: Sequence[int]) -> bool:
    return len(shape) == 3 and shape[0] == shape[1] != shape[2]


def _events(network: nn.Module, batch: Tensor) -> list[Event]:
    device, stage = home(network), set(stages(network))
    heard: list[Event] = []
    busy: set[str] = set()  # paths of the modules inside which another was called

    def rank(path: str, module: nn.Module) -> int:
        if not path or path in stage:
            return 2 if path else 3
        return int(any(True for _ in module.children()) and not isinstance(module, nn.Sequential))

    def hear(name: str, path: str, module: nn.Module, output: object) -> None:
        tensor, weighted = first_tensor(output), heard[-1].weighted
        inside = path + "." if path else ""
        if path not in busy:  # it did the work itself
            weighted += any(parameter.ndim >= 2 for parameter in module.parameters(recurse=False))
        busy.update(_above(path))
        version = -1 if tensor is None else tensor._version
        event = Event(name, path, type(module).__name__, tensor, version, weighted, rank(path, module))
        twin = _twin(heard, event, inside)
        if twin is None:
            heard.append(event)
        elif event.rank > heard[twin].rank:
            kind = event.kind if path else heard[twin].kind
            name = heard[twin].name if base(heard[twin].name) == base(name) else name  # a module called output, say
            heard[twin] = replace(event, name=name, kind=kind, weighted=heard[twin].weighted)

    # Versions of memory are not counted in inference mode.
    with ready(network, device), torch.inference_mode(False), torch.no_grad():
        batch = batch.to(device, copy=True)
        # A first layer that works in place must not change what is taken for the input.
        heard.append(Event(INPUT, "", "Input", batch.clone() if batch.is_floating_point() else None, 0, 0, 9))
        forward(network, batch, hear)
    return heard


def _above(path: str) -> list[str]:
    """Paths of the modules that the one at `path` is part of."""
    parts = path.split(".")
    return [".".join(parts[:i]) for i in range(len(parts))] if path else []


def _twin(heard: list[Event], event: Event, inside: str) -> int | None:
    """Place of the last event from inside the module whose output is this very tensor, unchanged since."""
    for i in range(len(heard) - 1, 0, -1):
        if heard[i].tensor is event.tensor and event.tensor is not None:
            same = (
                heard[i].version == event.version and heard[i].path.startswith(inside) and heard[i].path != event.path
            )
            return i if same else None
    return None


def _layer(event: Event, order: int, depth: float, n: int) -> Layer:
    tensor, note = event.tensor, ""
    shape: tuple[int, ...] = () if tensor is None else tuple(tensor.shape[1:])
    if tensor is None:
        note = "It gives no tensor of floating-point numbers."
    elif tensor.ndim == 0 or len(tensor) != n:
        note = f"Its output has the shape {tuple(tensor.shape)}: the first axis does not count the {n} samples."
    elif 0 in shape:
        note = "It has no units."
    return Layer(event.name, order, depth, event.kind, shape, prod(shape) if tensor is not None else 0, note=note)
