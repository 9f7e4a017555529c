"""Explore: choose, run and read one network."""

import streamlit as st

from idcore.figures.curve import ESTIMATES, id_curve
from idcore.jobs import Status
from idcore.record import Layer
from idcore.spec import ProfileJob
from idcore.ui import (
    certificate,
    charts,
    depth,
    estimators,
    export,
    guard,
    layer,
    maps,
    query,
    scale,
    state,
    words,
    work,
)
from idcore.ui.explain import how_to_read
from idcore.ui.query import OPTIONS
from idcore.ui.sidebar import BOUND, Choice


def main(choice: Choice) -> None:
    query.show_notices()
    request = choice.request()
    job = ProfileJob(request, choice.layers)
    now = work.ensure(job, choice)
    measured = state.measured(request, choice.layers, layer.discard(), layer.variance())
    _header(choice, measured)
    curve = st.container(border=True)
    chosen = _pick(measured)
    st.session_state["ready"] = _ready(measured)
    with curve:
        poll = work.POLL if now.active else None
        st.fragment(_curve, run_every=poll, key="curve")(choice, job, now.active)
    if chosen is not None:
        _details(measured, chosen, choice.device, polling=now.active)


def _header(choice: Choice, measured: state.Measured) -> None:
    request = measured.request
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(width="content", gap="xsmall"):
            st.title(f"{words.network_title(request.network)}, {words.regime_words(request.network)}")
            st.caption(words.sample_words(request) + (f" · {words.run_words(measured.run)}" if measured.run else ""))
            if measured.run and measured.run.estimate and not measured.complete:
                st.caption(measured.run.estimate)
        with st.container(horizontal=True, width="content"):
            export.copy_link()
            rows = {request: measured.rows}
            export.export(rows, choice.layers, layer.discard(), layer.variance(), "explore")


def _curve(choice: Choice, job: ProfileJob, polled: bool) -> None:
    """The ID curve and the job behind it. polled: whether this runs again and again; the end of the job, and the
    first sight of the layers, start the whole page again."""
    request = job.request
    measured = state.measured(request, choice.layers, layer.discard(), layer.variance())
    now = work.status(job) if polled else Status("done") if measured.complete else work.status(job)
    if polled and (not now.active or _ready(measured) != st.session_state["ready"]):
        st.rerun()
    _toolbar()
    if now.active:
        work.show_progress(job, now, "profile")
    elif work.to_train(job, now):
        work.offer([job], choice.device)
    elif now.state in work.ENDED:
        work.show_end(job, now, "profile", choice.device)
    if not measured.layers:
        if now.active and not now.history:
            st.skeleton(height=430)
        return
    figure = id_curve(
        measured.rows,
        measured.layers,
        request.network.regime,
        x=st.session_state["x"],
        log=st.session_state["axis"] == "log",
        shown=st.session_state["estimates"],
        selected=st.session_state.get("layer"),
        discard=layer.discard(),
        variance=layer.variance(),
    )
    charts.show(figure, "curve", alt=_alt(measured), on_select=_select)
    st.caption(
        f"N = {request.data.n:,}; largest {layer.discard():.0%} of μ discarded; bars are one standard error. "
        "Click a point to open its layer."
    )
    how_to_read("curve")


def _toolbar() -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Intrinsic dimension by layer")
        with st.container(horizontal=True, width="content"):
            st.pills("Estimates", ESTIMATES, selection_mode="multi", default=ESTIMATES, key="estimates",
                     label_visibility="collapsed", **BOUND)  # fmt: skip
            for label, key in (("Horizontal axis", "x"), ("Vertical axis", "axis")):
                options = OPTIONS[key]
                st.segmented_control(
                    label, options, default=options[0], required=True, key=key, label_visibility="collapsed", **BOUND
                )


def _ready(measured: state.Measured) -> tuple[bool, bool]:
    """What the page below the curve can show: the list of layers, the chosen layer."""
    return bool(measured.layers), st.session_state.get("layer") in {row.layer for row in measured.rows}


def _alt(measured: state.Measured) -> str:
    ids = [f"{row.layer} {row.id:.1f}" for row in measured.rows if row.id is not None]
    return f"Intrinsic dimension by layer: {', '.join(ids) or 'nothing measured yet'}"


def _select() -> None:
    """A click on the curve: its layer becomes the chosen one, in the address too."""
    name = charts.clicked_layer(st.session_state["curve-chart"]["selection"])
    if name is not None:
        st.session_state["layer"] = name
        st.rerun()


def _pick(measured: state.Measured) -> Layer | None:
    """The control that holds the chosen layer; the last hidden layer to begin with."""
    plan = {one.name: one for one in measured.layers}
    if not plan:
        return None
    names = list(plan)
    query.check_layer(names)
    if st.session_state.get("layer", names[0]) not in plan:
        del st.session_state["layer"]
    name = st.segmented_control(
        "Layer", names, default=names[max(len(names) - 2, 0)], required=True, key="layer", **BOUND
    )
    return plan[name]


def _details(measured: state.Measured, chosen: Layer, device: str, polling: bool) -> None:
    request = measured.request
    if state.geometry(request, chosen.name) is None:
        st.caption(f"{chosen.name} is not measured yet.")
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
        waiting = maps.waiting(request, chosen.name, device)
        poll = work.POLL if waiting else None
        st.fragment(maps.map_view, run_every=poll, key="map-view")(measured, chosen, device, waiting)
    with st.container(border=True):
        st.fragment(depth.depth_view, key="depth")(measured)


guard.through_app()
main(st.session_state["choice"])
