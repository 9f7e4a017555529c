"""What the samples of a data subset say, where they are texts."""

import contextlib

import streamlit as st

from idcore.data.texts import opened
from idcore.errors import DataError
from idcore.files.names import clean
from idcore.record import Dataset
from idcore.results import passages
from idcore.spec import DataSpec
from idcore.ui.kit import datasets, state

_LINES, _WIDE = 3, 160
"""Texts that a list shows of a data set, and characters of each."""


def texts(data: DataSpec) -> tuple[str, ...] | None:
    """Of each sample in its order; where the file names them, the name before it. None for images, and until they are
    in the store."""
    with contextlib.suppress(LookupError):  # an absence is not kept
        return _texts(str(state.store().root), passages.key(data), data)
    return None


def are_texts(data: DataSpec) -> bool:
    """Whether the samples are texts, as far as it is known."""
    known = datasets.describe(data.dataset)
    return known.texts if known is not None else texts(data) is not None


@st.cache_resource(max_entries=8, show_spinner=False)
def _texts(root: str, key: str, _data: DataSpec) -> tuple[str, ...]:
    kept = passages.read(state.store(), _data)
    if kept is None:
        raise LookupError
    if not kept.names:
        return kept.texts
    return tuple(f"{name}: {text}" if text else name for name, text in zip(kept.names, kept.texts, strict=True))


def lines(dataset: Dataset) -> tuple[str, ...]:
    """The first few texts of a data set, a line each; none where it is not of texts, or is not here."""
    with contextlib.suppress(DataError):
        return _lines(str(state.store().root), dataset.name) if dataset.texts else ()
    return ()


@st.cache_resource(max_entries=64, show_spinner=False)
def _lines(root: str, name: str) -> tuple[str, ...]:
    sequences = opened(name, state.store())
    first = sequences.texts[:_LINES]
    if sequences.names:
        first = [f"{called}: {text}" for called, text in zip(sequences.names, first, strict=False)]
    return tuple(clean(text, _WIDE) for text in first)
