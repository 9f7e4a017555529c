"""A small residual network for small images (He, Zhang, Ren, Sun 2016, section 4.2, with n = 1: 8 layers)."""

from collections import OrderedDict

from torch import Tensor, nn

WIDTHS = (16, 32, 64)


class Block(nn.Module):
    """Two 3x3 convolutions and the shortcut around them, 1x1 where the shape changes."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = nn.Sequential()
        if stride != 1 or before != width:
            self.shortcut = nn.Sequential(nn.Conv2d(before, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:  # (n, before, h, w) -> (n, width, h / stride, w / stride)
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        out: Tensor = self.relu(y + self.shortcut(x))
        return out


def resnet8(channels: int, classes: int) -> nn.Module:
    """The network for images of any size from 4 x 4 on."""
    first, second, third = WIDTHS
    modules: list[tuple[str, nn.Module]] = [
        ("conv1", nn.Conv2d(channels, first, 3, padding=1, bias=False)),  # (n, 16, h, w)
        ("bn1", nn.BatchNorm2d(first)),
        ("stem", nn.ReLU(inplace=True)),
        ("layer1", Block(first, first, 1)),
        ("layer2", Block(first, second, 2)),  # (n, 32, h / 2, w / 2)
        ("layer3", Block(second, third, 2)),  # (n, 64, h / 4, w / 4)
        ("avgpool", nn.AdaptiveAvgPool2d(1)),
        ("flatten", nn.Flatten()),
        ("output", nn.Linear(third, classes)),
    ]
    network = nn.Sequential(OrderedDict(modules))
    checkpoints = ("input", "stem", "layer1", "layer2", "layer3", "avgpool", "output")
    network.checkpoint_layers = checkpoints  # type: ignore[assignment]
    return network
