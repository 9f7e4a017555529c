"""Which requests measure a figure again here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

from idcore.paper.published import figure
from idcore.record import Dataset
from idcore.spec import LIT, Architecture, DataSpec, NetworkSpec, Pretrained, Recipe, Request, Untrained

NETWORKS = tuple(one.name for one in figure("3b").series)
"""The fourteen networks that were trained on ImageNet."""
WEIGHTS = "IMAGENET1K_V1"
"""The entry of torchvision's weights that the paper used: the only one there was in 2019."""
CATEGORIES = {  # name in figure 8: (WordNet number, label among ImageNet's 1000)
    "vizsla": ("n02100583", 211),
    "setter": ("n02100735", 212),
    "butterfly": ("n02279972", 323),
    "koalas": ("n01882714", 105),
    "shih-tzu": ("n02086240", 155),
    "rhodesian": ("n02087394", 159),
    "yorkshire": ("n02094433", 187),
}
"""The seven categories, as in the authors' code."""

N_CATEGORY, N_MIXED, N_MNIST = 450, 1800, 2000
EPOCHS = (0, 1, 2, 3, 5, 10, 20, 50, 100, 200)
BATCH, CIFAR_TRAIN = 128, 50_000
SIZES = (500, 1000, 2000, 4000)
"""N of figure 5b here; the paper goes on to 9500."""
_LAST_HIDDEN = {"alexnet": "classifier.5", "vgg": "classifier.4", "resnet": "avgpool"}

IMAGENET = ("3a", "3b", "4", "5b", "5c", "8")
CIFAR = ("9a", "9b")
POSSIBLE = ("6", *IMAGENET, *CIFAR)
"""Figures that can be measured again; the images and the network of 2a and 2b cannot be had here."""


Value = Literal["id", "pc_id", "linearised_id"]
_LINEARISED: tuple[tuple[str, Value], ...] = (("original", "id"), ("linearised", "linearised_id"))
_ESTIMATES: tuple[tuple[str, Value], ...] = (("ID", "id"), ("PC-ID", "pc_id"))


@dataclass(frozen=True)
class Options:
    """What a reader may choose.

    networks: of figures 3 and 4. images: data set with a class per category, None where there is none. gradient: lambda
    of MNIST*. sample: MNIST images not used in training (test, at most 1000), or 2000 of all. epochs: of figure 9.
    cifar: name of what was read of CIFAR-10.
    """

    networks: tuple[str, ...] = ("alexnet",)
    images: Dataset | None = None
    gradient: float = LIT.gradient
    sample: Literal["test", "all"] = "test"
    epochs: tuple[int, ...] = (0, 1)
    cifar: str = "cifar10"


@dataclass(frozen=True)
class Part:
    """A curve, or a point of one, as it is measured here.

    series: the published one it stands beside. requests: one for each category; the mean over them is drawn. layers: as
    in `ProfileJob`. value: field of `LayerSummary`. point: (layer, x) of its one point, None where every layer is one.
    """

    series: str
    requests: tuple[Request, ...]
    layers: Literal["checkpoints"] | tuple[str, ...] = "checkpoints"
    value: Value = "id"
    point: tuple[str, float] | None = None


def parts(number: str, options: Options) -> tuple[Part, ...]:
    """What to measure for a figure; nothing where its images or its network cannot be had."""
    if number == "6":
        return _mnist(options)
    if number in CIFAR:
        return _training(number, options.epochs, options.cifar)
    if number in IMAGENET and options.images is not None:
        return _imagenet(number, options, options.images)
    return ()


def categories(images: Dataset) -> dict[str, int]:
    """Name -> label of the classes that stand for the seven categories: the paper's own, where the data set has them
    (as folders named by WordNet number, or among the 1000 of ImageNet), else its first seven classes, whose names begin
    with the label."""
    known = images.classes
    named = {name: known.index(wordnet) for name, (wordnet, _) in CATEGORIES.items() if wordnet in known}
    if len(named) == len(CATEGORIES):
        return named
    if len(known) == 1000:
        return {name: label for name, (_, label) in CATEGORIES.items()}
    return {f"{label} {name}": label for label, name in enumerate(known[: len(CATEGORIES)])}


