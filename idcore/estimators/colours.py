"""One number a sample by which a map is coloured: local dimension, local density. Another one is a function and a row
of `COLOURS`."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from idcore.estimators import levina_bickel, peaks
from idcore.estimators.density import K as PEAK_K
from idcore.estimators.twonn import twonn_of_layer
from idcore.record import LayerGeometry

K = 20


@dataclass(frozen=True)
class Colour:
    """name: in the address and on the map. part: what one of its values is called where these are kinds (0, 1, 2, ...),
    "" where they are numbers. words: what it is, with its unit, for all layers. function: of a layer that
    has numbers ((m,) float64, one number a distinct point, NaN for none; what is said of this layer); raises
    PointsError."""

    name: str
    words: str
    function: Callable[[LayerGeometry], tuple[np.ndarray, str]]
    part: str = ""


def values(geometry: LayerGeometry, colour: Colour) -> tuple[np.ndarray, str]:
    """((n,) float64, one number a sample, copies alike; what it is, in words). Raises PointsError."""
    numbers, words = colour.function(geometry)
    return numbers[geometry.group], words


def _local(geometry: LayerGeometry) -> tuple[np.ndarray, str]:
    k = min(K, geometry.neighbours.k)
    numbers = levina_bickel.fit(geometry.neighbours, k).local
    return numbers, (
        f"Local ID from {k} neighbours (Levina–Bickel, unbiased): a single point errs by about "
        f"{1 / max(k - 2, 1) ** 0.5:.0%}. The median is {np.nanmedian(numbers):.1f}."
    )


def _density(geometry: LayerGeometry) -> tuple[np.ndarray, str]:
    k, dimension = min(K, geometry.neighbours.k), twonn_of_layer(geometry).id
    density = levina_bickel.log_density(geometry.neighbours, dimension, k)
    return density - np.nanmedian(density), (
        f"Natural logarithm of the density from {k} neighbours, relative to the median, in {dimension:.1f} "
        f"dimensions (TwoNN): +1 means 2.7 times as dense."
    )


def _peaks(geometry: LayerGeometry) -> tuple[np.ndarray, str]:
    dimension, k = twonn_of_layer(geometry).id, min(PEAK_K, geometry.neighbours.k)
    heaps = peaks.density_peaks(geometry.neighbours, dimension, k, peaks.Z)
    rank = np.argsort(np.argsort(-heaps.sizes, kind="stable"), kind="stable")
    return rank[heaps.labels].astype(np.float64), (
        f"{len(heaps.sizes)} density peak{'s' * (len(heaps.sizes) != 1)} of N = {geometry.n:,} samples, the largest "
        f"first: k = {k}, Z = {peaks.Z:g}, in {dimension:.1f} dimensions (TwoNN). These three move the answer: see the "
        f"tab Nucleation."
    )


COLOURS = (
    Colour("local ID", "Local ID (Levina–Bickel): the dimension among the nearest neighbours of each sample.", _local),
    Colour(
        "density",
        "Natural logarithm of the density, relative to the median of the layer: +1 means 2.7 times as dense.",
        _density,
    ),
    Colour("density peak", "The peak of density that a sample belongs to, the largest first.", _peaks, "peak"),
)
