"""torchvision's classifiers, built for any size of images and any number of classes, with or without weights."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from idcore.networks import efficientnet

T = TypeVar("T")
# torchvision's files of DenseNet say norm.1 for what is called norm1 now.
_DENSE = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12]\.)")


def classifier(name: str, family: str, size: tuple[int, int], classes: int) -> nn.Module:
    """The network in train mode, with torchvision's own initial weights. It gives one tensor of logits in either mode.

    size: (height, width) of the images, which have three channels. Raises what torchvision raises.
    """
    from idcore.torchvision_seam import torchvision  # seconds, which only its networks are worth

    network: nn.Module = torchvision.models.get_model(
        name, weights=None, num_classes=classes, **_arguments(family, size)
    )
    return network


def _arguments(family: str, size: tuple[int, int]) -> dict[str, Any]:
    if family == "vit":
        return {"image_size": size[0]}
    if family == "maxvit":
        return {"input_size": size}
    if family in ("googlenet", "inception"):
        # No auxiliary heads. Their weights were made for another mean and deviation than ImageNet's: with
        # transform_input they change the channels themselves, as torchvision has it for the pretrained ones.
        return {"aux_logits": False, "init_weights": True, "transform_input": True}
    return {}


def renamed(weights: Mapping[str, T], network: str) -> dict[str, T]:
    """Weights under the names that the network has now, where published files have others."""
    if network.startswith(efficientnet.NAME):
        return efficientnet.renamed(weights, network.removeprefix(efficientnet.NAME))
    return {_DENSE.sub(r"\1\2", name): value for name, value in weights.items()}


class Unweighted(TorchFunctionMode):
    """In this context parameters are made on the meta device: they have a shape and take no memory.

    Everything else is real, unlike under `torch.device("meta")`: some networks compute with small tensors while they
    are built.
    """

    def __torch_function__(self, function: Any, types: Any, arguments: Any = (), named: Any = None) -> Any:
        options = {"device": "meta"} if function is torch.empty else {}
        return function(*arguments, **{**(named or {}), **options})
