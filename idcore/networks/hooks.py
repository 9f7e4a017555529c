"""Running any `torch.nn.Module` and listening to its layers."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import pairwise
from typing import Any

from torch import Tensor, nn

from idcore.errors import LayerscopeError, NetworkError
from idcore.networks.parts import WEIGHTS

INPUT, OUTPUT = "input", "output"
Hear = Callable[[str, str, nn.Module, Any], None]
"""Told after each call: name of the layer, path of the module ("" for the network itself), the module, its output."""


class Enough(Exception):
    """Raised by a listener that needs nothing more of this forward pass; ends it at once."""


def listened(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """(path, module) of all modules that are listened to: all, but where a network says in `layers_are` which of its
    modules are its layers."""
    only = getattr(network, "layers_are", None)
    yield from network.named_modules() if only is None else ((path, network.get_submodule(path)) for path in only)


def base(layer: str) -> str:
    """Name of the module of a layer: `relu` for `relu#2`."""
    return layer.rsplit("#", 1)[0]


def first_tensor(output: Any) -> Tensor | None:
    """The first floating-point tensor of an output, which may be nested in tuples, lists and dicts."""
    if isinstance(output, Tensor):
        return output if output.is_floating_point() else None
    parts = output.values() if isinstance(output, Mapping) else output if isinstance(output, (tuple, list)) else ()
    return next((tensor for part in parts if (tensor := first_tensor(part)) is not None), None)


def batches(n: int, size: int) -> list[tuple[int, int]]:
    """(start, stop) of each of the batches of n samples: `size` (2 at least) in each, and never one left alone at the
    end, which many networks squeeze away."""
    edges = [*range(0, n, max(2, size)), n]
    if len(edges) > 2 and edges[-1] - edges[-2] == 1:
        edges[-2] -= 1
        edges = edges if edges[-2] - edges[-3] > 1 else [*edges[:-2], n]
    return list(pairwise(edges))


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
        for path, module in listened(network):
            if WEIGHTS not in path.split(".") and (only is None or (path or OUTPUT) in only):
                try:
                    handles.append(module.register_forward_hook(hook(path)))
                except RuntimeError:
                    raise NetworkError(
                        f"The layers of TorchScript cannot be listened to, and {path or 'the network'} was made by "
                        "torch.jit.script or torch.jit.load. Hand in the module that it was made from."
                    ) from None
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
