"""Filters of the first layer of a network, each beside the patches of the samples that excite it most."""

import numpy as np
import streamlit as st

from idcore.results import filters
from idcore.results.filters import Filters
from idcore.ui.explore.sprite import beside, sprite
from idcore.ui.kit import address, query, state
from idcore.ui.kit.parameters import declare
from idcore.ui.result import appearance

FILTERS = declare("filters", "the scale of the filters", options=("own", "common"))
SHEET = 32
"""Filters that are shown with their patches at once."""


def filters_view(measured: state.Measured) -> None:
    """Nothing where the network has none, or they have not been kept."""
    bank = filters.read(state.store(), measured.request)
    if bank is None:
        return
    with st.expander(f"Filters of the first layer, {query.escaped(bank.name)}", icon=":material/grid_on:"):
        common = address.option("Scale", FILTERS) == "common"
        st.image(sprite(bank.weights, common))
        shown = f"{len(bank.weights):,} of {bank.total:,}" if len(bank.weights) < bank.total else f"{bank.total:,}"
        scale = "the largest weight of all" if common else "the largest weight of each"
        st.caption(f"{shown} filters; mid-grey is 0, white and black are plus and minus {scale}.")
        _patches(bank, common, measured)


def _patches(bank: Filters, common: bool, measured: state.Measured) -> None:
    if bank.note:
        st.caption(query.escaped(f"What excites each most is not shown: {bank.note}"))
        return
    pictures = _pictures(bank, measured)
    if pictures is None:
        st.caption("What excites each most is not shown: there are no thumbnails of these samples.")
        return
    st.markdown("**What excites each most**")
    sheets = -(-len(pictures) // SHEET)
    sheet = 1
    if sheets > 1:
        sheet = int(st.number_input("Sheet", 1, sheets, 1, width=120, key="filter-sheet", help=f"1 to {sheets}"))
    some = slice((sheet - 1) * SHEET, sheet * SHEET)
    st.image(beside(bank.weights, pictures, common, some))
    what = "patches" if len(bank.patches) else "samples"
    where = ", each from another sample, by its best place, before the nonlinearity" if len(bank.patches) else ""
    st.caption(
        f"Filters {some.start + 1} to {min(some.stop, len(pictures))}: each filter, and beside it the "
        f"{bank.samples.shape[1]} {what} of N = {measured.request.data.n:,} samples that excite it most, the largest "
        f"answer first{where}. "
        + ("A patch is all that the filter sees there, with what the padding adds at an edge." if where else "")
    )


def _pictures(bank: Filters, measured: state.Measured) -> np.ndarray | None:
    """(f, p, h, w, 1 or 3) uint8."""
    if len(bank.patches):
        return bank.patches
    thumbnails = appearance.thumbnails(measured)
    return None if thumbnails is None else thumbnails[bank.samples]
