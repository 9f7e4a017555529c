"""Checkpoints of one training: a slider over the steps, and the surface of all layers by step."""

from collections.abc import Sequence

import streamlit as st

from idcore.figures.compare import Curve, same_layers
from idcore.figures.series import surface_figure
from idcore.ui.compare.choosing import Chosen
from idcore.ui.kit import address, charts, query
from idcore.ui.kit.parameters import declare

CHECKPOINT = declare("checkpoint", "the checkpoint")


def choose(chosen: Chosen) -> int:
    """Draw the slider, at the last checkpoint to begin with; returns the place of the one that is shown."""
    names = {member.id: member.name for member in chosen.members}
    ids = list(names)
    query.check_below(CHECKPOINT, ids)
    address.follow(CHECKPOINT, ids[-1])
    return ids.index(
        address.titled("Step", CHECKPOINT, ids, names.__getitem__, ids[-1], st.select_slider,
                       label_visibility="collapsed")
    )  # fmt: skip


def words_of(chosen: Chosen) -> str:
    """What the colours of the lines say."""
    first, last = chosen.members[0], chosen.members[-1]
    return f"Thin lines: the other checkpoints, from {first.name} (ochre) to {last.name} (blue)."


def surface(chosen: Chosen, drawn: Sequence[Curve], value: str, reference: Curve | None) -> None:
    """All layers by step; nothing where the checkpoints have other layers than one another."""
    if not same_layers(drawn):
        st.caption("The checkpoints have different layers: there is no surface of them.")
        return
    steps = [member.step for member in chosen.members]
    what = "Layer by step" if reference is None else f"Layer by step, minus {reference.name}"
    st.subheader(query.escaped(what))
    ends = [
        f"{curve.name}: {row.layer} {row.id:.1f}" for curve in (drawn[0], drawn[-1]) for row in curve.rows if row.id
    ]
    alt = f"Heat map, layers across, steps {steps[0]} to {steps[-1]} down. ID of {'; '.join(ends)}"
    charts.draw(surface_figure(drawn, value=value, reference=reference), "surface", alt=alt)
    same = len({member.request.data for member in chosen.members}) == 1
    counts = sorted({member.request.data.n for member in chosen.members})
    st.caption(
        f"{len(steps)} checkpoints, step {steps[0]:,} to {steps[-1]:,}; N = {' and '.join(f'{n:,}' for n in counts)} "
        f"samples{', the same through each' if same else ''}; hover for the error of a cell. A difference takes both "
        "errors as independent."
    )
