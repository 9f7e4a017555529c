"""EfficientNet-Lite (Tan, Le 2019, "EfficientNet"; Lite after R. Liu, 2020): without squeeze and excitation, with
ReLU6, and a stem and a head that are not scaled.

Convolutions are padded as TensorFlow pads them ("same"), which for a stride of two is not the same on both sides; the
padding is therefore a layer of its own. Stochastic depth, a matter of training alone, is left out.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping
from math import ceil
from typing import TypeVar

from torch import Tensor, nn
from torch.nn.functional import pad

T = TypeVar("T")
NAME = "efficientnet_lite"
_STAGES = ((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4),
           (6, 3, 1, 320, 1))  # fmt: skip
"""Of Lite0: (expansion, kernel, stride of the first block, channels, blocks)."""
_SCALES = {"0": (1.0, 1.0, 0.2), "1": (1.0, 1.1, 0.2), "2": (1.1, 1.2, 0.3)}
"""(channels, blocks, dropout) by version."""
_STEM, _HEAD = 32, 1280
_OUTSIDE = {"_conv_stem": "conv1", "_bn0": "bn1", "_conv_head": "conv2", "_bn1": "bn2", "_fc": "output"}
_INSIDE = {"_expand_conv": "expand", "_bn0": "bn0", "_depthwise_conv": "depthwise", "_bn1": "bn1",
           "_project_conv": "project", "_bn2": "bn2"}  # fmt: skip

_BLOCK, _OTHER = re.compile(r"^(.*\b)_blocks\.(\d+)\.(_\w+)(\.\w+)$"), re.compile(r"^((?:\w+\.)??)(_\w+)(\.\w+)$")


class SamePad(nn.Module):
    """Zeros around an image, so that a convolution gives ceil(size / stride) positions; the odd one at the end."""

    def __init__(self, channels: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.num_channels, self.kernel, self.stride = channels, kernel, stride

    def forward(self, x: Tensor) -> Tensor:  # (n, c, h, w) -> (n, c, h + a, w + b)
        sides = []
        for size in (x.shape[-1], x.shape[-2]):
            more = max(0, (ceil(size / self.stride) - 1) * self.stride + self.kernel - size)
            sides += [more // 2, more - more // 2]
        return pad(x, sides)


class Block(nn.Sequential):
    """An inverted residual (MBConv): 1x1 to more channels, a depthwise convolution, 1x1 back; the shortcut around them
    where the shape stays."""

    def __init__(self, before: int, width: int, expansion: int, kernel: int, stride: int) -> None:
        inner = before * expansion
        grown = _layer("expand", "bn0", before, inner, 1) | {"relu0": nn.ReLU6(inplace=True)} if expansion > 1 else {}
        super().__init__(OrderedDict(
            grown
            | {"pad": SamePad(inner, kernel, stride)}
            | _layer("depthwise", "bn1", inner, inner, kernel, stride, inner)
            | {"relu1": nn.ReLU6(inplace=True)}
            | _layer("project", "bn2", inner, width, 1)
        ))  # fmt: skip
        self.same = stride == 1 and before == width

    def forward(self, x: Tensor) -> Tensor:  # (n, before, h, w) -> (n, width, h / stride, w / stride)
        y: Tensor = super().forward(x)  # type: ignore[no-untyped-call]
        return x + y if self.same else y


def efficientnet_lite(version: str, classes: int) -> nn.Module:
    """The network for images of any size. version: "0", "1" or "2"."""
    parts: dict[str, nn.Module] = {"pad": SamePad(3, 3, 2)}
    parts |= _layer("conv1", "bn1", 3, _STEM, 3, 2) | {"stem": nn.ReLU6(inplace=True)}
    before = _STEM
    for i, blocks in enumerate(_blocks(version)):
        stage = []
        expansion, kernel, stride, width, _ = _STAGES[i]
        for j in range(blocks):
            stage.append(Block(before, _scaled(width, version), expansion, kernel, stride if j == 0 else 1))
            before = _scaled(width, version)
        parts[f"stage{i + 1}"] = nn.Sequential(*stage)
    parts |= _layer("conv2", "bn2", before, _HEAD, 1) | {"head": nn.ReLU6(inplace=True)}
    parts |= {"pool": nn.AdaptiveAvgPool2d(1), "flatten": nn.Flatten(), "dropout": nn.Dropout(_SCALES[version][2])}
    network = nn.Sequential(OrderedDict(parts | {"output": nn.Linear(_HEAD, classes)}))
    stages = (f"stage{i + 1}" for i in range(len(_STAGES)))
    network.checkpoint_layers = ("input", "stem", *stages, "pool", "output")  # type: ignore[assignment]
    return network


def renamed(weights: Mapping[str, T], version: str) -> dict[str, T]:
    """Weights under the names that the network has here, where they have those of the published files."""
    stages = [(i + 1, j) for i, blocks in enumerate(_blocks(version)) for j in range(blocks)]

    def block(match: re.Match[str]) -> str:
        number, part = int(match[2]), match[3]
        known = number < len(stages) and part in _INSIDE
        return "{}stage{}.{}.{}{}".format(match[1], *stages[number], _INSIDE[part], match[4]) if known else match[0]

    def other(match: re.Match[str]) -> str:
        return f"{match[1]}{_OUTSIDE.get(match[2], match[2])}{match[3]}"

    return {_OTHER.sub(other, _BLOCK.sub(block, name)): value for name, value in weights.items()}


def _layer(conv: str, norm: str, before: int, width: int, kernel: int, stride: int = 1, groups: int = 1
           ) -> dict[str, nn.Module]:  # fmt: skip
    """A convolution without padding and its normalisation, which are TensorFlow's in the published weights."""
    return {
        conv: nn.Conv2d(before, width, kernel, stride, groups=groups, bias=False),
        norm: nn.BatchNorm2d(width, eps=1e-3, momentum=0.01),
    }


def _blocks(version: str) -> list[int]:
    """Blocks of each stage; the first and the last have as many in every version."""
    more = _SCALES[version][1]
    return [n if i in (0, len(_STAGES) - 1) else ceil(n * more) for i, (*_, n) in enumerate(_STAGES)]


def _scaled(width: int, version: str) -> int:
    """Channels, a multiple of 8 that is not below nine tenths of what is asked for."""
    wanted = width * _SCALES[version][0]
    rounded = max(8, int(wanted + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * wanted else rounded
