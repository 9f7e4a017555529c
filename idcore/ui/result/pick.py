"""The chosen layer: the control that holds it, the arrow keys, and whatever else chooses one. It is a part of the page
like what is below it, and with another layer these two alone are drawn anew."""

import re
from pathlib import Path
from typing import Any, NoReturn

import streamlit as st

from idcore.record import Layer
from idcore.ui.kit import address, export, query, state
from idcore.ui.kit.component import component
from idcore.ui.kit.parameters import declare

_BUTTONS = 12  # more layers than these are chosen from a list,
_PLAIN = re.compile(r"[\w.#…-]{1,24}")  # and so are other names: a list shows them as they are, a button as Markdown
_ARROWS = component(Path(__file__).parent / "arrows.js")

LAYER = declare("layer")
_NEXT = "the layer that is chosen next"
BAR, BELOW = "bar", "below"
"""Keys of the two parts."""


def pick(measured: state.Measured) -> Layer | None:
    """Draw the control that holds the chosen layer; the last hidden layer to begin with."""
    plan = {one.name: one for one in measured.layers}
    if not plan:
        return None
    names = list(plan)
    query.check_below(LAYER, names)
    listed = len(names) > _BUTTONS or not all(map(_PLAIN.fullmatch, names))
    more: dict[str, Any] = {"required": True, "widget": st.segmented_control}
    if listed:
        more = {"filter_mode": "contains", "width": 320}
    if _NEXT in st.session_state:
        st.session_state["layer"] = st.session_state.pop(_NEXT)
    with st.container(gap=None, width="content"):
        usual = names[max(len(names) - 2, 0)]
        name = address.titled("Layer", LAYER, names, str, usual, label_visibility="collapsed", on_change=draw, **more)
        _ARROWS(key="arrows", data={"names": names, "chosen": name}, on_layer_change=_step, height="content")
    return plan[name]


def chosen(measured: state.Measured) -> Layer | None:
    """The layer that the control holds, once it is drawn."""
    return next((one for one in measured.layers if one.name == st.session_state.get("layer")), None)


def draw() -> NoReturn:
    """Draw the two parts anew, and what the Export menu offers of them; within a callback."""
    st.rerun([BAR, BELOW, export.INSIDE])


def choose(name: str) -> None:
    """Make a layer the chosen one, in the address too, when the control is drawn; within a callback. A browser is told
    what is set in a run, and not what was set before one that a callback asks for."""
    st.session_state[_NEXT] = name


def _step() -> None:
    name = st.session_state["arrows"].layer
    if isinstance(name, str):
        choose(name)
        draw()
