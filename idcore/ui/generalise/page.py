"""The page Generalise: three experiments and two maps, one of them open at a time."""

import streamlit as st

from idcore.ui.generalise import experiment, remember
from idcore.ui.kit import address, export, query
from idcore.ui.kit.parameters import declare

VIEW = declare("experiment", options=("features", "widths", "lazy", "remember"))
_TITLES = {
    "features": "Double descent",
    "widths": "Trained networks",
    "lazy": "Lazy or rich",
    "remember": "Networks that remember",
}


def main() -> None:
    """Draw the experiment that the address names."""
    query.show_notices()
    head = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    with head, st.container(width="content", gap="xsmall"):
        st.title("Why do networks generalise?")
        st.caption("They have more weights than samples, fit any labels, and do well on new images all the same.")
    links = head.container(horizontal=True, width="content")
    view = address.titled("Experiment", VIEW, VIEW.options, _TITLES.__getitem__, widget=st.segmented_control,
                          required=True, label_visibility="collapsed")  # fmt: skip
    with links:
        export.copy_link()
    (remember if view == "remember" else experiment).show(view, links)
