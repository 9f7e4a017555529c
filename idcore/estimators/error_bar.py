"""One standard error of an estimate from the influence of each point, when neighbours are correlated."""

import numpy as np


def standard_error(influence: np.ndarray, indices: np.ndarray | None = None) -> float:
    """Root of the variance of the sum of the influences.

    influence: (n,) float64, what each point adds to the estimate; 0 for points not used; their sum is about 0.
    indices: (n, k) int, the neighbours that the estimate looks at. Points that share neighbours have correlated
    ratios, so the influences are summed over each point and those that have it as a neighbour before they are squared
    (Conley, "GMM estimation with cross sectional dependence", J. Econometrics 92 (1999), on the neighbour graph).
    Without indices the points are taken as independent, and the error comes out too small.
    """
    sums = influence.copy()
    k = 0
    if indices is not None:
        k = indices.shape[1]
        sums += np.bincount(indices.ravel(), weights=np.repeat(influence, k), minlength=len(sums)).astype(np.float64)
    return float(np.sqrt(sums @ sums / (k + 1)))
