"""PCA maps of all layers at once, each turned onto the one before, so that a change from layer to layer is the
change of the data and not of the axes."""

from collections.abc import Iterable

import numpy as np

from idcore.errors import PointsError
from idcore.estimators.embedding import QUALITY_K, principal, turned
from idcore.estimators.quality import MAX_ROWS, map_quality
from idcore.record import LayerGeometry
from idcore.shapes import Float32


def pca_maps(geometries: Iterable[LayerGeometry], dims: int = 2) -> list[Float32[np.ndarray, "n {dims}"]]:
    """The leading `dims` principal coordinates of each layer, centred, in units of the data, (n, dims) float32.

    Each map is turned (rotation or reflection, no scaling: no distance within a map changes) onto the one before. A
    layer that has no numbers gives (0, dims), and the chain goes on from the last map. Raises PointsError when the
    layers have different samples.
    """
    maps: list[np.ndarray] = []
    last: np.ndarray | None = None
    for geometry in geometries:
        if geometry.note:
            maps.append(np.zeros((0, dims), np.float32))
            continue
        positions = principal(geometry, dims)
        if last is not None:
            if len(last) != len(positions):
                raise PointsError(f"The layers must hold the same samples; they have {len(last)} and {len(positions)}.")
            positions = turned(positions, last)
        last = positions
        maps.append(positions.astype(np.float32))
    return maps


def quality(geometry: LayerGeometry, positions: np.ndarray, most: int = MAX_ROWS) -> tuple[float | None, float | None]:
    """(trustworthiness, share of the neighbours kept) of a map of a layer, over its distinct points, or over `most` of
    them; None without a map. positions: (n, d), one row a sample."""
    if not len(positions):
        return None, None
    firsts = np.unique(geometry.group, return_index=True)[1]
    return map_quality(positions[firsts], geometry.neighbours, geometry.coordinates[firsts], QUALITY_K, most)