def the_papers(images: Dataset) -> bool:
    """Whether the seven categories are the paper's own."""
    return set(categories(images)) == set(CATEGORIES)


def per_category(images: Dataset) -> int:
    """N of each category: 450, or as many as the smallest class has."""
    return min(N_CATEGORY, images.smallest.get(split(images), N_CATEGORY))


def mixed(images: Dataset) -> int:
    """N of images of all classes: 1800, or as many as there are."""
    return min(N_MIXED, images.sizes[split(images)])


def split(images: Dataset) -> Literal["train", "test", "all"]:
    """Training images, as in the paper, where the data set knows which those are."""
    return "train" if "train" in images.sizes else "all"


def last_hidden(network: str) -> str:
    """Name of the last hidden layer of one of the fourteen networks."""
    return next(layer for family, layer in _LAST_HIDDEN.items() if network.startswith(family))


def lit(gradient: float) -> Recipe:
    """The training on MNIST*."""
    return replace(LIT, gradient=gradient) if gradient > 1 else Recipe(gradient=gradient)


def _mnist(options: Options) -> tuple[Part, ...]:
    n = N_MNIST if options.sample == "all" else 1000
    recipes = {"MNIST": Recipe(), "MNIST*": lit(options.gradient), "MNIST†": Recipe(shuffled=1.0)}
    return tuple(
        Part(name, (Request(DataSpec(split=options.sample, n=n, gradient=one.gradient), NetworkSpec(weights=one)),))
        for name, one in recipes.items()
    )


def _imagenet(number: str, options: Options, images: Dataset) -> tuple[Part, ...]:
    chosen, trained = split(images), Pretrained(WEIGHTS)

    def each(network: str, weights: Pretrained | Untrained = trained) -> tuple[Request, ...]:
        n, spec = per_category(images), NetworkSpec(Architecture(network), weights)
        labels = categories(images).values()
        return tuple(Request(DataSpec(images.name, chosen, (label,), n), spec) for label in labels)

    def mix(network: str, n: int) -> tuple[Request, ...]:
        return (Request(DataSpec(images.name, chosen, n=n), NetworkSpec(Architecture(network), trained)),)

    if number == "8":
        return tuple(Part(name, (one,)) for name, one in zip(categories(images), each("alexnet"), strict=True))
    if number == "4":
        errors = {point.layer: point.x for point in figure("4").series[0].points}
        return tuple(
            Part(figure("4").series[0].name, mix(name, mixed(images)), (last_hidden(name),), point=(name, errors[name]))
            for name in options.networks
        )
    if number == "5b":
        sizes = [n for n in SIZES if n <= images.sizes[chosen]]
        return tuple(
            Part(name, mix("vgg16", n), (last_hidden("vgg16"),), value, ("", n))
            for name, value in _LINEARISED
            for n in sizes
        )
    if number == "5c":
        random = Untrained()
        return tuple(
            Part(f"{name}, {regime}", each("vgg16", weights), value=value)
            for name, value in _ESTIMATES
            for regime, weights in (("trained", trained), ("untrained", random))
        )
    return tuple(Part(name, each(name)) for name in options.networks if name in drawn(number))


def drawn(number: str) -> list[str]:
    """The networks that figure 3a, 3b or 4 shows."""
    if number == "4":
        return [point.layer for point in figure("4").series[0].points]
    return [one.name for one in figure(number).series]


def _training(number: str, epochs: Sequence[int], cifar: str) -> tuple[Part, ...]:
    """After each number of epochs: a training of its own from the first epoch, since only its end is kept."""

    def request(count: int) -> Request:
        data, network = DataSpec(cifar, "test", n=2000), Architecture("vgg16")
        if count == 0:
            return Request(data, NetworkSpec(network, Untrained()), size=32)
        recipe = Recipe(cifar, optimiser="sgd", learning_rate=0.01, batch_size=BATCH, epochs=count, size=32)
        return Request(data, NetworkSpec(network, recipe))

    if number == "9a":
        return tuple(Part(f"epoch {count}", (request(count),)) for count in epochs)
    steps, layer = ceil(CIFAR_TRAIN / BATCH), (last_hidden("vgg16"),)
    return tuple(Part("last hidden layer", (request(count),), layer, point=("", count * steps)) for count in epochs)
