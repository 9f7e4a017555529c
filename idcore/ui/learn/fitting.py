"""Step 8: shuffled labels, by epoch and by their share."""

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from idcore.estimators import caveats
from idcore.figures.learn_curves import course_figure, family_figure, share_colour, share_figure
from idcore.learn import shipped
from idcore.learn.shipped import EARLY, SHARES, moment, network
from idcore.learn.texts import percent
from idcore.results.lessons import Lesson
from idcore.spec import Regime
from idcore.ui.kit import address, charts
from idcore.ui.kit.parameters import declare
from idcore.ui.learn import networks
from idcore.ui.learn.question import Answer

TOLD = declare("told", "what is told of shuffled labels", options=("by epoch", "by share"))
AFTER = declare("after", "the epoch", default=EARLY, limits=(0, 200))
SHARE = declare("share", default="1", options=("0", "0.25", "0.5", "0.75", "1"))
NETWORKS: tuple[Regime, ...] = ("trained", "shuffled")


def step(touch: DeltaGenerator, figures: DeltaGenerator) -> Answer:
    """The last hidden layer by epoch, or what is left of it at the end, by share."""
    with touch:
        told = address.option("Shown", TOLD, label_visibility="collapsed")
    if told == "by epoch":
        with touch:
            last = max(one.epoch for one in network("shuffled").course)
            epoch = int(address.number("Epoch", AFTER, 0, last, widget=st.slider))
        with figures, st.container(border=True):
            _course(epoch)
        return lambda: answer(epoch)
    with touch:
        share = address.option("Share of shuffled labels", SHARE, widget=st.select_slider, format_func=_percent)
    with figures:
        _shares({percent: shipped.share(percent) for percent in SHARES}, float(share))
    return lambda: answer(EARLY)


def _percent(share: str) -> str:
    return percent(float(share))


def answer(epoch: int) -> str:
    """How much the shuffled network knows early, and what a low ID says."""
    early, here = moment("shuffled", EARLY), moment("shuffled", epoch)
    said = f"{percent(early.test_accuracy)}, at an ID of {early.id:.1f}."
    if here.epoch not in (0, early.epoch):
        said += f" At epoch {here.epoch}: {percent(here.test_accuracy)}, {here.id:.1f}."
    return f"{said} {caveats.GENERALISING}"


def _course(epoch: int) -> None:
    courses = {name: network(name).course for name in NETWORKS}
    now = {name: moment(name, epoch) for name in NETWORKS}
    alt = "; ".join(f"{name}: ID {one.id:.1f} after epoch {one.epoch}" for name, one in now.items())
    charts.draw(course_figure(courses, epoch), "course", alt=alt)
    for name, one in now.items():
        known = "" if one.train_accuracy is None else (
            f", {percent(one.train_accuracy)} of its training labels, {percent(one.test_accuracy)} of new digits right"
        )  # fmt: skip
        ended = " (its last)" if one.epoch == courses[name][-1].epoch else ""
        st.markdown(f"**{name}**, epoch {one.epoch}{ended}: ID {one.id:.1f} ± {one.err:.1f}{known}.")
    st.caption(
        f"Layer d1, after the epochs that have a point, of trainings made again: they end near the shipped networks of "
        f"the other steps, not on them. {networks.context()} One seed."
    )


def _shares(lessons: Mapping[int, Lesson], share: float) -> None:
    rows = {one: lesson.last_hidden for one, lesson in lessons.items()}
    tests = [lesson.test_accuracy or 0.0 for lesson in lessons.values()]
    with st.container(border=True):
        told = ", ".join(f"{one}%: {row.id or 0:.1f}" for one, row in rows.items())
        figure = share_figure([one / 100 for one in lessons], list(rows.values()), tests, share)
        charts.draw(figure, "share-accuracy", alt=f"ID of d1 by share of shuffled labels. {told}")
        layers = next(iter(lessons.values())).layers
        names = {one: percent(one / 100) for one in lessons}
        curves = {names[one]: lesson.rows for one, lesson in lessons.items()}
        colours = {names[one]: share_colour(one / 100) for one in lessons}
        chosen = [percent(share)]
        charts.draw(family_figure(curves, layers, colours, chosen, height=250), "shares", alt="ID by layer and share")
        if (here := lessons.get(round(100 * share))) is not None:
            row = here.last_hidden
            st.markdown(
                f"**{percent(share)} shuffled**: ID {row.id or 0:.1f} ± {row.id_err or 0:.1f} in {row.layer}; "
                f"{percent(here.train_accuracy)} of its training labels, {percent(here.test_accuracy)} of new "
                "digits right."
            )
        st.caption(f"{networks.context()} One seed for each share; between the points nothing is measured.")
