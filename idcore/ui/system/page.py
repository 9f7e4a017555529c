"""System: jobs, workers, devices, the store, versions."""

import streamlit as st

from idcore.jobs import Status
from idcore.jobs.log import about
from idcore.settings import settings
from idcore.spec import Job
from idcore.ui.kit import export, query, state, tables, work
from idcore.ui.system import rows

_PERIOD = 2.0  # seconds


def main() -> None:
    query.show_notices()
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title("System", width="content")
        export.on_show_alone()
    st.caption(query.escaped(rows.store_words(settings(), state.store())))
    active = bool(state.jobs().active())
    st.fragment(_now, run_every=_PERIOD if active else None)(active)
    with st.container(border=True):
        st.subheader("Devices and versions")
        st.text(f"Devices of the workers: {', '.join(state.devices()) or 'not known before the first job'}")
        tables.draw([rows.versions()], "Versions")
        st.caption("Whether the app answers: GET /_stcore/health says ok. Numbers for a monitor: GET /metrics.")


def _now(active: bool) -> None:
    all_jobs = state.jobs().all()
    with st.grid(5, min_column_width=150):
        for name, value in rows.numbers(all_jobs, state.jobs(), state.store()).items():
            st.metric(name, value)
    for sentence in state.store().warnings:
        st.warning(query.escaped(sentence), icon=":material/warning:")
    with st.container(border=True):
        st.subheader("Jobs")
        _cancel([(id, job, now) for id, job, now in all_jobs if now.active])
        _table(rows.jobs(all_jobs, state.jobs()), "Jobs", "No job has been asked for yet.")
    with st.container(border=True):
        st.subheader("Workers")
        _table(rows.workers(state.jobs()), "Workers", "No worker is there yet.")
    if active and not any(status.active for _, _, status in all_jobs):
        st.rerun()  # without the clock


def _cancel(active: list[tuple[str, Job, Status]]) -> None:
    """What runs or waits, each with a button that stops it."""
    work.show_cancelled()
    for id, job, now in active[: rows.MOST_BUTTONS]:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"{now.state}: {about(job)}", width="stretch")
            st.button("Cancel", key=f"cancel-{id}", icon=":material/close:", on_click=work.cancel_any, args=([id],))
    if len(active) > 1:
        ids = [id for id, _, _ in active]
        st.button(f"Cancel all {len(active)}", icon=":material/close:", on_click=work.cancel_any, args=(ids,))


def _table(rows: list[dict[str, object]], name: str, none: str) -> None:
    if rows:
        tables.draw(rows, name, placeholder="")
    else:
        st.caption(none)
