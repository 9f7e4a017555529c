"""Running any `torch.nn.Module` and listening to its layers."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from idcore.errors import LayerscopeError, NetworkError

INPUT, OUTPUT = "input", "output"
Hear = Callable[[str, str, nn.Module, Any], None]
"""Told after each call: name of the layer, path of the module ("" for the network itself), the module, its output."""


class Enough(Exception):
    """Raised by a listener that needs nothing more of this forward pass; ends it at once."""


def base(layer: str) -> str:
    """Name of the module of a layer: `relu` for `relu#2`."""
    return layer.rsplit("#", 1)[0]


def first_tensor(output: Any) -> Tensor | None:
    """The first floating-point tensor of an output, which may be nested in tuples, lists and dicts."""
    if isinstance(output, Tensor):
        return output if output.is_floating_point() else None
    parts = output.values() if isinstance(output, Mapping) else output if isinstance(output, (tuple, list)) else ()
    return next((tensor for part in parts if (tensor := first_tensor(part)) is not None), None)


def home(network: nn.Module) -> torch.device:
    """Where the weights are; the CPU for a network without any."""
    tensors = [*network.parameters(), *network.buffers()]
    return tensors[0].device if tensors else torch.device("cpu")


@contextmanager
def ready(network: nn.Module, device: torch.device) -> Iterator[None]:
    """The network in eval mode on `device`; modes and place are put back afterwards."""
    modes, before = [(module, module.training) for module in network.modules()], home(network)
    # Convolutions in TF32 would move every distance by 1e-3.
    exact = torch.backends.cudnn.flags(enabled=True, allow_tf32=False) if device.type == "cuda" else nullcontext()
    try:
        network.eval()
        if device != before:
            network.to(device)
        with exact:
            yield
    finally:
        if device != before:
            network.to(before)
        for module, training in modes:
            module.training = training


def forward(network: nn.Module, batch: Tensor, hear: Hear, only: Collection[str] | None = None) -> None:
    """One forward pass. hear: see `Hear`; a module called twice is heard as `relu`, then `relu#2`. only: names of
    modules to listen to. The network's own output is heard as `output`. Raises NetworkError where the pass fails."""
    calls = Counter({INPUT: 1})
    handles = []

    def hook(path: str) -> Callable[[nn.Module, Any, Any], None]:
        def heard(module: nn.Module, _: Any, output: Any) -> None:
            name = path or OUTPUT
            calls[name] += 1
            hear(name if calls[name] == 1 else f"{name}#{calls[name]}", path, module, output)

        return heard

    try:
        for path, module in network.named_modules():
            if only is None or (path or OUTPUT) in only:
                handles.append(module.register_forward_hook(hook(path)))
        network(batch)
    except Enough:
        pass
    except LayerscopeError:
        raise
    except Exception as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")
        raise NetworkError(
            f"The network could not be run on {len(batch)} samples of shape {tuple(batch.shape[1:])}: {reason}. "
            "The first axis must count the samples; channels and size must be those that the network takes."
        ) from error
    finally:
        for handle in handles:
            handle.remove()
