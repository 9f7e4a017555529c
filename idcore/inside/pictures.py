"""Ways to write an image as free numbers, so that an ascent in them stays among images of some kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from idcore.shapes import Float

Shape = tuple[int, int, int]
COMPONENTS = 50
LARGEST = 1024
"""Pixels of an image of which principal components are taken."""
_START = 0.01
_GREY, _COLOUR = 3.0, 1.25  # of the waves before the sigmoid; looked at: more of it, and colours saturate
_DEGREES, _ZOOM = 12.0, 0.15
# Square root of the covariance of the colours of photographs (ImageNet), as Olah et al. 2017 publish it.
_COLOURS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))


@dataclass(frozen=True, eq=False)
class Parametrisation:
    """numbers: shape of the free numbers of one image. decode: (u, *numbers) to images (u, c, h, w). penalty: weight of
    the sum of their squares. start: their standard deviation at the start."""

    numbers: tuple[int, ...]
    decode: Callable[[Tensor], Tensor]
    penalty: float = 0.0
    start: float = _START


def fourier(shape: Shape, natural: float, device: torch.device) -> Parametrisation:
    """Pixels in [0, 1]: a sigmoid of a sum of waves, slow ones weighted by 1 / f^p (Olah, Mordvintsev, Schubert,
    "Feature visualization", 2017). natural: p is 10 times as much, at most 2; 0: each wave counts alike, and so does
    each pixel. Colours are decorrelated as those of photographs where natural is above 0."""
    c, h, w = shape
    down, across = torch.fft.fftfreq(h), torch.fft.rfftfreq(w)
    slow = torch.hypot(down[:, None], across[None]).clamp(min=1 / max(h, w))  # (h, w // 2 + 1)
    weight = slow ** -min(10 * natural, 2.0)
    weight = ((_COLOUR if c == 3 else _GREY) * weight / weight.square().mean().sqrt()).to(device)
    colours = torch.tensor(_COLOURS, device=device)
    colours = colours / colours.norm(dim=0).max()

    def decode(z: Tensor) -> Tensor:
        waves = torch.view_as_complex(z) * weight  # (u, c, h, w // 2 + 1)
        image = torch.fft.irfft2(waves, s=(h, w), norm="ortho")
        if c == 3 and natural > 0:
            image = torch.einsum("ij,ujhw->uihw", colours, image)
        return torch.sigmoid(image)

    return Parametrisation((c, h, w // 2 + 1, 2), decode)


def principal(images: Float[Tensor, "n c h w"], natural: float) -> Parametrisation:
    """Pixels in [0, 1]: the mean of the images and a sum of their principal components, each in units of its standard
    deviation, which cost natural times the sum of squares: as far from the mean as images are."""
    n, shape = len(images), images.shape[1:]
    x = images.flatten(1).double()
    mean = x.mean(0)
    values, axes = torch.linalg.eigh((x - mean).T @ (x - mean) / max(1, n - 1))
    kept = min(COMPONENTS, n, prod(shape))
    sigma = values[-kept:].clamp(min=0).sqrt()
    steps, middle = (axes[:, -kept:] * sigma).T.to(images.dtype), mean.to(images.dtype)  # (kept, D)
    return Parametrisation((kept,), lambda z: (middle + z @ steps).clamp(0, 1).unflatten(1, shape), natural)


def sphere(shape: Shape, norm: float) -> Parametrisation:
    """Images of one Euclidean norm, pixels of any sign (Le et al., "Building high-level features using large scale
    unsupervised learning", 2012)."""
    return Parametrisation(shape, lambda z: norm * F.normalize(z.flatten(1)).unflatten(1, shape), start=1.0)


def moved(images: Float[Tensor, "u c h w"], generator: torch.Generator) -> Float[Tensor, "u c h w"]:
    """All of them shifted, turned and scaled by the same random amount: by up to 1/14 of the side, 12 degrees, 15 %."""
    draw = (2 * torch.rand(4, generator=generator, dtype=torch.float64) - 1).tolist()
    angle, zoom = torch.tensor(draw[0] * _DEGREES).deg2rad(), 1 + draw[1] * _ZOOM
    cos, sin = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    theta = torch.tensor([[cos, -sin, draw[2] / 7], [sin, cos, draw[3] / 7]])
    grid = F.affine_grid(theta.expand(len(images), 2, 3), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid.to(images), padding_mode="reflection", align_corners=False)


def start(kind: Parametrisation, seeds: Sequence[int]) -> Tensor:
    """(u, *numbers): what each image begins with depends on its seed alone."""
    return torch.stack(
        [kind.start * torch.randn(kind.numbers, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    )
