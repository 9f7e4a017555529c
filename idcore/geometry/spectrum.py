"""Eigenvalues of the covariance and the leading principal coordinates, from the smaller of the two Gram matrices."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from idcore.geometry import points
from idcore.geometry.products import Range, accumulate, add_gram, centred, column_means, mirror, ranges
from idcore.geometry.threads import measuring

MEMORY = 2**30
ROWS = 512


def eigenvalues(x: Any) -> np.ndarray:
    """(min(n - 1, d),) float64, falling: eigenvalues of the covariance (1 / (n - 1)) of the points x: (n, d).

    Raises PointsError.
    """
    x = points.as_points(x)
    scale = points.safe_scale(x)
    n, d = x.shape
    with measuring():
        if d <= n:
            return from_covariance(x, scale, 0, MEMORY)[0]
        gram = torch.zeros((n, n), dtype=torch.float64, device=x.device)
        add_gram(gram, x, torch.float64, scale, MEMORY)
        return from_gram(mirror(gram), d, scale, 0)[0]


def from_gram(gram: Tensor, d: int, scale: float, coordinates: int) -> tuple[np.ndarray, np.ndarray]:
    """(eigenvalues (min(n - 1, d),) float64, coordinates (n, c) float32) from the (n, n) products of roughly centred
    points times `scale`; the matrix is overwritten. Its principal coordinates are its eigenvectors times the roots of
    their eigenvalues (classical scaling; Torgerson 1952)."""
    n = len(gram)
    mean = gram.mean(0)
    gram += mean.mean()
    gram -= mean
    gram -= mean[:, None]
    values, vectors = _leading(gram, min(coordinates, n - 1, d))
    values = values[: min(n - 1, d)].clamp(min=0)
    vectors = _signed(vectors) * values[: vectors.shape[1]].sqrt()
    return (values / (n - 1) / scale / scale).cpu().numpy(), (vectors / scale).float().cpu().numpy()


def from_covariance(x: Tensor, scale: float, coordinates: int, memory: int) -> tuple[np.ndarray, np.ndarray]:
    """The same from the (d, d) covariance of x: (n, d), in one sweep over blocks of rows and one more for the
    coordinates."""
    n, d = x.shape
    mean = column_means(x, scale).double()
    covariance = torch.zeros((d, d), dtype=torch.float64, device=x.device)

    def rows(r: Range) -> Tensor:
        return centred(x[slice(*r)], mean, torch.float64, scale)

    blocks = ranges(n, ROWS)
    accumulate(covariance, blocks, lambda r: rows(r).T, memory)
    mirror(covariance)
    offset = torch.stack([rows(r).sum(0) for r in blocks]).sum(0) / n
    covariance -= n * offset[:, None] * offset
    values, vectors = _leading(covariance, min(coordinates, n - 1))
    values = values[: min(n - 1, d)].clamp(min=0)
    places = torch.cat([(rows(r) - offset) @ vectors for r in blocks])
    return (values / (n - 1) / scale / scale).cpu().numpy(), (_signed(places) / scale).float().cpu().numpy()


def _leading(matrix: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """(all eigenvalues, falling; the first `count` eigenvectors as columns) of a symmetric matrix."""
    if count == 0:
        return torch.linalg.eigvalsh(matrix).flip(0), matrix[:, :0]
    values, vectors = torch.linalg.eigh(matrix)
    return values.flip(0), vectors[:, -min(count, len(matrix)) :].flip(1)


def _signed(vectors: Tensor) -> Tensor:
    """Columns with their largest entry positive."""
    if vectors.shape[1] == 0:
        return vectors
    largest = vectors.gather(0, vectors.abs().argmax(0, keepdim=True))
    return torch.where(largest < 0, -vectors, vectors)
