"""Widgets that show one thing and stand in the address as another: titles on the page, names in the link.

Streamlit's own binding writes what a widget shows. Every widget whose options have no titles is bound by that.
"""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from streamlit.runtime.state import get_session_state

from idcore.ui.kit import query
from idcore.ui.kit.labels import distinct


def select(label: str, options: Sequence[str], shown: Callable[[str], str], key: str, default: str,
           widget: Callable[..., Any] = st.selectbox, **more: Any) -> str:  # fmt: skip
    """A searchable list of options (or another widget of one choice), each shown as `shown(option)`; the address holds
    the option itself."""
    if _moved(key, default) and st.query_params.get(key, default) in options:
        st.session_state[key] = st.query_params.get(key, default)
    if st.session_state.get(key) not in options:
        st.session_state[key] = default if default in options else options[0]
    named = distinct({option: shown(option) for option in options})
    value = widget(label, options, format_func=named.__getitem__, key=key, **more)
    if value not in named:  # chosen from a list that has changed since
        st.rerun()
    _write(key, [value], default)
    return value


def multiselect(label: str, options: Sequence[str], shown: Callable[[str], str], key: str, **more: Any) -> list[str]:
    """The same for any number of options. What is asked for and not there is told at the head of the page."""
    named = distinct({option: shown(option) for option in options})
    asked = st.query_params.get_all(key) if _moved(key, "") else st.session_state[key]
    asked = [value for value in dict.fromkeys(asked) if value]
    known = [value for value in asked if value in named]
    st.session_state[key] = known[: more.get("max_selections")]
    if len(known) < len(asked):
        query.tell_absent(key, [value for value in asked if value not in named])
        _write(key, known, "")
        st.rerun()  # such sentences stand above
    values = st.multiselect(label, options, format_func=named.__getitem__, key=key, **more)
    if not set(values) <= set(named):  # chosen from a list that has changed since
        st.rerun()
    _write(key, values, "")
    return values


def whole(label: str, low: int, high: int, value: int | None, key: str,
          widget: Callable[..., Any] = st.number_input, **more: Any) -> Any:  # fmt: skip
    """A field (or a slider) for a whole number, bound to the address, where infinity may stand: a step back in the
    history leads to what `query.look` took out, and Streamlit fails on this one value."""
    try:
        return widget(label, low, high, value, key=key, bind="query-params", **more)
    except OverflowError:
        with get_session_state().query_params() as parameters:
            parameters.remove_param(key)
        st.rerun()


def follow(key: str, default: str | int) -> None:
    """Before a widget whose default depends on other widgets: it follows its default until somebody moves it."""
    before = st.session_state.get(f"{key} by default")
    if before not in (None, default) and st.session_state.get(key) == before:
        del st.session_state[key]
    st.session_state[f"{key} by default"] = default


def _moved(key: str, default: str) -> bool:
    """Whether the address says something else than was written there: a link, or a step back in the history."""
    now = st.query_params.get_all(key) or [default]
    return key not in st.session_state or now != st.session_state.get(_written(key))


def _write(key: str, values: Sequence[str], default: str) -> None:
    values = list(values) or [""]
    if (st.query_params.get_all(key) or [default]) != values:
        if values == [default]:
            del st.query_params[key]
        else:
            st.query_params[key] = values
    st.session_state[_written(key)] = values


def _written(key: str) -> str:
    return f"{key} in the address"
