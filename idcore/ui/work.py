"""A job on the page: start it, show how far it is, offer to cancel it or to try again."""

from collections.abc import Sequence

import streamlit as st

from idcore.errors import LayerscopeError
from idcore.figures.training import training_figure
from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.settings import settings
from idcore.spec import EmbedJob, Job, ProfileJob
from idcore.ui import charts, state, words
from idcore.ui.sidebar import Choice

POLL = 0.5
ENDED = ("failed", "cancelled", "lost")
_REPEATED = "repeated"
_NOT_KEPT = (
    "The result could not be kept in the store: its limit of {:.3g} GiB is too small. Raise LAYERSCOPE_STORE_LIMIT."
)
_ICONS = {"failed": ":material/error:", "cancelled": ":material/cancel:", "lost": ":material/link_off:"}


def status(job: Job) -> Status:
    """Where a job stands; it need not have been asked for. To be asked of a job whose results are not all there: one
    that is done has lost them, and the second time that is a failure."""
    now = state.jobs().status(job_key(job))
    if now.state == "done" and job_key(job) in st.session_state.get(_REPEATED, ()):
        return Status("failed", message=_NOT_KEPT.format(settings().store_limit / 2**30))
    return now


def start(job: Job, device: str = "auto") -> None:
    """Ask for a job. What the workers refuse at once is shown as a sentence."""
    try:
        state.jobs().submit(job, device=device)
    except LayerscopeError as error:
        st.error(str(error), icon=":material/error:")


def ensure(job: ProfileJob, choice: Choice) -> Status:
    """Where a measurement stands; one that needs no training is started when it is not complete."""
    if state.measured(job.request, choice.layers).complete:
        return Status("done")
    return status(job) if state.needs_training(job.request) else started(job, choice.device)


def started(job: Job, device: str) -> Status:
    """Where a job stands whose results are not all there, once it has been started if need be. A job that is done has
    lost its results to the store's limit: it is started again once a session, lest it be for ever."""
    now = status(job)
    if now.state in ("absent", "lost", "done"):
        if now.state == "done":
            st.session_state.setdefault(_REPEATED, set()).add(job_key(job))
        start(job, device)
        now = status(job)
    return now


def to_train(job: ProfileJob, now: Status) -> bool:
    """Whether a measurement waits for somebody to want its training."""
    return now.state in ("absent", "done") and state.needs_training(job.request)


def offer(jobs: Sequence[ProfileJob], device: str) -> None:
    """What must be trained before it can be measured, and the button that starts it."""
    with st.container(border=True):
        st.markdown(f"**{'This network has' if len(jobs) == 1 else 'These networks have'} to be trained first.**")
        for job in jobs:
            st.markdown(words.training_words(job.request.network))
        st.button("Train and measure", type="primary", icon=":material/play_arrow:", key="train", on_click=start_all,
                  args=(jobs, device))  # fmt: skip


def start_all(jobs: Sequence[Job], device: str) -> None:
    """Ask for several jobs."""
    for job in jobs:
        start(job, device)
    st.rerun()


def cancel(jobs: Sequence[Job]) -> None:
    """Ask jobs to stop."""
    for job in jobs:
        state.jobs().cancel(job_key(job))


def show_progress(job: Job, now: Status, key: str, about: str = "") -> None:
    """A bar that names what is at work, and Cancel; while a network learns, its curves. about: which job of several."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(_share(now), text=f"{about}: {_sentence(now)}" if about else _sentence(now))
        st.button("Cancel", key=f"cancel-{key}", icon=":material/close:", on_click=cancel, args=([job],))
    if now.phase == "training" and now.history and not isinstance(job, EmbedJob):
        network = job.request.network if isinstance(job, ProfileJob) else job.network
        last = now.history[-1]
        charts.show(
            training_figure(now.history, network.regime),
            f"training-{key}",
            alt=f"Loss and accuracy by epoch; after epoch {last['epoch']} the train accuracy is "
            f"{last['train_accuracy']:.1%}",
        )


def show_end(job: Job, now: Status, key: str, device: str = "auto") -> None:
    """Why a job ended without its result, and a button to try again."""
    text = now.message or {"cancelled": "Cancelled.", "lost": "The app that ran this job has gone."}.get(now.state, "")
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"{_ICONS.get(now.state, '')} {text}")
        again = "Start again" if now.state == "cancelled" else "Try again"
        st.button(again, key=f"again-{key}", icon=":material/refresh:", on_click=start, args=(job, device))


def _share(now: Status) -> float:
    return min(now.done / now.total, 1.0) if now.total else 0.0


def _sentence(now: Status) -> str:
    if now.state == "queued":
        waiting = f", after {now.position} other{'s' * (now.position != 1)}" if now.position else ""
        return f"Waiting for a worker{waiting}"
    if now.message:
        return now.message
    return f"{now.phase.capitalize()} {now.layer}".strip() or "Starting"
