"""What the address asked for. Widgets are bound to the address and ignore what they cannot use; this says so in a
sentence."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state import get_session_state

from idcore.ui.kit.parameters import DECLARED, Parameter, about, among, complaints, short, usable

_CLEAN = "clean-address"
_STEPS = f"<script>{(Path(__file__).parent / 'history.js').read_text()}</script>"
_TOLD = 4
_ARE = {True: "is", False: "are"}


def look() -> None:
    """Read the address this session came in by, and take out what no widget can use, before they see it. Each line that
    changes the address may be the last of this run, where the browser asks for another meanwhile: the next one begins
    here again until all is out."""
    st.html(_STEPS, unsafe_allow_javascript=True)
    context = get_script_run_ctx()
    if context is not None and context.is_history_navigation:
        _arrive(context.query_string)
    st.session_state["arrived"] = None
    if st.session_state.get(_CLEAN):
        return
    address = {name: st.query_params.get_all(name) for name in st.query_params}
    wrong = complaints(address)
    st.session_state.setdefault("notices", {}).update(wrong)
    st.session_state["asked"] = {name: values[-1] for name, values in address.items() if name not in wrong}
    for name in wrong:
        st.query_params[name] = usable(DECLARED[name], address)
    st.session_state[_CLEAN], st.session_state["arrived"] = True, urlencode(address, doseq=True)
    if wrong:
        st.rerun()  # a widget is filled from the address as it was when this run began


def _arrive(address: str) -> None:
    """A step in the history is a visit like the first: nothing counts of what was chosen since, on any page. Streamlit
    has taken out of the address what a widget of the page before had under the same name."""
    for name in DECLARED:
        st.session_state.pop(name, None)
    asked = parse_qs(address, keep_blank_values=True)
    st.session_state["notices"] = wrong = complaints(asked)
    kept = {name: list(usable(DECLARED[name], asked)) if name in wrong else asked[name] for name in asked}
    with get_session_state().query_params() as parameters:
        parameters.set_initial_query_params(urlencode(kept, doseq=True))
        if wrong or not all(map(parameters.has_param, kept)):
            parameters.clear_with_no_forward_msg()
            for name, values in kept.items():
                if values:
                    parameters.set_corrected_value(name, values, "string_array_value")
    st.session_state[_CLEAN] = False


def early(parameter: Parameter) -> Any:
    """The value of a bound widget that may not have been drawn yet: then the address says what it will be."""
    asked = st.session_state["asked"].get(parameter.name, parameter.default)
    return st.session_state.get(parameter.name, type(parameter.default)(asked))


def drawn(parameter: Parameter) -> None:
    """Called when a widget is drawn: from now on the address of the first visit is history."""
    st.session_state["asked"].pop(parameter.name, None)


def check_most(parameter: Parameter, most: int, what: str = "all the choice of samples allows") -> bool:
    """Say so, once, when the address asks for more than what else was chosen allows; returns whether it did. what: the
    most is in words."""
    asked = st.session_state["asked"].pop(parameter.name, None)
    beyond = asked is not None and int(asked) > most
    if beyond:
        _tell(parameter, f"must be at most {most:,}, {what}, not “{short(asked)}”")
    return beyond


def check(parameter: Parameter, options: Sequence[str]) -> bool:
    """Say so, once, when the address asks for what there is elsewhere but not here; returns whether it did."""
    asked = st.session_state["asked"].pop(parameter.name, None)
    if asked is None or asked in options:
        return False
    _tell(parameter, f"must be one of {among(asked, options)}, not “{short(asked)}”")
    return True


def check_meant(parameter: Parameter, reason: str) -> None:
    """Say so, once, when the address asks for what has no control here. reason: why, as in "since the samples are"."""
    asked = st.session_state["asked"].pop(parameter.name, None)
    if asked is not None and asked not in (str(parameter.default), str(parameter.default).removesuffix(".0")):
        _tell(parameter, f"must be left out, since {reason}, not “{short(asked)}”")


def check_below(parameter: Parameter, options: Sequence[str]) -> None:
    """`check` for what is drawn below the place where such sentences stand: the page is drawn again to show one."""
    if check(parameter, options):
        st.rerun()


def check_most_below(parameter: Parameter, most: int, what: str) -> None:
    """`check_most`, likewise."""
    if check_most(parameter, most, what):
        st.rerun()


def tell_absent(parameter: Parameter, values: Sequence[str]) -> None:
    """Say that some of what was chosen from a list is not there: it never was, or it is gone."""
    told = ", ".join(f"“{short(value)}”" for value in values[:_TOLD]) + (", …" if len(values) > _TOLD else "")
    subject = parameter.words.capitalize()
    st.session_state["notices"][parameter.name] = (
        f"{subject} names {len(values)} that {_ARE[len(values) == 1]} not here: {told}"
    )


def show_notices() -> None:
    """The sentences at the head of a page, with a button that takes them away."""
    notices = st.session_state["notices"]
    if notices:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            # What is shown instead is the default, or as near as the widget could come.
            sentences = [f"{text}; {_shown(DECLARED[name])} shown." for name, text in notices.items()]
            st.markdown(":material/link_off: " + " ".join(sentences), width="stretch")
            st.button("Dismiss", key="dismiss", type="tertiary", on_click=notices.clear)


def _tell(parameter: Parameter, reason: str) -> None:
    st.session_state["notices"][parameter.name] = f"{about(parameter)} {reason}"


def _shown(parameter: Parameter) -> str:
    value = st.session_state.get(parameter.name, "another")
    if parameter.unnamed and isinstance(value, list):
        return f"the other {len(value)} {_ARE[len(value) == 1]}" if value else "none is"
    return ((", ".join(value) or "all") if isinstance(value, list) else str(value)) + " is"


def escaped(text: str) -> str:
    """A sentence that may hold a stranger's words, as Markdown that shows it as it is."""
    return re.sub(r"([\\`*_\[\]<>$~#|!:])", r"\\\1", text)


def unescaped(markdown: str) -> str:
    """The words that such Markdown shows."""
    return re.sub(r"\\([\\`*_\[\]<>$~#|!:])", r"\1", markdown)
