"""The curves of all networks of a set on one axis, as they are, against a reference, or as mean and band."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from idcore.figures.compare import Curve, band_figure, compare_figure, same_layers
from idcore.figures.series import step_figure
from idcore.spec import USUAL
from idcore.ui.compare import series
from idcore.ui.compare.choosing import Chosen, Member
from idcore.ui.kit import address, charts, query, state, words
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.parameters import declare
from idcore.ui.result import axes

FIELDS = {"TwoNN": "id", "PC-ID": "pc_id", "linearised": "linearised_id", "ID / D": "ratio"}
_NONE = "none"
VALUE = declare("value", "the estimate", options=tuple(FIELDS))
REFERENCE = declare("reference", default=_NONE)


def curves(by_member: Mapping[Member, state.Measured]) -> list[Curve]:
    """What the figures draw of each network."""
    return [
        Curve(member.name, member.request.network.regime, one.layers, one.rows, member.group, member.tone)
        for member, one in by_member.items()
    ]


def axis(drawn: Sequence[Curve]) -> str:
    """Networks with other layers are compared by relative depth."""
    return st.session_state.get("x", "layer") if same_layers(drawn) else "depth"


def toolbar(chosen: Chosen, drawn: Sequence[Curve]) -> None:
    """The estimate, the reference, the axes."""
    left, right = charts.toolbar()
    with left:
        address.option("Estimate", VALUE, label_visibility="collapsed")
    with right:
        names = {member.id: member.name for member in chosen.members}
        query.check_below(REFERENCE, [_NONE, *names])
        address.titled("Reference", REFERENCE, [_NONE, *names], lambda id: f"minus {names[id]}" if id in names
                       else "no reference", label_visibility="collapsed", width=220)  # fmt: skip
        axes.axes(axes.SCALE, layers=same_layers(drawn))


def section(chosen: Chosen, by_member: Mapping[Member, state.Measured], active: bool) -> None:
    """The figure with what must be known to read it. active: whether something is coming."""
    drawn = curves(by_member)
    if not any(curve.layers for curve in drawn):
        if active:
            st.skeleton(height=430)
        return
    value, x, log = FIELDS[st.session_state["value"]], axis(drawn), st.session_state["scale"] == "log"
    by_id = {member.id: curve for member, curve in zip(by_member, drawn, strict=True)}
    reference = by_id.get(st.session_state.get("reference", _NONE))
    if chosen.name == "seeds" and reference is None:
        figure = band_figure(drawn, value=value, x=x, log=log)
        bars = f"bands are one standard deviation over seeds, {len({c.group for c in drawn})} kinds of weights"
    else:
        at = series.choose(chosen) if chosen.series else None
        how: dict[str, Any] = {"value": value, "x": x, "log": log, "reference": reference}
        figure = compare_figure(drawn, **how) if at is None else step_figure(drawn, at, **how)
        held = f"components that hold {USUAL.variance:.0%} of the variance"
        bars = held if value == "pc_id" else "bars are one standard error"
        if value == "linearised_id":
            bars = "bars are the spread of the Gaussian draws"
    charts.draw(figure, "compare", alt=_alt(by_member))
    counts = sorted({member.request.data.n for member in by_member})
    said = [f"N = {' and '.join(f'{n:,}' for n in counts)}; {words.discarded()}; {bars}."]
    if reference is not None:
        said.append("Of the difference they take both as independent, though the samples are the same.")
    if not same_layers(drawn):
        said.append("These networks have different layers, so that they are drawn by relative depth.")
    if chosen.series:
        said.append(series.words_of(chosen))
    st.caption(query.escaped(" ".join(said)))
    if chosen.series:
        series.surface(chosen, drawn, value, reference)
    how_to_read("compare")


def _alt(by_member: Mapping[Member, state.Measured]) -> str:
    ends = [
        f"{member.name} ends at {one.rows[-1].id:.1f}"
        for member, one in by_member.items()
        if one.complete and one.rows and one.rows[-1].id is not None
    ]
    return f"Intrinsic dimension by layer of {len(by_member)} networks: {', '.join(ends) or 'being measured'}"
