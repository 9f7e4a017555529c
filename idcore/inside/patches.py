"""The first filters of a network, and what excites each most: the patches of the images that a convolution sees, cut
out exactly; the images themselves for a linear layer."""

from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from idcore.errors import NetworkError
from idcore.networks.hooks import Enough, forward
from idcore.networks.state import ready
from idcore.shapes import Float, Int
from idcore.watch import UNWATCHED, Watch

COUNT = 9
"""Patches of a filter."""
KEPT = 2**23
"""Numbers of all patches of a network; where they would be more, each filter has fewer."""
_HELD = 2**25  # outputs that are held at once
_TOGETHER = 16  # images that are cut at once
_CLOSE = 1e-3  # of the largest output: how well a patch must give back the output that it was found by


@dataclass(frozen=True, eq=False)
class First:
    """The first module that fits the images. weight: (f, c, h, w) of a convolution; of a linear map its rows as
    images."""

    name: str
    module: nn.Conv2d | nn.Linear
    weight: Float[Tensor, "f c h w"]


@dataclass(frozen=True, eq=False)
class FilterPatches:
    """samples: (f, p) int64, the images that excite each filter most, largest first, each image once, by its best
    place; values: (f, p), the outputs there, before any nonlinearity. patches: (f, p, c, h, w), what the filter sees
    there, padding included, as the network takes its images; None for a linear map, which sees the whole image."""

    samples: Int[Tensor, "f p"]
    values: Float[Tensor, "f p"]
    patches: Float[Tensor, "f p c h w"] | None


def first(module: nn.Module, shape: tuple[int, int, int]) -> First | None:
    """The first convolution of as many channels, or linear map of as many pixels, as an image of (c, h, w) has. None
    where there is none."""
    for name, one in module.named_modules():
        if isinstance(one, nn.Conv2d) and one.in_channels == shape[0] and one.groups == 1:
            return First(name, one, one.weight)
        if isinstance(one, nn.Linear) and one.in_features == prod(shape):
            return First(name, one, one.weight.unflatten(1, shape))
    return None


