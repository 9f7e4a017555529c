"""`python -m idcore.networks.list_torchvision`: write the list of torchvision's classifiers again.

What torchvision says of each is taken as it says it; the smallest image is found by trying.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from idcore.networks.classifiers import Unweighted, classifier
from idcore.torchvision_seam import torchvision

FILE = Path(__file__).with_name("torchvision_models.json")
_CLS = "the class token stands for each block, because the head reads it alone"
_FAMILIES = {
    "alexnet": "five convolutions and three dense layers (Krizhevsky et al. 2012)",
    "convnext": "a convolutional network with the stages of a transformer (Liu et al. 2022)",
    "densenet": "each layer sees all layers before it in its block (Huang et al. 2016)",
    "efficientnet": "inverted bottlenecks, scaled in width, depth and resolution (Tan and Le 2019)",
    "googlenet": "inception blocks of parallel convolutions (Szegedy et al. 2014)",
    "inception": "factorised inception blocks (Szegedy et al. 2015)",
    "maxvit": "blocks of convolution, block attention and grid attention (Tu et al. 2022)",
    "mnasnet": "inverted bottlenecks found by search (Tan et al. 2018)",
    "mobilenetv2": "inverted residual bottlenecks (Sandler et al. 2018)",
    "mobilenetv3": "inverted residual bottlenecks with squeeze and excitation (Howard et al. 2019)",
    "regnet": "four stages whose widths follow a rule (Radosavovic et al. 2020)",
    "resnet": "four stages of residual blocks (He et al. 2015)",
    "shufflenetv2": "stages of split and shuffled channels (Ma et al. 2018)",
    "squeezenet": "fire modules, no dense layer (Iandola et al. 2016)",
    "swin": "attention in shifted windows, merged from stage to stage (Liu et al. 2021); no class token: flattened",
    "vgg": "3x3 convolutions in five groups and three dense layers (Simonyan and Zisserman 2014)",
    "vit": f"a transformer over patches (Dosovitskiy et al. 2020); {_CLS}",
}
_SHORT = {"swin_transformer": "swin", "vision_transformer": "vit"}
_TITLES: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    (r"alexnet", "AlexNet", str),
    (r"convnext_(.*)", "ConvNeXt {}", str.capitalize),
    (r"densenet(.*)", "DenseNet-{}", str),
    (r"efficientnet_(b.)", "EfficientNet-{}", str.upper),
    (r"efficientnet_v2_(.)", "EfficientNet V2 {}", str.upper),
    (r"googlenet", "GoogLeNet", str),
    (r"inception_v3", "Inception V3", str),
    (r"maxvit_t", "MaxViT Tiny", str),
    (r"mnasnet(.)_(.*)", "MNASNet {}.{}", str),
    (r"mobilenet_v2", "MobileNet V2", str),
    (r"mobilenet_v3_(.*)", "MobileNet V3 {}", str.capitalize),
    (r"regnet_([xy])_(\d)_(\d)gf", "RegNet {} {}.{} GF", str.upper),
    (r"regnet_([xy])_(\d+)(.f)", "RegNet {} {} {}", str.upper),
    (r"resnet(.*)", "ResNet-{}", str),
    (r"resnext(\d+)_(.*)", "ResNeXt-{} {}", str),
    (r"wide_resnet(\d+)_2", "Wide ResNet-{} x2", str),
    (r"shufflenet_v2_x(.)_(.)", "ShuffleNet V2 x{}.{}", str),
    (r"squeezenet(.)_(.)", "SqueezeNet {}.{}", str),
    (r"swin_(.)", "Swin {}", str.upper),
    (r"swin_v2_(.)", "Swin V2 {}", str.upper),
    (r"vgg(\d+)", "VGG-{}", str),
    (r"vgg(\d+)_bn", "VGG-{} with batch normalisation", str),
    (r"vit_(.)_(\d+)", "ViT-{}/{}", str.upper),
)


def listed() -> dict[str, Any]:
    """All of torchvision's classifiers as torchvision describes them."""
    models = torchvision.models
    names = sorted(models.list_models(module=models), key=_natural)
    return {
        "source": f"torchvision {torchvision.__version__.split('+')[0]}, torchvision.models",
        "families": {
            family: {"description": description, "reduce": "cls" if family == "vit" else "flatten"}
            for family, description in _FAMILIES.items()
        },
        "networks": [_network(name) for name in names],
    }


