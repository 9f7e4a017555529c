"""Figures of a page as files for print: which are on show, and the dialog that makes one."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from idcore.errors import LayerscopeError
from idcore.figures import printed
from idcore.figures.printed import FORMATS, Paper
from idcore.ui.kit import query

_NOW, _BEFORE, _PAGE = "figures on show", "figures shown before", "page of the figures"
_LONGEST = 70
Figure = Callable[[], Any]
"""Makes the figure when it is wanted."""


def begin(page: str) -> None:
    """A page is drawn anew. Until its figures are drawn again those of its last run are offered."""
    same = st.session_state.get(_PAGE) == page
    st.session_state[_BEFORE] = st.session_state.get(_NOW, {}) if same else {}
    st.session_state[_NOW], st.session_state[_PAGE] = {}, page


def offer(key: str, words: str, figure: Figure) -> None:
    """A figure that is on show. words: what it is, its first part up to a colon."""
    title = words.split(":")[0].strip()
    st.session_state.setdefault(_NOW, {})[key] = (title if len(title) <= _LONGEST else key), figure


def _offered() -> dict[str, tuple[str, Figure]]:
    return {**st.session_state.get(_BEFORE, {}), **st.session_state.get(_NOW, {})}


def button(caption: str) -> None:
    """The way to the dialog. caption: what is offered to stand below a figure."""
    if st.button("A figure for print", icon=":material/print:", key="print"):
        _dialog(caption)


@st.dialog("A figure for print", width="large")
def _dialog(caption: str) -> None:
    figures = _offered()
    if not figures:
        st.info("There is no figure on this page yet.")
        return
    key = st.selectbox("Figure", list(figures), format_func=lambda name: figures[name][0], key="print-figure")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        low, high = printed.SIZES
        width = st.number_input("Width, mm", low, high, 160, key="print-width", width=120)
        height = st.number_input("Height, mm", low, high, 100, key="print-height", width=120)
        dpi = st.number_input("Resolution, dpi", *printed.RESOLUTIONS, 300, 50, key="print-dpi", width=140)
        format = st.segmented_control("Format", tuple(FORMATS), default="svg", required=True, key="print-format")
    title = st.text_input("Title", key="print-title", placeholder="none")
    below = caption if st.toggle("Caption", True, key="print-captioned") else ""
    if below:
        below = st.text_area("Caption", caption, key="print-caption", label_visibility="collapsed")
    make = figures[key][1]
    try:
        paper = Paper(width, height, dpi, title, below)
        st.image(printed.printed(make(), "png", Paper(width, height, _seen(width, height), title, below)))
    except LayerscopeError as error:
        st.warning(query.escaped(str(error)))
        return
    st.download_button(
        f"Save as {str(format).upper()}",
        lambda: printed.printed(make(), str(format), paper),
        f"layerscope-{key}.{format}",
        FORMATS[str(format)],
        on_click="ignore",
        type="primary",
        icon=":material/download:",
        key="print-save",
    )
    st.caption(
        "Light whatever the theme; words are paths in SVG and embedded letters in PDF. Marks of what is chosen on the "
        "page are left out."
    )


def _seen(width: float, height: float) -> int:
    """A resolution at which the preview is as large as the dialog."""
    return int(min(150, max(50, 800 * 25.4 / max(width, height))))
