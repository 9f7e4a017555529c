"""Many small pictures as one, and one as large as a page wants it. Numpy only."""

import numpy as np

from idcore.shapes import Float

_ACROSS, _SIDE = 16, 40


def sprite(weights: Float[np.ndarray, "n c h w"], common: bool) -> np.ndarray:
    """(H, W, 3) uint8: 0.5 + 0.5 w / max |w| of each filter, or of all of them (common), 16 in a row. A filter of zeros
    is grey."""
    axes = (0, 1, 2, 3) if common else (1, 2, 3)
    most = np.abs(weights).max(axes, keepdims=True)
    grey = 0.5 + 0.5 * weights / np.where(most > 0, most, 1.0)
    pictures = np.round(255 * grey).astype(np.uint8).transpose(0, 2, 3, 1)
    pictures = np.repeat(pictures, 3, 3) if pictures.shape[3] == 1 else pictures
    large = np.stack([enlarged(one, _SIDE) for one in pictures])
    large = np.pad(large, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=255)
    n, height, width, _ = large.shape
    across = min(_ACROSS, n)
    rows = -(-n // across)
    sheet = np.full((rows * across, height, width, 3), 255, np.uint8)
    sheet[:n] = large
    return sheet.reshape(rows, across, height, width, 3).transpose(0, 2, 1, 3, 4).reshape(rows * height, -1, 3)


def enlarged(image: np.ndarray, side: int) -> np.ndarray:
    """(h, w, c) with each pixel repeated until the shorter side has `side` pixels or nearly."""
    times = max(1, side // min(image.shape[:2]))
    large: np.ndarray = image.repeat(times, 0).repeat(times, 1)
    return np.repeat(large, 3, 2) if large.shape[2] == 1 else large
