"""Redundancy of the last hidden layers of a sweep over widths: those that are there, and the button for the others."""

from collections.abc import Mapping

import streamlit as st

from idcore.figures import theme
from idcore.figures.redundancy import VIEWS, redundancy_figure
from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.results import chunked
from idcore.results.chunked import Chunks
from idcore.spec import RedundancyJob
from idcore.ui.compare import batch
from idcore.ui.compare.choosing import Chosen, Member
from idcore.ui.kit import address, charts, panel, query, state, work
from idcore.ui.kit.choice import Choice
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.panel import Task
from idcore.ui.kit.parameters import declare

CHUNKS = declare("chunks", "the view of the chunks", options=VIEWS)
SETS = ("widths",)
"""Sets of networks with which it is shown."""


def active(chosen: Chosen, choice: Choice) -> bool:
    """Whether chunks are being taken."""
    if chosen.name not in SETS:
        return False
    return any(one.complete and _status(member).active for member, one in batch.measured(chosen, choice).items())


def section(chosen: Chosen, choice: Choice, taking: bool) -> None:
    """The section, of the networks that are wholly measured. taking: this runs again and again until all are done."""
    measured = batch.measured(chosen, choice)
    complete = {member: one for member, one in measured.items() if one.complete}
    if taking and not active(chosen, choice):
        st.rerun()
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Redundancy of the last hidden layer")
        view = address.option("Redundancy", CHUNKS, label_visibility="collapsed")
    tasks = [Task(RedundancyJob(member.request), _status(member), member.name) for member in complete]
    panel.draw("chunks", *tasks, bars=1, of="networks looked at")
    wanted = [task.job for task in tasks if task.now.state == "absent"]
    if wanted and not any(task.now.active for task in tasks):
        help = (
            "Random chunks of the units of each last hidden layer, 40 draws of each size: how well they do with the "
            "trained read-out, and what they know of the other units. Seconds for each network."
        )
        st.button("Take chunks", key="take-chunks", icon=":material/grid_view:", help=help,
                  on_click=work.start_all, args=(wanted, "auto"))  # fmt: skip
    chunks = {member: chunked.read(state.store(), member.request) for member in complete}
    there = {member: one for member, one in chunks.items() if one is not None}
    _draw(there, view)
    if len(complete) < len(measured):
        st.caption(f"{len(complete)} of {len(measured)} networks are measured.")


def _draw(chunks: Mapping[Member, Chunks], view: str) -> None:
    known = {member.name: one for member, one in chunks.items() if one.rows}
    if known:
        styles = theme.class_styles(len(known))
        colours = {name: colour for name, (colour, _) in zip(known, styles, strict=True)}
        charts.draw(
            redundancy_figure({name: (one.rows, one.accuracy) for name, one in known.items()}, colours, view),
            "chunks",
            alt=f"{view} of chunks of the last hidden layer of {len(known)} networks, by size",
        )
        counts = " and ".join(f"{n:,}" for n in sorted({one.n for one in known.values()}))
        draws = next(iter(known.values())).rows[0].draws
        st.caption(
            f"N = {counts} samples, {draws} draws of each size, bars their spread. The error is on these samples with "
            "the trained read-out, not fitted again, less that of the whole layer. R² is told on the samples that were "
            "fitted: with fewer than five for each unit of a chunk it is too high, as its hover text says."
        )
        how_to_read("redundancy")
    for member, one in chunks.items():
        if one.note:
            st.caption(query.escaped(f"{member.name}: {one.note}"))


def _status(member: Member) -> Status:
    if state.store().meta(chunked.key(member.request)):
        return Status("done")
    now = state.jobs().status(job_key(RedundancyJob(member.request)))
    return Status() if now.state == "done" else now
