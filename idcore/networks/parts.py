"""What a module is made of: its kind, the parts that work on activations, the weights of its own."""

from torch import nn
from torch.nn.utils.parametrize import is_parametrized, type_before_parametrizations

WEIGHTS = "parametrizations"
"""Name under which PyTorch keeps the modules that make the weights of another; they never see an activation."""
_ADDED = ("bias", "embed", "token")
"""In the names of tables that are added to what passes through: no layer of weights."""


def kind(module: nn.Module) -> str:
    """Name of its class, that from before any parametrisation."""
    return type_before_parametrizations(module).__name__


def parts(module: nn.Module) -> dict[str, nn.Module]:
    """The modules that it is made of, by name; none for a layer, whose own weights are all there are, whatever else it
    holds (a padding, an activation)."""
    children = {name: child for name, child in module.named_children() if name != WEIGHTS}
    layer = has_weights(module) and not any(
        has_weights(inner) for child in children.values() for inner in child.modules()
    )
    return {} if layer else children


def has_weights(module: nn.Module) -> bool:
    """Whether weight matrices (of a convolution, a fully connected layer) are its own, parametrised ones included."""
    if "Norm" in kind(module):
        return False
    own = list(module.named_parameters(recurse=False))
    if is_parametrized(module):
        own += getattr(module, WEIGHTS).named_parameters()
    return any(_is_matrix(name, tuple(tensor.shape)) for name, tensor in own)


def _is_matrix(name: str, shape: tuple[int, ...]) -> bool:
    """What is not called a weight is one if it is no table that is added, nor spread over samples or positions."""
    if "weight" in name:
        return len(shape) > 1
    spread = not shape or shape[0] == 1 or sum(side > 1 for side in shape) < 2
    return not spread and not any(word in name for word in _ADDED)
