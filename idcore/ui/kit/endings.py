"""Files by the endings of their names."""

from collections.abc import Sequence

import streamlit as st

from idcore.files.names import clean
from idcore.ui.kit import query


def has_ending(name: str, endings: Sequence[str]) -> bool:
    """Whether the name of a file has one of these endings, which stand without their dot."""
    return name.lower().endswith(tuple(f".{ending}" for ending in endings))


def refused(name: str, endings: Sequence[str]) -> bool:
    """Whether a file is of another kind than those that are read; then it is said in a sentence. (A list of endings in
    the widget would turn it down without one.)"""
    if has_ending(name, endings):
        return False
    wanted = ", ".join(f".{ending}" for ending in endings)
    st.error(query.escaped(f"{clean(name)} is not taken: its name must end in {wanted}."), icon=":material/block:")
    return True
