"""The address: what each of its parameters may be. Widgets are bound to the address and ignore what they cannot use;
this says so in a sentence."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import streamlit as st

from idcore.data.catalogue import DATASETS
from idcore.estimators.compare import ESTIMATORS
from idcore.figures.curve import ESTIMATES as ESTIMATES_SHOWN
from idcore.networks.catalogue import ARCHITECTURES
from idcore.spec import MAX_N, MAX_SEED, REGIMES, DataSpec

MIN_N = 20
LIMITS: dict[str, tuple[float, float]] = {
    "n": (MIN_N, MAX_N),
    "seed": (0, MAX_SEED),
    "wseed": (0, MAX_SEED),
    "width": (2, 4096),
    "depth": (1, 20),
    "lambda": (0, 10_000),
    "shuffled": (0, 1),
    "discard": (0, 0.5),
    "variance": (0.5, 0.99),
}
_WHOLE = {"n", "seed", "wseed", "width", "depth"}
OPTIONS: dict[str, tuple[str, ...]] = {
    "data": tuple(DATASETS),
    "split": ("test", "train", "all"),
    "network": tuple(ARCHITECTURES),
    "regime": REGIMES,
    "layers": ("checkpoints", "all"),
    "x": ("layer", "depth"),
    "axis": ("log", "linear"),
    "scale": ("linear", "log"),
    "map": ("PCA", "UMAP"),
    "colour": ("class", "local ID", "density"),
    "estimator": ESTIMATORS,
    "bars": ("blocks", "paper"),
    "neighbours": ("8", "16", "32", "64"),
    "along": ("neighbourhoods", "CKA"),
    "value": ("TwoNN", "PC-ID", "linearised"),
}
_NAMES = {
    "n": "N",
    "seed": "the data seed",
    "wseed": "the network seed",
    "lambda": "the luminance gradient lambda",
    "shuffled": "the fraction of shuffled labels",
    "discard": "the discarded fraction",
    "variance": "the share of the variance",
    "data": "the data set",
    "layers": "the choice of layers",
    "x": "the horizontal axis",
    "axis": "the vertical axis",
    "scale": "the vertical axis",
    "value": "the estimate",
    "neighbours": "the number of neighbours",
    "along": "the view along depth",
}


def complaints(address: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with each parameter that cannot be used. Unknown ones are ignored, as everywhere on the web."""
    found = {name: _complaint(name, value) for name, value in address.items()}
    return {name: sentence for name, sentence in found.items() if sentence}


def look() -> None:
    """Read the address this session came in by, and take out what no widget can use, before they see it."""
    if "notices" in st.session_state:
        return
    address = {name: st.query_params[name] for name in st.query_params}
    lists = {name: st.query_params.get_all(name) for name in _lists(address)}
    found = complaints(address)
    for name, options in _lists(address).items():
        wrong = [value for value in lists[name] if value not in options]
        if wrong:
            found[name] = f"{_about(name)} must be among {', '.join(options)}, not “{_short(wrong[0])}”"
    st.session_state["notices"] = found
    st.session_state["asked"] = {k: v for k, v in address.items() if k not in found}
    if found:
        for name in found:
            st.query_params[name] = [value for value in lists.get(name, ()) if value in _lists(address)[name]]
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
        sentence = f"{_about('n')} must be at most {most:,}, all the choice of samples allows, not “{_short(asked)}”"
        st.session_state["notices"]["n"] = sentence


def check_layer(names: Sequence[str]) -> None:
    """Say so, once, when the address asks for a layer that this network does not have."""
    asked = st.session_state["asked"].pop("layer", None)
    if asked is not None and asked not in names:
        sentence = f"{_about('layer')} must be one of {', '.join(names)}, not “{_short(asked)}”"
        st.session_state["notices"]["layer"] = sentence
        st.rerun()


def show_notices() -> None:
    """The sentences at the head of a page, with a button that takes them away."""
    found = st.session_state["notices"]
    if found:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            # What is shown instead is the default, or as near as the widget could come.
            sentences = [f"{text}; {_shown(name)} is shown." for name, text in found.items()]
            st.markdown(":material/link_off: " + " ".join(sentences), width="stretch")
            st.button("Dismiss", key="dismiss", type="tertiary", on_click=found.clear)


def _complaint(name: str, value: str) -> str:
    check: Callable[[str], str] | None = None
    if name in OPTIONS:
        options = OPTIONS[name]
        check = lambda text: "" if text in options else f"must be one of {', '.join(options)}"  # noqa: E731
    elif name in LIMITS:
        low, high = LIMITS[name]
        check = lambda text: _number(text, low, high, name in _WHOLE)  # noqa: E731
    reason = check(value) if check else ""
    if not reason:
        return ""
    return f"{_about(name)} {reason}, not “{_short(value)}”"


def _lists(address: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The parameters of an address that may be given more than once, and what each may be."""
    known = DATASETS.get(address.get("data", ""), DATASETS[DataSpec().dataset])
    lists = {"classes": known.classes, "estimates": ESTIMATES_SHOWN}
    return {name: options for name, options in lists.items() if name in address}


def _about(name: str) -> str:
    return f"In the address, {_NAMES.get(name, f'the {name}')}"


def _shown(name: str) -> str:
    value = st.session_state.get(name, "another")
    return (", ".join(value) or "all") if isinstance(value, list) else str(value)


def _number(text: str, low: float, high: float, whole: bool) -> str:
    kind = "a whole number" if whole else "a number"
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        value = math.nan
    return "" if low <= value <= high else f"must be {kind} from {low:g} to {high:g}"


def _short(text: str) -> str:
    """A stranger's text, safe inside Markdown: letters, digits and a few marks, 40 of them at most."""
    plain = "".join(c if c.isalnum() or c in " .,+-_" else "·" for c in unquote(text))
    return plain if len(plain) <= 40 else plain[:39] + "…"
