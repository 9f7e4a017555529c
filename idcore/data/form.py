"""What the images must be like for a network. Plain Python."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Form:
    """The way of an image to the network, in this order.

    channels: 1 or 3; None leaves them (colour becomes luminance, grey is repeated). resize: length of the shorter side,
    or (height, width); None leaves it. crop: (height, width) cut out of the middle; None leaves it. mean, std: taken
    off and divided by, per channel; empty for none. All of it is said in `Samples.notes`.
    """

    channels: Literal[1, 3] | None = None
    resize: int | tuple[int, int] | None = None
    crop: tuple[int, int] | None = None
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"


IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
