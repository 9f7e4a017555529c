"""Figures of a page as files for print: which are on show, and the form that makes one."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from idcore.errors import LayerscopeError
from idcore.figures import printed
from idcore.figures.printed import FORMATS, Paper
from idcore.ui.kit import query, shown

_MADE = "figure that was made for print"
_LONGEST = 70
Figure = Callable[[], Any]
"""Makes the figure when it is wanted."""


def offer(key: str, words: str, figure: Figure) -> None:
    """A figure that is on show. words: what it is, its first part up to a colon."""
    title = words.split(":")[0].split(";")[0].strip()
    title = title if len(title) <= _LONGEST else f"{title[:_LONGEST].rpartition(' ')[0]} …"
    shown.offer("figure", key, (title, figure))


def offered() -> dict[str, tuple[str, Figure]]:
    """By key: what it is called, and what makes it."""
    return shown.offered("figure")


@st.fragment
def form(caption: str) -> None:
    """Which figure, how large, with which words; Make draws it. caption: what is offered to stand below it."""
    figures = offered()
    if not figures:
        if st.button("A figure for print", icon=":material/print:", key="print-list",
                     help="Lists the figures on show."):  # fmt: skip
            st.caption("Nothing on show here is a figure for print.")
        return
    key = st.selectbox(
        "A figure for print", list(figures), format_func=lambda name: figures[name][0], key="print-figure"
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        width = st.number_input("Width, mm", *printed.SIZES, 160, key="print-width", width=110)
        height = st.number_input("Height, mm", *printed.SIZES, 100, key="print-height", width=110)
        dpi = st.number_input("Resolution, dpi", *printed.RESOLUTIONS, 300, 50, key="print-dpi", width=130)
    format = str(st.segmented_control("Format", tuple(FORMATS), default="svg", required=True, key="print-format"))
    title = st.text_input("Title", key="print-title", placeholder="none")
    below = st.text_area("Caption, empty for none", caption, key="print-caption")
    asked = (key, width, height, dpi, format, title, below)
    st.button("Make the figure", icon=":material/print:", key="print", on_click=_make, args=(asked,))
    made = st.session_state.get(_MADE)
    if made is None or made[0] != asked:
        return
    file, preview = made[1]
    if isinstance(file, str):
        st.warning(query.escaped(file))
        return
    st.image(preview)
    st.download_button(f"Save as {format.upper()}", file, f"layerscope-{key}.{format}", FORMATS[format],
                       on_click="ignore", type="primary", icon=":material/download:", key="print-save")  # fmt: skip
    st.caption("Light whatever the theme, letters as paths or embedded. Marks of what is chosen are left out.")


def _make(asked: tuple[Any, ...]) -> None:
    key, width, height, dpi, format, title, below = asked
    make = offered()[key][1]
    st.session_state[_MADE] = asked, _made(make, format, width, height, dpi, title, below)


def _made(
    make: Figure, format: str, width: float, height: float, dpi: int, title: str, caption: str
) -> tuple[bytes | str, bytes]:
    """(the file, or why there is none; a picture to look at)."""
    try:
        figure = make()
        file = printed.printed(figure, format, Paper(width, height, dpi, title, caption))
        return file, printed.printed(figure, "png", Paper(width, height, _seen(width, height), title, caption))
    except LayerscopeError as error:
        return str(error), b""


def _seen(width: float, height: float) -> int:
    """A resolution at which the preview is as large as the form."""
    return int(min(150, max(50, 800 * 25.4 / max(width, height))))
