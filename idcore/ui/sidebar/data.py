"""The part of the sidebar that chooses samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from idcore.record import Dataset
from idcore.spec import MAX_N, MAX_SEED, PERTURBATIONS, DataSpec, Perturbation
from idcore.ui.kit import address, datasets, query
from idcore.ui.kit.query import BOUND, MIN_N, OPTIONS

Split = Literal["test", "train", "all"]
SPLITS: tuple[Split, ...] = ("test", "train", "all")


@dataclass(frozen=True)
class Samples:
    """classes: the labels that get an ID of their own, none for one ID of all samples. known: None where the data set
    has to be read first."""

    spec: DataSpec
    classes: tuple[int, ...] = ()
    known: Dataset | None = None


def samples() -> Samples:
    """Draw the widgets."""
    titles = datasets.titles()
    name = address.select("Data set", list(titles), titles.__getitem__, "data", DataSpec().dataset)
    known = None if datasets.unread(name) else datasets.describe(name)
    if known is None:
        return Samples(DataSpec(name))
    splits = tuple(split for split in SPLITS if split in known.sizes)
    split = _split(splits)
    left, right = st.columns(2)
    chosen, each = _classes(known) if known.labelled and len(known.classes) > 1 else ((), False)
    perturbed = _perturbations() if not known.matrices else {}
    with left:
        n = _n(known, split, chosen, each)
    with right:
        seed = address.whole("Seed", 0, MAX_SEED, 0, key="seed", help="Which samples are drawn (none where N is all).")
    spec = DataSpec(known.name, split, chosen or None, n, int(seed), **perturbed)
    return Samples(spec, (chosen or tuple(range(len(known.classes)))) if each else (), known)


def _split(splits: Sequence[Split]) -> Split:
    query.check("split", splits)
    if len(splits) == 1:
        return splits[0]
    if st.session_state.get("split", splits[0]) not in splits:
        del st.session_state["split"]
    return st.segmented_control("Split", splits, default=splits[0], required=True, key="split", **BOUND)


def _classes(known: Dataset) -> tuple[tuple[int, ...], bool]:
    """(labels to draw from, whether each is measured by itself)."""
    names = datasets.class_names(known)
    with st.expander("Classes", key="classes-expander"):
        if not set(st.session_state.get("classes", ())) <= set(names):
            del st.session_state["classes"]
        chosen = st.multiselect(
            "Classes", names, key="classes", placeholder="All classes", label_visibility="collapsed", **BOUND
        )
        help = "One ID for all samples together, or one for each class: then their mean and standard deviation are "
        protocol = st.segmented_control(
            "Measured", OPTIONS["protocol"], default="pooled", required=True, key="protocol",
            help=help + "shown, as in the paper's figure of the hunchback.", **BOUND,
        )  # fmt: skip
    return tuple(sorted(names.index(name) for name in chosen)), protocol == "per class"


def _perturbations() -> dict[str, Any]:
    with st.expander("Perturbations", key="perturbations-expander"):
        return {one.field: _perturbation(one) for one in PERTURBATIONS}


def _perturbation(one: Perturbation) -> float | str:
    if one.options:
        options = list(one.options)
        return st.segmented_control(
            one.title, options, default=options[0], required=True, key=one.address, help=one.help, **BOUND
        )
    most = float(one.shown)
    return float(st.number_input(one.title, 0.0, most, 0.0, step=one.step, key=one.address, help=one.help, **BOUND))


def most(known: Dataset, split: str, classes: int) -> int:
    """Samples that any choice of so many classes has, none standing for all: that many times the smallest class."""
    all_of_them = classes in (0, len(known.classes))
    return min(MAX_N, known.sizes[split] if all_of_them else classes * known.smallest[split])


def _n(known: Dataset, split: str, chosen: Sequence[int], each: bool) -> int:
    limit = min(MAX_N, known.smallest[split]) if each else most(known, split, len(chosen))
    among = (
        "the smallest class"
        if each
        else "the smallest class times the number of classes chosen"
        if chosen
        else "the size of the split"
    )
    help = f"Samples drawn{' of each class' if each else ''}, at most {limit:,}: {among}."
    query.check_n(limit)
    address.follow("n", min(1000, limit))
    label, low = "N per class" if each else "N", min(MIN_N, limit)
    if not low <= st.session_state.get("n", low) <= limit:
        del st.session_state["n"]
    return int(address.whole(label, low, limit, min(1000, limit), step=100, key="n", help=help))
