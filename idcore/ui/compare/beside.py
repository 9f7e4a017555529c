"""Maps side by side: the same samples in several networks, with one layer, one hover and one selection for all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from idcore import spec
from idcore.estimators.same import Match
from idcore.results import Run
from idcore.ui.compare import batch, partners
from idcore.ui.compare.choosing import Chosen, Member
from idcore.ui.kit import address, query, state
from idcore.ui.kit.choice import Choice
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.parameters import declare
from idcore.ui.result import appearance, maps
from idcore.ui.result.map import blob, map_view, parts

MOST = 4
"""Each map takes one of the sixteen WebGL contexts that a browser has, and room to be read."""
BESIDE = declare("beside", "the choice of maps", several=True, unnamed=True)
_FEW = 3


def section(chosen: Chosen, choice: Choice, polled: bool) -> None:
    """The section. polled: this runs again and again until the maps are made."""
    method = maps.choose("Maps side by side")
    by_member = batch.measured(chosen, choice)
    if polled and not making(chosen, by_member, choice.device):
        st.rerun()
    if len(chosen.members) > _FEW:
        _choose(chosen.members)
    picked = _picked(chosen.members)
    shown, reasons = partners.alike(picked[0], picked)
    if len(shown) < len(picked):
        others = ", ".join(member.name for member in picked if member not in shown)
        st.caption(query.escaped(f"Not shown, because other samples went through it: {others}. {' '.join(reasons)}"))
    if len(shown) < 2:
        st.caption("It takes two networks that saw the same samples to set their maps side by side.")
        return
    made = []
    for row in (shown[:2], shown[2:]) if len(shown) == MOST else (shown,):
        for i, (column, member) in enumerate(zip(st.columns(len(row), gap="medium"), row, strict=True)):
            with column, st.container(border=True, height="stretch"):
                made += _map(member, by_member, shown, method, choice.device, f"beside-{i}-{member.id}")
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


def _map(
    member: Member,
    by_member: Mapping[Member, state.Measured],
    shown: Sequence[Member],
    method: str,
    device: str,
    key: str,
) -> list[str]:
    """Draw one of them, its samples in the order of those of the first; returns how it was made, in a sentence, or
    nothing."""
    st.markdown(f"**{query.escaped(member.name)}**")
    measured, together = by_member[member], partners.matched(shown[0], member)
    records = maps.measured_records(measured) if measured.complete else []
    run = measured.run
    if run is None or together.order is None or all(record.note for record in records):
        st.caption("No layer of it varies: it has no map." if records else "Not fully measured yet.")
        return []
    last = measured.layers[max(len(measured.layers) - 2, 0)].name
    order = together.order if together.moved else None
    records = partners.in_order(records, together)
    content, made = maps.contents(measured, records, method, last, device, key, order)
    about = _about(run, by_member, shown, together)
    map_view(
        parts.samples(about, _texts(by_member, shown)),
        content,
        values=parts.values(member.request, records, order=parts.told(order)),
        images=_images(by_member, shown),
        key=key,
        layer=last,
        group=f"compare {spec.key('data', shown[0].request.data)}",
        reports=False,
    )
    return [made]


def _about(run: Run, by_member: Mapping[Member, state.Measured], shown: Sequence[Member], together: Match) -> Run:
    """What the map tells of its samples, in the order of the first: numbers and classes are those of the first that
    has classes, so that all maps agree in them."""
    runs = [(member, one) for member in shown if (one := by_member[member].run) is not None]
    if len({member.request.data for member, _ in runs}) < 2:
        return run
    of, known = next(((m, one) for m, one in runs if len(one.class_names) > 1), runs[0])
    order = partners.matched(shown[0], of).order
    own, empty = run.class_names == known.class_names, np.zeros(0, np.int64)
    return replace(
        run,
        ids=known.ids[order],
        labels=known.labels[order],
        class_names=known.class_names,
        predictions=run.predictions[together.order] if own and run.finished else np.full(len(known.ids), -1),
        learned_labels=run.learned_labels[together.order] if own and len(run.learned_labels) else empty,
    )


def _texts(by_member: Mapping[Member, state.Measured], shown: Sequence[Member]) -> list[str] | None:
    """What is known of each sample in words, from whichever has it."""
    for member in shown:
        texts, order = appearance.texts(by_member[member]), partners.matched(shown[0], member).order
        if texts is not None and order is not None:
            return [texts[i] for i in order]
    return None


def _images(by_member: Mapping[Member, state.Measured], shown: Sequence[Member]) -> bytes | None:
    """The thumbnails, from whichever has them: what a network saw is seen beside recordings of the same."""
    for member in shown:
        together = partners.matched(shown[0], member)
        small = appearance.thumbnails(by_member[member])
        if small is not None and together.order is not None:
            return blob.images(small[together.order]) if together.moved else appearance.images(by_member[member])
    return None
