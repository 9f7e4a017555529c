"""What somebody's own factory may give."""

import torch
from torch import nn


def small() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 3))


def small_with_images() -> tuple[nn.Module, torch.Tensor, list[int]]:
    return small(), torch.rand((40, 1, 4, 4), generator=torch.Generator().manual_seed(0)), [0] * 40


def number() -> int:
    return 3
