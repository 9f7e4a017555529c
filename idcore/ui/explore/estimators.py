"""Every estimator on one layer, side by side, and what the chosen one does."""

import streamlit as st

from idcore.estimators.compare import ESTIMATORS, Estimate, estimates
from idcore.estimators.error_bar import METHOD
from idcore.record import Layer
from idcore.spec import Request
from idcore.ui.kit import query, state
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.query import BOUND, OPTIONS
from idcore.ui.result import layer

TITLES = {
    "TwoNN": "TwoNN, least squares",
    "TwoNN ML": "TwoNN, maximum likelihood",
    "Gride": "Gride",
    "Levina-Bickel": "Levina–Bickel",
}
ABOUT = {
    "TwoNN": "The slope of the neighbour-ratio fit, as in the paper: robust, for the tail can be left out and the fit "
    "can be looked at.",
    "TwoNN ML": "Uses each ratio r₂ / r₁ once, with the most information that two neighbours hold. It rests "
    "on the law of the ratios more than the line does, and cannot be looked at.",
    "Gride": "Compares the k-th neighbour with the (k/2)-th, with all points: less noise at a larger scale, where "
    "curvature and edges count more.",
    "Levina-Bickel": "Uses all k neighbours at once: the least noise. Beyond a few neighbours the density may not "
    "vary and the cloud may not bend, or the number comes out too low.",
}
BARS = {
    "jackknife": f"Bars: {METHOD}, one standard error: how far another sample of this size would differ. Those of "
    "Gride and Levina–Bickel err on the wide side, up to threefold with many neighbours.",
    "paper": "The paper's bars are the spread over subsets of 90 % of the same points. They are too small, about 0.57 "
    "of the true error: compare them with published figures only.",
}


def estimators_view(request: Request, chosen: Layer) -> None:
    """The table with its three controls, all in the address."""
    st.subheader("Estimators")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Estimator", ESTIMATORS, format_func=TITLES.__getitem__, key="estimator", width=230, **BOUND
        )
        bars = st.segmented_control(
            "Bars of TwoNN", OPTIONS["bars"], default="jackknife", required=True, key="bars", **BOUND
        )
        k = st.segmented_control(
            "Neighbours k", OPTIONS["neighbours"], default="16", required=True, key="neighbours", **BOUND
        )
    for control in ("estimator", "bars", "neighbours"):
        query.drawn(control)
    found = state.geometry(request, chosen.name)
    if found is None:
        return
    rows = estimates(found, layer.reading().discard, int(k), bars)
    st.table([_line(row, row.name == name) for row in rows], border="horizontal")
    st.caption(
        f"{found.distinct:,} distinct samples of N = {found.n:,}, D = {chosen.units:,}; both forms of TwoNN discard "
        f"the largest {layer.reading().discard:.0%} of μ. {BARS[bars]}"
    )
    st.markdown(f"**{TITLES[name]}.** {ABOUT[name]}")
    how_to_read("estimators")


def _line(row: Estimate, chosen: bool) -> dict[str, str]:
    number = "–" if row.id is None else f"{row.id:.2f} ± {row.stderr:.2f}"
    strong = "**" if chosen else ""
    return {
        "Estimator": f"{strong}{TITLES[row.name]}{strong}",
        "ID": f"{strong}{number}{strong}",
        "Points": f"{row.n:,}",
        "From": row.note,
    }
