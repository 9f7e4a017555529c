"""Requests in words: titles, captions, what a training means and how long it takes. All of it is safe as Markdown."""

import math

from idcore.data.form import Form
from idcore.data.places import base
from idcore.errors import NetworkError
from idcore.identity import conditions
from idcore.networks import catalogue, form
from idcore.networks.catalogue import CatalogueEntry
from idcore.record import Dataset
from idcore.results import Run, handed
from idcore.spec import (
    FACTORY,
    FOLDER,
    UPLOAD,
    USUAL,
    DataSpec,
    FromFile,
    NetworkSpec,
    Pretrained,
    Reading,
    Recipe,
    Representations,
    Request,
)
from idcore.ui.kit import datasets, state
from idcore.ui.kit.query import escaped

_NAMED = 12  # classes in a sentence
OPTIMISERS = {"adam": "Adam", "sgd": "SGD"}


def network_title(network: NetworkSpec) -> str:
    """ "Multilayer perceptron 3 × 256", "Convolutional network"."""
    architecture = network.architecture
    if isinstance(network.weights, Representations):
        return "Representations"
    size = f" {architecture.depth} × {architecture.width}" if architecture.width else ""
    try:
        return catalogue.lookup(architecture.name).title + size
    except NetworkError:  # of a library that is no longer installed
        return escaped(architecture.name) + size


def title(request: Request) -> str:
    """A network and what was done to its weights."""
    return f"{network_title(request.network)}, {regime_words(request.network)}"


def entry_words(entry: CatalogueEntry) -> str:
    """What a network is."""
    return f"{entry.name}: {entry.description}."


def regime_words(network: NetworkSpec) -> str:
    """What was done to the weights."""
    match network.weights:
        case Representations():
            return "computed elsewhere"
        case Pretrained(entry=entry):
            return "pretrained" if entry == "DEFAULT" else f"pretrained ({entry})"
        case FromFile(digest):
            own = handed.read(state.store(), digest) if network.architecture.name.startswith(FACTORY) else None
            return "with your weights" if own is None else escaped(own.name)
        case Recipe() as recipe:
            part = "" if recipe.shuffled in (0, 1) else f"{recipe.shuffled:.0%} "
            return f"trained on {part}shuffled labels" if recipe.shuffled else f"trained on {data_name(recipe.dataset)}"
    return "untrained"


def data_name(name: str) -> str:
    """A data set within a sentence: the name of the catalogue, or what its owner calls it."""
    if not name.startswith((UPLOAD, FOLDER)):
        return base(name)
    known = datasets.describe(name)
    return escaped(known.title if known else name)


def sample_words(request: Request, of_class: bool = True) -> str:
    """What was shown to the network. of_class: whether to say which classes."""
    data = request.data
    of = "" if data.classes is None or not of_class else f" of {_classes(data)}"
    split = "" if data.split == "all" or isinstance(request.network.weights, Representations) else f" {data.split}"
    said = [f"{data.n:,}{split} samples{of} of {data_name(data.dataset)}", draw_words(data), *conditions(request)]
    return ", ".join(said)


def _classes(data: DataSpec) -> str:
    """The classes within a sentence: by their names, or how many where that would be too long."""
    many = len(data.classes or ())
    if many > _NAMED:
        return f"{many} classes"
    return f"{'class' if many == 1 else 'classes'} {escaped(class_names(data))}"


def class_names(data: DataSpec) -> str:
    """The names of the chosen classes, plain text."""
    known = datasets.describe(data.dataset)
    names = datasets.class_names(known) if known else ()
    return ", ".join(names[c] if c < len(names) else f"number {c}" for c in data.classes or ())