def _network(name: str) -> dict[str, Any]:
    module = torchvision.models.get_model_builder(name).__module__.rsplit(".", 1)[1]
    family = _SHORT.get(module, module)
    weights = torchvision.models.get_model_weights(name)
    classes = len(weights.DEFAULT.meta["categories"])
    whole = [entry for entry in weights if entry.meta["categories"]]  # VGG-16 has an entry whose dense layers are NaN
    offers = [_offer(entry) for entry in sorted(whole, key=lambda entry: entry is not weights.DEFAULT)]
    return {
        "name": name,
        "title": _title(name),
        "family": family,
        "classes": classes,
        "square": family in ("vit", "maxvit"),
        "offers": offers,
    }


def _offer(entry: Any) -> dict[str, Any]:
    preset, file = entry.transforms(), entry.url.rsplit("/", 1)[1]
    match = re.search(r"-([0-9a-f]{8,})\.pth$", file)
    assert match, file
    return {
        "name": entry.name,
        "url": entry.url,
        "file": file,
        "digest": match.group(1),
        "megabytes": entry.meta["_file_size"],
        "form": {
            "channels": 3,
            "resize": preset.resize_size[0],
            "crop": [preset.crop_size[0]] * 2,
            "mean": list(preset.mean),
            "std": list(preset.std),
            "interpolation": preset.interpolation.value,
        },
        "classes": len(entry.meta["categories"]),
        "accuracy": entry.meta["_metrics"]["ImageNet-1K"]["acc@1"],
    }


def _title(name: str) -> str:
    """Raises StopIteration for a name that no row of `_TITLES` fits."""
    return next(
        title.format(*map(change, match.groups()))
        for pattern, title, change in _TITLES
        if (match := re.fullmatch(pattern, name))
    )


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part or 0) if part.isdigit() else -1, part) for part in re.split(r"(\d+)", name)]


def measured(network: dict[str, Any]) -> dict[str, int]:
    """What is found out by building: how many numbers the weights are; height and width of the smallest image that the
    network takes, and the step between sizes."""
    name, family = network["name"], network["family"]
    usual = _bare(name, family, network["offers"][0]["form"]["crop"][0], network["classes"])
    numbers = sum(parameter.numel() for parameter in usual.parameters())
    if family == "maxvit":  # windows of 7 in every stage, the last at a stride of 32
        return {"numbers": numbers, "smallest": 224, "multiple": 224}
    # A network that is made for one size of images is made for each that is tried.
    one = None if network["square"] else usual
    sizes = (size for size in range(1, 500) if _runs(one, name, family, size))
    first = next(sizes)
    step = next(sizes) - first if network["square"] else 1
    return {"numbers": numbers, "smallest": first, "multiple": step}


def _bare(name: str, family: str, size: int, classes: int) -> nn.Module:
    with Unweighted():
        return classifier(name, family, (size, size), classes).eval().to("meta")


def _runs(network: nn.Module | None, name: str, family: str, size: int) -> bool:
    try:
        (network or _bare(name, family, size, 10))(torch.empty(2, 3, size, size, device="meta"))
    except Exception:  # whatever a network says where its images are too small
        return False
    return True


def main() -> None:
    """Write the list."""
    listing = listed()
    for network in listing["networks"]:
        network |= measured(network)
        print(network["name"], network["numbers"], network["smallest"], network["multiple"])
    FILE.write_text(json.dumps(listing, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
