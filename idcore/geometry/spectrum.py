"""Eigenvalues of the covariance and the leading principal coordinates, from the smaller of the two Gram matrices."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from idcore.errors import PointsError
from idcore.geometry import points
from idcore.geometry.products import Range, accumulate, add_gram, at_once, centred, column_means, mirror, ranges
from idcore.geometry.threads import grain, massive, measuring, parallel, soon, workers
from idcore.shapes import Float32, Float64, Num

MEMORY = 2**30
ROWS, GPU_ROWS = 512, 2**14
LARGE = 1000
"""Rows of a matrix from which the leading eigenvectors are sought on their own."""
RESIDUAL = 1e-7
"""Of the largest eigenvalue. The coordinates are kept as float32."""
WIDE = 24
"""Vectors of a block: narrow ones converge with fewer products, wide ones are multiplied faster."""
SPAN = 5
"""The space may grow to so many times the eigenvectors that are sought, and `SLACK` more."""
SLACK = 120
HOPELESS = 1e-3
"""Residual at half of that from which the other half will not do."""
FARTHEST = 2.0**400
"""Times that the values may be larger or smaller than 1: the least of their squares must keep its digits."""


@dataclass(frozen=True, eq=False)
class Components:
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
        spectrum = from_covariance(x, matrix, scale, 0) if d <= n else from_gram(mirror(matrix), d, scale, 0)
        return spectrum.begin(apart=False)[0]()


def _products(x: Tensor, scale: float) -> Tensor:
    n, d = x.shape
    if d <= n:
        return covariance(x, scale, MEMORY)
    gram = torch.zeros((n, n), dtype=torch.float64, device=x.device)
    add_gram(gram, x, torch.float64, scale, MEMORY)
    return gram


@dataclass(frozen=True, eq=False)
class Decomposition:
    """A symmetric matrix of which are sought all eigenvalues, which are `unit` times those of the covariance, and
    `count` leading eigenvectors. places: the principal coordinates that eigenvalues and eigenvectors make. norms, rank:
    as in the `Components`."""

    matrix: Float64[Tensor, "m m"]
    unit: float
    count: int
    rank: int
    places: Callable[[Tensor, Tensor], Tensor]
    norms: Tensor

    def begin(self, apart: bool) -> tuple[Callable[[], Float64[np.ndarray, " r"]], Callable[[], Components]]:
        """What gives the eigenvalues of the covariance, and what gives all; apart: found beside other work."""
        values, vectors = _leading(self.matrix, self.count, apart)

        def eigenvalues() -> np.ndarray:
            return (values()[: self.rank].clamp(min=0) / self.unit).cpu().numpy()

        def components() -> Components:
            places = self.places(values()[: self.rank].clamp(min=0), vectors())
            return Components(eigenvalues(), places.float().cpu().numpy(), self.norms.cpu().numpy())

        return eigenvalues, components


def from_gram(gram: Float64[Tensor, "n n"], d: int, scale: float, coordinates: int) -> Decomposition:
    """That of the (n, n) products of roughly centred points times `scale`; they are centred in place. The principal
    coordinates are eigenvectors times the roots of their eigenvalues (classical scaling; Torgerson 1952)."""
    n = len(gram)
    mean = gram.mean(0)
    gram += mean.mean()
    gram -= mean
    gram -= mean[:, None]
    norms = gram.diagonal().clamp(min=0) / scale / scale

    def places(values: Tensor, vectors: Tensor) -> Tensor:
        return _signed(vectors) * values[: vectors.shape[1]].sqrt() / scale

    return Decomposition(gram, (n - 1) * scale * scale, min(coordinates, n - 1, d), min(n - 1, d), places, norms)


def covariance(x: Num[Tensor, "n d"], scale: float, memory: int) -> Float64[Tensor, "d d"]:
    """(d, d) float64, above the diagonal: sum over the rows of the products of the roughly centred columns of x,
    (n, d), times scale**2; one sweep over blocks of rows."""
    total = torch.zeros((x.shape[1], x.shape[1]), dtype=torch.float64, device=x.device)
    mean = column_means(x, scale)
    blocks = ranges(len(x), at_once(x.shape[1], x.device, memory))
    accumulate(total, blocks, lambda r: centred(x[slice(*r)], mean, torch.float64, scale).T, memory)
    return total


def from_covariance(
    x: Num[Tensor, "n d"], matrix: Float64[Tensor, "d d"], scale: float, coordinates: int
) -> Decomposition:
    """The same as `from_gram` from the `covariance` of x, (n, d), which is overwritten; a sweep over blocks of rows."""
    n, d = x.shape
    mean = column_means(x, scale)

    def rows(r: Range) -> Tensor:
        return centred(x[slice(*r)], mean, torch.float64, scale)

    blocks = ranges(n, grain(x.device, ROWS, GPU_ROWS))
    offset = torch.stack([rows(r).sum(0) for r in blocks]).sum(0) / n
    mirror(matrix).sub_(n * offset[:, None] * offset)
    norms = torch.cat([(rows(r) - offset).square().sum(1) for r in blocks]) / scale / scale

    def places(values: Tensor, vectors: Tensor) -> Tensor:
        return _signed(torch.cat([(rows(r) - offset) @ vectors for r in blocks])) / scale

    return Decomposition(matrix, (n - 1) * scale * scale, min(coordinates, n - 1), min(n - 1, d), places, norms)


def _leading(matrix: Tensor, count: int, apart: bool) -> tuple[Callable[[], Tensor], Callable[[], Tensor]]:
    """(what gives all eigenvalues, falling; what gives `count` leading eigenvectors as columns) of a symmetric matrix.

    All eigenvectors of a large matrix take four times as long as its eigenvalues, and most are not wanted.
    """
    n = len(matrix)
    if count == 0:
        values = soon(lambda: torch.linalg.eigvalsh(matrix).flip(0), apart)
        return values, lambda: matrix[:, :0]
    if n < LARGE or count > n // 8 or massive(matrix.device):
        both = soon(lambda: torch.linalg.eigh(matrix), apart)
        return lambda: both()[0].flip(0), lambda: both()[1][:, -min(count, n) :].flip(1)
    jobs: list[Callable[[], Tensor]] = [
        lambda: torch.linalg.eigvalsh(matrix).flip(0),
        lambda: _vectors(matrix, count),
    ]
    if apart:
        values, vectors = (soon(job, apart) for job in jobs)
        return values, vectors
    done = parallel(lambda job: job(), jobs, workers(matrix.device))
    return lambda: done[0], lambda: done[1]


def _vectors(matrix: Float64[Tensor, "n n"], count: int) -> Float64[Tensor, "n {count}"]:
    """The leading eigenvectors as columns; all are computed where few cannot be."""
    few = _krylov(matrix, count)
    return torch.linalg.eigh(matrix).eigenvectors[:, -count:].flip(1) if few is None else few


def _krylov(matrix: Float64[Tensor, "n n"], count: int) -> Float64[Tensor, "n {count}"] | None:
    """(n, count) leading eigenvectors by block Lanczos with full reorthogonalisation (Golub and Van Loan, Matrix
    Computations, 2013, section 10.3), residuals at most `RESIDUAL` of the largest eigenvalue; None where the spectrum
    falls too slowly for that."""
    n = len(matrix)
    most = min(SPAN * count + SLACK, n // 2)
    start = torch.randn((n, WIDE), generator=torch.Generator().manual_seed(0), dtype=matrix.dtype)
    block = torch.linalg.qr(start)[0].T
    basis = torch.empty((most, n), dtype=matrix.dtype)  # vectors as rows: their products are twice as fast
    small = torch.zeros((most, most), dtype=matrix.dtype)  # the matrix within the space; only its lower part is read
    for used in range(WIDE, most + 1, WIDE):
        new = slice(used - WIDE, used)
        basis[new] = block
        image = basis[new] @ matrix
        small[new, new] = image @ basis[new].T
        # Twice, the second time scaled: of a matrix of low rank nothing but rounding is left after the first.
        block, first = torch.linalg.qr(_beside(image, basis[:used]).T)
        block, second = torch.linalg.qr(_beside(block.T, basis[:used]).T)
        block, beyond = block.T, second @ first
        if used >= 1.5 * count and (used // WIDE) % 2 == 0:
            values, turn = torch.linalg.eigh(small[:used, :used])
            values, turn = values[-count:].flip(0), turn[:, -count:].flip(1)
            residual = (beyond @ turn[new]).norm(dim=0).max() / values[0]
            if residual <= RESIDUAL / 2:
                vectors: Tensor = basis[:used].T @ turn
                true = (matrix @ vectors - vectors * values).norm(dim=0).max() / values[0]
                skew = (vectors.T @ vectors - torch.eye(count, dtype=matrix.dtype)).abs().max()
                return vectors if max(true, skew) <= RESIDUAL else None
            if 2 * used > most and residual > HOPELESS:
                break
        if used + WIDE <= most:
            small[used : used + WIDE, new] = beyond
    return None


def _beside(rows: Tensor, basis: Tensor) -> Tensor:
    """The part of each row that is orthogonal to all rows of an orthonormal basis."""
    return rows - (rows @ basis.T) @ basis


def _signed(vectors: Tensor) -> Tensor:
    """Columns with their largest entry positive."""
    if vectors.shape[1] == 0:
        return vectors
    largest = vectors.gather(0, vectors.abs().argmax(0, keepdim=True))
    return torch.where(largest < 0, -vectors, vectors)
