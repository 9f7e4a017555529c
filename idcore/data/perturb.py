"""Perturbations that are part of a data subset. They act on the images as the network sees them, before the mean is
taken off: first the pixels are permuted or replaced, then the gradient is added, then the noise."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from idcore.spec import DataSpec

# Changing any of them changes every perturbed sample there has ever been.
_LUMINANCE_SEED, _NOISE_SEED, _PERMUTATION_SEED, _PIXELS_SEED = 12784, 20190, 5290, 60221


def perturb(images: Tensor, ids: np.ndarray, spec: DataSpec, samples: int) -> list[str]:
    """Perturbs images (n, c, h, w) float32 in [0, 1] in place, and returns what to say about it.

    ids: (n,) int64, samples: of the whole data set. What happens to a sample depends on its id alone, so it is the same
    in every subset.
    """
    notes = (act(images, ids, getattr(spec, name), samples) for name, act in FUNCTIONS.items())
    return [note for note in notes if note]


def alike(spec: DataSpec) -> DataSpec:
    """The same with no more than what is done to every image alike, whichever sample it is."""
    return dataclasses.replace(DataSpec(), pixels="permuted" if spec.pixels == "permuted" else "plain")


def luminance(samples: int, gradient: float) -> np.ndarray:
    """xi (samples,) float64 of the perturbation MNIST* (Ansuini et al. 2019), uniform in (0, gradient).

    Pixels are in [0, 1] before it is added, as in the authors' code.
    """
    return gradient * np.random.RandomState(_LUMINANCE_SEED).uniform(size=samples)


def light(ids: np.ndarray, gradient: float, samples: int) -> Tensor:
    """(n, 1, 1, 1) float32: black images with the luminance gradient."""
    black = torch.zeros(len(ids), 1, 1, 1)
    _brighten(black, ids, gradient, samples)
    return black


def replace(images: Tensor, ids: np.ndarray, mean: Tensor, std: Tensor) -> str:
    """Gaussian noise of the given mean and deviation by channel in place of the images, in place; not clipped."""
    for image, values in zip(images, _normal(images, ids, _PIXELS_SEED), strict=True):
        image.copy_(values * std[:, None, None] + mean[:, None, None])
    told = ["/".join(f"{value:.3f}" for value in values) for values in (mean.tolist(), std.tolist())]
    return f"Each image was replaced by Gaussian noise of the data set's mean {told[0]} and deviation {told[1]}."


def _permute(images: Tensor, ids: np.ndarray, pixels: str, samples: int) -> str:
    """Noise in place of the images is of their data set's mean and spread: whoever has these makes it (`replace`)."""
    if pixels != "permuted":
        return ""
    order = torch.from_numpy(np.random.RandomState(_PERMUTATION_SEED).permutation(images[0, 0].numel()))
    for image in images:
        image.copy_(image.flatten(1)[:, order].view_as(image))
    return "The pixels of all images were put into one random order."


def _brighten(images: Tensor, ids: np.ndarray, gradient: float, samples: int) -> str:
    if not gradient:
        return ""
    xi = luminance(samples, gradient)
    low, high = xi.min(), 1 + xi.max()  # the extremes of x + xi over the whole data set: train and test share a scale
    for image, lit in zip(images, xi[ids], strict=True):
        image.copy_((image.double() + lit - low) / (high - low))
    return f"Luminance gradient: to each image a constant from (0, {gradient:g}) was added."


def _add_noise(images: Tensor, ids: np.ndarray, deviation: float, samples: int) -> str:
    if not deviation:
        return ""
    for image, values in zip(images, _normal(images, ids, _NOISE_SEED), strict=True):
        image.add_(values, alpha=deviation)
    return f"Gaussian noise of standard deviation {deviation:g} was added to pixels in [0, 1]; nothing was clipped."


FUNCTIONS: dict[str, Callable[[Tensor, np.ndarray, Any, int], str]] = {
    "pixels": _permute,
    "gradient": _brighten,
    "noise": _add_noise,
}
"""By the field of a `DataSpec`, in the order in which they act: images (n, c, h, w), changed in place, ids (n,), the
value, samples of the whole data set -> what to say, "" where nothing is done."""


def _normal(images: Tensor, ids: np.ndarray, seed: int) -> Iterator[Tensor]:
    # RandomState, because its stream is frozen for good: 6 ms for an image of 3x224x224.
    for i in ids:
        yield torch.from_numpy(np.random.RandomState([seed, int(i)]).standard_normal(images.shape[1:])).float()
