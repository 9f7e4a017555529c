"""The part of the sidebar that chooses a network and how its weights came about."""

import contextlib
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from idcore.errors import NetworkError, RequestError
from idcore.networks import catalogue, form, hub
from idcore.networks.catalogue import CatalogueEntry
from idcore.record import Dataset
from idcore.settings import settings
from idcore.spec import FACTORY, FOLDER, LIT, MAX_SEED, NORMALISE, REDUCTIONS, REGIMES, Architecture, Pretrained, Regime
from idcore.ui.kit import address, away, query, thumbnails, weights, words
from idcore.ui.kit.choice import FILE, Choice
from idcore.ui.kit.parameters import declare


def _is_known(name: str) -> bool:
    if name.startswith(FACTORY):
        return name in away.networks()
    try:
        catalogue.lookup(name)
    except RequestError:
        return False
    return True


NETWORK = declare("network", default="cnn", options=tuple(catalogue.ARCHITECTURES), others=_is_known,
                  absent=away.absent)  # fmt: skip
WIDTH = declare("width", default=256, limits=(2, 4096))
DEPTH = declare("depth", default=3, limits=(1, 20))
REGIME = declare("regime", options=REGIMES)
WEIGHTS = declare("weights", "the choice of weights")
SEED = declare("wseed", "the network seed", 0, limits=(0, MAX_SEED))
SHUFFLED = declare("shuffled", "the fraction of shuffled labels", 1.0, limits=(0.0, 1.0))
WARMUP = declare("warmup", "the warm-up", 0, limits=(0, LIT.epochs - 1))
SIZE = declare("size", "the size of the images", limits=(1, 1024))
SCALE = declare("normalise", options=NORMALISE)
REDUCE = declare("reduce", options=REDUCTIONS)


@dataclass(frozen=True)
class Weights:
    """As in `choice.Choice`."""

    regime: Regime
    regimes: tuple[Regime, ...]
    seed: int
    shuffled: float
    warmup: int
    entry: str


def architecture(own: bool = True) -> Architecture:
    """Draw the list of all architectures, and the sizes of one that has some. own: with the networks of somebody's own
    code, of which there are results alone."""
    names = [*(away.networks() if own else ()), *catalogue.ARCHITECTURES, *_folders(texts=False)]
    names = _with_those_asked_for(names, "", own)
    name = _choose(names, NETWORK.default, "Type to search, vgg for instance.")
    if not catalogue.lookup(name).parameters:
        return Architecture(name)
    left, right = st.columns(2)
    with left:
        width = address.number("Width", WIDTH)
    with right:
        depth = address.number("Depth", DEPTH)
    return Architecture(name, int(width), int(depth))


def language_model() -> Architecture | None:
    """Draw the list of the networks that take texts, and the field for one that is not here yet. None for none."""
    names = _with_those_asked_for(_folders(texts=True), "hf:")
    chosen = (
        Architecture(_choose(names, names[0], "The folders below the data root that have a tokenizer."))
        if names
        else None
    )
    _of_the_hub()
    return chosen


def _with_those_asked_for(names: list[str], begins: str, own: bool = False) -> list[str]:
    """With what the address, or a field, asks for of an optional library."""
    for asked in (st.query_params.get(NETWORK.name, NETWORK.default), st.session_state.get(NETWORK.name)):
        if asked and asked.startswith(begins) and asked not in names and _is_known(asked):
            if asked.startswith(FACTORY) and not own:
                continue
            names.append(asked)
    return names


def _choose(names: list[str], usual: str, help: str) -> str:
    """The name of a network; of a folder with the digest of what it holds now."""
    shown = st.session_state.get(NETWORK.name)
    if shown in names:
        help = f"{words.entry_words(catalogue.lookup(shown))}\n\n{help}"
    name = address.titled("Architecture", NETWORK, names, _title, usual, help=help, filter_mode="contains")
    if name.startswith(f"hf:{FOLDER}"):
        with contextlib.suppress(NetworkError):  # the job says what is wrong with it
            name = f"hf:{hub.current(name.removeprefix('hf:'))}"
    return name


