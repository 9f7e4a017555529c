"""The checkpoint layers: the choice of Ansuini et al. 2019, for any network."""

from collections.abc import Sequence
from itertools import pairwise

from torch import nn

from idcore.networks.hooks import INPUT, OUTPUT, base
from idcore.networks.parts import kind, parts
from idcore.networks.stages import inside, stages
from idcore.record import Layer

_SAME = ("Flatten", "Identity", "Unflatten")  # what comes out is what went in; so it is with any dropout in eval mode
_NONLINEAR = (
    "ReLU",
    "ReLU6",
    "LeakyReLU",
    "PReLU",
    "ELU",
    "SELU",
    "CELU",
    "GELU",
    "SiLU",
    "Mish",
    "Hardswish",
    "Tanh",
    "Sigmoid",
)


def checkpoints(layers: list[Layer], network: nn.Module) -> list[str]:
    """Names of the checkpoint layers in call order. layers: of `trace`.

    A network may declare them (attribute `checkpoint_layers`). Otherwise: the input; each pooling that makes the sample
    smaller; each stage (see `stages`); each fully connected layer, after its nonlinearity where one follows; the last
    hidden layer (see `last_hidden`); the output. Inside a stage nothing else counts. Layers with a note are left out.
    """
    usable = [layer for layer in layers if not layer.note]
    declared = getattr(network, "checkpoint_layers", None)
    if declared is not None:
        return [layer.name for layer in usable if layer.name in declared]
    stage = stages(network)
    same = {*_SAME, *(kind(module) for module in network.modules() if parts(module))}
    dense = {kind(module) for module in network.modules() if isinstance(module, nn.Linear)}
    chosen = {INPUT, OUTPUT, last_hidden(usable)}
    for before, layer in pairwise(usable):
        path = base(layer.name)
        if path in stage:
            chosen.add(layer.name)
        elif not any(inside(path, other) for other in stage):
            if "Pool" in layer.kind and layer.units < before.units and layer.depth < 1:
                chosen.add(layer.name)
            if before.kind in dense and not any(inside(base(before.name), other) for other in stage):
                last = layer.name == OUTPUT and layer.kind in same  # handed on, by a container perhaps
                follows = (layer.kind in _NONLINEAR or last) and layer.shape == before.shape
                chosen.add(layer.name if follows else before.name)
    return [layer.name for layer in usable if layer.name in chosen]


def last_hidden(layers: Sequence[Layer]) -> str | None:
    """Name of the layer that the last layer with weights reads, None where there is none. layers: of `trace`."""
    hidden = [layer.name for before, layer in pairwise(layers) if layer.depth < 1 and _changes(before, layer)]
    return hidden[-1] if hidden else None


def _changes(before: Layer, layer: Layer) -> bool:
    if layer.note or layer.kind in _SAME or "Dropout" in layer.kind:
        return False
    return "Pool" not in layer.kind or layer.units != before.units
