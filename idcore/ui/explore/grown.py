"""The curve of a network that is being measured: what has come since it was drawn goes to the plot that is there."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from idcore.figures.drawing import Drawing
from idcore.figures.growth import growth
from idcore.ui.kit import print_figure, state
from idcore.ui.kit.component import component

_GROWN = component(Path(__file__).with_suffix(".js"))
_SHOWN = "the curve that the browser has"
_LEARNED, _APART = "what was drawn of the training", 1.0  # seconds
Draw = Callable[[state.Measured], Drawing]


def begin(draw: Draw, measured: state.Measured) -> Drawing:
    """The whole figure, as it is sent now. draw: makes it of what is measured."""
    figure = draw(measured)
    st.session_state[_SHOWN] = draw, measured, figure
    return figure


def look(measured: state.Measured, epochs: int, alt: Callable[[state.Measured], str]) -> None:
    """Send what has come since the last look; drawn in the part that looks again and again. epochs: of a network that
    learns, whose curves are sent whole. alt: of the figure, in words."""
    data: dict[str, Any] = {"epochs": _together(epochs)}
    draw, shown, before = st.session_state.get(_SHOWN, (None, None, None))
    if shown is not None and shown.request == measured.request:
        figure = before if shown.rows == measured.rows else draw(measured)
        data["name"] = figure.sent.to_dict()["layout"]["meta"]
        if figure is not before:
            st.session_state[_SHOWN] = draw, measured, figure
            print_figure.offer("curve", alt(measured), lambda: figure.figure)
            data |= {"alt": alt(measured), "more": growth(before.sent.to_dict(), figure.sent.to_dict())}
    _GROWN(key="grown", data=data, on_more_change=_whole, height="content")


def _together(epochs: int) -> int:
    """What comes within a second comes together."""
    was, when = st.session_state.get(_LEARNED, (0, 0.0))
    if epochs != was and time.monotonic() - when > _APART:
        st.session_state[_LEARNED] = epochs, time.monotonic()
    return int(st.session_state.get(_LEARNED, (was,))[0])


def _whole() -> None:
    st.rerun(["growing"])
