"""One text and its nearest in every layer side by side: where the same words become the same meaning."""

import streamlit as st

from idcore.ui.kit import address, query, state
from idcore.ui.kit.parameters import declare
from idcore.ui.result import appearance, maps
from idcore.ui.result.sample import sample_view

SEQUENCE = declare("sequence", "the sequence whose neighbours are shown", 0, limits=(0, 10**9))


@st.fragment(key="sequences-view")
def sequences_view(measured: state.Measured, layer: str) -> None:
    """The choice of a text, and its neighbours. layer: the open one."""
    run, texts = measured.run, appearance.texts(measured)
    records = maps.measured_records(measured)
    if run is None or not any(not record.note for record in records):
        st.caption("No layer is measured yet.")
        return
    if texts is None:
        st.caption("The store has no texts of these samples; they are kept when the measurement ends.")
        return
    most = len(texts) - 1
    query.check_most_below(SEQUENCE, most, "the last of these sequences")
    position = address.number("Sequence", SEQUENCE, 0, most, 0, step=1, width=160,
                           help=f"Its place among the {most + 1:,} sequences, from 0 on")  # fmt: skip
    sample_view(run, records, int(position), None, layer, texts, key="nearest-texts")
