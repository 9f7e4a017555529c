"""How well the labels can be read from a layer: by the nearest neighbours, and by a linear probe."""

from dataclasses import dataclass

import numpy as np

from idcore.errors import PointsError
from idcore.estimators.samples import sample_neighbours
from idcore.given import unmasked
from idcore.record import LayerGeometry
from idcore.shapes import Bool

_NEGLIGIBLE = 1e-10
FOLDS = 5


@dataclass(frozen=True)
class Accuracy:
    """value: share of the n samples whose label was found. stderr: root of value * (1 - value) / n, which takes the
    samples as independent: 0.8 to 1 of the true error for the vote of the neighbours, who are shared."""

    value: float
    stderr: float
    n: int


@dataclass(frozen=True)
class Probe:
    """A linear probe. coordinates: number of principal coordinates that it reads; covered: their share of the
    variance of the layer."""

    accuracy: Accuracy
    coordinates: int
    covered: float


def knn_accuracy(geometry: LayerGeometry, labels: np.ndarray, k: int = 20) -> Accuracy:
    """Leave-one-out accuracy of the vote of the k nearest neighbours (Cover, Hart, "Nearest neighbor pattern
    classification", 1967), from the exact table.

    labels: (n,), any type. Each neighbour has one vote; among labels with equally many the one that has the nearest
    neighbour wins. Exact copies of a sample are neighbours at distance 0 and vote. Raises PointsError for another
    number of labels, k beyond the record, or a layer without numbers.
    """
    labels = _checked(geometry, labels)
    near = labels[sample_neighbours(geometry, k).indices]  # (n, k)
    votes = np.stack([np.count_nonzero(near == near[:, j, None], axis=1) for j in range(k)], axis=1)
    said = np.take_along_axis(near, votes.argmax(axis=1)[:, None], axis=1)[:, 0]  # argmax: the first, so the nearest
    return _accuracy(said == labels)


def linear_probe(geometry: LayerGeometry, labels: np.ndarray, seed: int = 0) -> Probe:
    """Accuracy of multinomial logistic regression on the principal coordinates of the record, each scaled to unit
    variance, with scikit-learn's default penalty, by five-fold cross-validation (Alain, Bengio, "Understanding
    intermediate layers using linear classifier probes", 2016).

    labels: (n,), any type. seed: of the folds. What lies outside the coordinates is not seen: `Probe.covered`. The
    coordinates are those of all samples, but no label entered them. Imports scikit-learn: for workers and scripts.
    Raises PointsError for fewer than two classes, a class of fewer than 5 samples, another number of labels, or a
    layer without numbers.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    labels = _checked(geometry, labels)
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) < 2 or counts.min() < FOLDS:
        raise PointsError(
            f"A linear probe needs two classes or more with at least {FOLDS} samples each; there are {len(classes)}, "
            f"the smallest of {counts.min()}. Take more samples or other classes."
        )
    shares = geometry.eigenvalues / geometry.eigenvalues.sum()
    held = shares[: geometry.coordinates.shape[1]]
    x = geometry.coordinates[:, held > _NEGLIGIBLE].astype(np.float64)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    said = cross_val_predict(LogisticRegression(max_iter=1000), x, labels, cv=folds)
    return Probe(_accuracy(said == labels), x.shape[1], float(held.sum()))


def _checked(geometry: LayerGeometry, labels: np.ndarray) -> np.ndarray:
    if geometry.note:
        raise PointsError(geometry.note)
    labels = np.asarray(unmasked(labels, "The labels"))
    if labels.shape != (geometry.n,):
        raise PointsError(
            f"There must be one label for each of the {geometry.n} samples; their shape is {labels.shape}."
        )
    return labels


def _accuracy(right: Bool[np.ndarray, " n"]) -> Accuracy:
    p = float(right.mean())
    return Accuracy(p, (p * (1 - p) / len(right)) ** 0.5, len(right))
