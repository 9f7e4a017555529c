"""Small networks that attend, and what holds of attention."""

import torch
from torch import nn

from idcore.torchvision_seam import torchvision


def vit() -> nn.Module:
    torch.manual_seed(0)
    made = torchvision.models.VisionTransformer(
        32, 8, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=32, num_classes=5
    )
    nn.init.normal_(made.heads.head.weight)
    return made


def swin() -> nn.Module:
    torch.manual_seed(0)
    kind = torchvision.models.SwinTransformer
    return kind([4, 4], 8, [1, 1], [1, 2], [4, 4], num_classes=5, stochastic_depth_prob=0.0)


def rows_sum_to_one(attention):
    return all((weights.sum(-1) - 1).abs().max() < 1e-5 for weights in attention.values())
