"""What linear methods see of a layer: the eigenvalues of its covariance."""

from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.given import numbers
from idcore.shapes import Float64
from idcore.spec import USUAL, Reading
from idcore.text import brief

_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenvalues of a covariance, falling, (m,) float64, in squared units of the data.

    Negative values of the size of rounding (1e-9 of the largest) are set to 0. Raises PointsError when they are not a
    row of finite numbers, rise, or are clearly negative.
    """

    eigenvalues: np.ndarray

    __repr__ = brief

    def __post_init__(self) -> None:
        values = np.asarray(numbers(self.eigenvalues, "The eigenvalues"), dtype=np.float64)
        if values.ndim != 1 or values.size == 0:
            raise PointsError(f"A spectrum is a row of at least one eigenvalue; its shape is {values.shape}.")
        if not np.isfinite(values).all():
            raise PointsError("The eigenvalues must be finite; there is a NaN or an infinity among them.")
        if values.min() < -1e-9 * max(values.max(), 0):
            raise PointsError(f"The eigenvalues of a covariance cannot be negative; the lowest is {values.min():.3g}.")
        values = np.maximum(values, 0)
        if (np.diff(values) > _ROUNDING * values[0]).any():
            raise PointsError("The eigenvalues must fall (largest first).")
        object.__setattr__(self, "eigenvalues", values)

    @property
    def total(self) -> float:
        """Total variance, squared units of the data."""
        return float(self.eigenvalues.sum())

    @property
    def explained(self) -> Float64[np.ndarray, " m"]:
        """(m,) float64, share of the variance in the first 1 ... m components. Raises PointsError when it is 0."""
        if not self.total > 0:
            raise PointsError("All the points are the same: there is no variance to explain.")
        share: np.ndarray = np.cumsum(self.eigenvalues)
        share /= share[-1]
        return share

    @property
    def participation_ratio(self) -> float:
        """(sum of eigenvalues)**2 / sum of their squares, 1 ... m; Gao, Ganguli et al. 2017. Raises PointsError
        for zero variance."""
        shares = np.diff(self.explained, prepend=0.0)  # shares, so that squares of tiny eigenvalues do not underflow
        return float(1 / np.sum(shares**2))

    def pc_id(self, variance: float = USUAL.variance) -> int:
        """PC-ID: the least number of components (1-based) that hold at least `variance` of the total; a share that
        falls short by rounding (1e-12) counts as reached. Raises RequestError for variance outside (0, 1]."""
        Reading(variance=variance)
        return int(np.argmax(self.explained >= variance - _ROUNDING)) + 1
