"""A small vision transformer for digits (Dosovitskiy et al., "An image is worth 16x16 words", 2021)."""

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from idcore.shapes import Float

PATCH = 4
"""Pixels from a patch to the next; each is twice as wide, so that a stroke is in several (with patches of 4x4 the test
accuracy stays below 92%)."""
_WIDTH, _HEADS, _HIDDEN, _BLOCKS, _DROPOUT = 48, 4, 96, 4, 0.1
_PLACE = 0.2  # of the places at the start: with the usual 0.02 the first epochs learn little else


class Patches(nn.Module):
    """An image as tokens: one for the class, then a row of numbers for each patch; each knows its place."""

    def __init__(self, channels: int, count: int, width: int) -> None:
        super().__init__()
        self.project = nn.Conv2d(channels, width, 2 * PATCH, PATCH, padding=PATCH // 2)
        self.token = nn.Parameter(torch.zeros(1, 1, width))
        self.places = nn.Parameter(_PLACE * torch.randn(1, 1 + count, width))

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n tokens width"]:
        """Left to right, then down."""
        patches = self.project(x).flatten(2).transpose(1, 2)  # (n, patches, width)
        tokens: Tensor = torch.cat((self.token.expand(len(x), 1, -1), patches), 1) + self.places
        return tokens


class Attention(nn.Module):
    """Each token takes from each other by how their queries and keys agree, in several heads."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Float[Tensor, "n tokens width"]) -> Float[Tensor, "n tokens width"]:
        """The sum of what the heads take."""
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)  # each (n, heads, tokens, d)
        taken = F.scaled_dot_product_attention(q, k, v)
        output: Tensor = self.out(taken.transpose(1, 2).flatten(2))
        return output


class Block(nn.Module):
    """Attention, then a dense layer for each token by itself; each is added to what came in."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(width), Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Float[Tensor, "n tokens width"]) -> Float[Tensor, "n tokens width"]:
        """As many tokens as come in."""
        x = x + self.dropout(self.attention(self.norm1(x)))
        output: Tensor = x + self.dropout(self.mlp(self.norm2(x)))
        return output


class ClassToken(nn.Module):
    """What is read at the end: the token of the class, normalised."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Float[Tensor, "n tokens width"]) -> Float[Tensor, "n width"]:
        """The other tokens end here."""
        output: Tensor = self.norm(x[:, 0])
        return output


def vit(shape: tuple[int, int, int], classes: int) -> nn.Sequential:
    """82 thousand weights for images of (1, 28, 28): 49 patches of 8x8, half over half, four blocks of width 48 with
    four heads."""
    channels, height, width = shape
    count = (height // PATCH) * (width // PATCH)
    modules: dict[str, nn.Module] = {"patches": Patches(channels, count, _WIDTH)}
    for i in range(1, _BLOCKS + 1):
        modules[f"block{i}"] = Block(_WIDTH, _HEADS, _HIDDEN, _DROPOUT)
    modules |= {"pooled": ClassToken(_WIDTH), "output": nn.Linear(_WIDTH, classes)}
    network = nn.Sequential(OrderedDict(modules))
    network.checkpoint_layers = ("input", *modules)  # type: ignore[assignment]
    return network
