"""The sidebar of the page Train: what is trained, and on what it is measured. Every widget stands in the address."""

from dataclasses import dataclass, replace

import streamlit as st

from idcore.data.places import base
from idcore.networks import catalogue
from idcore.record import Dataset
from idcore.spec import MAX_N, DataSpec, NetworkSpec, Recipe, Regime, WatchJob
from idcore.ui.kit import address, datasets, query
from idcore.ui.kit.parameters import declare
from idcore.ui.sidebar import data, networks

SMALL = tuple(one.name for one in catalogue.OWN)
N = 500
LABELS = declare("labels", "the choice of labels", options=("true", "shuffled", "both"))
OPTIMISER = declare("optimiser", options=("adam", "sgd"))
EPOCHS = declare("upto", "the number of epochs", 200, limits=(1, 10_000))
RATE = declare("rate", "the learning rate", 1e-3, limits=(1e-6, 10.0))
BATCH = declare("batch", "the batch size", 64, limits=(1, 10_000))
_SEED_HELP = "Of the initial weights, the order of the images, and which labels are shuffled."
_LABELS_HELP = (
    "shuffled: a fraction of them is shuffled among the images, and can only be learned by heart; both: side by side."
)


@dataclass(frozen=True)
class Plan:
    """jobs: the trainings on show, by regime. both: the same with true and with shuffled labels."""

    jobs: dict[Regime, WatchJob]
    both: dict[Regime, WatchJob]
    dataset: Dataset


def choose() -> Plan:
    """Draw the widgets."""
    st.subheader("Network")
    architecture = networks.architecture(own=False)
    if architecture.name not in SMALL:
        st.caption("An epoch of this takes minutes to hours without a GPU. The first three of the list take seconds.")
    st.subheader("Data")
    dataset, gradient = _data()
    st.subheader("Training")
    labels = address.titled("Labels", LABELS, LABELS.options, str, widget=st.segmented_control,
                            required=True, help=_LABELS_HELP)  # fmt: skip
    fraction = 1.0
    if labels != "true":
        fraction = networks.permuted("Fraction of the training labels that is permuted; 1 is the paper's MNIST-dagger.")
    recipe = _recipe(dataset.name, gradient)
    measured = _measured(dataset, gradient)
    network = NetworkSpec(architecture, recipe)
    both = _jobs(network, measured, (0.0, fraction or 1.0))
    fractions = {"true": (0.0,), "shuffled": (fraction,), "both": (0.0, fraction)}[labels]
    return Plan(_jobs(network, measured, fractions), both, dataset)


def _jobs(network: NetworkSpec, data: DataSpec, fractions: tuple[float, ...]) -> dict[Regime, WatchJob]:
    assert isinstance(network.weights, Recipe)
    networks = [replace(network, weights=replace(network.weights, shuffled=fraction)) for fraction in fractions]
    return {one.regime: WatchJob(one, data) for one in networks}


def _data() -> tuple[Dataset, float]:
    """The data sets that can train a network and whose images are there."""
    trainable = {name: known for name, known in datasets.known().items() if name == base(name) and _trains(name, known)}
    query.check(data.DATA, list(trainable))
    name = address.titled("Data set", data.DATA, list(trainable), datasets.title)
    return trainable[name], float(data.perturbation("gradient"))


def _trains(name: str, known: Dataset) -> bool:
    images = not known.matrices and not known.texts
    usable = known.labelled and images and {"train", "test"} <= set(known.sizes)
    return usable and not datasets.unread(name)


def _recipe(dataset: str, gradient: float) -> Recipe:
    left, right = st.columns(2)
    with left:
        optimiser = address.option("Optimiser", OPTIMISER, widget=st.selectbox)
        help = "It ends earlier, with the first epoch after which every training image is right."
        epochs = address.number("Epochs, at most", EPOCHS, help=help)
    with right:
        rate = address.number("Learning rate", RATE, format="%g", help="The size of a step.")
        seed = address.number("Network seed", networks.SEED, help=_SEED_HELP)
    with st.expander("More", key="more-expander"):
        batch = address.number("Images a step", BATCH)
    return Recipe(
        dataset=dataset,
        gradient=gradient,
        optimiser=optimiser,
        learning_rate=float(rate),
        batch_size=int(batch),
        epochs=int(epochs),
        seed=int(seed),
        warmup=networks.warmup(gradient, int(epochs)),
    )


def _measured(dataset: Dataset, gradient: float) -> DataSpec:
    st.subheader("Measured on")
    limit = min(MAX_N, dataset.sizes["test"])
    left, right = st.columns(2)
    help = f"Test images on which the layers are measured, at most {limit:,}. Measuring takes longer with more."
    with left:
        n = data.number_of_samples("N", limit, N, help)
    with right:
        seed = address.number("Seed", data.SEED, help="Which test images.")
    return DataSpec(dataset.name, "test", n=n, seed=int(seed), gradient=gradient)
