"""Explore: choose, run and read one network."""

import streamlit as st

from idcore.record import Layer
from idcore.spec import ProfileJob
from idcore.ui.explore import by_class, certificate, curve, estimators, placing, scale
from idcore.ui.kit import charts, export, panel, query, reading, state, words, work
from idcore.ui.kit.choice import Choice
from idcore.ui.result import depth, layer, maps, pick, probes


def main() -> None:
    choice: Choice = st.session_state["choice"]
    query.show_notices()
    if choice.unread:
        reading.read_first(choice.data.dataset)
        return
    work.only(choice.requests())
    if choice.classes:
        _by_class(choice)
        return
    request = choice.request()
    job = ProfileJob(request, choice.layers)
    now = work.ensure(job, choice)
    measured = state.measured(request, choice.layers, layer.reading())
    _header(choice, measured, [measured])
    place = st.container(border=True)
    chosen = pick.pick(measured)
    st.session_state["ready"] = curve.ready(measured)
    with place:
        panel.live(curve.curve_view, now.active, "curve")(choice, job, now.active)
    if chosen is not None:
        _details(measured, chosen, choice.device, polling=now.active)


def _by_class(choice: Choice) -> None:
    """Each class measured by itself; below the curve, the layer of one of them."""
    if len(choice.classes) > by_class.MOST:
        st.info(f"Choose up to {by_class.MOST} classes for an ID of each; {len(choice.classes):,} are chosen.")
        return
    jobs = by_class.jobs(choice)
    active = [work.ensure(job, choice).active for job in jobs.values()]
    found = by_class.measured(choice)
    shown = by_class.shown(choice)
    _header(choice, found[shown], list(found.values()))
    place = st.container(border=True)
    by_class.pick(choice)
    chosen = pick.pick(found[shown])
    st.session_state["ready"] = by_class.ready(choice, found)
    with place:
        panel.live(by_class.curve_view, any(active), "curve")(choice, any(active))
    if chosen is not None:
        _details(found[shown], chosen, choice.device, polling=any(active))


def _header(choice: Choice, measured: state.Measured, all: list[state.Measured]) -> None:
    """measured: what the words speak of. all: what is exported."""
    request = measured.request
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(width="content", gap="xsmall"):
            st.title(f"{words.network_title(request.network)}, {words.regime_words(request.network)}")
            st.caption(by_class.sample_words(choice) if choice.classes else words.sample_words(request))
            if measured.run and not choice.classes:
                st.caption(words.run_words(measured.run))
            if measured.run and measured.run.estimate and not measured.complete:
                st.caption(query.escaped(measured.run.estimate))
        with st.container(horizontal=True, width="content"):
            export.copy_link()
            rows = {one.request: one.rows for one in all}
            export.export(rows, choice.layers, layer.reading(), "explore")


def _details(measured: state.Measured, chosen: Layer, device: str, polling: bool) -> None:
    charts.head_start()
    request = measured.request
    if state.geometry(request, chosen.name) is None:
        st.caption(query.escaped(f"{chosen.name} is not measured yet."))
        if polling:
            st.skeleton(height=360)
        return
    with st.container(border=True):
        st.fragment(layer.metrics, key="metrics")(request, chosen)
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        st.fragment(layer.fit_view, key="fit")(request, chosen)
    with right, st.container(border=True, height="stretch"):
        st.fragment(layer.spectrum_view, key="spectrum")(request, chosen)
    left, right = st.columns([3, 2], gap="medium")
    with left, st.container(border=True, height="stretch"):
        st.fragment(scale.scale_view, key="scale-view")(request, chosen)
    with right, st.container(border=True, height="stretch"):
        st.fragment(estimators.estimators_view, key="estimators-view")(request, chosen)
    left, right = st.columns([3, 2], gap="medium")
    with left, st.container(border=True, height="stretch"):
        scale.distances_view(request, chosen)
    with right, st.container(border=True, height="stretch"):
        certificate.certificate_view(request, chosen)
    with st.container(border=True):
        waiting = maps.waiting(measured, device)
        pictures = placing.pictures(measured)
        panel.live(maps.map_view, bool(waiting), "map-view")(measured, chosen, device, waiting, pictures)
    placing.place_view(measured, chosen.name, device)
    with st.container(border=True):
        probing = probes.active([measured])
        panel.live(depth.depth_view, bool(probing), "depth-view")(measured, probing)
