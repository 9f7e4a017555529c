"""The address: what each of its parameters may be. Widgets are bound to the address and ignore what they cannot use;
this says so in a sentence."""

import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import streamlit as st

from idcore.errors import RequestError
from idcore.estimators.colours import COLOURS
from idcore.estimators.table import ESTIMATORS
from idcore.figures.curve import CURVES
from idcore.learn.manifolds import SHAPES
from idcore.learn.measure import DIMENSIONS
from idcore.learn.texts import STEPS
from idcore.networks import catalogue
from idcore.paper.experiments import EPOCHS, NETWORKS
from idcore.paper.published import figures
from idcore.spec import BARS, MAX_N, MAX_SEED, NORMALISE, PERTURBATIONS, REGIMES, DataSpec
from idcore.ui.kit import datasets

BOUND: dict[str, Any] = {"bind": "query-params"}
_CLEAN = "clean-address"
MIN_N = 20
LIMITS: dict[str, tuple[float, float]] = {
    "n": (MIN_N, MAX_N),
    "seed": (0, MAX_SEED),
    "wseed": (0, MAX_SEED),
    "width": (2, 4096),
    "depth": (1, 20),
    "gradient": (1, 10_000),
    "size": (1, 1024),
    "shuffled": (0, 1),
    "upto": (1, 10_000),
    "rate": (1e-6, 10),
    "batch": (1, 10_000),
    "curl": (0, 1),
    "d": (1, 50),
    "jitter": (0, 0.1),
    "point": (1, 30),
    "patch": (1, 20),
    "tail": (0, 0.5),
    "blur": (0, 0.05),
    "discard": (0, 0.5),
    "variance": (0.5, 0.99),
    **{one.address: (0, one.shown) for one in PERTURBATIONS if not one.options},
}
_WHOLE = {"d", "point", "patch", "n", "seed", "wseed", "width", "depth", "size", "upto", "batch"}
OPTIONS: dict[str, tuple[str, ...]] = {
    "split": ("test", "train", "all"),
    "regime": REGIMES,
    "reduce": ("flatten", "mean", "cls"),
    **{one.address: tuple(one.options) for one in PERTURBATIONS if one.options},
    "normalise": NORMALISE,
    "protocol": ("pooled", "per class"),
    "layers": ("checkpoints", "all", "picked"),
    "each": ("true", "false"),
    "published": ("true", "false"),
    "bring": ("images", "representations", "weights"),
    "x": ("layer", "depth"),
    "axis": ("log", "linear"),
    "scale": ("linear", "log"),
    "map": ("PCA", "PCA 3-D", "UMAP"),
    "begin": ("chained", "by itself"),
    "samples": ("all", "half", "a quarter", "an eighth"),
    "colour": ("class", "prediction", "right or wrong", "shuffled label", *(one.name for one in COLOURS)),
    "estimator": tuple(one.name for one in ESTIMATORS),
    "bars": BARS,
    "neighbours": ("8", "16", "32", "64"),
    "along": ("neighbourhoods", "CKA"),
    "value": ("TwoNN", "PC-ID", "linearised", "ID / D"),
    "set": ("regimes", "label noise", "widths", "depths", "seeds", "families", "sweep", "results"),
    "across": ("CKA", "neighbourhoods", "accuracy"),
    "cka": ("debiased", "plain"),
    "figure": tuple(one.number for one in figures()),
    "sample": ("test", "all"),
    "labels": ("true", "shuffled", "both"),
    "optimiser": ("adam", "sgd"),
    "hide": ("controls",),
    "step": tuple(str(i + 1) for i in range(len(STEPS))),
    "shape": tuple(SHAPES),
    "part": ("one point", "all points", "scale", "limits"),
    "limits": ("cube", "gaussian"),
    "points": ("250", "500", "1000", "2000"),
    "high": tuple(map(str, DIMENSIONS)),
    "net": ("VGG-16, published", "small network, here"),
    "guess": ("flat", "falling", "rising", "up, then down", "down, then up", "my own"),
    "share": ("0", "0.25", "0.5", "0.75", "1"),
    "where": ("ImageNet, published", "small networks, here"),
    "gradients": ("0", "1", "10", "100"),
}
_PAPER = {"networks": NETWORKS, "epochs": tuple(map(str, EPOCHS))}
_NAMES = {
    "n": "N",
    "seed": "the data seed",
    "wseed": "the network seed",
    "lambda": "the luminance gradient lambda",
    "gradient": "lambda of MNIST*",
    "size": "the size of the images",
    "weights": "the choice of weights",
    "pick": "the picked layers",
    "shuffled": "the fraction of shuffled labels",
    "discard": "the discarded fraction",
    "variance": "the share of the variance",
    "data": "the data set",
    "layers": "the choice of layers",
    "upto": "the number of epochs",
    "rate": "the learning rate",
    "batch": "the batch size",
    "labels": "the choice of labels",
    "x": "the horizontal axis",
    "axis": "the vertical axis",
    "scale": "the vertical axis",
    "value": "the estimate",
    "neighbours": "the number of neighbours",
    "along": "the view along depth",
    "set": "the set of networks",
    "across": "the view across networks",
    "cka": "the kind of CKA",
    "results": "the choice of results",
    "reference": "the reference",
    "beside": "the choice of maps",
    "samples": "the share of the samples",
    "first": "the first network",
    "second": "the second network",
}


