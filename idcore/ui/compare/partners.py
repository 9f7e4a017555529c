"""Which results are of the same samples as another, in which order; and the word of the reader where nothing tells."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from idcore.estimators.same import Match, SampleSet, match, reordered
from idcore.record import LayerGeometry
from idcore.results import sampled
from idcore.ui.compare.choosing import Member
from idcore.ui.kit import address, query, state
from idcore.ui.kit.parameters import declare

SAME_ORDER = declare("same_order", "the switch of the order of the rows", default="false", options=("true", "false"))
_SAID = 3
"""Reasons that are told."""


def ask(members: Sequence[Member]) -> None:
    """The switch by which the reader says that the rows are in the same order, where that is what is missing."""
    if len({member.request.data for member in members}) < 2:
        return
    first, *others = members
    open_to = [one for other in others if (one := _match(first, other, False)).may_be_said]
    if not open_to:
        return
    with st.container(border=True):
        st.caption(query.escaped(open_to[0].how))
        address.switch("The rows are in the same order", SAME_ORDER)


def matched(first: Member, other: Member) -> Match:
    """Whether the two are of the same samples, by what is known or by the word of the reader."""
    said = st.session_state.get(SAME_ORDER.name, st.query_params.get(SAME_ORDER.name) == "true")
    return _match(first, other, bool(said))


def alike(first: Member, members: Sequence[Member]) -> tuple[list[Member], list[str]]:
    """(those of the same samples as the first, it among them; why others are not, a few sentences)."""
    same, reasons = [], dict[str, None]()
    for member in members:
        one = matched(first, member)
        if one.order is not None:
            same.append(member)
        else:
            reasons[one.how] = None
    return same, list(reasons)[:_SAID]


def in_order(records: Sequence[LayerGeometry], together: Match) -> list[LayerGeometry]:
    """The records of the second with their samples in the order of the first."""
    if together.order is None or not together.moved:
        return [*records]
    return [reordered(record, together.order) for record in records]


def _match(first: Member, other: Member, word: bool) -> Match:
    a, same = _samples(first), first.request.data == other.request.data
    b = a if same else _samples(other)
    if a is None and same:
        return Match(np.arange(first.request.data.n), "The same samples of one data set.")
    if a is None or b is None:
        return Match(None, "What is not measured yet appears as it is.")
    return match(a, b, word)


def _samples(member: Member) -> SampleSet | None:
    with contextlib.suppress(LookupError):  # an absence is not kept
        return replace(_kept(str(state.store().root), member.id, member), called=member.name)
    return None


@st.cache_resource(max_entries=100, show_spinner=False)
def _kept(root: str, key: str, _member: Member) -> SampleSet:
    samples = sampled.samples(state.store(), _member.request, _member.name)
    if samples is None:
        raise LookupError
    return samples
