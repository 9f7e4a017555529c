"""The sidebar of the page Train: what is trained, and on what it is measured. Every widget stands in the address."""

from dataclasses import dataclass, replace

import streamlit as st

from idcore.data.places import base
from idcore.networks import catalogue
from idcore.record import Dataset
from idcore.spec import MAX_N, MAX_SEED, DataSpec, NetworkSpec, Recipe, Regime, WatchJob
from idcore.ui.kit import address, datasets, query
from idcore.ui.kit.query import BOUND, LIMITS, MIN_N, OPTIONS
from idcore.ui.sidebar import networks

SMALL = tuple(one.name for one in catalogue.OWN)
N = 500
_SEED_HELP = "Of the initial weights, the order of the images, and which labels are permuted."
_LABELS_HELP = "shuffled: a fraction of them is permuted, and can only be learned by heart; both: side by side."


@dataclass(frozen=True)
class Plan:
    """jobs: the trainings on show, by regime. both: the same with true and with shuffled labels."""

    jobs: dict[Regime, WatchJob]
    both: dict[Regime, WatchJob]
    dataset: Dataset


def choose() -> Plan:
    """Draw the widgets."""
    st.subheader("Network")
    architecture = networks.architecture()
    if architecture.name not in SMALL:
        st.caption("An epoch of this takes minutes to hours without a GPU. The first three of the list take seconds.")
    st.subheader("Data")
    dataset, gradient = _data()
    st.subheader("Training")
    labels = address.select("Labels", OPTIONS["labels"], str, "labels", "true", st.segmented_control,
                            required=True, help=_LABELS_HELP)  # fmt: skip
    fraction = 1.0
    if labels != "true":
        help = "Fraction of the training labels that is permuted; 1 is the paper's MNIST-dagger."
        fraction = float(st.slider("Labels permuted", 0.0, 1.0, 1.0, 0.05, key="shuffled", help=help, **BOUND))
    recipe = replace(_recipe(), dataset=dataset.name, gradient=gradient)
    data = _measured(dataset, gradient)
    network = NetworkSpec(architecture, recipe)
    both = _jobs(network, data, (0.0, fraction or 1.0))
    fractions = {"true": (0.0,), "shuffled": (fraction,), "both": (0.0, fraction)}[labels]
    return Plan(_jobs(network, data, fractions), both, dataset)


def _jobs(network: NetworkSpec, data: DataSpec, fractions: tuple[float, ...]) -> dict[Regime, WatchJob]:
    assert isinstance(network.weights, Recipe)
    networks = [replace(network, weights=replace(network.weights, shuffled=fraction)) for fraction in fractions]
    return {one.regime: WatchJob(one, data) for one in networks}


def _data() -> tuple[Dataset, float]:
    """The data sets that can train a network and whose images are there."""
    found = {name: known for name, known in datasets.known().items() if name == base(name) and _trains(name, known)}
    query.check("data", list(found))
    name = address.select("Data set", list(found), datasets.title, "data", DataSpec().dataset)
    gradient = st.number_input(
        "Luminance gradient λ", 0.0, float(LIMITS["lambda"][1]), 0.0, step=10.0, key="lambda",
        help="The paper's MNIST*: a brightness drawn from (0, λ) is added to each image; 0: none.", **BOUND,
    )  # fmt: skip
    return found[name], float(gradient)


def _trains(name: str, known: Dataset) -> bool:
    usable = known.labelled and not known.matrices and {"train", "test"} <= set(known.sizes)
    return usable and not datasets.unread(name)


def _recipe() -> Recipe:
    left, right = st.columns(2)
    with left:
        optimiser = st.selectbox("Optimiser", OPTIONS["optimiser"], key="optimiser", **BOUND)
        epochs = address.whole(
            "Epochs, at most", 1, int(LIMITS["upto"][1]), 200, key="upto",
            help="It ends earlier, with the first epoch after which every training image is right.",
        )  # fmt: skip
    with right:
        low, high = map(float, LIMITS["rate"])
        rate = st.number_input(
            "Learning rate", low, high, 1e-3, format="%g", key="rate", help="The size of a step.", **BOUND
        )
        seed = address.whole("Network seed", 0, MAX_SEED, 0, key="wseed", help=_SEED_HELP)
    with st.expander("More", key="more-expander"):
        batch = address.whole("Images a step", 1, int(LIMITS["batch"][1]), 64, key="batch")
    return Recipe(
        optimiser=optimiser, learning_rate=float(rate), batch_size=int(batch), epochs=int(epochs), seed=int(seed)
    )


def _measured(dataset: Dataset, gradient: float) -> DataSpec:
    st.subheader("Measured on")
    limit = min(MAX_N, dataset.sizes["test"])
    query.check_n(limit)
    address.follow("n", min(N, limit))
    left, right = st.columns(2)
    help = f"Test images on which the layers are measured, at most {limit:,}. Measuring takes longer with more."
    with left:
        n = address.whole("N", min(MIN_N, limit), limit, min(N, limit), step=100, key="n", help=help)
    with right:
        seed = address.whole("Seed", 0, MAX_SEED, 0, key="seed", help="Which test images.")
    return DataSpec(dataset.name, "test", n=int(n), seed=int(seed), gradient=gradient)
