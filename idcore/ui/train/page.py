"""The page Train from top to bottom: the trainings, the curves of all layers, loss and accuracy, heat maps, maps."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from idcore.figures import epochs, theme
from idcore.figures.learn_curves import course_figure
from idcore.figures.player import curves_figure
from idcore.identity import perturbed
from idcore.learn import shipped
from idcore.results import dynamics
from idcore.spec import Recipe, Regime
from idcore.ui.kit import charts, export, panel, query, words
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.panel import Task
from idcore.ui.train import controls, course, follow, local, maps, numbers
from idcore.ui.train.controls import Plan
from idcore.ui.train.course import Stand


def main() -> None:
    """Draw the page; what changes while a network learns is drawn again and again until it has ended."""
    query.show_notices()
    with st.sidebar:
        plan = controls.choose()
    stands = course.stands(plan.jobs)
    _header(plan, stands)
    if _blank(stands):
        _empty(plan)
        return
    active = any(one.now.active for one in stands)
    panel.live(_live, active, "watch")(plan, active)


def _blank(stands: Sequence[Stand]) -> bool:
    """Whether nothing of these trainings has begun."""
    return all(one.dynamics is None and not one.now.active and one.now.state != "failed" for one in stands)


def _header(plan: Plan, stands: Sequence[Stand]) -> None:
    job = stands[0].job
    recipe = job.network.weights
    assert isinstance(recipe, Recipe)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(width="content", gap="xsmall"):
            st.title(f"{words.network_title(job.network)}, learning")
            names = " and ".join(course.name(one.job) for one in stands)
            said = [
                f"{words.data_name(recipe.dataset)}, {names}",
                f"{words.OPTIMISERS[recipe.optimiser]}, learning rate {recipe.learning_rate:g}",
                f"batches of {recipe.batch_size}",
                f"seed {recipe.seed}",
                *perturbed(job.data),
                f"measured on {job.data.n:,} test images, {words.draw_words(job.data)}",
            ]
            st.caption(" · ".join(said))
        with st.container(horizontal=True, width="content"):
            export.copy_link()
            export.menu(partial(numbers.export, stands))


def _empty(plan: Plan) -> None:
    """Nothing has been trained yet: what would happen, and the button that starts it."""
    job = next(iter(plan.jobs.values()))
    recipe = job.network.weights
    assert isinstance(recipe, Recipe)
    marks = dynamics.epochs(recipe.epochs)
    with st.container(border=True):
        st.subheader("Watch it learn")
        st.markdown(
            "The network starts from random weights and sees all training images once in every epoch. After "
            f"{', '.join(map(str, marks[:7]))}, … epochs, and at the end, its layers are measured on "
            f"{job.data.n:,} images it is not trained on; less often for very small networks, where measuring would "
            "cost more than training. You see the curve of the intrinsic dimension form, layer by layer, "
            "beside loss and accuracy."
        )
        for one in plan.jobs.values():
            st.caption(words.training_words(one.network))
        with st.container(horizontal=True):
            st.button("Start training", type="primary", icon=":material/play_arrow:", key="begin",
                      on_click=course.begin, args=(plan.jobs,))  # fmt: skip
            if len(plan.jobs) < len(plan.both):
                st.button("True and shuffled labels, side by side", icon=":material/splitscreen_right:",
                          key="begin-both", on_click=course.begin, args=(plan.both,))  # fmt: skip
    _recorded()


def _recorded() -> None:
    """A training that ships, so that one sees before one begins."""
    both: tuple[Regime, ...] = ("trained", "shuffled")
    recorded = {name: shipped.network(name) for name in both}
    courses = {name: one.course for name, one in recorded.items()}
    ends = {name: known[-1] for name, known in courses.items()}
    with st.container(border=True):
        st.subheader("As it was recorded")
        told = "; ".join(f"{name}: ID {one.id:.1f} after epoch {one.epoch}" for name, one in ends.items())
        charts.draw(course_figure(courses, max(one.epoch for one in ends.values())), "recorded", alt=told)
        st.caption(
            "ID of the last hidden layer while the convolutional network learned mnist5k, on true and on shuffled "
            f"labels. TwoNN, N = {recorded['trained'].last_hidden.n:,} digits not used in training; "
            f"{words.discarded()}; bars are one standard error. One seed."
        )


def _live(plan: Plan, polled: bool) -> None:
    """polled: this runs again and again until all trainings have ended; a button in here may begin or discard one."""
    stands = course.stands(plan.jobs)
    if polled != any(one.now.active for one in stands) or _blank(stands):
        st.rerun()
    for column, one in zip(st.columns(len(stands), gap="medium"), stands, strict=True):
        with column:
            _training(one)
    courses = [one.course for one in stands]
    begun = [one for one in courses if one.layers]
    first = follow.begin(courses)
    if begun:
        _curves(begun, stands, first)
    else:
        st.skeleton(height=430)
    if any(one.history for one in courses):
        _learning(courses)
    if begun and any(one.rows for one in begun):
        _heat(begun)
        _hidden(begun)
        local.through(stands)
        drawn = maps.section([one for one in stands if one.dynamics is not None], first)
        follow.link([one for one in begun if one.rows], drawn, first)


def _training(one: Stand) -> None:
    """How far a training is, its numbers, and what can be done about it."""
    key, last = one.regime, one.history[-1] if one.history else None
    with st.container(border=True, height="stretch"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            colour = theme.REGIMES[one.regime].colour
            st.html(f'<strong style="color: {colour}">●</strong> <strong>{course.name(one.job).capitalize()}</strong>')
            _actions(one)
        with st.grid(4, min_column_width=88, gap="small"):
            st.metric("Epoch", f"{one.epoch}" if last or one.dynamics else "–")
            st.metric("Train accuracy", f"{last['train_accuracy']:.1%}" if last else "–")
            st.metric("Test accuracy", f"{last['test_accuracy']:.1%}" if last else "–")
            st.metric("Last hidden ID", _hidden_words(one))
        if one.now.state not in ("cancelled", "lost"):  # what was finished is kept, and can be resumed
            panel.draw(key, Task(one.job, one.now), stop="Pause")
        if one.dynamics is not None and one.dynamics.rows:
            st.caption(_cost(one))


def _actions(one: Stand) -> None:
    with st.container(horizontal=True, width="content"):
        if one.complete:
            st.caption(f":material/check: ended after epoch {one.epoch}")
        elif not one.now.active and one.now.state != "failed":
            started = one.dynamics is not None
            st.button("Resume" if started else "Start", key=f"resume-{one.regime}", type="primary",
                      icon=":material/play_arrow:", on_click=course.begin, args=({one.regime: one.job},))  # fmt: skip
            if started:
                st.button("Discard", key=f"discard-{one.regime}", icon=":material/delete:", on_click=numbers.discard,
                          args=(one.job,), help="Forget what this training has learned so far.")  # fmt: skip


def _hidden_words(one: Stand) -> str:
    if one.dynamics is None or not one.dynamics.rows:
        return "–"
    epoch = max(one.dynamics.rows)
    row = next((row for row in one.dynamics.rows[epoch] if row.layer == one.dynamics.last_hidden), None)
    return "–" if row is None or row.id is None else f"{row.id:.1f} ± {row.id_err:.1f}"


def _cost(one: Stand) -> str:
    """What measuring cost beside training, and at which epochs."""
    kept = one.dynamics
    assert kept is not None
    measuring, training = sum(kept.measuring.values()), sum(epoch["seconds"] for epoch in one.history)
    measured = sorted(kept.rows)
    why = f" No epochs less than {kept.apart} apart: measuring takes as long as several." if kept.apart > 1 else ""
    return (
        f"Trained for {training:.1f} s, measured for {measuring:.1f} s ({len(kept.layers)} layers after epochs "
        f"{', '.join(map(str, measured))}).{why} Shown ID: {kept.last_hidden} after epoch {measured[-1]}."
    )


def _curves(begun: Sequence[epochs.Course], stands: Sequence[Stand], first: int | None) -> None:
    with st.container(border=True):
        st.subheader("Intrinsic dimension of all layers")
        if not any(one.rows for one in begun):
            st.skeleton(height=430)
            return
        charts.draw(curves_figure(begun, first), "epochs", alt=_alt(begun))
        st.caption(
            f"TwoNN, N = {stands[0].job.data.n:,} test images; {words.discarded()}; bars are "
            "one standard error. Drag the slider or press ▶: replay only, nothing is recomputed."
        )
        how_to_read("watch")


def _alt(begun: Sequence[epochs.Course]) -> str:
    said = []
    for one in begun:
        for epoch in dict.fromkeys((min(one.rows), max(one.rows))) if one.rows else ():
            ids = ", ".join(f"{row.layer} {row.id:.1f}" for row in one.rows[epoch] if row.id is not None)
            said.append(f"{one.name} after epoch {epoch}: {ids}")
    return f"Intrinsic dimension by layer; {'; '.join(said)}"


def _learning(courses: Sequence[epochs.Course]) -> None:
    with_history = [one for one in courses if one.history]
    ends = "; ".join(
        f"{one.name}, epoch {one.history[-1]['epoch']}: loss {one.history[-1]['loss']:.3g}, train accuracy "
        f"{one.history[-1]['train_accuracy']:.1%}, test accuracy {one.history[-1]['test_accuracy']:.1%}"
        for one in with_history
    )
    left, right = st.columns(2, gap="medium")
    for column, value in ((left, "accuracy"), (right, "loss")):
        with column, st.container(border=True, height="stretch"):
            st.subheader(value.capitalize())
            charts.draw(epochs.learning_figure(with_history, value), value, alt=f"{value} by epoch; {ends}")


def _heat(begun: Sequence[epochs.Course]) -> None:
    measured = [one for one in begun if one.rows]
    most = max((row.id for one in measured for rows in one.rows.values() for row in rows if row.id), default=None)
    for column, one in zip(st.columns(len(measured), gap="medium"), measured, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.subheader(f"Layer by epoch, {one.name}")
            figure = epochs.heat_figure(one, most)
            charts.draw(figure, f"heat-{one.regime}", alt=f"Heat map, layers across, epochs down. {_alt([one])}")


def _hidden(begun: Sequence[epochs.Course]) -> None:
    name = begun[0].layers[begun[0].hidden].name
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        st.subheader("Last hidden layer by epoch")
        charts.draw(epochs.hidden_figure(begun), "hidden", alt=f"ID of {name} by epoch; {_alt(begun)}")
    with right, st.container(border=True, height="stretch"):
        st.subheader("Against test accuracy")
        charts.draw(epochs.against_figure(begun), "against", alt=f"ID of {name} against test accuracy, by epoch")
