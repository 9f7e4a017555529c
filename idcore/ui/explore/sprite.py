"""Many small pictures as one, and one as large as a page wants it. Numpy only."""

import numpy as np

from idcore.shapes import Float, Shaped

_ACROSS, _SIDE, _FRAME = 16, 40, 200
_GAP = np.full((_SIDE + 2, 8, 3), 255, np.uint8)


def sprite(weights: Float[np.ndarray, "n c h w"], common: bool) -> np.ndarray:
    """(H, W, 3) uint8: 0.5 + 0.5 w / max |w| of each filter, or of all of them (common), 16 in a row. A filter of zeros
    is grey."""
    large = _framed(shades(weights, common))
    n, height, width, _ = large.shape
    across = min(_ACROSS, n)
    rows = -(-n // across)
    sheet = np.full((rows * across, height, width, 3), 255, np.uint8)
    sheet[:n] = large
    return sheet.reshape(rows, across, height, width, 3).transpose(0, 2, 1, 3, 4).reshape(rows * height, -1, 3)


def shades(weights: Float[np.ndarray, "n c h w"], common: bool) -> np.ndarray:
    """(n, h, w, c) uint8 of each filter."""
    axes = (0, 1, 2, 3) if common else (1, 2, 3)
    most = np.abs(weights).max(axes, keepdims=True)
    grey = 0.5 + 0.5 * weights / np.where(most > 0, most, 1.0)
    levels: np.ndarray = np.round(255 * grey).astype(np.uint8).transpose(0, 2, 3, 1)
    return levels


def beside(
    weights: Float[np.ndarray, "n c h w"], patches: Shaped[np.ndarray, "m p a b e"], common: bool, some: slice
) -> np.ndarray:
    """(H, W, 3) uint8: filters, on their scale among all, and right of each its patches as they are; two in a row."""
    lines = []
    for one, own in zip(shades(weights, common)[some], patches[some], strict=True):
        lines.append(np.concatenate([_fitted(one), _GAP, *(_fitted(patch) for patch in own), _GAP, _GAP], 1))
    lines += [np.full_like(lines[0], 255)] * (len(lines) % 2)
    pairs = [np.concatenate(lines[i : i + 2], 1) for i in range(0, len(lines), 2)]
    return np.concatenate(pairs, 0)


def _fitted(picture: np.ndarray) -> np.ndarray:
    """(h, w, c) in a grey square of `_SIDE` pixels and a frame; larger ones are thinned out."""
    step = -(-max(picture.shape[:2]) // _SIDE)
    large = enlarged(picture[::step, ::step], _SIDE)[:_SIDE, :_SIDE]
    square = np.full((_SIDE + 2, _SIDE + 2, 3), _FRAME, np.uint8)
    square[1 : 1 + large.shape[0], 1 : 1 + large.shape[1]] = large
    return square


def _framed(pictures: np.ndarray) -> np.ndarray:
    pictures = np.repeat(pictures, 3, 3) if pictures.shape[3] == 1 else pictures
    large = np.stack([enlarged(one, _SIDE) for one in pictures])
    return np.pad(large, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=255)


def enlarged(image: np.ndarray, side: int) -> np.ndarray:
    """(h, w, c) with each pixel repeated until the shorter side has `side` pixels or nearly."""
    times = max(1, side // min(image.shape[:2]))
    large: np.ndarray = image.repeat(times, 0).repeat(times, 1)
    return np.repeat(large, 3, 2) if large.shape[2] == 1 else large
