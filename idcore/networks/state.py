"""A network that is lent: ready to be read, and afterwards as it was."""

import random
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from operator import is_
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.parameter import UninitializedParameter

from idcore.errors import NetworkError

Seed = Callable[[int], None]
_SEED = 2019
_PLAIN = (dict, OrderedDict, list, set)


def home(network: nn.Module) -> torch.device:
    """Where the weights are; the CPU for a network without any."""
    tensors = [*network.parameters(), *network.buffers()]
    return tensors[0].device if tensors else torch.device("cpu")


@contextmanager
def ready(network: nn.Module, device: torch.device) -> Iterator[Seed]:
    """The network in eval mode on `device`, without gradients; yields what sets all random numbers it may draw.

    Afterwards the network is as it was, whatever its forward code does: place, modes, buffers, attributes, flags of
    its parameters; so are the random generators. No inference mode: what a network keeps of such a pass, a table of
    positions say, could not be used in a training any more. Raises NetworkError for a network without weights yet.
    """
    for path, module in network.named_modules():
        if any(isinstance(p, UninitializedParameter) for p in module.parameters(recurse=False)):
            raise NetworkError(
                f"The layer {path or type(module).__name__} has no weights yet ({type(module).__name__}): they are "
                "made when it first sees samples. Run the network once on some, then measure it."
            )
    # Convolutions in TF32 would move every distance by 1e-3.
    exact = torch.backends.cudnn.flags(enabled=True, allow_tf32=False) if device.type == "cuda" else nullcontext()
    moved = device != home(network)
    with as_it_was(network, moved), _draws(network, device) as seed:
        network.eval()
        if moved:
            network.to(device)
        seed(0)
        with exact, torch.inference_mode(False), torch.no_grad():
            yield seed


@contextmanager
def as_it_was(network: nn.Module, moved: bool = False) -> Iterator[None]:
    """The network afterwards has the attributes, buffers, modes and flags that it has now. moved: its tensors may be
    moved meanwhile, and go back."""
    modules, parameters = list(network.modules()), list(network.parameters())
    modes = [module.training for module in modules]
    attributes = [dict(vars(module)) for module in modules]
    contents = [(held, held.copy()) for own in attributes for held in own.values() if type(held) in _PLAIN]
    flags = [parameter.requires_grad for parameter in parameters]
    tensors = [*parameters, *(p.grad for p in parameters if p.grad is not None)] if moved else []
    places = [tensor.data for tensor in tensors]
    # A train() of somebody's own may do more than set flags: merge the weights of an adapter, say.
    busy = any(type(module).train is not nn.Module.train and not _plain(module) for module in modules)
    values = [(t, t.detach().clone()) for t in (*network.buffers(), *(parameters if busy else ())) if not t.is_meta]
    try:
        yield
    finally:
        for tensor, data in zip(tensors, places, strict=True):
            tensor.data = data
        for module, own, mode in zip(modules, attributes, modes, strict=True):
            for name in vars(module).keys() - own.keys():
                del vars(module)[name]
            vars(module).update(own)
            module.training = mode
        for held, before in contents:
            if not _same(held, before):
                held.clear()
                (held.extend if isinstance(held, list) else held.update)(before)
        for tensor, value in values:
            if not torch.equal(tensor, value):
                tensor.data.copy_(value)
        for parameter, flag in zip(parameters, flags, strict=True):
            if parameter.requires_grad != flag:
                parameter.requires_grad_(flag)


def _plain(module: nn.Module) -> bool:
    """Whether its train() is that of transformers, which sets flags."""
    return type(module).train.__module__ == "transformers.modeling_utils" and not getattr(module, "use_kernels", False)


def _same(held: Any, before: Any) -> bool:
    if len(held) != len(before) or not all(map(is_, held, before)):
        return False
    return not isinstance(held, dict) or all(map(is_, held.values(), before.values()))


@contextmanager
def _draws(network: nn.Module, device: torch.device) -> Iterator[Seed]:
    """Yields what sets every random generator that the network may use by a number; all are put back afterwards."""
    generators = list(_generators(network, device))
    before = [get() for get, _, _ in generators]

    def seed(number: int) -> None:
        for _, _, again in generators:
            again(_SEED + number)

    try:
        yield seed
    finally:
        for (_, put, _), state in zip(generators, before, strict=True):
            put(state)


def _generators(network: nn.Module, device: torch.device) -> Iterator[tuple[Callable[..., Any], ...]]:
    """(read its state, put it back, seed it) of each: those of torch, numpy and Python, and those that modules hold."""
    yield torch.get_rng_state, torch.set_rng_state, torch.default_generator.manual_seed
    if device.type in ("cuda", "mps"):
        there = torch.get_device_module(device)
        yield there.get_rng_state, there.set_rng_state, there.manual_seed
    held = [value for module in network.modules() for value in vars(module).values()]
    for one in (random, np.random, *held):
        if isinstance(one, torch.Generator):
            yield one.get_state, one.set_state, one.manual_seed
        elif isinstance(one, np.random.Generator):
            bits = one.bit_generator
            yield (
                lambda bits=bits: bits.state,
                lambda state, bits=bits: setattr(bits, "state", state),
                lambda number, bits=bits: setattr(bits, "state", type(bits)(number).state),
            )
        elif one is random or isinstance(one, random.Random):
            yield one.getstate, one.setstate, one.seed
        elif one is np.random or isinstance(one, np.random.RandomState):
            yield one.get_state, one.set_state, one.seed
