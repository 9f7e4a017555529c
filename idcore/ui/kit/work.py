"""Jobs of a page: ask for them, where they stand, what must be wanted first, and stop them."""

from collections.abc import Iterable, Sequence

import streamlit as st

from idcore.errors import LayerscopeError
from idcore.jobs import Status
from idcore.jobs.kinds import kind
from idcore.jobs.status import job_key
from idcore.settings import settings
from idcore.spec import Job, ProfileJob, Request
from idcore.ui.kit import away, query, sessions, state, weights, words
from idcore.ui.kit.choice import Choice

_REPEATED, _WAITING, _JOINED, _REFUSED, _GOES_ON = "repeated", "waiting", "joined", "refused", "goes-on"
_NOT_KEPT = (
    "The result could not be kept in the store: its limit of {:.3g} GiB is too small. Raise LAYERSCOPE_STORE_LIMIT."
)


def status(job: Job) -> Status:
    """Where a job stands; it need not have been asked for. To be asked of a job whose results are not all there: one
    that is done has lost them, and the second time that is a failure."""
    now = state.jobs().status(job_key(job))
    if now.active:
        sessions.look([job_key(job)])
    if now.state == "done" and job_key(job) in st.session_state.get(_REPEATED, ()):
        return Status("failed", message=_NOT_KEPT.format(settings().store_limit / 2**30))
    return now


def start(job: Job, device: str = "auto") -> bool:
    """Ask for a job. What is refused at once is shown as a sentence; returns whether it was not."""
    try:
        _submit(job, device)
    except LayerscopeError as error:
        st.error(query.escaped(str(error)), icon=":material/error:")
        return False
    return True


def _submit(job: Job, device: str) -> None:
    sessions.ask(state.jobs().submit(job, device=device, session=sessions.mine()))


def ensure(job: ProfileJob, choice: Choice) -> Status:
    """Where a measurement stands; one that needs no training and no download is started when it is not complete."""
    if state.measured(job.request, job.layers).complete:
        return Status("done")
    if away.is_away(job.request):
        return Status()
    return status(job) if preparation(job.request) else started(job, choice.device)


def only(wanted: Iterable[Request]) -> None:
    """Drop what this session started by itself, is still waiting, and is of none of these requests."""
    kept = set(wanted)
    for job in [job for job in st.session_state.get(_WAITING, ()) if job.request not in kept]:
        if state.jobs().status(job_key(job)).state == "queued" and not sessions.others(job_key(job)):
            _stop(job_key(job))
        sessions.away(job_key(job))
        st.session_state[_WAITING].discard(job)


def started(job: Job, device: str = "auto") -> Status:
    """Where a job stands whose results are not all there, once it has been started if need be. A job that is done has
    lost its results to the store's limit: it is started again once a session, lest it be for ever."""
    now = status(job)
    if now.state in ("absent", "lost", "done"):
        if now.state == "done":
            st.session_state.setdefault(_REPEATED, set()).add(job_key(job))
        start(job, device)
        if "measuring" in kind(job).stages:
            st.session_state.setdefault(_WAITING, set()).add(job)
        now = status(job)
    elif now.state == "queued" and job_key(job) not in st.session_state.setdefault(_JOINED, set()):
        st.session_state[_JOINED].add(job_key(job))
        start(job, device)  # another session waits for it: it may be this one's turn sooner
    return now


def preparation(request: Request) -> str:
    """What takes long and must be wanted by somebody before the request can be measured, in a sentence; "" for
    nothing."""
    if state.needs_training(request):
        return words.training_words(request.network)
    return weights.download_words(request.network)


def to_offer(job: ProfileJob, now: Status) -> bool:
    """Whether a measurement waits for somebody to want its training or its download."""
    return now.state in ("absent", "done") and bool(preparation(job.request))


def offer(jobs: Sequence[ProfileJob], device: str) -> None:
    """What must be done before the networks can be measured, and the buttons that start it: for those that are to be
    trained, and for those whose weights are to be fetched."""
    training = [job for job in jobs if state.needs_training(job.request)]
    _offer(training, "to be trained first", "Train and measure", "train", device)
    _offer([job for job in jobs if job not in training], "to be fetched first", "Download and measure", "fetch", device)


def _offer(jobs: Sequence[ProfileJob], what: str, label: str, key: str, device: str) -> None:
    sentences = dict.fromkeys(preparation(job.request) for job in jobs)
    if not sentences:
        return
    with st.container(border=True):
        st.markdown(f"**{'These networks have' if len(sentences) > 1 else 'This network has'} {what}.**")
        for sentence in sentences:
            st.markdown(sentence)
        st.button(label, type="primary", key=key, icon=":material/play_arrow:", on_click=start_all, args=(jobs, device))


def start_all(jobs: Sequence[Job], device: str) -> None:
    """Ask for several jobs, up to the first that is refused; why is said on the page that comes next."""
    try:
        for job in jobs:
            _submit(job, device)
    except LayerscopeError as error:
        st.session_state[_REFUSED] = str(error)
    st.rerun()


def show_refusal() -> None:
    """Why the last button did not start what it should."""
    if sentence := st.session_state.pop(_REFUSED, ""):
        st.error(query.escaped(sentence), icon=":material/block:")


def cancel(jobs: Sequence[Job]) -> None:
    """Ask jobs to stop, unless others wait for them too."""
    for job in jobs:
        if others := sessions.others(job_key(job)):
            who = "another session waits" if others == 1 else f"{others} other sessions wait"
            st.session_state[_GOES_ON] = f"It goes on: {who} for the same result."
        else:
            _stop(job_key(job))


def _stop(id: str) -> None:
    try:
        state.jobs().cancel(id)
    except LayerscopeError as error:
        st.session_state[_GOES_ON] = query.escaped(str(error))


def cancel_any(ids: Sequence[str]) -> None:
    """Cancel on System, where all jobs stand: `LAYERSCOPE_CANCEL=all` lets everybody stop every job; otherwise one is
    stopped unless others with an open page want it too, or it was not asked for on a page at all."""
    every, kept = settings().cancel == "all", []
    for id in ids:
        if not every and not sessions.asked_here(id):
            kept.append("It goes on: it was asked for elsewhere, on the command line or in another app on this store.")
        elif not every and sessions.others(id):
            kept.append("It goes on: another session asked for it.")
        else:
            _stop(id)
    if kept:
        all_of_them = f"{len(kept)} jobs go on: they belong to others." if len(kept) > 1 else kept[0]
        st.session_state[_GOES_ON] = f"{all_of_them} Where LAYERSCOPE_CANCEL is all, this page stops every job."


def show_cancelled() -> None:
    """Why the last Cancel did not stop a job; to be drawn where its progress is."""
    if sentence := st.session_state.pop(_GOES_ON, ""):
        st.toast(sentence, icon=":material/group:")
