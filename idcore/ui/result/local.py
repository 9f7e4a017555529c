"""One number a sample for the map: local dimension, local density."""

import numpy as np

from idcore.estimators import levina_bickel
from idcore.estimators.twonn import twonn_of_layer
from idcore.record import LayerGeometry

K = 20
NAMES = {"local ID": "local ID", "density": "log density"}


def values(found: LayerGeometry, colour: str) -> tuple[np.ndarray, str]:
    """((n,) float64, one number a sample, copies alike; what it is, in words). colour: of `NAMES`. Raises
    PointsError."""
    k = min(K, found.neighbours.k)
    if colour == "local ID":
        numbers = levina_bickel.fit(found.neighbours, k).local
        words = (
            f"Local ID from {k} neighbours (Levina–Bickel, unbiased): a single point errs by about "
            f"{1 / max(k - 2, 1) ** 0.5:.0%}. The median is {np.nanmedian(numbers):.1f}."
        )
    else:
        dimension = twonn_of_layer(found).id
        density = levina_bickel.log_density(found.neighbours, dimension, k)
        numbers = density - np.nanmedian(density)
        words = (
            f"Natural logarithm of the density from {k} neighbours, relative to the median, in {dimension:.1f} "
            f"dimensions (TwoNN): +1 means 2.7 times as dense."
        )
    return numbers[found.group], words