def without_language() -> str:
    """What is to be done where there are texts and no language model."""
    if not catalogue.installed("hf"):
        return (
            "Texts are shown to a language model of transformers, which is not installed here. Install it (pip install "
            "transformers) and start the app again."
        )
    return (
        f"Texts are shown to a language model, and there is none in {settings().data}. Put its folder there, with "
        "config.json, tokenizer.json and model.safetensors, or type the name of one of the Hugging Face hub into the "
        "field on the left."
    )


def _of_the_hub() -> None:
    """A field for the name of a network that is not here yet."""

    def take() -> None:
        name = f"hf:{st.session_state['hub-model'].strip().removeprefix('hf:')}"
        if _is_known(name):
            st.session_state[NETWORK.name] = name

    if not catalogue.installed("hf"):
        return
    help = (
        "Its description, its tokenizer and its safetensors are fetched when it is measured, and kept on this machine."
    )
    typed = st.text_input("Model of the Hugging Face hub", key="hub-model", placeholder="openai-community/gpt2",
                          on_change=take, help=help)  # fmt: skip
    if typed.strip() and not _is_known(f"hf:{typed.strip().removeprefix('hf:')}"):
        st.error(query.escaped(f"{typed.strip()[:80]} is no name of the hub: it must be OWNER/NAME or NAME."))


def _folders(texts: bool) -> list[str]:
    """The networks of transformers that lie below the data root, where that is installed: those with a tokenizer take
    texts."""
    folders = hub.folders() if catalogue.installed("hf") else ()
    return [f"hf:{name}" for name in folders if hub.takes_texts(name) == texts]


def _title(name: str) -> str:
    """With the name in the code, which people type as well."""
    title = catalogue.lookup(name).title
    if name.startswith(FACTORY):
        return f"{title} (your own code)"
    return title if title.lower() == name else f"{title} ({name})"


def chosen_weights(architecture: Architecture, known: Dataset, gradient: float, one: bool) -> Weights:
    """Draw the regime and what belongs to it. known: the data set. gradient: lambda of its images. one: whether one
    regime is chosen (Explore) or all are shown."""
    entry = catalogue.lookup(architecture.name)
    files = weights.files(architecture)
    if architecture.name.startswith(FACTORY):
        return _of_own_code(files)
    offered = [*entry.weights, *(FILE + digest for digest in files)]
    regimes = _regimes(entry, bool(offered), known)
    wanted: tuple[Regime, ...] = ("pretrained", "trained") if entry.weights or known.texts else ("trained",)
    default: Regime = next((regime for regime in wanted if regime in regimes), "untrained")
    regime = _regime(regimes, default) if one else default
    chosen = "DEFAULT"
    if offered and (regime == "pretrained" or not one):
        chosen = _entry(offered, entry, files)
    seed = 0
    if regime != "pretrained" or not one:
        help = "Seed of the initial weights, and of the training."
        seed = address.number("Network seed", SEED, help=help)
    shuffled = 1.0
    if "shuffled" in regimes and (regime == "shuffled" or not one):
        help = "Fraction of the training labels that is permuted: 0 leaves them true, 1 is the paper's MNIST-dagger."
        shuffled = permuted(help)
    learns = regime in ("trained", "shuffled") or not one
    return Weights(regime, regimes, seed, shuffled, warmup(gradient) if learns else 0, chosen)


def _of_own_code(files: dict[str, str]) -> Weights:
    """Those that it was measured with."""
    offered = [FILE + digest for digest in files]
    query.check(WEIGHTS, offered)
    if len(offered) == 1:
        st.text(next(iter(files.values())))
        chosen = offered[0]
    else:
        chosen = address.titled("Weights", WEIGHTS, offered, lambda name: files[name.removeprefix(FILE)], offered[0])
    return Weights("pretrained", ("pretrained",), 0, 1.0, 0, chosen)


def warmup(gradient: float, epochs: int = LIT.epochs) -> int:
    """Draw over how many of the epochs the luminance gradient grows, where there is one that can."""
    if gradient <= 1 or epochs == 1:
        return 0
    most = min(epochs, LIT.epochs) - 1
    query.check_most_below(WARMUP, most, "one less than there are epochs")
    help = "Epochs over which λ grows from 1, each time by the same factor. With 0 it is there from the first epoch "
    help += "on: then a network only guesses where λ is 100 or more."
    return int(address.number("Warm-up of λ, in epochs", WARMUP, high=most, step=10, help=help))


