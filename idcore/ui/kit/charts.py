"""How a figure stands on a page: its toolbar, its explanation, its export."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.delta_generator import DeltaGenerator

from idcore.ui.kit import print_figure

FORMATS = ("svg", "png")
_HEAD_START = 0.7
"""Seconds. A browser draws all the charts it has got in one go, once it has loaded what draws them."""
_STARTED = "the first chart had its head start"


def head_start() -> None:
    """Between the chart that a page is about and the others: at the first sight of a session the browser draws that one
    before it gets the others, and shows it in half the time."""
    if runtime.exists() and not st.session_state.get(_STARTED):
        time.sleep(_HEAD_START)
    st.session_state[_STARTED] = True


def toolbar(title: str = "") -> tuple[DeltaGenerator, DeltaGenerator]:
    """The row above a chart, (left, right): its title and what is drawn, and how it is drawn. On a narrow page the
    right one has lines of its own."""
    row = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small")
    left, right = (
        row.container(horizontal=True, width="content", vertical_alignment="center", gap="small") for _ in range(2)
    )
    if title:
        left.subheader(title, width="content")
    return left, right


def draw(figure: Any, key: str, alt: str, on_select: Callable[[], None] | None = None) -> None:
    """Draw a figure. alt: what it shows, in a sentence. on_select: called when a point is clicked."""
    config = {
        "displaylogo": False,
        "responsive": True,
        "modeBarButtons": [["zoom2d", "pan2d", "resetScale2d"], ["toImage"]],
        "toImageButtonOptions": {
            "format": st.session_state.get("format", "svg"),
            "filename": f"layerscope-{key}",
            "scale": 2,
        },
    }
    print_figure.offer(key, alt, lambda: figure)
    selection: dict[str, Any] = {}
    if on_select:
        selection = {"on_select": on_select, "selection_mode": "points"}
    st.plotly_chart(figure, key=f"{key}-chart", config=config, alt=alt, width="stretch", **selection)


def clicked_layer(selection: Mapping[str, Any]) -> str | None:
    """Name of the layer of the point that was clicked, None when there is none or it is not a layer's."""
    for point in selection.get("points", ()):
        data = point.get("customdata")
        # Streamlit hands an array over as a list, or as a mapping from place to value.
        name = data.get("0") if isinstance(data, Mapping) else data[0] if isinstance(data, Sequence) and data else None
        if isinstance(name, str):
            return name
    return None
