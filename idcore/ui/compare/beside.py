"""Maps side by side: the same samples in several networks, with one layer, one hover and one selection for all."""

from collections.abc import Mapping, Sequence

import streamlit as st

from idcore import spec
from idcore.ui.compare import batch
from idcore.ui.compare.choosing import Chosen, Member
from idcore.ui.kit import address, query, state
from idcore.ui.kit.choice import Choice
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.parameters import declare
from idcore.ui.result import appearance, maps
from idcore.ui.result.map import map_view, parts

MOST = 4
"""Each map takes one of the sixteen WebGL contexts that a browser has, and room to be read."""
BESIDE = declare("beside", "the choice of maps", several=True, unnamed=True)
_FEW = 3


def section(chosen: Chosen, choice: Choice, polled: bool) -> None:
    """The section. polled: this runs again and again until the maps are made."""
    method = maps.choose("Maps side by side")
    found = batch.measured(chosen, choice)
    if polled and not making(chosen, found, choice.device):
        st.rerun()
    if len(chosen.members) > _FEW:
        _choose(chosen.members)
    picked = _picked(chosen.members)
    shown = [member for member in picked if member.request.data == picked[0].request.data]
    if len(shown) < len(picked):
        others = ", ".join(member.name for member in picked if member not in shown)
        st.caption(query.escaped(f"Not shown, because other samples went through it: {others}."))
    if len(shown) < 2:
        st.caption("It takes two networks that saw the same samples to set their maps side by side.")
        return
    made = []
    for row in (shown[:2], shown[2:]) if len(shown) == MOST else (shown,):
        for i, (place, member) in enumerate(zip(st.columns(len(row), gap="medium"), row, strict=True)):
            with place, st.container(border=True, height="stretch"):
                made += _map(member, found[member], method, choice.device, f"beside-{i}-{member.id}")
    st.caption(
        f"{' '.join(dict.fromkeys(made))} N = {shown[0].request.data.n:,} samples, the same in each; layer, colours, "
        "hover and selection go together. "
        "Scale and rotation differ between maps: compare which points are together, not where they are. "
        + maps.quality_words(shown[0].request.data.n, made[0] if made else "")
    )
    how_to_read("map")


def making(chosen: Chosen, by_member: Mapping[Member, state.Measured], device: str) -> bool:
    """Whether maps are being made; those that are wanted are begun."""
    return any([maps.waiting(by_member[member], device) for member in _picked(chosen.members)])  # a list: all are begun


def _choose(members: Sequence[Member]) -> None:
    names = {member.id: member.name for member in members}
    address.titled_several(
        "Networks", BESIDE, list(names), lambda id: names[id], label_visibility="collapsed", max_selections=MOST,
        placeholder=f"{members[0].name} and {members[-1].name}; choose two to four", on_change=st.rerun,
    )  # fmt: skip


def _picked(members: Sequence[Member]) -> list[Member]:
    """All of a few networks, else those of the list, the first and the last to begin with."""
    if len(members) <= _FEW:
        return list(members)
    wanted = st.session_state.get(BESIDE.name, st.query_params.get_all(BESIDE.name))
    return [member for member in members if member.id in wanted][:MOST] or [members[0], members[-1]]


def _map(member: Member, measured: state.Measured, method: str, device: str, key: str) -> list[str]:
    """Draw one of them; returns how it was made, in a sentence, or nothing."""
    st.markdown(f"**{query.escaped(member.name)}**")
    records = maps.measured_records(measured) if measured.complete else []
    run = measured.run
    if run is None or all(record.note for record in records):
        st.caption("No layer of it varies: it has no map." if records else "Not fully measured yet.")
        return []
    last = measured.layers[max(len(measured.layers) - 2, 0)].name
    content, made = maps.contents(measured, records, method, last, device, key)
    map_view(
        parts.samples(run),
        content,
        values=parts.values(member.request, records),
        images=appearance.images(measured),
        key=key,
        layer=last,
        group=f"compare {spec.key('data', member.request.data)}",
        reports=False,
    )
    return [made]
