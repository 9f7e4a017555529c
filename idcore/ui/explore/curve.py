"""The ID curve of one network: what it says in a sentence, or the job behind it; its toolbar."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from idcore import spec
from idcore.estimators.finding import finding, of_rows
from idcore.estimators.summary import LayerSummary
from idcore.figures.curve import CURVES, PAPER, Published, id_curve
from idcore.figures.drawing import Drawing
from idcore.figures.growth import named
from idcore.jobs import Status
from idcore.paper import language, published
from idcore.paper.language import LanguageCurve
from idcore.spec import NetworkSpec, ProfileJob, Reading, Regime, Request
from idcore.ui.explore import grown
from idcore.ui.kit import address, charts, panel, passages, query, state, words, work
from idcore.ui.kit.choice import Choice
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.panel import Task
from idcore.ui.kit.parameters import declare
from idcore.ui.result import axes, layer, pick

AXIS = declare("axis", "the vertical axis", options=("linear", "log"))
LANGUAGE = declare(
    "llm", "the published curve of a language model", "none", options=("none", *(one.name for one in language.curves()))
)
_SHOWN = "how the curve is shown"
_TOLD = 40
"""Layers that are all told in words."""
HEIGHT = 300
"""Of the curve: beside it a layer is to be in sight."""


def progress_view(choice: Choice, job: ProfileJob) -> None:
    """The job behind the curve, looked at again and again while it is at work. What has come since goes to the plot
    that is there (`grown`), without a figure. The end of the job, and the first sight of the layers, start the whole
    page again."""
    measured = state.measured(job.request, choice.layers, layer.reading())
    now = work.status(job)
    if not now.active or ready(measured) != st.session_state["ready"]:
        st.rerun()
    with st.container(key="curve-status", gap=None):
        panel.draw("profile", Task(job, now), device=choice.device, learning=False)
        grown.look(measured, len(now.history), alt)


@st.fragment(key="curve")
def curve_view(choice: Choice, job: ProfileJob, polled: bool) -> None:
    """The ID curve as far as it is known, or the curves of the network that learns first. polled: whether
    `progress_view` stands above it."""
    request = job.request
    measured, now = _standing(choice, job)
    if not polled:
        with st.container(key="curve-status", gap="small"):
            panel.draw("profile", Task(job, now), device=choice.device)
            if work.to_offer(job, now):
                work.offer([job], choice.device)
            if not now.active:
                say(measured, others(choice))
    left, right = charts.toolbar()
    with left:
        axes.estimates(CURVES, label_visibility="collapsed")
        texts = passages.are_texts(request.data)
        paper = of_language() if texts else of_the_paper(request.network)
    with right:
        axes.axes(AXIS)
    _growing(choice, job, tuple(paper), polled)
    if measured.layers:
        how_to_read("curve")


def _standing(choice: Choice, job: ProfileJob) -> tuple[state.Measured, Status]:
    measured = state.measured(job.request, choice.layers, layer.reading())
    return measured, Status("done") if measured.complete else work.status(job)


@st.fragment(key="growing")
def _growing(choice: Choice, job: ProfileJob, paper: tuple[Published, ...], polled: bool) -> None:
    """What there is more of with every layer, or every epoch."""
    measured, now = _standing(choice, job)
    if polled:
        panel.curves("profile", Task(job, now))
    if not measured.layers:
        if now.active and not now.history:
            st.skeleton(height=HEIGHT)
        return
    how = _how(job.request, paper)
    drawn = grown.begin(lambda now: figure(now, others(choice), how), measured)
    charts.draw(drawn, "curve", alt=alt(measured), on_select=select)
    caption = _caption(job.request, others(choice), paper)
    st.caption(query.escaped(caption))
    st.session_state[_SHOWN] = how, caption


def shown() -> tuple[dict[str, Any], str] | None:
    """(how the curve was drawn in this run, the caption below it); None where there is none."""
    drawn: tuple[dict[str, Any], str] | None = st.session_state.get(_SHOWN)
    return drawn


def _how(request: Request, paper: tuple[Published, ...]) -> dict[str, Any]:
    """What the controls say."""
    return {
        "x": st.session_state["x"],
        "log": st.session_state["axis"] == "log",
        "shown": tuple(st.session_state["estimates"]),
        "reading": layer.reading(),
        "published": paper,
        "paper": language_name() if passages.are_texts(request.data) else PAPER,
    }


def figure(measured: state.Measured, beside: Mapping[Regime, tuple[LayerSummary, ...]], how: dict[str, Any]) -> Drawing:
    """The curve, made once for all sessions. how: as `id_curve` takes it."""
    regime = measured.request.network.regime
    return charts.once(
        lambda: named(id_curve(measured.rows, measured.layers, regime, others=beside, height=HEIGHT, **how)),
        *(id_curve, measured.rows, measured.layers, regime, tuple(beside.items()), *how.values()),
    )


def _caption(request: Request, beside: Mapping[Regime, Any], paper: tuple[Published, ...]) -> str:
    thin = f" Thin: the network {' and '.join(beside)}." if beside else ""
    return (
        f"N = {request.data.n:,}; TwoNN, {words.discarded(layer.reading())}; bars are one standard error.{thin} "
        "A click on a point, ← or → choose the layer."
        + (language_words() if passages.are_texts(request.data) else paper_words(paper))
    )


def others(choice: Choice, reading: Reading | None = None) -> dict[Regime, tuple[LayerSummary, ...]]:
    """The rows of the same network in the other regimes, where all of them are in the store. reading: that of the page
    where none is given. They are looked for once while a page is drawn."""
    said = layer.reading() if reading is None else reading
    asked = [spec.run_key(choice.request(regime)) for regime in choice.regimes]
    return state.now(lambda: _others(choice, said), others, *asked, choice.regime, choice.layers, said)


def _others(choice: Choice, reading: Reading) -> dict[Regime, tuple[LayerSummary, ...]]:
    rows = {}
    for regime in choice.regimes:
        if regime != choice.regime:
            one = state.measured(choice.request(regime), choice.layers, reading)
            if one.rows and not one.missing:
                rows[regime] = one.rows
    return rows


def say(measured: state.Measured, beside: Mapping[Regime, tuple[LayerSummary, ...]]) -> None:
    """What the curve says, in a sentence."""
    if said := sentence(measured, beside):
        st.markdown(f"**{query.escaped(said)}**")


def sentence(measured: state.Measured, beside: Mapping[Regime, tuple[LayerSummary, ...]]) -> str:
    """What the curve says, as plain text; "" for nothing."""
    said = finding([of_rows(measured.rows), *(of_rows(rows, regime) for regime, rows in beside.items())])
    return f"So far: {said}" if said and measured.missing else said


def has_switch(request: Request) -> bool:
    """Whether there is a published curve of its network."""
    return published.curve(request.network.architecture.name) is not None


def of_the_paper(network: NetworkSpec) -> Sequence[Published]:
    """The published curve of a network of the paper, where its switch is on."""
    paper = published.curve(network.architecture.name)
    if paper is None:
        return ()
    return paper.points if axes.published("The curve in Ansuini et al. 2019, by relative depth.") else ()


def paper_words(points: Sequence[Published]) -> str:
    """What the published curve is, in a sentence; "" where none is drawn."""
    return " Dashed grey: the values published by Ansuini et al. 2019, on their data." if points else ""


def of_language() -> Sequence[Published]:
    """The published curve of a language model that was chosen."""
    named = {one.name: one.title for one in language.curves()}
    chosen = address.titled("Published", LANGUAGE, list(LANGUAGE.options), lambda name: named.get(name, "No curve"),
                            label_visibility="collapsed", help=language.source())  # fmt: skip
    return next((one.points for one in language.curves() if one.name == chosen), ())


def language_name() -> str:
    """Of whom it is."""
    one = _language()
    return "" if one is None else f"{one.title}, Cheng et al."


def _language() -> LanguageCurve | None:
    return next((one for one in language.curves() if one.name == st.session_state[LANGUAGE.name]), None)


def language_words() -> str:
    """What it is, in a sentence; "" where none is drawn."""
    one = _language()
    if one is None:
        return ""
    return (
        f" Dashed grey: {one.title}, last token of 10,000 sequences of the Pile, Gride at r{2 * one.rank}/r{one.rank} "
        "(choose that scale to compare), 5 subsets; Cheng et al., ICML 2026."
    )


def ready(measured: state.Measured) -> tuple[bool, bool]:
    """What the page below the curve can show: the list of layers, the chosen layer."""
    return bool(measured.layers), st.session_state.get("layer") in {row.layer for row in measured.rows}


def select() -> None:
    """A click on the curve: its layer becomes the chosen one, in the address too."""
    name = charts.clicked_layer(st.session_state["curve-chart"]["selection"])
    if name is not None:
        pick.choose(name)
        pick.draw()


def alt(measured: state.Measured) -> str:
    """In words; of many layers where the curve begins and ends, its lowest and its highest point."""
    known = [row for row in measured.rows if row.id is not None]
    if len(known) > _TOLD:
        lowest, highest = (of(known, key=lambda row: row.id or 0.0) for of in (min, max))
        told = {row.layer: row for row in (known[0], lowest, highest, known[-1])}
        return f"Intrinsic dimension by layer, {len(known)} of them: {_ids(told.values())}"
    return f"Intrinsic dimension by layer: {_ids(known) or 'nothing measured yet'}"


def _ids(rows: Iterable[LayerSummary]) -> str:
    return ", ".join(f"{row.layer} {row.id:.1f}" for row in rows)
