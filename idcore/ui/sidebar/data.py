"""The part of the sidebar that chooses samples."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from idcore.record import Dataset
from idcore.spec import LENGTH, MAX_LENGTH, MAX_N, MAX_SEED, PERTURBATIONS, UPLOAD, DataSpec
from idcore.ui.kit import address, datasets, query
from idcore.ui.kit.parameters import Address, declare

Split = Literal["test", "train", "all"]
SPLITS: tuple[Split, ...] = ("test", "train", "all")
MIN_N = 20


def _classes_of(asked: Address) -> tuple[str, ...]:
    """Those of a data set that has not been read yet are not known: the widget looks at them later."""
    name = asked.get("data", (DataSpec().dataset,))[-1]
    known = datasets.describe(name if name in datasets.names() else DataSpec().dataset)
    return datasets.class_names(known) if known else ()


def absent(name: str) -> str:
    """Of a link that came from elsewhere: whose file is missing, and how to bring it."""
    digest = name.removeprefix(UPLOAD)
    if not name.startswith(UPLOAD) or not re.fullmatch(r"[0-9a-f]{64}", digest):
        return ""
    return (
        f"This link is about a file that somebody uploaded (upload {digest[:6]}), and that file is not here, or is "
        "listed for another browser alone. Ask whoever gave you the link for the file and bring it on the page Data: "
        "the same file has the same address, and then the link opens it"
    )


DATA = declare("data", "the data set", DataSpec().dataset, now=lambda asked: datasets.names(), absent=absent)
SPLIT = declare("split", options=SPLITS)
CLASSES = declare("classes", now=_classes_of, several=True)
PROTOCOL = declare("protocol", options=("pooled", "per-class"))
PERTURBED = {
    one.field: declare(one.address, one.subject[0].lower() + one.subject[1:], None if one.options else 0.0,
                       options=tuple(one.options), limits=None if one.options else (0.0, float(one.shown)))
    for one in PERTURBATIONS
}  # fmt: skip
TOKENS_USED = declare("length", "the length of a sequence in tokens", LENGTH, limits=(1, MAX_LENGTH))
N = declare("n", "N", limits=(MIN_N, MAX_N))
SEED = declare("seed", "the data seed", 0, limits=(0, MAX_SEED))


@dataclass(frozen=True)
class SubsetChoice:
    """classes: the labels that get an ID of their own, none for one ID of all samples. known: None where the data set
    has to be read first. absent: see `Choice`."""

    spec: DataSpec
    classes: tuple[int, ...] = ()
    known: Dataset | None = None
    absent: bool = False


def samples() -> SubsetChoice:
    """Draw the widgets."""
    titles = datasets.titles()
    name = address.titled("Data set", DATA, list(titles), titles.__getitem__)
    absent = datasets.remembered(name)
    known = None if datasets.unread(name) and not absent else datasets.describe(name)
    if known is None:
        return SubsetChoice(DataSpec(name))
    splits = tuple(split for split in SPLITS if split in known.sizes)
    split = _split(splits)
    left, right = st.columns(2)
    chosen, each = _classes(known) if known.labelled and len(known.classes) > 1 else ((), False)
    perturbed = _perturbations(known.texts) if not known.matrices else {}
    with left:
        n = _n(known, split, chosen, each)
    with right:
        seed = address.number("Seed", SEED, help="Which samples are drawn (none where N is all).")
    spec = DataSpec(known.name, split, chosen or None, n, int(seed), **perturbed)
    return SubsetChoice(spec, (chosen or tuple(range(len(known.classes)))) if each else (), known, absent)


def _split(splits: Sequence[Split]) -> Split:
    query.check(SPLIT, splits)
    if len(splits) == 1:
        return splits[0]
    if st.session_state.get("split", splits[0]) not in splits:
        del st.session_state["split"]
    split: Split = address.option("Split", SPLIT, splits, splits[0])
    return split


def _classes(known: Dataset) -> tuple[tuple[int, ...], bool]:
    """(labels to draw from, whether each is measured by itself)."""
    names = datasets.class_names(known)
    with st.expander("Classes", key="classes-expander"):
        if not set(st.session_state.get("classes", ())) <= set(names):
            del st.session_state["classes"]
        chosen = address.several("Classes", CLASSES, names, placeholder="All classes", label_visibility="collapsed")
        help = "One ID for all samples together, or one for each class: then their mean and standard deviation are "
        help += "shown, as in the paper's figure of the hunchback."
        protocol = address.option("Measured", PROTOCOL, help=help)
    return tuple(sorted(names.index(name) for name in chosen)), protocol == "per-class"


def _perturbations(texts: bool) -> dict[str, Any]:
    """texts: whether samples are texts; what is done to images is not offered then, and the reverse."""
    others = [PERTURBED[one.field] for one in PERTURBATIONS if one.texts != texts]
    for parameter in others if texts else (*others, TOKENS_USED):
        query.check_meant(parameter, f"the samples are {'texts' if texts else 'images'}")
        st.session_state.pop(parameter.name, None)
    with st.expander("Perturbations", key="perturbations-expander"):
        chosen: dict[str, Any] = {one.field: perturbation(one.field) for one in PERTURBATIONS if one.texts == texts}
    if texts:
        help = "Tokens of each sequence that are used at most; of longer ones the first."
        chosen["length"] = int(address.number("Tokens at most", TOKENS_USED, help=help))
    return chosen


def perturbation(field: str) -> float | str:
    """Draw the control of what is done to the images."""
    one = next(one for one in PERTURBATIONS if one.field == field)
    if one.options:
        chosen: str = address.option(one.title, PERTURBED[field], help=one.help)
        return chosen
    return float(address.number(one.title, PERTURBED[field], step=one.step, help=one.help))


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
    label, low = "N per class" if each else "N", min(MIN_N, limit)
    if not low <= st.session_state.get("n", low) <= limit:
        del st.session_state["n"]
    return number_of_samples(label, limit, 1000, help)


def number_of_samples(label: str, limit: int, usual: int, help: str) -> int:
    """Draw the field for N, at most `limit`."""
    query.check_most(N, limit)
    address.follow(N, min(usual, limit))
    return int(address.number(label, N, min(MIN_N, limit), limit, min(usual, limit), step=100, help=help))
