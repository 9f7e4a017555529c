"""The one image that a network looks at: a sample, by its number or from a sheet of thumbnails, or a picture of a
person's own."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from idcore.errors import LayerscopeError
from idcore.limits import LIMITS
from idcore.results import Run
from idcore.ui.explore import placing
from idcore.ui.kit import address, query, sessions, state
from idcore.ui.kit.endings import has_ending, refused
from idcore.ui.kit.gallery import GalleryRow, gallery
from idcore.ui.kit.parameters import declare
from idcore.ui.result import appearance
from idcore.ui.result.sample import cell, class_name

SAMPLE = declare("look", "the sample that is looked at", 0, limits=(0, 10**9))
SHEET = 40
"""Thumbnails at once."""
_FILE, _EVERY = "look-file", "all classes"
_ENDINGS = tuple(ending for ending in placing.ENDINGS if ending != "zip")


@dataclass(frozen=True)
class SampleChoice:
    """position: among the samples, or among the pictures of an upload. digest: of the upload, "" for none."""

    position: int
    digest: str = ""


def asked(measured: state.Measured) -> SampleChoice:
    """What the address and the place for a picture ask for."""
    file = st.session_state.get(_FILE)
    if file is not None and has_ending(file.name, _ENDINGS):
        try:
            return SampleChoice(0, placing.sent([file]))
        except LayerscopeError:  # said where the picture is sent
            pass
    return SampleChoice(min(int(query.early(SAMPLE)), measured.request.data.n - 1))


def choose(measured: state.Measured) -> SampleChoice:
    """The controls, and what they say."""
    run = measured.run
    assert run is not None
    number(measured)
    with st.expander("Choose from the samples", icon=":material/apps:"):
        _sheet(measured, run)
    with st.expander("Look at a picture of your own", icon=":material/add_photo_alternate:"):
        _own()
    return asked(measured)


def number(measured: state.Measured) -> int:
    """The control of the sample, by its place."""
    most = measured.request.data.n - 1
    query.check_most_below(SAMPLE, most, "the last of these samples")
    return int(address.number("Sample", SAMPLE, 0, most, 0, step=1, width=160, on_change=st.rerun,
                              help=f"Its place among the {most + 1:,} samples, from 0 on"))  # fmt: skip


def open_sample(position: int) -> None:
    """Make it the sample of the page; within a callback."""
    st.session_state[SAMPLE.name] = position


def _sheet(measured: state.Measured, run: Run) -> None:
    thumbnails = appearance.thumbnails(measured)
    if thumbnails is None:
        st.caption("There are no thumbnails of these samples; choose by number.")
        return
    labels = [str(label) for label in np.unique(run.labels) if label >= 0]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        of = st.selectbox("Class", [_EVERY, *labels], width=200, key="look-class",
                          format_func=lambda one: one if one == _EVERY else class_name(run, int(one)))  # fmt: skip
        positions = np.arange(len(run.labels)) if of == _EVERY else np.flatnonzero(run.labels == int(of))
        sheets = -(-len(positions) // SHEET)
        sheet = int(st.number_input("Sheet", 1, sheets, 1, width=120, key="look-sheet", help=f"1 to {sheets}"))
    shown = positions[(sheet - 1) * SHEET : sheet * SHEET]
    cells = tuple(cell(run, int(position), note=str(int(position))) for position in shown)
    gallery([GalleryRow(cells)], thumbnails, key="look-sheet-view", on_click=open_sample)


def _own() -> None:
    most = sessions.most_upload(LIMITS.image)
    more: dict[str, Any] = {"max_upload_size": sessions.in_millions(most), "label_visibility": "collapsed"}
    file = st.file_uploader("Picture", key=_FILE, on_change=st.rerun, **more)
    if file is None or refused(file.name, _ENDINGS):
        return
    try:
        placing.sent([file])
    except LayerscopeError as error:
        st.error(query.escaped(str(error)), icon=":material/block:")
        return
    st.caption("It is shown to the network as the samples are. Take it away to look at a sample again.")
