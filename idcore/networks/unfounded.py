"""Networks whose head has no weights: which of their layers come from what is not there, and how that is said.

What is missing is NaN, which whatever is computed from it becomes as well: so the layers that hold a number owe nothing
to it, in any network.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from idcore.networks.hooks import first_tensor, forward
from idcore.networks.state import home, ready
from idcore.record import Layer

_MARK = "without_weights"


def mark(network: nn.Module, missing: Sequence[str]) -> None:
    """Note the tensors that a network has no weights for, and make them NaN."""
    state = network.state_dict()
    with torch.no_grad():
        for name in missing:
            state[name].fill_(torch.nan)
    setattr(network, _MARK, tuple(missing))


def noted(layers: Sequence[Layer], network: nn.Module, batch: Tensor) -> list[Layer]:
    """The layers (of `trace`), those that come from missing weights with a note and without a size."""
    missing = getattr(network, _MARK, ())
    if not missing:
        return list(layers)
    unfounded: set[str] = set()

    def hear(name: str, _: str, __: nn.Module, output: Any) -> None:
        tensor = first_tensor(output)
        if tensor is not None and bool(tensor.isnan().any()):
            unfounded.add(name)

    with ready(network, home(network)):
        forward(network, batch[:2].to(home(network), copy=True), hear)
    note = f"The file has no weights for {', '.join(dict.fromkeys(map(_module, missing)))}, from which it comes."
    return [replace(one, shape=(), units=0, note=note) if one.name in unfounded else one for one in layers]


def _module(tensor: str) -> str:
    return tensor.rpartition(".")[0] or tensor
