"""Images in the form that a network takes: channels, size, crop, mean and deviation."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from idcore.data.form import Form
from idcore.errors import DataError

_LUMINANCE = (0.299, 0.587, 0.114)  # ITU-R BT.601, as in Pillow and torchvision
_WIDEST = 16  # sides of a picture that is cropped anyway: more is cut off before it is resized, which bounds the memory


def formed(pictures: Iterable[np.ndarray], n: int, form: Form, channels: int, name: str) -> tuple[Tensor, list[str]]:
    """(images (n, c, h, w) float32 in [0, 1], notes) of n pictures (c, h, w), uint8 or float32 in [0, 1].

    All of the form but mean and deviation. channels: of the images where the form leaves them. Raises DataError where
    the images have different sizes in the end, or are smaller than the crop.
    """
    images, sizes, grey = torch.empty(0), set[tuple[int, int]](), set[bool]()
    channels = form.channels or channels
    for i, pixels in enumerate(pictures):
        sizes.add(pixels.shape[1:])
        grey.add(len(pixels) == 1)
        image = _one(pixels, form, channels, name)
        if i == 0:
            images = torch.empty((n, *image.shape))
        if image.shape != images.shape[1:]:
            one, other = (f"{h}x{w}" for h, w in (images.shape[2:], image.shape[1:]))
            raise DataError(
                f"The images of {name} have different sizes ({one} and {other}). Choose a size for them, such as 224."
            )
        images[i] = image
    return images, _notes(form, channels, name, sizes, grey, tuple(images.shape[2:]))


def normalise(images: Tensor, form: Form) -> list[str]:
    """Takes off the mean and divides by the deviation of each channel, in place; returns what to say about it."""
    if not form.mean:
        return []
    if len(form.mean) != images.shape[1]:
        raise DataError(f"The normalisation is for {len(form.mean)} channels; the images have {images.shape[1]}.")
    mean, std = (torch.tensor(values)[:, None, None] for values in (form.mean, form.std))
    images.sub_(mean).div_(std)
    values = (", ".join(f"{value:g}" for value in values) for values in (form.mean, form.std))
    return ["From each channel {} was taken off, and it was divided by {}.".format(*values)]


def _one(pixels: np.ndarray, form: Form, channels: int, name: str) -> Tensor:
    """(c, h, w) float32. Channel by channel: a large picture is never held as float32 in all of its channels."""
    cut = _cut(pixels, form)
    size = _target(cut.shape[1], cut.shape[2], form.resize)
    planes = [_resized(_plane(plane), size, form.interpolation) for plane in cut]
    if channels == 1 and len(planes) == 3:
        planes = [sum((w * p for w, p in zip(_LUMINANCE, planes, strict=True)), torch.zeros(()))]
    image = torch.stack(planes if len(planes) == channels else planes * channels)
    return image if form.crop is None else _middle(image, form.crop, name)


def _plane(plane: np.ndarray) -> Tensor:
    values = np.array(plane, np.float32)
    if plane.dtype == np.uint8:
        values /= np.float32(255)
    return torch.from_numpy(values)


def _cut(pixels: np.ndarray, form: Form) -> np.ndarray:
    """The middle of a picture that is extremely long and will be cropped; any other as it is."""
    if not isinstance(form.resize, int) or form.crop is None or max(form.crop) > _WIDEST * form.resize:
        return pixels
    longest = _WIDEST * min(pixels.shape[1:])
    top, left = (max(0, (side - longest) // 2) for side in pixels.shape[1:])
    return pixels[:, top : top + longest, left : left + longest]


def _target(height: int, width: int, resize: int | tuple[int, int] | None) -> tuple[int, int]:
    if resize is None:
        return height, width
    if isinstance(resize, tuple):
        return resize
    short, long = sorted((height, width))
    longer = int(resize * long / short)
    return (resize, longer) if height <= width else (longer, resize)


def _resized(plane: Tensor, size: tuple[int, int], mode: str) -> Tensor:
    if tuple(plane.shape) == tuple(size):
        return plane
    return torch.nn.functional.interpolate(plane[None, None], size, mode=mode, antialias=True)[0, 0].clamp_(0, 1)


def _middle(image: Tensor, crop: tuple[int, int], name: str) -> Tensor:
    height, width = image.shape[1:]
    if height < crop[0] or width < crop[1]:
        raise DataError(
            f"An image of {name} is {height}x{width}, smaller than the {crop[0]}x{crop[1]} that is cut out of it. "
            "Choose a smaller size, or resize the images first."
        )
    top, left = round((height - crop[0]) / 2), round((width - crop[1]) / 2)  # as torchvision's centre crop
    return image[:, top : top + crop[0], left : left + crop[1]]


def _notes(
    form: Form, channels: int, name: str, sizes: set[tuple[int, int]], grey: set[bool], final: tuple[int, ...]
) -> list[str]:
    notes = []
    if True in grey and channels == 3:
        notes.append(
            f"{'The' if len(grey) == 1 else 'Some'} images of {name} are grey; they were repeated in 3 channels."
        )
    if False in grey and channels == 1:
        notes.append(f"The images of {name} were turned into their luminance (1 channel).")
    have = "x".join(map(str, next(iter(sizes)))) if len(sizes) == 1 else "of different sizes"
    if any(_target(*size, form.resize) != tuple(size) for size in sizes):
        want = f"a shorter side of {form.resize}" if isinstance(form.resize, int) else "x".join(map(str, final))
        if form.resize is not None and isinstance(form.resize, tuple):
            want = "x".join(map(str, form.resize))
        notes.append(
            f"The images of {name} are {have}; they were resized to {want} ({form.interpolation}) for this network."
        )
    if form.crop and any(_target(*size, form.resize) != tuple(form.crop) for size in sizes):
        notes.append(f"The middle {form.crop[0]}x{form.crop[1]} of each image was cut out.")
    return notes
