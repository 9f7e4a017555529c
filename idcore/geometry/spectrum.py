"""Eigenvalues of the covariance and the leading principal coordinates, from the smaller of the two Gram matrices."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from idcore.errors import PointsError
from idcore.geometry import points
from idcore.geometry.products import Range, accumulate, add_gram, centred, column_means, mirror, ranges
from idcore.geometry.threads import measuring, parallel, workers
from idcore.shapes import Float32, Float64, Num

MEMORY = 2**30
ROWS = 512
LARGE = 1000
"""Rows of a matrix from which the leading eigenvectors are sought on their own."""
RESIDUAL = 1e-7
"""Of the largest eigenvalue. The coordinates are kept as float32."""
WIDE = 40
"""Columns of a block: narrow ones converge with fewer products."""
SPAN = 5
"""The space may grow to so many times the eigenvectors that are sought, and `SLACK` more."""
SLACK = 120
HOPELESS = 1e-3
"""Residual at half of that from which the other half will not do."""
FARTHEST = 2.0**400
"""Times that the values may be larger or smaller than 1: the least of their squares must keep its digits."""


@dataclass(frozen=True, eq=False)
class Found:
    """eigenvalues: (min(n - 1, d),) float64, falling. coordinates: (n, c) float32, leading principal coordinates.
    norms: (n,) float64, squared distance of each point from their mean."""

    eigenvalues: Float64[np.ndarray, " r"]
    coordinates: Float32[np.ndarray, "n c"]
    norms: Float64[np.ndarray, " n"]


def eigenvalues(x: Any) -> Float64[np.ndarray, " r"]:
    """(min(n - 1, d),) float64, falling: eigenvalues of the covariance (1 / (n - 1)) of the points x: (n, d).

    Raises PointsError, also for values whose squares float64 does not hold.
    """
    x = points.as_points(x)
    n, d = x.shape
    with measuring():
        matrix, scale = _products(x, 1.0), 1.0
        if not points.comfortable(matrix.diagonal()):
            scale = points.safe_scale(x)
            if not 1 / FARTHEST <= scale <= FARTHEST:
                raise PointsError(
                    f"The values spread over {1 / scale:.3g}, and eigenvalues are the squares of such values, which "
                    f"float64 does not hold. Multiply the points by {scale:.3g}: nothing else changes."
                )
            matrix = _products(x, scale)
        found = from_covariance(x, matrix, scale, 0) if d <= n else from_gram(mirror(matrix), d, scale, 0)
        return found.eigenvalues


def _products(x: Tensor, scale: float) -> Tensor:
    n, d = x.shape
    if d <= n:
        return covariance(x, scale, MEMORY)
    gram = torch.zeros((n, n), dtype=torch.float64, device=x.device)
    add_gram(gram, x, torch.float64, scale, MEMORY)
    return gram


def from_gram(gram: Float64[Tensor, "n n"], d: int, scale: float, coordinates: int) -> Found:
    """What is `Found` in the (n, n) products of roughly centred points times `scale`; the matrix is overwritten. Its
    principal coordinates are its eigenvectors times the roots of their eigenvalues (classical scaling; Torgerson
    1952)."""
    n = len(gram)
    mean = gram.mean(0)
    gram += mean.mean()
    gram -= mean
    gram -= mean[:, None]
    norms = gram.diagonal().clamp(min=0) / scale / scale
    values, vectors = _leading(gram, min(coordinates, n - 1, d))
    values = values[: min(n - 1, d)].clamp(min=0)
    vectors = _signed(vectors) * values[: vectors.shape[1]].sqrt()
    return Found(
        (values / (n - 1) / scale / scale).cpu().numpy(), (vectors / scale).float().cpu().numpy(), norms.cpu().numpy()
    )


def covariance(x: Num[Tensor, "n d"], scale: float, memory: int) -> Float64[Tensor, "d d"]:
    """(d, d) float64, above the diagonal: sum over the rows of the products of the roughly centred columns of x,
    (n, d), times scale**2; one sweep over blocks of rows."""
    total = torch.zeros((x.shape[1], x.shape[1]), dtype=torch.float64, device=x.device)
    mean = column_means(x, scale)
    blocks = ranges(len(x), ROWS)
    accumulate(total, blocks, lambda r: centred(x[slice(*r)], mean, torch.float64, scale).T, memory)
    return total


def from_covariance(x: Num[Tensor, "n d"], matrix: Float64[Tensor, "d d"], scale: float, coordinates: int) -> Found:
    """The same as `from_gram` from the `covariance` of x, (n, d), which is overwritten; a sweep over blocks of rows."""
    n, d = x.shape
    mean = column_means(x, scale)

    def rows(r: Range) -> Tensor:
        return centred(x[slice(*r)], mean, torch.float64, scale)

    blocks = ranges(n, ROWS)
    offset = torch.stack([rows(r).sum(0) for r in blocks]).sum(0) / n
    mirror(matrix).sub_(n * offset[:, None] * offset)
    values, vectors = _leading(matrix, min(coordinates, n - 1))
    values = values[: min(n - 1, d)].clamp(min=0)
    places = torch.cat([(rows(r) - offset) @ vectors for r in blocks])
    norms = torch.cat([(rows(r) - offset).square().sum(1) for r in blocks]) / scale / scale
    return Found(
        (values / (n - 1) / scale / scale).cpu().numpy(),
        (_signed(places) / scale).float().cpu().numpy(),
        norms.cpu().numpy(),
    )


def _leading(matrix: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """(all eigenvalues, falling; the first `count` eigenvectors as columns) of a symmetric matrix.

    All eigenvectors of a large matrix take four times as long as its eigenvalues, and most are not wanted.
    """
    n = len(matrix)
    if count == 0:
        return torch.linalg.eigvalsh(matrix).flip(0), matrix[:, :0]
    if n >= LARGE and count <= n // 8 and matrix.device.type == "cpu":
        jobs: list[Callable[[], Tensor | None]] = [
            lambda: torch.linalg.eigvalsh(matrix),
            lambda: _krylov(matrix, count),
        ]
        values, vectors = parallel(lambda job: job(), jobs, workers(matrix.device))
        if values is not None and vectors is not None:
            return values.flip(0), vectors
    values, vectors = torch.linalg.eigh(matrix)
    return values.flip(0), vectors[:, -min(count, n) :].flip(1)


def _krylov(matrix: Float64[Tensor, "n n"], count: int) -> Float64[Tensor, "n {count}"] | None:
    """(n, count) leading eigenvectors by a block Krylov space with full reorthogonalisation (Golub and Van Loan, Matrix
    Computations, 2013, section 10.3), residuals at most `RESIDUAL` of the largest eigenvalue; None where the spectrum
    falls too slowly for that."""
    start = torch.randn((len(matrix), WIDE), generator=torch.Generator().manual_seed(0), dtype=matrix.dtype)
    block = torch.linalg.qr(start)[0]
    basis, image, most = block, matrix @ block, min(SPAN * count + SLACK, len(matrix) // 2)
    while basis.shape[1] + 2 * WIDE <= most:
        for _ in range(2):
            block = image[:, -WIDE:].clone()
            for _ in range(2):
                block -= basis @ (basis.T @ block)
            block = torch.linalg.qr(block)[0]
            basis, image = torch.cat([basis, block], 1), torch.cat([image, matrix @ block], 1)
        if basis.shape[1] < 1.5 * count:
            continue
        small = basis.T @ image
        values, turn = torch.linalg.eigh((small + small.T) / 2)
        values, turn = values[-count:].flip(0), turn[:, -count:].flip(1)
        vectors: Tensor = basis @ turn
        residual = (image @ turn - vectors * values).norm(dim=0).max() / values[0]
        if residual <= RESIDUAL:
            return vectors
        if 2 * basis.shape[1] > most and residual > HOPELESS:
            break
    return None


def _signed(vectors: Tensor) -> Tensor:
    """Columns with their largest entry positive."""
    if vectors.shape[1] == 0:
        return vectors
    largest = vectors.gather(0, vectors.abs().argmax(0, keepdim=True))
    return torch.where(largest < 0, -vectors, vectors)