def permuted(help: str) -> float:
    """Draw the slider for the share of the labels that are permuted."""
    return float(address.number("Labels permuted", SHUFFLED, widget=st.slider, step=0.05, help=help))


def _regimes(entry: CatalogueEntry, offered: bool, known: Dataset) -> tuple[Regime, ...]:
    """What the weights can be: there are pretrained ones or not, and the data can train a network or not."""
    if known.texts:
        return ("pretrained", "untrained")
    trainable = known.labelled and {"train", "test"} <= set(known.sizes)
    if not trainable:
        st.caption("To train on, a data set needs labels, and samples to train and to test on.")
    able = {"untrained": True, "pretrained": offered, "trained": trainable, "shuffled": trainable}
    return tuple(regime for regime in REGIMES if able[regime] and (regime in entry.regimes or offered))


def _regime(regimes: tuple[Regime, ...], default: Regime) -> Regime:
    query.check(REGIME, regimes)
    address.follow(REGIME, default)
    if st.session_state.get("regime", default) not in regimes:
        del st.session_state["regime"]
    widget = st.pills if len(regimes) > 3 else st.segmented_control  # pills look well on two lines
    regime: Regime = address.option("Regime", REGIME, regimes, default, widget, label_visibility="collapsed")
    return regime


def _entry(offered: list[str], entry: CatalogueEntry, files: dict[str, str]) -> str:
    """Which pretrained weights: one of the library's, or a person's own file."""
    default = offered[0]
    query.check(WEIGHTS, offered)
    if len(offered) == 1:
        if default.startswith(FILE):
            st.text(f"Weights from {files[default.removeprefix(FILE)]}")
        return default

    def shown(name: str) -> str:
        return f"{files[name.removeprefix(FILE)]} (your file)" if name.startswith(FILE) else name

    return address.titled("Weights", WEIGHTS, offered, shown, default)


def images(choice: Choice, known: Dataset) -> dict[str, Any]:
    """Draw what is done to the images, and say it in words; returns `size`, `normalise` and `reduce`."""
    entry = catalogue.lookup(choice.architecture.name)
    values: dict[str, Any] = {}
    if known.texts:
        with st.expander("Texts as the network sees them", key="images-expander"):
            st.caption("Cut into tokens by the tokenizer that lies beside the network.")
            return {"reduce": _reduce(entry, True)}
    with st.expander("Images as the network sees them", key="images-expander"):
        if entry.size is None:
            help = "In pixels; empty for what is usual for the network and the data."
            values["size"] = address.number("Height and width", SIZE, placeholder="usual", help=help)
        values["normalise"] = address.option("Mean and deviation", SCALE)
        line = st.empty()
        six = thumbnails.pictures(choice.data)
        if six:
            st.image(six, width=thumbnails.SMALL)
        values["reduce"] = _reduce(entry)
    try:
        request = replace(choice, **values).request()
        own = request.network.weights
        entry = catalogue.lookup(entry.name, own.entry if isinstance(own, Pretrained) else None)
        wanted = form.form(request, entry, known)
        line.caption(words.form_words(wanted, known))
    except NetworkError as error:
        line.error(str(error))
    return values


def _reduce(entry: CatalogueEntry, texts: bool = False) -> str:
    """How an activation with positions (of tokens, of pixels) becomes a row."""
    default = "last" if texts else entry.reduce
    several = ("flatten", "mean", "cls") if default == "cls" or ":" in entry.name else ("flatten", "mean")
    options = ("last", "mean", "cls") if texts else several
    query.check(REDUCE, options)
    if st.session_state.get("reduce", default) not in options:
        del st.session_state["reduce"]
    address.follow(REDUCE, default)
    help = "flatten: all of a layer's units; mean: over its positions; cls: the class token alone. Usual for this "
    help += f"family: {default}."
    if texts:
        help = "last: the last token of a sequence; mean: over its tokens; cls: the class token, where there is one."
    reduce: str = address.option("Activations", REDUCE, options, default, help=help)
    return reduce
