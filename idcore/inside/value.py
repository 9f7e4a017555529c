"""The value of units of a layer with its gradient: before the ReLU where the layer ends with one, since a unit that is
zero has no gradient after it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.overrides import TorchFunctionMode

from idcore.errors import NetworkError
from idcore.networks.hooks import Enough, base, first_tensor, forward
from idcore.networks.reduction import rows
from idcore.record import Layer
from idcore.shapes import Float

_RELUS = (F.relu, F.relu6, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_, F.relu_)
_BOXES = (F.hardtanh, F.hardtanh_)  # what a ReLU6 calls


class BeforeRelu(TorchFunctionMode):
    """Sees each ReLU of a forward pass, also those that are no module. leak: what part of a gradient passes where a
    ReLU is closed; the values stay as they are."""

    def __init__(self, leak: float = 0.0) -> None:
        super().__init__()
        self._leak = leak
        self._last: tuple[Any, Tensor] | None = None

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = dict(kwargs or {})
        given = args[0] if args else kwargs.get("input")
        if not (func in _RELUS or func in _BOXES) or not isinstance(given, Tensor):
            return func(*args, **kwargs)
        before = given.clone()  # a ReLU in place overwrites it
        if not self._leak:
            output = func(*args, **kwargs)
        else:
            free = before.clone()
            output = func(free, *args[1:], **{name: value for name, value in kwargs.items() if name != "input"})
            through = output + self._leak * (before - before.detach()) * (output.detach() != before.detach())
            output = given.copy_(through) if output is free else through
        self._last = (output, before)
        return output

    def of(self, output: Tensor) -> Tensor:
        """What went into the ReLU that gave this very tensor; the tensor itself where none did."""
        return self._last[1] if self._last is not None and self._last[0] is output else output


def values(
    network: nn.Module, images: Float[Tensor, "u c h w"], layer: Layer, before: bool, leak: float = 0.0
) -> Float[Tensor, "u d"]:
    """The layer's units on images, with a gradient where it is switched on. before: before the ReLU, if the layer ends
    with one. The network is `ready`. Raises NetworkError."""
    outputs: list[Tensor] = []
    mode = BeforeRelu(leak)

    def hear(name: str, _: str, __: nn.Module, output: Any) -> None:
        tensor = first_tensor(output)
        if name == layer.name and tensor is not None:
            outputs.append(rows(mode.of(tensor) if before else tensor, layer).flatten(1))
            raise Enough

    with mode:
        forward(network, images, hear, {base(layer.name)})
    if not outputs or outputs[0].shape[1] != layer.units:
        raise NetworkError(
            f"The layer {layer.name} was not called with these images, although it was before. A layer that does not "
            "give the same each time has no ideal input."
        )
    return outputs[0]
