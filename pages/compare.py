"""Compare: trained, untrained and shuffled on the same samples."""

import streamlit as st

from idcore.figures.compare import compare_figure
from idcore.jobs import Status
from idcore.spec import REGIMES, ProfileJob, Regime
from idcore.ui import charts, export, guard, query, state, words, work
from idcore.ui.explain import how_to_read
from idcore.ui.query import OPTIONS
from idcore.ui.sidebar import BOUND, Choice

_FIELDS = {"TwoNN": "id", "PC-ID": "pc_id", "linearised": "linearised_id"}


def main(choice: Choice) -> None:
    query.show_notices()
    jobs = _jobs(choice)
    active = any([work.ensure(job, choice).active for job in jobs.values()])  # a list: all of them are started
    _header(choice, jobs)
    with st.container(border=True):
        st.fragment(_chart, run_every=work.POLL if active else None, key="compare")(choice, jobs, active)


def _jobs(choice: Choice) -> dict[Regime, ProfileJob]:
    """One measurement a regime; with no shuffled labels at all, shuffled is trained."""
    jobs = {regime: ProfileJob(choice.request(regime), choice.layers) for regime in REGIMES}
    return {regime: job for regime, job in jobs.items() if job.request.network.regime == regime}


def _measured(choice: Choice, jobs: dict[Regime, ProfileJob]) -> dict[Regime, state.Measured]:
    return {r: state.measured(job.request, choice.layers, state.DISCARD, state.VARIANCE) for r, job in jobs.items()}


def _header(choice: Choice, jobs: dict[Regime, ProfileJob]) -> None:
    request = choice.request("trained")
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(width="content", gap="xsmall"):
            st.title(f"{words.network_title(request.network)}: trained, untrained, shuffled")
            st.caption(f"{words.sample_words(request)} · the same samples through each network")
        with st.container(horizontal=True, width="content"):
            export.copy_link()
            rows = {one.request: one.rows for one in _measured(choice, jobs).values()}
            export.export(rows, choice.layers, state.DISCARD, state.VARIANCE, "compare")


def _chart(choice: Choice, jobs: dict[Regime, ProfileJob], polled: bool) -> None:
    """The curves, the jobs behind them, the table. polled: this runs again and again until all jobs have ended."""
    curves = _measured(choice, jobs)
    stands = {r: Status("done") if curves[r].complete else work.status(job) for r, job in jobs.items()}
    if polled and not any(now.active for now in stands.values()):
        st.rerun()
    value = _toolbar()
    for regime, now in stands.items():
        if now.active:
            work.show_progress(jobs[regime], now, regime, about=regime.capitalize())
            run = curves[regime].run
            if run and run.estimate:
                st.caption(run.estimate)
        elif now.state in work.ENDED:
            work.show_end(jobs[regime], now, regime, choice.device)
    absent = [jobs[regime] for regime, now in stands.items() if work.to_train(jobs[regime], now)]
    if absent:
        work.offer(absent, choice.device)
    plan = next((one.layers for one in curves.values() if one.layers), ())
    if not plan:
        st.skeleton(height=430)
        return
    figure = compare_figure(
        {regime: one.rows for regime, one in curves.items()},
        plan,
        value=_FIELDS[value],
        x=st.session_state["x"],
        log=st.session_state["scale"] == "log",
    )
    charts.show(figure, "compare", alt=_alt(curves))
    st.caption(f"N = {choice.data.n:,}; largest {state.DISCARD:.0%} of μ discarded; bars are one standard error.")
    _table(curves)
    how_to_read("compare")


def _toolbar() -> str:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        value = st.segmented_control(
            "Estimate",
            OPTIONS["value"],
            default="TwoNN",
            required=True,
            key="value",
            label_visibility="collapsed",
            **BOUND,
        )
        with st.container(horizontal=True, width="content"):
            for label, key in (("Horizontal axis", "x"), ("Vertical axis", "scale")):
                options = OPTIONS[key]
                st.segmented_control(
                    label, options, default=options[0], required=True, key=key, label_visibility="collapsed", **BOUND
                )
    return value


def _alt(curves: dict[Regime, state.Measured]) -> str:
    ends = [
        f"{regime} ends at {one.rows[-1].id:.1f}"
        for regime, one in curves.items()
        if one.complete and one.rows[-1].id is not None
    ]
    return f"Intrinsic dimension by layer of {len(curves)} networks: {', '.join(ends) or 'being measured'}"


def _table(curves: dict[Regime, state.Measured]) -> None:
    lines = [_line(regime, one) for regime, one in curves.items()]
    st.dataframe(lines, hide_index=True, width="stretch")


def _line(regime: Regime, one: state.Measured) -> dict[str, str]:
    """One row of the table; a dash where there is no number yet."""
    ids = {row.layer: row.id for row in one.rows if row.id is not None}
    peak = max(ids, key=ids.__getitem__, default=None)
    names = [plan.name for plan in one.layers]

    def at(name: str | None) -> str:
        return f"{ids[name]:.2f} ({name})" if name in ids else "–"

    return {
        "Regime": regime,
        "Train accuracy": _percent(one.run.train_accuracy if one.run else None),
        "Test accuracy": _percent(one.run.test_accuracy if one.run else None),
        "Peak ID": at(peak),
        "Last hidden ID": at(names[-2] if len(names) > 1 else None),
        "Output ID": at(names[-1] if names else None),
    }


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


guard.through_app()
main(st.session_state["choice"])
