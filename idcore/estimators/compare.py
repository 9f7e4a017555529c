"""Side by side: what each layer of a network knows of the labels and of the others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from idcore.estimators import overlap
from idcore.estimators.accuracy import Accuracy, knn_accuracy
from idcore.estimators.samples import sample_neighbours
from idcore.record import LayerGeometry, Neighbours


@dataclass(frozen=True)
class LayerKnowledge:
    """What a layer knows; None where it has no numbers. labels, output: share of the k nearest neighbours that have
    the label of their point, and that are its neighbours in the last layer. before: share that are its neighbours in
    the measured layer before. accuracy: of the vote of the k nearest neighbours, None without labels."""

    layer: str
    k: int
    labels: float | None
    output: float | None
    before: float | None
    accuracy: Accuracy | None


def along_depth(
    geometries: Sequence[LayerGeometry], labels: np.ndarray, k: int = overlap.K
) -> tuple[LayerKnowledge, ...]:
    """What each layer knows, in call order; the last one is taken as the output.

    labels: (n,) int, negative where there is none; then nothing is said about labels. k: neighbours, lowered to what
    every measured layer has. Raises PointsError when the layers hold different samples.
    """
    known = [g for g in geometries if not g.note]
    k = min([k, *(g.neighbours.k for g in known)])
    tables = {g.layer.name: sample_neighbours(g, k) for g in known}
    last = tables.get(geometries[-1].layer.name) if geometries else None
    labelled = bool(len(labels)) and bool((np.asarray(labels) >= 0).all())
    places, before = [], None
    for geometry in geometries:
        table = tables.get(geometry.layer.name)
        if table is None:
            places.append(LayerKnowledge(geometry.layer.name, k, None, None, None, None))
            continue
        places.append(
            LayerKnowledge(
                layer=geometry.layer.name,
                k=k,
                labels=overlap.label_overlap(table, labels, k) if labelled else None,
                output=_common(table, last),
                before=_common(table, before),
                accuracy=knn_accuracy(geometry, labels, k) if labelled else None,
            )
        )
        before = table
    return tuple(places)


def _common(table: Neighbours, other: Neighbours | None) -> float | None:
    return None if other is None else overlap.overlap(table, other, table.k)