def draw_words(data: DataSpec) -> str:
    """Which draw it is; where the samples are all that the split has of these classes, that none is made."""
    known = datasets.describe(data.dataset)
    size = known.sizes.get(data.split) if known else None
    if known and data.classes is not None and len(data.classes) < len(known.classes):
        each = known.smallest.get(data.split, 0)
        size = each * len(data.classes) if each * len(known.classes) == size else None
    return "all there are: the seed draws nothing" if data.n == size else f"seed {data.seed}"


def form_words(wanted: Form, dataset: Dataset) -> str:
    """How the images of a data set come to the network."""
    channels, height, width = form.shape(wanted, dataset)
    result = f"{channels}×{height}×{width}" if height and width else "as large as each is"
    return f"Shown as {result}: {form.words(wanted)}."


def run_words(run: Run) -> str:
    """How well the network does and where it ran."""
    said = [
        f"{name} {value:.1%}"
        for name, value in (
            ("train accuracy", run.train_accuracy),
            ("test accuracy", run.test_accuracy),
            ("on these samples", run.sample_accuracy),
        )
        if value is not None
    ]
    return " · ".join([*said, f"measured on {run.device}"])


def training_words(network: NetworkSpec) -> str:
    """What a training does and roughly how long it takes."""
    recipe = network.weights
    assert isinstance(recipe, Recipe)
    labels = f"with {recipe.shuffled:.0%} of the labels shuffled" if recipe.shuffled else "with true labels"
    if recipe.warmup:
        labels += f", λ grown from 1 to {recipe.gradient:,g} over {recipe.warmup} epochs"
    seconds = training_seconds(network)
    if seconds is None:
        time = "How long that takes is seen after the first epoch: with a large network and no GPU, hours or days."
    else:
        amount = (
            f"{seconds} seconds" if seconds < 60 else f"{round(seconds / 60)} minutes" if seconds >= 90 else "a minute"
        )
        time = f"Roughly {amount} on two cores."
    return (
        f"{network_title(network)} on {data_name(recipe.dataset)} {labels}, seed {recipe.seed}. Trained with "
        f"{OPTIMISERS[recipe.optimiser]} until it fits every training image (at most {recipe.epochs} epochs). {time}"
    )


def training_epochs(recipe: Recipe) -> float:
    """Roughly how many epochs a small network takes to learn its labels, no more than it may."""
    return recipe.epochs if recipe.warmup else min(16 + 83 * recipe.shuffled, recipe.epochs)


def training_seconds(network: NetworkSpec) -> int | None:
    """How long a training takes on one core, None where nobody knows. A rough guide for the small networks.
    Measured once on two busy cores: the cnn on mnist5k needs 14 epochs for true labels and 99 for random ones, 1.5 s
    each; the mlp of 3 x 256 needs 18, 0.4 s each, and an epoch of the resnet8 takes 5 s, of the vit_digits
    6.5 s, twice as many of them. Other sizes are scaled."""
    recipe, (width, depth) = network.weights, (network.architecture.width or 0, network.architecture.depth or 0)
    assert isinstance(recipe, Recipe)
    known = datasets.describe(recipe.dataset)
    if known is None or known.shape is None:
        return None
    weights = width * math.prod(known.shape) + (depth - 1) * width**2
    resnet = 5.1 * math.prod(known.shape[1:]) / 28**2
    epoch = {"mlp": 0.2 + 6e-7 * weights, "cnn": 1.5, "resnet8": resnet, "vit_digits": 13.0}.get(
        network.architecture.name
    )
    if epoch is None:
        return None
    train = known.sizes.get("train", known.sizes.get("all", 0))
    seconds = training_epochs(recipe) * epoch * train / 4000
    return max(5, round(seconds / 5) * 5)


def discarded(reading: Reading = USUAL) -> str:
    """What every caption says of a TwoNN ID."""
    return f"largest {reading.discard:.0%} of μ discarded"


def duration(seconds: float) -> str:
    """About how long, in words."""
    return f"about {max(5, round(seconds / 5) * 5)} s" if seconds < 90 else f"about {round(seconds / 60)} min"
