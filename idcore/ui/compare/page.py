"""Compare: any number of networks side by side, the same axes and colours."""

from functools import partial

import streamlit as st

from idcore.spec import USUAL
from idcore.ui.compare import across, batch, beside, choosing, chunks, curves, generalisation, partners, table
from idcore.ui.compare.choosing import AT_ONCE, Chosen
from idcore.ui.kit import away, charts, export, panel, query, reading, words
from idcore.ui.kit.choice import Choice

_SLOW = 2.0  # seconds between two looks at what comes a whole network at a time


def main() -> None:
    choice: Choice = st.session_state["choice"]
    query.show_notices()
    head = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    chosen = choosing.choose(choice)
    if chosen.name != "results" and choice.unread:
        reading.read_first(choice.data.dataset)
        return
    if chosen.name != "results" and choice.lacks:
        st.info(query.escaped(choice.lacks), icon=":material/info:")
        return
    if chosen.name != "results" and choice.regime == "elsewhere":
        st.info(
            "Representations that were computed elsewhere have no network of which these sets could be made. Choose "
            "results to compare them with others."
        )
        return
    if not chosen.members:
        with head:
            st.title("Compare")
        return
    active = batch.begin(chosen, batch.jobs(chosen, choice), choice)
    with head:
        _header(chosen, choice)
    panel.live(_curves, bool(active), "compare")(chosen, choice, active)
    charts.head_start()
    measured = batch.measured(chosen, choice)
    partners.ask(chosen.members)
    with st.container(border=True, key="side-by-side"):
        making = beside.making(chosen, measured, choice.device)
        panel.live(beside.section, bool(active or making), "beside-view", _SLOW)(chosen, choice, making)
    if chosen.name in chunks.SETS:
        with st.container(border=True):
            taking = chunks.active(chosen, choice)
            panel.live(chunks.section, bool(taking or active), "chunks-view", _SLOW)(chosen, choice, taking)
    with st.container(border=True):
        probing = across.at_work([one for one in measured.values() if one.complete])
        period = panel.POLL if probing else _SLOW
        panel.live(across.section, bool(probing or active), "across-view", period)(chosen, choice, probing)


def _header(chosen: Chosen, choice: Choice) -> None:
    with st.container(width="content", gap="xsmall"):
        st.title(_title(chosen))
        st.caption(query.escaped(chosen.words) + f" {_samples(chosen, choice)}")
    with st.container(horizontal=True, width="content"):
        export.copy_link()
        export.menu(partial(_export, chosen, choice))


def _export(chosen: Chosen, choice: Choice) -> None:
    rows = {member.request: one.rows for member, one in batch.measured(chosen, choice).items()}
    steps = {m.request: {"step": m.step, "file": m.file} for m in chosen.members} if chosen.series else {}
    export.export(rows, batch.layers(chosen, choice), USUAL, "compare", steps)


def _title(chosen: Chosen) -> str:
    if chosen.name == "regimes":
        network = chosen.members[0].request.network
        return f"{words.network_title(network)}: {', '.join(member.name for member in chosen.members)}"
    what = "checkpoints" if chosen.series else "networks"
    return f"{chosen.name.capitalize()}: {len(chosen.members)} {what}"


def _samples(chosen: Chosen, choice: Choice) -> str:
    """What was shown to the networks, where it was the same."""
    if len({member.request.data for member in chosen.members}) > 1:
        alike, _ = partners.alike(chosen.members[0], chosen.members)
        if len(alike) == len(chosen.members):
            return f"The same N = {chosen.members[0].request.data.n:,} samples through each."
        if len(alike) > 1:
            return f"{len(alike)} of the {len(chosen.members)} are of the same samples."
    if all(member.request.network.regime == "elsewhere" for member in chosen.members):
        return "What went through them was handed in with each."
    if len({member.request.data for member in chosen.members}) > 1:
        return "They saw different samples."
    together = " · all classes together" if choice.classes and chosen.name != "results" else ""
    return f"The same samples through each: {words.sample_words(chosen.members[0].request)}{together}."


def _curves(chosen: Chosen, choice: Choice, polled: bool) -> None:
    """The curves, the jobs behind them, the table, the last hidden layer. polled: this runs again and again until all
    jobs have ended."""
    measured = batch.measured(chosen, choice)
    with st.container(border=True):
        curves.toolbar(chosen, curves.curves(measured))
        stands = batch.progress(batch.jobs(chosen, choice), measured, choice.device, chosen.name in AT_ONCE)
        layers = batch.layers(chosen, choice)
        away.view(away.unmeasured([member.request for member in measured], layers), layers, ways=False)
        if polled and not any(now.active for now in stands.values()):
            st.rerun()
        curves.section(chosen, measured, any(now.active for now in stands.values()))
    with st.container(border=True):
        table.draw(measured)
        st.download_button("Table, CSV", table.to_csv(measured), "layerscope-compare-table.csv", "text/csv",
                           on_click="ignore", icon=":material/table:")  # fmt: skip
    with st.container(border=True):
        generalisation.section(chosen, measured)
