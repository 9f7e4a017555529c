"""What a browser shows of Explore before the page is there: the curve with the words above it, from the store."""

from dataclasses import dataclass
from html import escape
from typing import Any

import streamlit as st

from idcore.figures.still import still
from idcore.record import Layer
from idcore.spec import Reading
from idcore.ui.explore import band, curve
from idcore.ui.kit import address, belongings, datasets, passages, sights, state, words
from idcore.ui.kit.choice import Choice
from idcore.ui.kit.kept import Kept
from idcore.ui.kit.query import unescaped
from idcore.ui.result import layer

_made = Kept(sights.MOST)


@dataclass(frozen=True)
class CurveSight:
    """data: the data set, as the address names it. title, samples: what the page says above the curve. how: of
    `curve.figure`. caption: below the curve. chosen: place of the chosen layer."""

    choice: Choice
    data: str
    reading: Reading
    title: str
    samples: str
    how: tuple[tuple[str, Any], ...]
    caption: str
    chosen: float | None

    def drawn(self) -> str:
        """See `sights.Sight`."""
        with state.still():
            return self._drawn()

    def _drawn(self) -> str:
        if not datasets.holds(self.data, self.choice.data.dataset):
            return ""
        measured = state.measured(self.choice.request(), self.choice.layers, self.reading)
        if not measured.complete:
            return ""
        beside = curve.others(self.choice, self.reading)
        figure = curve.figure(measured, beside, dict(self.how))
        said = curve.sentence(measured, beside)
        standing = words.run_words(measured.run) if measured.run else ""
        return _made.get(lambda: self._html(figure, measured, said, standing), self, figure, said, standing)

    def _html(self, figure: Any, measured: state.Measured, said: str, standing: str) -> str:
        drawn = still(figure.figure, curve.alt(measured), self.chosen, band.COLOUR)
        if not drawn or figure.keys:  # a table of names stands below it
            return ""
        switch = "<i class=switch></i>" if curve.has_switch(self.choice.request()) else ""
        return (
            f'<div class="head"><div><h1>{escape(unescaped(self.title))}</h1>'
            f'<p class="caption">{escape(unescaped(self.samples))}</p>'
            f'<p class="caption">{escape(standing)}</p></div><div class="buttons"></div></div>'
            f'<div class="card"><div class="said"><b>{escape(said)}</b></div>'
            f'<div class="bar"><div><i class="pills"></i>{switch}</div><i class="axes"></i>'
            f'<p class="loading" role="status">Loading the controls …</p></div>'
            f'{drawn}<p class="caption">{escape(self.caption)}</p></div>'
        )


def remember(choice: Choice, measured: state.Measured, chosen: Layer | None) -> None:
    """Called by the page when it stands, in a run of the whole script. Nothing is kept of what somebody uploaded, of a
    page that is not complete, and of one that says more, or less, than usual."""
    shown = curve.shown()
    if not measured.complete or chosen is None or shown is None or passages.are_texts(measured.request.data):
        return
    if st.session_state["notices"] or address.controls_hidden() or any(map(belongings.is_personal, choice.requests())):
        return
    how, caption = shown
    sight = CurveSight(
        choice,
        st.session_state["data"],
        layer.reading(),
        words.title(measured.request),
        words.sample_words(measured.request),
        tuple(how.items()),
        caption,
        band.x_of(chosen, measured.layers, how["x"]),
    )
    sights.remember("explore", sight)
