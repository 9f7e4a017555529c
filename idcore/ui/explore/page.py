"""Explore: choose, run and read one network."""

from functools import partial

import streamlit as st

from idcore.spec import ProfileJob, Request
from idcore.ui.explore import band, by_class, curve, sight, tabs
from idcore.ui.kit import away, export, panel, passages, query, reading, shown, state, turns, words, work
from idcore.ui.kit.choice import Choice
from idcore.ui.result import axes, layer, pick


def main() -> None:
    choice: Choice = st.session_state["choice"]
    query.show_notices()
    if choice.unread:
        reading.read_first(choice.data.dataset)
        return
    if choice.lacks:
        st.info(query.escaped(choice.lacks), icon=":material/info:")
        return
    work.only(choice.requests())
    request = choice.request()
    if choice.absent and (choice.classes or not state.measured(request, choice.layers).complete):
        reading.beyond(choice.data.dataset)
        return
    if missing := away.unmeasured([*choice.by_class().values()] or [request], choice.layers):
        st.title(words.title(request))
        away.view(missing, choice.layers, layer.reading())
        return
    if choice.classes:
        _by_class(choice)
        return
    job = ProfileJob(request, choice.layers)
    now = work.ensure(job, choice)
    measured = state.measured(request, choice.layers, layer.reading())
    _header(choice, measured, [measured])
    card = st.container(border=True, key="curve-card")
    _bar(choice, request)
    tabs.around()
    with card:
        if now.active:
            period = panel.POLL * (2 if measured.layers else 1)  # the first points at once, the others come together
            panel.live(curve.progress_view, True, "progress", period)(choice, job)
        curve.curve_view(choice, job, now.active)
    _below(choice, request, now.active)
    sight.remember(choice, measured, pick.chosen(measured))


def _by_class(choice: Choice) -> None:
    """Each class measured by itself; below the curve, the layer of one of them."""
    if len(choice.classes) > by_class.MOST:
        st.info(f"Choose up to {by_class.MOST} classes for an ID of each; {len(choice.classes):,} are chosen.")
        return
    jobs = by_class.jobs(choice)
    active = [work.ensure(job, choice).active for job in jobs.values()]
    measured = by_class.measured(choice)
    one = by_class.shown(choice)
    _header(choice, measured[one], list(measured.values()))
    card = st.container(border=True, key="curve-card")
    by_class.pick(choice)
    _bar(choice, measured[one].request)
    tabs.around()
    with card:
        panel.live(by_class.curve_view, any(active), "curve")(choice, any(active))
    _below(choice, measured[one].request, any(active))


@st.fragment(key=pick.BAR)
def _bar(choice: Choice, request: Request) -> None:
    """The row that holds the tabs and the layers; the mark of the chosen layer on the curve."""
    measured = state.measured(request, choice.layers, layer.reading())
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        tabs.choose(passages.are_texts(request.data))
        chosen = pick.pick(measured)
    if chosen is not None:
        band.mark(chosen, measured.layers, query.early(axes.X))
    st.session_state["ready"] = curve.ready(measured)


@st.fragment(key=pick.BELOW)
def _below(choice: Choice, request: Request, polling: bool) -> None:
    """The open tab, of the chosen layer. polling: whether measurements are on their way."""
    with turns.turn(), state.still():
        measured = state.measured(request, choice.layers, layer.reading())
        chosen = pick.chosen(measured)
        shown.begin_below(("figure", "curve"))
        if chosen is not None:
            tabs.draw(tabs.opened(), tabs.Reader(measured, chosen, choice.device, polling))


def _header(choice: Choice, measured: state.Measured, all: list[state.Measured]) -> None:
    """measured: what the words speak of. all: what is exported."""
    request = measured.request
    head = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    with head.container(width="content", gap="xsmall"):
        st.title(words.title(request))
        st.caption(by_class.sample_words(choice) if choice.classes else words.sample_words(request))
        st.caption(query.escaped(_standing(measured, bool(choice.classes))))
    links = head.container(horizontal=True, width="content")
    with links:
        export.copy_link()
    export.menu(partial(_export, choice, [one.request for one in all]), links)


def _export(choice: Choice, requests: list[Request]) -> None:
    said = layer.reading()
    rows = {one: state.measured(one, choice.layers, said).rows for one in requests}
    export.export(rows, choice.layers, said, "explore")


def _standing(measured: state.Measured, classes: bool) -> str:
    """One line, whatever there is to say, so that nothing below it moves."""
    run = measured.run
    if run is None:
        return "Not measured yet."
    said = [] if classes else [words.run_words(run)]
    said += [run.estimate] if run.estimate and not measured.complete else []
    return " · ".join(said) or f"measured on {run.device}"
