"""The linearised representation: Gaussian samples with the same covariance (Ansuini et al. 2019, section 3.3)."""

import math

import numpy as np
import torch

from idcore.geometry import neighbours

SEED = 20190


def nearest(eigenvalues: np.ndarray, m: int, draws: int, memory: int, device: torch.device) -> np.ndarray:
    """(draws, m, 2) float64: r1 and r2 of m points drawn from a Gaussian with these covariance eigenvalues.

    Distances do not change under rotation, so the points are drawn in the eigenbasis, (m, len(eigenvalues)), float32.
    The draws have fixed seeds.
    """
    largest = float(eigenvalues[0])
    spread = torch.from_numpy(np.sqrt(eigenvalues / largest)).float()
    result = np.empty((draws, m, 2))
    for draw in range(draws):
        generator = torch.Generator().manual_seed(SEED + draw)
        x = torch.randn((m, len(spread)), generator=generator).mul_(spread).to(device)
        table = neighbours.among(x, torch.arange(m), 2, memory).tables[0]
        result[draw] = table.distance.numpy() * math.sqrt(largest)
    return result
