"""Whether a layer gives the same numbers for the same sample: at a second call, and in another batch."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn

from idcore.networks.hooks import INPUT, first_tensor, forward
from idcore.networks.state import home, ready

DRAWN = (
    "It draws random numbers, in eval mode too: what is measured is one draw, the same at every pass over the samples."
)
TOGETHER = (
    "What it gives for a sample depends on the other samples of its batch: what is measured is the samples in batches "
    "of {}, in their order."
)
NEVER_AGAIN = (
    "It gives other numbers at a second call with the same samples and the same random numbers, so that nothing "
    "measured of it can be repeated."
)
BATCH = 16
"""Samples of a batch where rows depend on it: the same whatever the budget and the layers that are read."""
_NOISE, _COMPANY = 1e-4, 1e-2
"""Relative differences from which two calls, and two sizes of a batch, do not give the same. Rounding stays below."""
_NUMBERS = 2**20  # of a row that are looked at


@dataclass(frozen=True, eq=False)
class Output:
    """shape: of the whole output, None where it is no tensor of floating-point numbers. sketches: for each axis that
    may count the samples, (n, 3) float64: a norm and two projections of each sample. rounding: relative."""

    shape: tuple[int, ...] | None
    sketches: dict[int, Tensor]
    rounding: float = 0.0


Heard = dict[str, Output]
"""What was heard of each layer in one pass, by name."""


def heard(network: nn.Module, batch: Tensor, outputs: Heard | None = None, seed: int = 0) -> Heard:
    """Run a batch, with the random numbers of `seed`. outputs: filled on the way. Raises NetworkError."""
    outputs = {} if outputs is None else outputs
    with ready(network, home(network)) as draw:
        draw(seed)
        batch = batch.to(home(network), copy=True)
        note(outputs, INPUT, batch, len(batch))
        forward(network, batch, lambda name, _, __, output: note(outputs, name, first_tensor(output), len(batch)))
    return outputs


def note(outputs: Heard, name: str, tensor: Tensor | None, n: int) -> None:
    """Keep what is needed of an output, at once: a later layer may overwrite it."""
    if tensor is None or not tensor.is_floating_point():
        outputs[name] = Output(None, {})
        return
    shape = tuple(tensor.shape)
    axes = [] if tensor.is_meta else [axis for axis, length in enumerate(shape) if length == n]
    outputs[name] = Output(shape, {axis: _sketch(tensor, axis) for axis in axes}, torch.finfo(tensor.dtype).eps)


def _sketch(tensor: Tensor, axis: int) -> Tensor:
    values = tensor.detach().movedim(axis, 0).flatten(1)[:, :_NUMBERS].double()
    width = values.shape[1]
    signs = _signs(1 << (width - 1).bit_length() if width else 0, values.device)[:width]
    return torch.cat([values.norm(dim=1, keepdim=True), values @ signs], 1).cpu()


@cache
def _signs(count: int, device: torch.device) -> Tensor:
    """(count, 2): the two directions that rows of this length or less are projected on."""
    position = torch.arange(count, dtype=torch.float64, device=device)
    return torch.stack([torch.cos(position * 2.399963), torch.sin(position * 1.324718)], 1)


def remarks(
    network: nn.Module, several: Tensor, few: Tensor, first: Heard, second: Heard, samples: Mapping[str, int]
) -> dict[str, str]:
    """A sentence on each layer whose rows depend on more than their samples. first, second: what was heard of the two
    batches. samples: the axis of each layer that counts the samples."""
    company = {name for name, axis in samples.items() if _differ(first, second, name, axis, len(few), _NOISE)}
    if not company:
        return {}
    again, other = heard(network, several), heard(network, several, seed=1)
    said = {}
    for name in company:
        axis, n = samples[name], len(several)
        if _differ(first, again, name, axis, n, _NOISE):
            said[name] = NEVER_AGAIN
        elif _differ(first, other, name, axis, n, _NOISE):
            said[name] = DRAWN
        elif _differ(first, second, name, axis, len(few), _COMPANY):
            said[name] = TOGETHER.format(BATCH)
    return said


def _differ(one: Heard, two: Heard, name: str, axis: int, n: int, limit: float) -> bool:
    if name not in one or name not in two:
        return False
    a, b = one[name].sketches.get(axis), two[name].sketches.get(axis)
    if a is None or b is None:
        return False
    limit = max(limit, 4 * one[name].rounding)
    largest = torch.maximum(a[:n, :1], b[:n, :1]).nan_to_num(0, 0, 0)
    change = (a[:n] - b[:n]).abs()
    odd = a[:n].isfinite() != b[:n].isfinite()
    return bool(((change > limit * largest) | odd).any())
