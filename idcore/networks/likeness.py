"""Whether a module is one that was seen before: what it is, and what it does."""

import hashlib
import inspect
import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from idcore.networks.hooks import first_tensor, forward
from idcore.networks.state import home, ready
from idcore.results.handed import Marks

_SAMPLES = 8
_PLAIN = (bool, int, float, str, tuple, type(None))
_SAME = 3e-3
"""Of the size of a layer's numbers: devices and versions of torch differ by less, other networks by more."""


def likeness(network: nn.Module) -> str:
    """sha256 of its weights, of its modules as they are printed, of their plain attributes and their code."""
    digest = hashlib.sha256(repr(network).encode())
    kinds = {type(module) for module in network.modules()}
    for kind in sorted(kinds, key=lambda kind: f"{kind.__module__}.{kind.__qualname__}"):
        digest.update(_source(kind).encode())
    for path, module in network.named_modules():
        own = {k: v for k, v in vars(module).items() if isinstance(v, _PLAIN) and not k.startswith("_")}
        digest.update(f"{path} {sorted((k, repr(v)) for k, v in own.items() if k != 'training')}".encode())
    for name, tensor in network.state_dict().items():
        if isinstance(tensor, Tensor):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def marks(network: nn.Module, images: Tensor) -> Marks:
    """What the network gives at each layer on samples that depend on the shape and kind of `images` (n, ...) alone:
    mean, deviation, and the product with a fixed random direction. Raises NetworkError where it does not take them."""
    shape, generator = tuple(images.shape[1:]), torch.Generator().manual_seed(0)
    probe = torch.rand((_SAMPLES, *shape), generator=generator).to(images.dtype)
    rows: list[tuple[str, float, float, float]] = []

    def hear(name: str, _: str, __: nn.Module, output: object) -> None:
        if (tensor := first_tensor(output)) is not None and tensor.numel():
            values = tensor.detach().cpu().double().reshape(-1)
            across = torch.randn(len(values), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
            along = float(values @ across) / math.sqrt(len(values))
            rows.append((name, float(values.mean()), float(values.std(correction=0)), along))

    device = home(network)
    with ready(network, device):
        forward(network, probe.to(device), hear)
    return tuple(rows)


def same(one: Marks, other: Marks) -> bool:
    """Whether two networks do the same, up to the rounding of different machines."""
    if [mark[0] for mark in one] != [mark[0] for mark in other]:
        return False
    return all(_close(a[1:], b[1:]) for a, b in zip(one, other, strict=True))


def shape_of(images: Tensor) -> str:
    """ "1x28x28" of images (n, 1, 28, 28); with their kind where they are no float32."""
    kind = "" if images.dtype == torch.float32 else f" {str(images.dtype).removeprefix('torch.')}"
    return "x".join(map(str, images.shape[1:])) + kind


def known(seen: Mapping[str, Marks], shape: str, now: Marks) -> bool | None:
    """Whether what was seen of a network on samples of this shape is what one does now; None where nothing was."""
    return same(seen[shape], now) if shape in seen else None


def _close(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    size = max(abs(a[0]) + abs(a[1]), abs(b[0]) + abs(b[1]))
    pairs = zip(a, b, strict=True)
    return all(x == y or (math.isnan(x) and math.isnan(y)) or abs(x - y) <= _SAME * size for x, y in pairs)


def _source(kind: type) -> str:
    if kind.__module__.partition(".")[0] == "torch":
        return kind.__qualname__
    try:
        return inspect.getsource(kind)
    except (OSError, TypeError):  # of code that stands in no file
        return kind.__qualname__
