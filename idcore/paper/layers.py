"""Which layer here is which in the paper."""

from collections.abc import Sequence

from idcore.record import Layer


def names(plan: Sequence[Layer]) -> dict[str, str]:
    """Name in the paper -> name here, of checkpoint layers in call order.

    The same name is the same layer (the MNIST network, the stages of a ResNet). Elsewhere the max poolings are
    numbered pool1, pool2, ..., the fully connected layers after them fc1, fc2, ...; the last layer is the output.
    """
    here = {layer.name: layer.name for layer in plan}
    pools = [layer for layer in plan if "MaxPool" in layer.kind]
    last_pool = pools[-1].order if pools else 0
    dense = [layer for layer in plan[:-1] if len(layer.shape) == 1 and layer.order > last_pool]
    for prefix, layers in (("pool", pools), ("fc", dense)):
        here |= {f"{prefix}{i}": layer.name for i, layer in enumerate(layers, 1)}
    return here | {"output": plan[-1].name} if plan else {}
