"""One experiment: its controls, its figure while it comes, what is seen in it, its numbers."""

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from idcore import spec
from idcore.command import experiment_line
from idcore.exports import Numbers
from idcore.figures import descent
from idcore.jobs import Status
from idcore.results import generalised
from idcore.results.generalised import Fit, Row
from idcore.results.lessons import Scaled
from idcore.spec import DISJOINT, LOSSES, GeneraliseJob, Loss
from idcore.ui.generalise import seen
from idcore.ui.kit import address, charts, export, panel, state, tables, words, work
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.panel import Task
from idcore.ui.kit.parameters import declare
from idcore.ui.sidebar import data
from idcore.version import VERSION

NOISE = declare("permuted", "the label noise", "20", options=("0", "10", "20", "30", "40", "60", "80", "100"))
LEARNED = declare("digits", "the number of digits", "1000", options=("100", "250", "500", "1000"))
LOSS = declare("loss", options=LOSSES)
_ABOUT = {
    "features": "**A hidden layer that is never trained.** P random units, and a least-squares fit of the labels on "
    "them, in closed form. With P = n features every label is fitted, just. Beyond, the fit of least norm is taken.",
    "widths": "**The same with training.** One hidden layer, all its weights trained by Adam (rate 0.001, batches of "
    "50, at most 400 epochs), four networks on four disjoint sets at each width.",
    "lazy": "**The same labels, fitted by moving far or hardly at all.** The output is multiplied by α: with a large α "
    "tiny changes of the weights fit the labels (lazy), with a small one they must move (rich).",
}


def show(name: str, links: DeltaGenerator) -> None:
    """Draw it. links: where Export stands."""
    st.markdown(_ABOUT[name])
    job = _choose(name)
    export.menu(partial(_export, job), links)
    now = _now(job)
    panel.live(_view, now.active, f"generalise-{name}")(job, now.active)


def _choose(name: str) -> GeneraliseJob:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        help = f"In each of {DISJOINT} disjoint sets of mnist5k." if name != "lazy" else None
        n = int(address.option("Digits learned, n", LEARNED, widget=st.selectbox, width=150, help=help))
        noise, loss = 0, LOSSES[0]
        if name != "lazy":
            help = "Share of the learned labels that is permuted. The test labels are true."
            noise = int(address.option("Label noise, %", NOISE, widget=st.selectbox, width=150, help=help))
        if name == "widths":
            loss = cast(Loss, address.option("Loss", LOSS, widget=st.selectbox, width=170))
        seed = address.number("Seed", data.SEED, width=150, help="Of the digits, the noise and the weights.")
    return GeneraliseJob(cast(spec.Experiment, name), n, noise / 100, int(seed), loss)


def _now(job: GeneraliseJob) -> Status:
    return Status("done") if generalised.complete(state.store(), job) else work.status(job)


def _view(job: GeneraliseJob, polled: bool) -> None:
    """polled: this runs again and again until the experiment has ended."""
    now = _now(job)
    if polled and not now.active:
        st.rerun()
    rows = generalised.read(state.store(), job)
    panel.draw("generalise", Task(job, now))
    if len(rows) < len(job.tried) and not now.active and now.state not in panel.ENDED:
        _offer(job, len(rows))
    if not rows:
        return
    with st.container(border=True):
        charts.draw(_figure(job, rows), job.experiment, alt=f"{seen.TITLES[job.experiment]}. {seen.said(job, rows)}")
        st.caption(_caption(job, rows))
        how_to_read("lazy" if job.experiment == "lazy" else "descent")
    st.markdown(f"**What is seen, and what is not.** {seen.said(job, rows)}")
    with st.expander("All values", icon=":material/table:"):
        tables.draw(generalised.table(job, rows), "All values")


def _offer(job: GeneraliseJob, done: int) -> None:
    seconds = generalised.seconds(job)
    with st.container(border=True):
        left = f"{done} of {len(job.tried)} are there. " if done else ""
        st.markdown(f"{left}Not computed with these settings yet: {words.duration(seconds)} of one core, all "
                    f"{len(job.tried)} sizes together. The curve grows while it runs.")  # fmt: skip
        st.button("Go on" if done else "Run", type="primary", icon=":material/play_arrow:", key="run-experiment",
                  on_click=work.start_all, args=([job], "auto"))  # fmt: skip


def _figure(job: GeneraliseJob, rows: Sequence[Row]) -> Any:
    if job.experiment == "lazy":
        return descent.lazy_figure([row for row in rows if isinstance(row, Scaled)], job.tried)
    fits = [row for row in rows if isinstance(row, Fit)]
    if job.experiment == "features":
        return descent.descent_figure(fits, "Features P", job.n, "P = n ", job.tried)
    marked = "weights = 10 n "
    return descent.descent_figure(fits, "Hidden units H", seen.threshold(job.n), marked, job.tried)


def _caption(job: GeneraliseJob, rows: Sequence[Row]) -> str:
    there = f"{len(rows)} of {len(job.tried)} sizes" if len(rows) < len(job.tried) else f"{len(rows)} sizes"
    judged = f"Judged on N = {generalised.TEST:,} test digits of mnist5k"
    if job.experiment == "lazy":
        return (
            f"{there}; 784-256-10 (ReLU), plain gradient descent at half the critical step, 600 steps on n = "
            f"{job.n:,} digits. {judged}; ID: TwoNN, {words.discarded()}, bars are one standard error; one network "
            f"each, seed {job.seed}. Kernels are centred and summed over the outputs."
        )
    shown = "of one draw of the features" if job.experiment == "features" else "mean over the four networks"
    return (
        f"{there}; {DISJOINT} disjoint sets of n = {job.n:,} digits, {job.noise:.0%} of their labels permuted, seed "
        f"{job.seed}. {judged}, true labels. Bars are one standard error: of errors over the sets, of bias² and "
        "variance over the test digits (not over sets, of which there are only four). A bias² that does not exceed its "
        f"bar is not drawn. ID: TwoNN, {shown}, {words.discarded()}."
    )


def numbers(job: GeneraliseJob, rows: Sequence[Row]) -> Numbers:
    """What is on show: a row a size, as `layerscope generalise` writes them."""
    table = generalised.table(job, rows)
    columns = list(table[0]) if table else []
    document = {"request": spec.to_json(job), "command": experiment_line(job), "rows": table}
    return Numbers(columns, [[row[name] for name in columns] for row in table], document)


def _about(job: GeneraliseJob) -> dict[str, Any]:
    values = {name: getattr(job, name) for name in ("experiment", "n", "noise", "seed", "loss")}
    return {**values, "data": "mnist5k", "version": VERSION}


def _export(job: GeneraliseJob) -> None:
    make = partial(numbers, job, generalised.read(state.store(), job))
    export.files(make, f"generalise-{job.experiment}", about=_about(job))
    st.markdown("The same numbers from the command line")
    st.code(experiment_line(job) + " --format csv", language="bash", wrap_lines=True)
