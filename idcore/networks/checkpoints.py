"""The checkpoint layers: the choice of Ansuini et al. 2019, for any network."""

from itertools import pairwise

from torch import nn

from idcore.networks.hooks import INPUT, OUTPUT, base
from idcore.networks.stages import inside, stages
from idcore.record import Layer

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
    smaller; each stage (see `stages`); each fully connected layer, after its nonlinearity where one follows; the
    output. Inside a stage nothing else counts. Layers with a note are left out.
    """
    usable = [layer for layer in layers if not layer.note]
    declared = getattr(network, "checkpoint_layers", None)
    if declared is not None:
        return [layer.name for layer in usable if layer.name in declared]
    stage = stages(network)
    chosen = {INPUT, OUTPUT}
    for before, layer in pairwise(usable):
        path = base(layer.name)
        if path in stage:
            chosen.add(layer.name)
        elif not any(inside(path, other) for other in stage):
            if "Pool" in layer.kind and layer.units < before.units:
                chosen.add(layer.name)
            if before.kind == "Linear" and not any(inside(base(before.name), other) for other in stage):
                follows = layer.kind in _NONLINEAR and layer.shape == before.shape
                chosen.add(layer.name if follows else before.name)
    return [layer.name for layer in usable if layer.name in chosen]