_BY_IDENTITY = ("results", "beside")
"""Lists whose options stand in the address as nobody would call them."""
_TOLD = 4
_ARE = {True: "is", False: "are"}


def complaints(address: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with each parameter that cannot be used. Unknown ones are ignored, as everywhere on the web."""
    found = {name: _complaint(name, value) for name, value in address.items()}
    return {name: sentence for name, sentence in found.items() if sentence}


def look() -> None:
    """Read the address this session came in by, and take out what no widget can use, before they see it. Each line that
    changes the address may be the last of this run, where the browser asks for another meanwhile: the next one begins
    here again until all is out."""
    if st.session_state.get(_CLEAN):
        return
    address = {name: st.query_params[name] for name in st.query_params}
    lists = {name: st.query_params.get_all(name) for name in _lists(address)}
    found = complaints(address)
    for name, options in _lists(address).items():
        wrong = [value for value in lists[name] if value not in options]
        if wrong:
            found[name] = f"{_about(name)} must be among {_among(wrong[0], options)}, not “{short(wrong[0])}”"
    st.session_state.setdefault("notices", {}).update(found)
    st.session_state["asked"] = {k: v for k, v in address.items() if k not in found}
    for name in found:
        st.query_params[name] = [value for value in lists.get(name, ()) if value in _lists(address)[name]]
    st.session_state[_CLEAN] = True
    if found:
        st.rerun()  # a widget is filled from the address as it was when this run began


def early(name: str, default: Any) -> Any:
    """The value of a bound widget that may not have been drawn yet: then the address says what it will be."""
    asked = st.session_state["asked"].get(name, default)
    return st.session_state.get(name, type(default)(asked))


def drawn(name: str) -> None:
    """Called when such a widget is drawn: from now on the address of the first visit is history."""
    st.session_state["asked"].pop(name, None)


def check_n(most: int) -> None:
    """Say so, once, when the address asks for more samples than there are among those chosen."""
    asked = st.session_state["asked"].pop("n", None)
    if asked is not None and int(asked) > most:
        sentence = f"{_about('n')} must be at most {most:,}, all the choice of samples allows, not “{short(asked)}”"
        st.session_state["notices"]["n"] = sentence


def check(name: str, options: Sequence[str]) -> bool:
    """Say so, once, when the address asks for what there is elsewhere but not here; returns whether it did."""
    asked = st.session_state["asked"].pop(name, None)
    if asked is None or asked in options:
        return False
    st.session_state["notices"][name] = f"{_about(name)} must be one of {_among(asked, options)}, not “{short(asked)}”"
    return True


def check_layer(names: Sequence[str]) -> None:
    """The same for a layer, below the place where such sentences stand."""
    check_below("layer", names)


def check_below(name: str, options: Sequence[str]) -> None:
    """The same for anything that is drawn below the place where such sentences stand."""
    if check(name, options):
        st.rerun()


def tell_absent(name: str, values: Sequence[str]) -> None:
    """Say that some of what was chosen from a list is not there: it never was, or it is gone."""
    told = ", ".join(f"“{short(value)}”" for value in values[:_TOLD]) + (", …" if len(values) > _TOLD else "")
    about, are = _NAMES[name].capitalize(), _ARE[len(values) == 1]
    st.session_state["notices"][name] = f"{about} names {len(values)} that {are} not here: {told}"


def show_notices() -> None:
    """The sentences at the head of a page, with a button that takes them away."""
    found = st.session_state["notices"]
    if found:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            # What is shown instead is the default, or as near as the widget could come.
            sentences = [f"{text}; {_shown(name)} shown." for name, text in found.items()]
            st.markdown(":material/link_off: " + " ".join(sentences), width="stretch")
            st.button("Dismiss", key="dismiss", type="tertiary", on_click=found.clear)


def _complaint(name: str, value: str) -> str:
    test: Callable[[str], str] | None = None
    if name in OPTIONS:
        options = OPTIONS[name]
        test = lambda text: "" if text in options else f"must be one of {_among(text, options)}"  # noqa: E731
    elif name in LIMITS:
        low, high = LIMITS[name]
        test = lambda text: _number(text, low, high, name in _WHOLE)  # noqa: E731
    elif name in _KNOWN:
        test = _KNOWN[name]
    reason = test(value) if test else ""
    if not reason:
        return ""
    return f"{_about(name)} {reason}, not “{short(value)}”"


def _lists(address: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The parameters of an address that may be given more than once, and what each may be. The classes of a data set
    that has not been read yet are not known: the widget looks at them later."""
    name = address.get("data", DataSpec().dataset)
    known = datasets.describe(name if name in datasets.names() else DataSpec().dataset)
    lists = {"classes": datasets.class_names(known) if known else (), "estimates": CURVES, **_PAPER}
    return {name: options for name, options in lists.items() if name in address and options}


def _network(text: str) -> str:
    try:
        catalogue.lookup(text)
    except RequestError:
        return f"must be one of {_among(text, tuple(catalogue.ARCHITECTURES))}"
    return ""


def _data(text: str) -> str:
    names = datasets.names()
    return "" if text in names else f"must be one of {_among(text, names)}"


_KNOWN: dict[str, Callable[[str], str]] = {"network": _network, "data": _data}


def _among(text: str, options: Sequence[str], most: int = 8) -> str:
    """All options, or those that are most like the text."""
    if len(options) > most:
        options = difflib.get_close_matches(text[:100], options, n=4, cutoff=0.0)
        return f"{', '.join(map(short, options))} or another of the list"
    return ", ".join(map(short, options))


def _about(name: str) -> str:
    return f"In the address, {_NAMES.get(name, f'the {name}')}"


def _shown(name: str) -> str:
    value = st.session_state.get(name, "another")
    if name in _BY_IDENTITY and isinstance(value, list):
        return f"the other {len(value)} {_ARE[len(value) == 1]}" if value else "none is"
    return ((", ".join(value) or "all") if isinstance(value, list) else str(value)) + " is"


def _number(text: str, low: float, high: float, whole: bool) -> str:
    kind = "a whole number" if whole else "a number"
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        value = math.nan
    return "" if low <= value <= high else f"must be {kind} from {low:g} to {high:g}"


def short(text: str) -> str:
    """A stranger's text, safe inside Markdown: letters, digits and a few marks, 40 of them at most."""
    plain = "".join(c if c.isalnum() or c in " .,+-_" else "·" for c in unquote(text))
    return plain if len(plain) <= 40 else plain[:39] + "…"


def escaped(text: str) -> str:
    """A sentence that may hold a stranger's words, as Markdown that shows it as it is."""
    return re.sub(r"([\\`*_\[\]<>$~#|!:])", r"\\\1", text)
