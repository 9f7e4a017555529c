"""Every estimator on one layer, side by side, and what the chosen one does."""

import math
from dataclasses import replace

import streamlit as st

from idcore import spec
from idcore.estimators import known
from idcore.estimators.error_bar import METHOD
from idcore.estimators.estimator import Estimate
from idcore.estimators.opinions import Opinion
from idcore.estimators.second import SECOND, Second, second_opinions
from idcore.estimators.table import ESTIMATORS, estimates
from idcore.figures.known import known_figure
from idcore.record import Layer, LayerGeometry
from idcore.spec import Request
from idcore.ui.kit import address, charts, state, tables
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.parameters import declare
from idcore.ui.result import layer

_BY_NAME = {one.name: one for one in ESTIMATORS}
BARS = {
    "jackknife": f"Bars: {METHOD}, one standard error: how far another sample of this size would differ. Those of "
    "Gride, Levina–Bickel and ABIDE err on the wide side, up to threefold with many neighbours.",
    "paper": "The paper's bars are the spread over subsets of 90% of the same points. They are too small, about 0.57 "
    "of the true error: compare them with published figures only.",
}

ESTIMATOR = declare("estimator", options=tuple(_BY_NAME))
BAR = declare("bars", options=tuple(BARS))
SECOND_OPINIONS = declare("opinions", "the switch of second opinions", default="false", options=("true", "false"))
NEIGHBOURS = declare("neighbours", "the number of neighbours", "16", options=("8", "16", "32", "64"))


@st.fragment(key="estimators-view")
def estimators_view(request: Request, chosen: Layer) -> None:
    """The table with its three controls, all in the address."""
    st.subheader("Estimators")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = address.titled("Estimator", ESTIMATOR, ESTIMATOR.options, _title, width=230)
        bars = address.option("Bars of TwoNN", BAR)
        k = address.option("Neighbours k", NEIGHBOURS)
    record = state.geometry(request, chosen.name)
    if record is None:
        return
    reading = replace(layer.reading(), neighbours=int(k), bars=bars)
    rows = state.of_record(estimates, request, chosen.name, reading) or ()
    tables.plain(_line(row, row.name == name) for row in rows)
    st.caption(
        f"{record.distinct:,} distinct samples of N = {record.n:,}, D = {chosen.units:,}; "
        f"{_needing('discard')} discard the largest {reading.discard:.0%} of μ. {BARS[bars]}"
    )
    st.markdown(f"**{_title(name)}.** {_BY_NAME[name].words}")
    how_to_read("estimators")
    if address.switch("Second opinions", SECOND_OPINIONS):
        _second(request, record)


def _second(request: Request, record: LayerGeometry) -> None:
    """Other quantities that go by the name of a dimension, with how each of them errs."""
    key = (str(state.store().root), spec.layer_key(request, record.layer.name))
    rows = _opinions(key, record)
    tables.plain(_opinion(one, said) for one, said in rows)
    st.caption(
        f"{record.distinct:,} distinct samples of N = {record.n:,}, or as many as stand in the row; the error is one "
        "standard error, the spread over draws for persistent homology and over halves for the correlation integral. "
        "None of them is the truth: each is right on other clouds."
    )
    _disagreement(record.distinct)
    with st.expander("Formulas and sources", icon=":material/help:"):
        for one in SECOND:
            st.markdown(f"**{one.name}.** {one.bias}")
            st.latex(one.formula)
            st.caption(f"Source: {one.source}.")


def _disagreement(n: int) -> None:
    """The same estimators on clouds of known dimension, of about as many points."""
    size, clouds = known.nearest(n)
    st.markdown("**How the estimators disagree**")
    charts.draw(
        known_figure(clouds),
        "known",
        alt=f"Estimates over the true dimension on {len(clouds)} clouds of {size:,} points: "
        + ", ".join(one.cloud for one in clouds),
    )
    st.caption(
        f"Clouds of known dimension, N = {size:,} each: of the numbers kept the one next to the {n:,} here. One draw, "
        "bars one standard error. Dashed: the truth. Noise of 1% of the side in 20 directions, and a dimension of 10 "
        "or more, part them most."
    )


@st.cache_resource(max_entries=100, show_spinner="Computing second opinions")
def _opinions(key: tuple[str, str], _record: LayerGeometry) -> tuple[tuple[Second, Opinion], ...]:
    return second_opinions(_record)


def _opinion(one: Second, said: Opinion) -> dict[str, str]:
    error = "" if math.isnan(said.stderr) else f" ± {said.stderr:.2f}"
    return {
        "Quantity": one.name,
        "Value": "–" if math.isnan(said.id) else f"{said.id:.2f}{error}",
        "Points": f"{said.n:,}" if said.n else "–",
        "From": said.note,
    }


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
