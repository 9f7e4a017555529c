"""The ideal input of a unit: the image that excites it most."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from idcore.errors import NetworkError, RequestError
from idcore.geometry.points import as_tensor
from idcore.inside import pictures
from idcore.inside.pictures import Parametrisation
from idcore.inside.value import values
from idcore.networks.hooks import INPUT
from idcore.networks.state import home, ready
from idcore.networks.trace import trace
from idcore.record import Layer
from idcore.results import chosen
from idcore.shapes import Float
from idcore.spec import OF_IMAGES, checks
from idcore.spec.data import MAX_SEED
from idcore.text import brief
from idcore.watch import UNWATCHED, Watch

STEPS, NATURAL = 160, 0.1
_RATE = 0.05
_OPEN, _LEAK = 16, 0.01
"""Steps in which a little of the gradient passes closed ReLUs, so that a unit that begins at zero finds a way."""
_USUAL = 5.0  # deviation of a unit for which `natural` is the weight of the penalty itself
_JUDGED = 512  # images that tell the deviation of a unit
_NUMBERS = 2**20  # values of the images that are improved at once
_TOGETHER = 128
MOST_STEPS, MOST_PIXELS = 10_000, 2**20


@dataclass(frozen=True, eq=False)
class Ideal:
    """image: (c, h, w) float32, pixels in [0, 1]; of one norm and any sign where a norm was asked for. activation: of
    the unit on it, as the layer gives it (after its ReLU)."""

    image: Float[np.ndarray, "c h w"]
    activation: float

    __repr__ = brief


def ideal_input(
    module: nn.Module,
    layer: str,
    unit: int,
    shape: Sequence[int],
    steps: int = STEPS,
    natural: float = NATURAL,
    seed: int = 0,
    **options: Any,
) -> Ideal:
    """The image that excites a unit most, found by gradient ascent (Adam) on its value before the ReLU.

    layer: as `profile` names it. unit: column of the layer, as `units` counts it. shape: (c, h, w) of an image.
    steps: of the ascent. natural: how much the image is held to what images are like, from 0 (not at all: noise that
    excites most) to 1. seed: of the image that it starts from. options: `reduce="mean"` asks for a channel; `images`
    (n, c, h, w), pixels in [0, 1]: small grey images are sought among theirs; `mean`, `std` (c,) are taken off before
    the module sees the pixels; `norm` (see `ideal_inputs`). After Erhan, Bengio, Courville, Vincent 2009.

    Returns `Ideal(image, activation)`, the image (c, h, w) float32 with pixels in [0, 1]. The module is as it was
    afterwards. Raises RequestError (no such layer or unit, a number out of its limits), NetworkError.

    >>> import idcore, torch
    >>> network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 2))
    >>> weights = network[1].weight.data.copy_(-torch.ones(2, 16))
    >>> weights[1, 5] = 1.0  # a unit that likes one pixel and no other
    >>> ideal = idcore.ideal_input(network, "output", 1, shape=(1, 4, 4), steps=60, natural=0)
    >>> ideal.image.shape, int(ideal.image.argmax())
    ((1, 4, 4), 5)
    """
    return next(ideal_inputs(module, layer, [unit], shape, steps, natural, seed, **options))


def ideal_inputs(
    module: nn.Module,
    layer: str | Layer,
    units: Sequence[int],
    shape: Sequence[int],
    steps: int = STEPS,
    natural: float = NATURAL,
    seed: int = 0,
    *,
    reduce: str = "flatten",
    images: Any = None,
    mean: Sequence[float] = (),
    std: Sequence[float] = (),
    norm: float | None = None,
    watch: Watch = UNWATCHED,
) -> Iterator[Ideal]:
    """`ideal_input` for many units, improved side by side; what is found for one does not depend on the others.

    layer: its name, or the layer itself as it was traced, reduced or not, which spares the passes that find it.
    reduce: "mean" for the mean of each channel, "flatten" for single units. images: (n, c, h, w), pixels in [0, 1]:
    with them a unit of a layer without positions is sought among grey images of at most `pictures.LARGEST` pixels in
    their principal components where natural is above 0, else in waves. mean, std: of each channel, taken off and
    divided by before the module sees the pixels. norm: seek among images of this Euclidean norm instead. The module is
    as it was afterwards. Raises RequestError, NetworkError, Cancelled.
    """
    size = _size(shape)
    checks.is_a("The network", module, nn.Module)
    checks.one_of("reduce", reduce, OF_IMAGES)
    checks.integer("The number of steps", steps, 1, MOST_STEPS)
    checks.number("natural", natural, 0.0, 1.0)
    checks.integer("The seed of an ideal input", seed, 0, MAX_SEED)
    traced = _layer(module, layer, size, reduce)
    for unit in units:
        checks.integer(f"A unit of {traced.name}", unit, 0, traced.units - 1)
    device = home(module)
    known = None if images is None else _images(images, size).to(device)
    kind, wobble = _kind(traced, size, natural, known, norm, device)
    moments = _moments(mean, std, size[0], device)
    return _all(_Ascent(module, traced, kind, wobble, moments, steps, seed, watch, known), list(units), size)


@dataclass(frozen=True, eq=False)
class _Ascent:
    module: nn.Module
    layer: Layer
    kind: Parametrisation
    wobble: bool
    moments: tuple[Tensor, Tensor]
    steps: int
    seed: int
    watch: Watch
    images: Tensor | None


def _all(ascent: _Ascent, units: list[int], size: pictures.Shape) -> Iterator[Ideal]:
    together = max(1, min(_TOGETHER, _NUMBERS // prod(size)))
    for begin in range(0, len(units), together):
        some = units[begin : begin + together]
        yield from _ascend(ascent, some, begin, len(units))


def _ascend(ascent: _Ascent, units: list[int], done: int, total: int) -> list[Ideal]:
    device, layer, (mean, std) = home(ascent.module), ascent.layer, ascent.moments
    z = pictures.start(ascent.kind, [ascent.seed + unit for unit in units]).to(device).requires_grad_()
    optimiser = torch.optim.Adam([z], lr=_RATE)
    moves = torch.Generator().manual_seed(ascent.seed)
    at = torch.arange(len(units), device=device)
    with ready(ascent.module, device) as fix:
        ascent.module.requires_grad_(False)
        cost = ascent.kind.penalty * _spread(ascent, units) / _USUAL
        for step in range(ascent.steps):
            part = done + len(units) * step / ascent.steps
            ascent.watch.report("seeking", f"Ideal inputs of {layer.name}.", part, total, layer.name)
            fix(0)
            with torch.enable_grad():
                image = ascent.kind.decode(z)
                image = pictures.moved(image, moves) if ascent.wobble else image
                leak = _LEAK if step < _OPEN else 0.0
                activation = values(ascent.module, (image - mean) / std, layer, before=True, leak=leak)[at, units]
                goal = activation.sum() - (cost * z.square().flatten(1).sum(1)).sum()
                _check(activation, layer)
                (gradient,) = torch.autograd.grad(-goal, z)
            if not torch.isfinite(gradient).all():
                raise NetworkError(f"The gradient of {layer.name} is NaN or infinite at step {step + 1}. {_ADVICE}")
            z.grad = gradient
            optimiser.step()
        fix(0)
        best = ascent.kind.decode(z.detach())
        reached = values(ascent.module, (best - mean) / std, layer, before=False)[at, units]
    return [
        Ideal(image, float(value))
        for image, value in zip(best.float().cpu().numpy(), reached.double().cpu().numpy(), strict=True)
    ]


def _spread(ascent: _Ascent, units: list[int]) -> Tensor:
    """(u,): the standard deviation of each unit over the images, without which a penalty would mean another thing for
    each network; `_USUAL` where no images are known."""
    if ascent.images is None:
        return torch.full((len(units),), _USUAL, device=home(ascent.module))
    mean, std = ascent.moments
    activations = [
        values(ascent.module, (some - mean) / std, ascent.layer, before=True)[:, units]
        for some in ascent.images[:_JUDGED].split(128)
    ]
    return torch.cat(activations).std(0)


_ADVICE = "Its units have no ideal input. Check the weights of the network, or choose another layer."


def _check(activation: Tensor, layer: Layer) -> None:
    if not activation.requires_grad:
        raise NetworkError(f"The layer {layer.name} has no gradient with respect to the image. {_ADVICE}")
    if not torch.isfinite(activation).all():
        raise NetworkError(f"The layer {layer.name} gives values that are NaN or infinite. {_ADVICE}")


def _kind(
    layer: Layer,
    size: pictures.Shape,
    natural: float,
    images: Tensor | None,
    norm: float | None,
    device: torch.device,
) -> tuple[Parametrisation, bool]:
    """(how images are written, whether they are moved at each step)."""
    if norm is not None:
        checks.number("The norm", norm, 1e-6, 1e6)
        return pictures.sphere(size, norm), False
    positions = len(layer.shape) > 1 or layer.reduce != "flatten"
    if images is not None and natural > 0 and not positions and size[0] == 1 and prod(size) <= pictures.LARGEST:
        return pictures.principal(images, natural), False
    return pictures.fourier(size, natural, device), natural > 0 and (positions or size[0] == 3)


def _layer(module: nn.Module, named: str | Layer, size: pictures.Shape, reduce: str) -> Layer:
    layer, name = (named, named.name) if isinstance(named, Layer) else (None, named)
    if name == INPUT:
        raise RequestError("The units of the input are the pixels: each is its own ideal input. Choose a later layer.")
    if layer is None:
        (layer,) = chosen(trace(module, torch.full((3, *size), 0.5), reduce), name)
    if layer.note:
        raise NetworkError(f"The units of {name} have no ideal input: {layer.note}")
    return layer


def _size(shape: Sequence[int]) -> pictures.Shape:
    if len(shape) != 3 or not all(isinstance(side, int) and side > 0 for side in shape):
        raise RequestError(f"An image is (channels, height, width); {tuple(shape)} is not. Give three whole numbers.")
    if prod(shape) > MOST_PIXELS:
        raise RequestError(
            f"An image of {tuple(shape)} has {prod(shape):,} values; at most {MOST_PIXELS:,} are improved. Take a "
            "smaller one."
        )
    c, h, w = shape
    return c, h, w


def _images(images: Any, size: pictures.Shape) -> Tensor:
    pixels = as_tensor(images, "The images").float()
    if pixels.ndim != 4 or tuple(pixels.shape[1:]) != size or len(pixels) < 2:
        raise RequestError(
            f"The images must be two or more of shape {size}; their shape is {tuple(pixels.shape)}. Give (n, c, h, w)."
        )
    return pixels


def _moments(mean: Sequence[float], std: Sequence[float], channels: int, device: torch.device) -> tuple[Tensor, Tensor]:
    mean, std = mean or (0.0,) * channels, std or (1.0,) * channels
    if len(mean) != channels or len(std) != channels or not all(value > 0 for value in std):
        raise RequestError(
            f"mean and std need one number for each of the {channels} channels, those of std above 0; they are "
            f"{tuple(mean)} and {tuple(std)}."
        )
    shift, scale = (torch.tensor(values, device=device).view(1, -1, 1, 1) for values in (mean, std))
    return shift, scale
