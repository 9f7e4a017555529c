"""Paper: each figure of Ansuini et al. 2019, as published and as it comes out here."""

from functools import partial

import streamlit as st

from idcore.command import command_line
from idcore.estimators import caveats
from idcore.figures.paper import paper_figure
from idcore.identity import caption
from idcore.jobs import Status
from idcore.paper import needs, published, reproduced
from idcore.paper.agreement import sentences
from idcore.paper.experiments import Options, Part
from idcore.paper.published import Figure
from idcore.paper.table import to_csv
from idcore.spec import USUAL, ProfileJob
from idcore.ui.kit import address, charts, export, on_show, panel, query, state, tables, words, work
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.panel import Task
from idcore.ui.paper import contents
from idcore.ui.result import axes
from idcore.version import VERSION


def main() -> None:
    query.show_notices()
    head = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    figure = contents.choose_figure()
    left, right = st.columns([5, 2], gap="medium")
    with left, st.container(border=True):
        _, controls = charts.toolbar(f"Figure {figure.number}. {contents.plain(figure.title)}")
        with controls:
            options = contents.options(figure.number)
            address.option("Vertical axis", axes.SCALE, label_visibility="collapsed")
        parts = contents.parts(figure.number, options)
        jobs = contents.jobs(parts)
        stands = _stands(figure.number, jobs)
        active = any(now.active for now in stands.values())
        panel.live(_curves, active, "paper")(figure, options, parts, jobs, active)
    with right, st.container(border=True):
        _protocol(figure, options, parts, stands)
    with head:
        with st.container(width="content", gap="xsmall"):
            st.title("The paper, figure by figure")
            st.caption(published.source().split(". The values")[0] + ".")
        with st.container(horizontal=True, width="content"):
            export.copy_link()
            export.menu(partial(_export, figure, parts, jobs))


def _stands(number: str, jobs: list[ProfileJob]) -> dict[ProfileJob, Status]:
    """Where each measurement stands. Those of MNIST that need no training are started on arrival."""
    return {job: _stand(job, start=number == contents.FIRST) for job in jobs}


def _stand(job: ProfileJob, start: bool) -> Status:
    if state.measured(job.request, job.layers).complete:
        return Status("done")
    return work.started(job, "auto") if start and not state.needs_training(job.request) else work.status(job)


def _curves(figure: Figure, options: Options, parts: tuple[Part, ...], jobs: list[ProfileJob], polled: bool) -> None:
    """The figure, the work behind it, and how the curves agree. polled: this runs again and again until all is done."""
    stands = {job: _stand(job, start=False) for job in jobs}
    if polled and not any(now.active for now in stands.values()):
        st.rerun()
    tasks = [Task(job, now, contents.about(parts, job)) for job, now in stands.items()]
    panel.draw("paper", *tasks, of="measurements")
    log = st.session_state.get("scale", "linear") == "log"
    curves = contents.curves(figure, parts)
    own = {name: reproduced.as_series(name, rows) for name, rows in curves.items() if rows}
    regimes = contents.regimes(options, parts)
    charts.draw(paper_figure(figure, own, regimes, log=log), "paper", alt=contents.alt(figure, curves))
    bars = f"Published bars: {figure.bars}. " if figure.bars else ""
    dashed = (
        "Dashed grey: published. Solid: measured here. " if own else "Dashed: published. Nothing is measured here yet. "
    )
    bound = f" {caveats.BOUND}" if any(p.id > caveats.LOWER_BOUND for one in figure.series for p in one.points
                                       if one.value == "ID") else ""  # fmt: skip
    counts = sorted({row.n for rows in curves.values() for row in rows})
    n = f"N = {', '.join(f'{count:,}' for count in counts)}; " if counts else ""
    st.caption(f"{dashed}{bars}Here: {n}the {words.discarded()}.{bound}")
    _agreement(figure, parts, curves)
    how_to_read("paper")


def _agreement(figure: Figure, parts: tuple[Part, ...], curves: dict[str, list[reproduced.ReproducedPoint]]) -> None:
    for name, agreement in contents.agreements(figure, parts, curves).items():
        st.markdown(
            f"**{contents.plain(name)}.** {contents.plain(sentences(agreement))} {contents.learned(parts, name)}"
        )
    lines = contents.values(figure, curves)
    if lines:
        with st.expander("All values", icon=":material/table:"):
            tables.draw(lines, "All values")


def _protocol(figure: Figure, options: Options, parts: tuple[Part, ...], stands: dict[ProfileJob, Status]) -> None:
    """What the paper did, what is needed to do it here, and the button that does it."""
    here = contents.here()
    needed = needs.needs(figure.number, options, parts, here)
    st.markdown("**In the paper**")
    st.caption(contents.plain(figure.protocol))
    st.markdown("**Needed here**")
    contents.show_needs(needed)
    if not needs.ready(needed):
        st.page_link("pages/data.py", label="Open Data", icon=":material/database:")
    if parts:
        _run(needs.ready(needed), needs.work(parts, here), parts, stands)
    said = needs.differs(figure.number, options)
    if said:
        st.markdown("**What differs here**")
        st.caption("\n\n".join(map(contents.plain, said)))


def _run(ready: bool, work_words: str, parts: tuple[Part, ...], stands: dict[ProfileJob, Status]) -> None:
    open_jobs = [job for job, now in stands.items() if now.state != "done"]
    if not open_jobs:
        st.markdown(f":green[:material/check_circle:] Measured here, in {contents.seconds(parts):,.0f} s.")
        return
    waiting = [job for job in open_jobs if not stands[job].active]
    st.button("Run", type="primary", icon=":material/play_arrow:", key="run", on_click=work.start_all,
              args=(waiting, "auto"), disabled=not waiting or not ready, width="stretch")  # fmt: skip
    st.caption(work_words)


def _below(figure: Figure, jobs: list[ProfileJob]) -> str:
    """What is offered to stand below the figure for print: whose values those are, and what was measured here."""
    there = [job.request for job in jobs if state.measured(job.request, job.layers).complete]
    said = f"Dashed: figure {figure.number} of {published.source().split('. The values')[0]}."
    return " ".join([said, *([f"Solid: {caption(there)}"] if there else [])])


def _export(figure: Figure, parts: tuple[Part, ...], jobs: list[ProfileJob]) -> None:
    text = to_csv(figure, contents.curves(figure, parts), USUAL.discard)
    st.download_button("Published and own values, CSV", text, f"layerscope-figure-{figure.number}.csv", "text/csv",
                       on_click="ignore", icon=":material/table:")  # fmt: skip
    about = {"figure": figure.number, **on_show.about(job.request for job in jobs)}
    on_show.form({**about, "version": VERSION})
    export.figures(_below(figure, jobs))
    if jobs:
        st.markdown("The same measurements from the command line")
        commands = "\n".join(command_line(job.request, job.layers) for job in jobs)
        st.code(commands, language="bash", wrap_lines=True, height=200 if len(jobs) > 3 else "content")
