"""How a figure stands on a page: its toolbar, its explanation, its export."""

import html
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.delta_generator import DeltaGenerator

from idcore.figures.drawing import Drawing, drawing
from idcore.figures.legend import Key
from idcore.ui.kit import print_figure, turns
from idcore.ui.kit.kept import Kept

FORMATS = ("svg", "png")
_MARKS = {"circle": "●", "diamond": "◆", "square": "■", "triangle-up": "▲", "cross": "✚", "hexagon": "⬢"}
_HEAD_START = 0.7
"""Seconds. A browser draws all the charts it has got in one go, once it has loaded what draws them."""
_LEAD = 0.1
"""Seconds, after which a browser has begun to draw."""
_made = Kept(200)
"""Figures, of some 100 kB each."""
_STARTED = "the first chart had its head start"
_LED = "what the chart that leads is about"


def head_start() -> None:
    """Between the chart that a page is about and the others: at the first sight of a session the browser draws that one
    before it gets the others, and shows it in half the time."""
    if runtime.exists() and not st.session_state.get(_STARTED):
        turns.pause(_HEAD_START)
    st.session_state[_STARTED] = True


def lead(about: str) -> None:
    """Between the chart that somebody has just asked for and those beside it, where it is about something else than in
    the last run: the browser draws it while they are still on their way. about: of which key."""
    if runtime.exists() and st.session_state.get(_LED, about) != about:
        turns.pause(_LEAD)
    st.session_state[_LED] = about


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


def once(make: Callable[[], Any], *about: Hashable) -> Drawing:
    """The figure that `make` makes, made once for all sessions: making them is half of what a page costs the server.
    about: the function that makes it, and all that the figure depends on."""
    return _made.get(lambda: drawing(make()), *about)


def draw(figure: Any, key: str, alt: str, on_select: Callable[[], None] | None = None) -> None:
    """Draw a figure, or what `once` returned. alt: what it shows, in a sentence. on_select: called when a point is
    clicked. Where it has more curves than a legend can name and leave room for them, their names stand in a table below
    it."""
    drawn = figure if isinstance(figure, Drawing) else drawing(figure)
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
    print_figure.offer(key, alt, lambda: drawn.figure)
    selection: dict[str, Any] = {}
    if on_select:
        selection = {"on_select": on_select, "selection_mode": "points"}
    st.plotly_chart(drawn.sent, key=f"{key}-chart", config=config, alt=alt, width="stretch", **selection)
    if drawn.keys:
        st.html(_table(drawn.keys))


def _table(keys: Sequence[Key]) -> str:
    """The names of curves, each behind its colour and its mark. Names may be a stranger's."""
    cells = "".join(
        f'<li style="overflow-wrap: anywhere"><span style="color: {html.escape(key.colour)}" aria-hidden="true">'
        f"{'╌' if key.dash not in ('', 'solid') else '━'}{_MARKS.get(key.symbol.removesuffix('-open'), '')}</span> "
        f"{html.escape(html.unescape(key.name))}</li>"
        for key in keys
    )
    return (
        '<ul aria-label="Curves" style="display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); '
        f'gap: 0.15rem 1rem; list-style: none; margin: 0; padding: 0 0 0 3.5rem; font-size: 0.8rem">{cells}</ul>'
    )


def clicked_layer(selection: Mapping[str, Any]) -> str | None:
    """Name of the layer of the point that was clicked, None when there is none or it is not a layer's."""
    for point in selection.get("points", ()):
        data = point.get("customdata")
        # Streamlit hands an array over as a list, or as a mapping from place to value.
        name = data.get("0") if isinstance(data, Mapping) else data[0] if isinstance(data, Sequence) and data else None
        if isinstance(name, str):
            return name
    return None
