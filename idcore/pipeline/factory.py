"""A function of somebody's own that makes a network, named on the command line."""

from importlib import import_module

import numpy as np
import torch
from torch import Tensor, nn

from idcore.errors import NetworkError

Made = tuple[nn.Module, Tensor | None, np.ndarray | None]


def made(name: str) -> Made:
    """(network, images (n, ...) or None, labels (n,) or None) from `package.module:function`, called without arguments.

    Its code runs as it is: this is for the command line alone. What it raises itself is not caught. Raises
    NetworkError where there is no such function, or it gives something else.
    """
    module_name, _, function_name = name.partition(":")
    if not module_name or not function_name:
        raise NetworkError(f"A factory is given as package.module:function, not as {name!r}.")
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        raise NetworkError(
            f"The module {module_name!r} cannot be imported: {error}. Run this in the folder where it lies."
        ) from error
    function = getattr(module, function_name, None)
    if not callable(function):
        raise NetworkError(f"{module_name} has no function {function_name!r}.")
    return _parts(function(), name)


def _parts(result: object, name: str) -> Made:
    network, *more = result if isinstance(result, tuple) else (result,)
    if not isinstance(network, nn.Module) or len(more) > 2:
        raise NetworkError(
            f"{name} gave {_kinds(result)}; it must give a torch.nn.Module, (module, images) or "
            "(module, images, labels)."
        )
    images = torch.as_tensor(more[0]) if more else None
    return network, images, np.asarray(more[1]) if len(more) == 2 else None


def _kinds(result: object) -> str:
    if isinstance(result, tuple):
        return f"({', '.join(type(part).__name__ for part in result)})"
    return type(result).__name__
