"""The sidebar: what is measured. Every widget is bound to the address."""

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from idcore.data.catalogue import DATASETS
from idcore.networks.catalogue import ARCHITECTURES
from idcore.spec import MAX_SEED, REGIMES, Architecture, DataSpec, NetworkSpec, Recipe, Regime, Request, Untrained
from idcore.ui import query
from idcore.ui.query import LIMITS, MIN_N, OPTIONS

BOUND: dict = {"bind": "query-params"}
_SMALLEST = {  # samples of the smallest class, counted once: reading the images here would take a second
    "mnist5k": {"train": 400, "test": 100, "all": 500},
    "digits": {"train": 138, "test": 36, "all": 174},
}


@dataclass(frozen=True)
class Choice:
    """What the sidebar says. seed: of the weights. shuffled: fraction of permuted labels in the shuffled regime."""

    data: DataSpec
    architecture: Architecture
    regime: Regime
    seed: int
    shuffled: float
    layers: Literal["checkpoints", "all"]
    device: str

    def request(self, regime: Regime | None = None) -> Request:
        """The request of this regime, of the chosen one when left out. Networks train on the data they are shown."""
        regime = regime or self.regime
        if regime == "untrained":
            return Request(self.data, NetworkSpec(self.architecture, Untrained(self.seed)))
        recipe = Recipe(
            dataset=self.data.dataset,
            gradient=self.data.gradient,
            shuffled=self.shuffled if regime == "shuffled" else 0.0,
            seed=self.seed,
        )
        return Request(self.data, NetworkSpec(self.architecture, recipe))


def choose(regimes: bool, devices: tuple[str, ...]) -> Choice:
    """Draw the widgets. regimes: whether one regime is chosen here (Explore) or all are shown (Compare)."""
    st.subheader("Data")
    data = _data()
    st.subheader("Network")
    architecture, seed = _network()
    st.subheader("Regime" if regimes else "Shuffled labels")
    regime, shuffled = _regime(regimes)
    st.subheader("Layers")
    layers = st.segmented_control(
        "Layers",
        OPTIONS["layers"],
        default="checkpoints",
        required=True,
        key="layers",
        label_visibility="collapsed",
        help="Checkpoint layers are those of the paper: input, each pooling or block, each fully connected layer.",
        **BOUND,
    )
    return Choice(data, architecture, regime, seed, shuffled, layers, _device(devices))


def _data() -> DataSpec:
    help = "\n\n".join(f"**{name}**: {entry.title}. {entry.source}." for name, entry in DATASETS.items())
    dataset = st.selectbox(
        "Dataset", OPTIONS["data"], index=OPTIONS["data"].index("mnist5k"), key="data", help=help, **BOUND
    )
    known = DATASETS[dataset]
    split = st.segmented_control("Split", OPTIONS["split"], default="test", required=True, key="split", **BOUND)
    left, right = st.columns(2)
    with st.expander("Classes and luminance"):
        chosen = st.multiselect("Classes", list(known.classes), key="classes", placeholder="All classes", **BOUND)
        gradient = st.number_input(
            "Luminance gradient λ",
            0.0,
            float(LIMITS["lambda"][1]),
            0.0,
            step=10.0,
            key="lambda",
            help="The paper's MNIST*: a brightness drawn from (0, λ) is added to each image; 0: none.",
            **BOUND,
        )
    classes = tuple(known.classes.index(name) for name in chosen) or None
    with left:
        n = _samples(most(dataset, split, len(chosen)), bool(chosen))
    with right:
        seed = st.number_input("Seed", 0, MAX_SEED, 0, key="seed", help="Which samples are drawn.", **BOUND)
    return DataSpec(dataset, split, classes, int(n), int(seed), float(gradient))


def most(dataset: str, split: str, classes: int) -> int:
    """Samples that any choice of so many classes has, none standing for all: that many times the smallest class."""
    known = DATASETS[dataset]
    return known.sizes[split] if classes in (0, len(known.classes)) else classes * _SMALLEST[dataset][split]


def _samples(most: int, of_classes: bool) -> int:
    among = "the smallest class times the number of classes chosen" if of_classes else "the size of the split"
    help = f"Samples drawn, at most {most:,}: {among}."
    query.check_n(most)
    return st.number_input("N", MIN_N, most, min(1000, most), step=100, key="n", help=help, **BOUND)


def _network() -> tuple[Architecture, int]:
    help = "\n\n".join(f"**{name}**: {entry.description}." for name, entry in ARCHITECTURES.items())
    name = st.selectbox("Architecture", OPTIONS["network"], key="network", help=help, **BOUND)
    width = depth = None
    if name == "mlp":
        left, right = st.columns(2)
        width = int(left.number_input("Width", 2, int(LIMITS["width"][1]), 256, key="width", **BOUND))
        depth = int(right.number_input("Depth", 1, int(LIMITS["depth"][1]), 3, key="depth", **BOUND))
    help = "Seed of the initial weights, and of the training."
    seed = st.number_input("Network seed", 0, MAX_SEED, 0, key="wseed", help=help, **BOUND)
    return Architecture(name, width, depth), int(seed)


def _regime(regimes: bool) -> tuple[Regime, float]:
    regime: Regime = "trained"
    if regimes:
        regime = st.segmented_control(
            "Regime",
            REGIMES,
            default="trained",
            required=True,
            key="regime",
            label_visibility="collapsed",
            **BOUND,
        )
    if regimes and regime != "shuffled":
        return regime, 1.0
    help = "Fraction of the training labels that is permuted: 0 leaves them true, 1 is the paper's MNIST-dagger."
    return regime, float(st.slider("Labels permuted", 0.0, 1.0, 1.0, 0.05, key="shuffled", help=help, **BOUND))


def _device(devices: tuple[str, ...]) -> str:
    if len(devices) > 1:
        return st.selectbox("Device", ("auto", *devices), key="device")
    if devices:
        st.caption(f"Device: {devices[0]}")
    return "auto"