def patches(
    module: nn.Module,
    first: First,
    images: Float[Tensor, "n c h w"],
    device: torch.device,
    most: int,
    watch: Watch = UNWATCHED,
) -> FilterPatches:
    """What excites each of the first `most` filters most. Each patch is checked to give back the output that it was
    found by. Raises NetworkError where the network changes the images before its first layer, or a patch is not what
    the filter sees; Cancelled."""
    filters = min(most, len(first.weight))
    count = min(COUNT, len(images))
    if isinstance(first.module, nn.Conv2d):
        size = filters * first.weight.shape[1] * prod(_extent(first.module))
        if size > KEPT:
            raise NetworkError(f"One patch for each would be {size:,} numbers; at most {KEPT:,} are kept.")
        count = min(count, KEPT // size)
    with ready(module, device):
        values, samples, places, width = _best(module, first, images, device, filters, count, watch)
        if isinstance(first.module, nn.Linear):
            return FilterPatches(samples, values, None)
        cut = _cut(module, first, images, device, samples, places, width)
        _check(first.module, cut, values)
    return FilterPatches(samples, values, cut)


def _best(
    module: nn.Module, first: First, images: Tensor, device: torch.device, filters: int, count: int, watch: Watch
) -> tuple[Tensor, Tensor, Tensor, int]:
    """((f, p) values, samples, places among the outputs; width of the outputs)."""
    values = torch.zeros(filters, 0)
    samples, places = (torch.zeros(filters, 0, dtype=torch.long) for _ in range(2))
    width, start, step = 1, 0, 2
    while start < len(images):
        watch.report("counting", f"Patches of {first.name}.", start, len(images))
        some = images[start : start + step].to(device)
        seen, output = _called(module, first, some)
        if _lies_in(some, seen) is None:
            raise NetworkError("The network changes the images before its first layer sees them.")
        grid = output[:, :filters].flatten(2) if output.ndim == 4 else output[:, :filters, None]  # (b, f, positions)
        width = output.shape[-1] if output.ndim == 4 else 1
        high, at = (one.T.cpu() for one in grid.max(-1))  # each (f, b)
        joined = torch.cat([values, high.float()], 1)
        order = joined.sort(dim=1, descending=True, stable=True).indices[:, :count]
        numbers = torch.arange(start, start + len(some)).expand(filters, -1)
        values = joined.gather(1, order)
        samples = torch.cat([samples, numbers], 1).gather(1, order)
        places = torch.cat([places, at], 1).gather(1, order)
        start, step = start + len(some), max(2, _HELD // max(1, output[0].numel()))
    return values, samples, places, width


def _called(module: nn.Module, first: First, images: Tensor) -> tuple[Tensor, Tensor]:
    """(what the first layer is given, what it gives)."""
    seen: list[Tensor] = []
    heard: list[Tensor] = []

    def hear(_: str, __: str, ___: nn.Module, output: Tensor) -> None:
        heard.append(output.clone())  # a ReLU in place would overwrite it
        raise Enough

    handle = first.module.register_forward_pre_hook(lambda _, given: seen.extend(given[:1]))
    try:
        forward(module, images, hear, {first.name or "output"})
    finally:
        handle.remove()
    if not heard or not seen:
        raise NetworkError(f"{first.name} was not called with these images.")
    if not torch.isfinite(heard[0]).all():
        raise NetworkError(f"{first.name} gives values that are NaN or infinite.")
    return seen[0], heard[0]


def _lies_in(images: Tensor, seen: Tensor) -> tuple[int, int] | None:
    """Where the images lie in what a layer is given, a margin around them at most; None where they do not."""
    if seen.ndim == 2 and seen.shape[0] == len(images):
        return (0, 0) if torch.equal(seen, images.flatten(1)) else None
    if seen.ndim != 4 or seen.shape[:2] != images.shape[:2]:
        return None
    height, width = images.shape[2:]
    for down in range(seen.shape[2] - height + 1):
        for across in range(seen.shape[3] - width + 1):
            if torch.equal(seen[:, :, down : down + height, across : across + width], images):
                return down, across
    return None


def _cut(
    module: nn.Module,
    first: First,
    images: Tensor,
    device: torch.device,
    samples: Tensor,
    places: Tensor,
    width: int,
) -> Tensor:
    """(f, p, c, h, w): the windows around the best outputs, from the images as the layer is given them."""
    one = first.module
    assert isinstance(one, nn.Conv2d)
    (height, across), (down, right) = _extent(one), one.stride
    cut = torch.zeros(*samples.shape, images.shape[1], height, across)
    for some in samples.unique().split(_TOGETHER):
        seen, _ = _called(module, first, images[torch.cat([some, some])[: max(2, len(some))]].to(device))
        whole = F.pad(seen, _margins(one), "constant" if one.padding_mode == "zeros" else one.padding_mode).cpu()
        for picture, sample in zip(whole, some.tolist(), strict=False):
            for f, p in (samples == sample).nonzero().tolist():
                row, column = divmod(int(places[f, p]), width)
                top, left = row * down, column * right
                window = picture[:, top : top + height, left : left + across]
                if window.shape != cut.shape[2:]:
                    raise NetworkError(f"{first.name} sees its images in another way than its numbers say.")
                cut[f, p] = window
    return cut


def _check(one: nn.Conv2d, cut: Tensor, values: Tensor) -> None:
    down, across = one.dilation
    weight = one.weight[: len(cut)].detach().cpu().double()
    given = torch.einsum("fpchw,fchw->fp", cut[..., ::down, ::across].double(), weight)
    if one.bias is not None:
        given = given + one.bias[: len(cut), None].detach().cpu().double()
    if (given - values).abs().max() > _CLOSE * max(1e-6, float(values.abs().max())):
        raise NetworkError("The first layer sees its images in another way than its numbers say.")


def _extent(one: nn.Conv2d) -> tuple[int, int]:
    """Height and width of what one output sees."""
    height, width = (d * (k - 1) + 1 for d, k in zip(one.dilation, one.kernel_size, strict=True))
    return height, width


def _margins(one: nn.Conv2d) -> list[int]:
    """Left, right, above, below: what is padded."""
    margins: list[int] = []
    for axis in (1, 0):
        if isinstance(one.padding, str):
            total = _extent(one)[axis] - 1 if one.padding == "same" else 0
            margins += [total // 2, total - total // 2]
        else:
            margins += [int(one.padding[axis])] * 2
    return margins
