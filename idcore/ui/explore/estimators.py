"""Every estimator on one layer, side by side, and what the chosen one does."""

from dataclasses import replace

import streamlit as st

from idcore.estimators.error_bar import METHOD
from idcore.estimators.estimator import Estimate
from idcore.estimators.table import ESTIMATORS, estimates
from idcore.record import Layer
from idcore.spec import Request
from idcore.ui.kit import address, state
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.parameters import declare
from idcore.ui.result import layer

_BY_NAME = {one.name: one for one in ESTIMATORS}
BARS = {
    "jackknife": f"Bars: {METHOD}, one standard error: how far another sample of this size would differ. Those of "
    "Gride and Levina–Bickel err on the wide side, up to threefold with many neighbours.",
    "paper": "The paper's bars are the spread over subsets of 90% of the same points. They are too small, about 0.57 "
    "of the true error: compare them with published figures only.",
}

ESTIMATOR = declare("estimator", options=tuple(_BY_NAME))
BAR = declare("bars", options=tuple(BARS))
NEIGHBOURS = declare("neighbours", "the number of neighbours", "16", options=("8", "16", "32", "64"))


def estimators_view(request: Request, chosen: Layer) -> None:
    """The table with its three controls, all in the address."""
    st.subheader("Estimators")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = address.titled("Estimator", ESTIMATOR, ESTIMATOR.options, _title, width=230)
        bars = address.option("Bars of TwoNN", BAR)
        k = address.option("Neighbours k", NEIGHBOURS)
    found = state.geometry(request, chosen.name)
    if found is None:
        return
    reading = replace(layer.reading(), neighbours=int(k), bars=bars)
    rows = estimates(found, reading)
    st.table([_line(row, row.name == name) for row in rows], border="horizontal")
    st.caption(
        f"{found.distinct:,} distinct samples of N = {found.n:,}, D = {chosen.units:,}; "
        f"{_needing('discard')} discard the largest {reading.discard:.0%} of μ. {BARS[bars]}"
    )
    st.markdown(f"**{_title(name)}.** {_BY_NAME[name].words}")
    how_to_read("estimators")


def _title(name: str) -> str:
    return _BY_NAME[name].title


def _needing(field: str) -> str:
    return " and ".join(one.name for one in ESTIMATORS if field in one.needs)


def _line(row: Estimate, chosen: bool) -> dict[str, str]:
    number = "–" if row.id is None else f"{row.id:.2f} ± {row.stderr:.2f}"
    strong = "**" if chosen else ""
    return {
        "Estimator": f"{strong}{_title(row.name)}{strong}",
        "ID": f"{strong}{number}{strong}",
        "Points": f"{row.n:,}",
        "From": row.note,
    }
