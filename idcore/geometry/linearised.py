"""The linearised representation: Gaussian samples with the same covariance (Ansuini et al. 2019, section 3.3)."""

import math

import numpy as np
import torch

from idcore.geometry import neighbours
from idcore.shapes import Float, Float64

SEED = 20190
TAIL = 0.004
"""Share of the variance that the products by which neighbours are sought leave out: it only widens their bounds."""
FEWEST = 256
"""Columns that are worth being left out."""


def draw(
    number: int,
    eigenvalues: Float[np.ndarray, " r"],
    m: int,
    memory: int,
    device: torch.device,
    sought: int | None = None,
) -> Float64[np.ndarray, "few 2"]:
    """(m, 2) float64, r1 and r2 of m points drawn from a Gaussian with these covariance eigenvalues; of the first
    `sought` of the m only, where that is given.

    Distances do not change under rotation, so the points are drawn in the eigenbasis, (m, len(eigenvalues)), float32.
    The number is the seed; another kind of device draws other numbers.
    """
    largest = float(eigenvalues[0])
    spread = torch.from_numpy(np.sqrt(eigenvalues / largest)).float().to(device)
    head = 1 + int(np.sum(1 - np.cumsum(eigenvalues) / np.sum(eigenvalues) > TAIL))
    if head + FEWEST > len(eigenvalues):
        head = len(eigenvalues)
    generator = torch.Generator(device).manual_seed(SEED + number)
    x = torch.randn((m, len(spread)), generator=generator, device=device).mul_(spread)
    table = neighbours.among(x, torch.arange(m), 2, memory, sought, head).tables[0]
    distances: np.ndarray = table.distance.numpy() * math.sqrt(largest)
    return distances
