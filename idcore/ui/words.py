"""Requests in words: titles, captions, what a training means and how long it takes."""

import math

from idcore.data.catalogue import DATASETS
from idcore.networks.catalogue import ARCHITECTURES
from idcore.results import Run
from idcore.spec import NetworkSpec, Recipe, Request


def network_title(network: NetworkSpec) -> str:
    """ "Multilayer perceptron 3 × 256", "Convolutional network"."""
    architecture = network.architecture
    size = f" {architecture.depth} × {architecture.width}" if architecture.width else ""
    return ARCHITECTURES[architecture.name].title + size


def regime_words(network: NetworkSpec) -> str:
    """What was done to the weights."""
    weights = network.weights
    if not isinstance(weights, Recipe):
        return "untrained"
    if not weights.shuffled:
        return f"trained on {weights.dataset}"
    part = "" if weights.shuffled == 1 else f"{weights.shuffled:.0%} "
    return f"trained on {part}shuffled labels"


def sample_words(request: Request) -> str:
    """What was shown to the network."""
    data = request.data
    of = "" if data.classes is None else f" of classes {', '.join(map(str, data.classes))}"
    split = "" if data.split == "all" else f" {data.split}"
    luminance = f", luminance gradient λ = {data.gradient:g}" if data.gradient else ""
    return f"{data.n:,}{split} samples{of} of {data.dataset}, seed {data.seed}{luminance}"


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
    seconds = _seconds(network)
    time = f"{seconds} seconds" if seconds < 60 else f"{round(seconds / 60)} minutes" if seconds >= 90 else "a minute"
    return (
        f"{network_title(network)} on {recipe.dataset} {labels}, seed {recipe.seed}: {recipe.optimiser.title()} until "
        f"every training image is right, {recipe.epochs} epochs at most. Roughly {time} on two cores."
    )


def _seconds(network: NetworkSpec) -> int:
    """A rough guide. Measured once on two busy cores: the cnn on mnist5k needs 14 epochs for true labels and 99 for
    random ones, 1.5 s each; the mlp of 3 x 256 needs 18, 0.4 s each. Other sizes are scaled from that one mlp."""
    recipe, (width, depth) = network.weights, (network.architecture.width or 0, network.architecture.depth or 0)
    assert isinstance(recipe, Recipe)
    dataset = DATASETS[recipe.dataset]
    weights = width * math.prod(dataset.shape) + (depth - 1) * width**2
    epoch = 0.2 + 6e-7 * weights if network.architecture.name == "mlp" else 1.5
    seconds = (16 + 83 * recipe.shuffled) * epoch * dataset.sizes["train"] / 4000
    return max(5, round(seconds / 5) * 5)
