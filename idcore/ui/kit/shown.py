"""Which figures and tables are on show, so that an Export menu can offer them."""

from typing import Any

import streamlit as st

_NOW, _BEFORE, _PAGE = "what is on show", "what was shown before", "page of what is on show"


def begin(page: str) -> None:
    """A page is drawn anew. Until what is on it is drawn again that of its last run is offered."""
    same = st.session_state.get(_PAGE) == page
    st.session_state[_BEFORE] = st.session_state.get(_NOW, {}) if same else {}
    st.session_state[_NOW], st.session_state[_PAGE] = {}, page


def begin_below(*above: tuple[str, str]) -> None:
    """A part of the page is drawn anew: nothing is offered any more but what stands above it, by kind and name."""
    for all in (st.session_state.get(_BEFORE, {}), st.session_state.get(_NOW, {})):
        for one in all.keys() - set(above):
            del all[one]


def offer(kind: str, name: str, value: Any) -> None:
    """Something is on show. kind: "figure" or "table"."""
    st.session_state.setdefault(_NOW, {})[kind, name] = value


def offered(kind: str) -> dict[str, Any]:
    """All of a kind, by name."""
    all = {**st.session_state.get(_BEFORE, {}), **st.session_state.get(_NOW, {})}
    return {name: value for (of, name), value in all.items() if of == kind}
