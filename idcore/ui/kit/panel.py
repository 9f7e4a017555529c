"""The one panel of jobs: how far each is, with Cancel, while it waits or runs; why it ended, with Try again."""

import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from idcore.figures.training import training_figure
from idcore.jobs import Status
from idcore.jobs.kinds import kind
from idcore.jobs.status import job_key
from idcore.spec import Job, Recipe
from idcore.ui.kit import charts, query, sessions, state, words, work

POLL = 0.5
_REST = 4.0
"""A view rests between two drawings for so many times the processor's time of one."""
ENDED = ("failed", "cancelled", "lost")
_ICONS = {"failed": ":material/error:", "cancelled": ":material/cancel:", "lost": ":material/link_off:"}
_STOP_ICONS = {"Cancel": ":material/close:", "Pause": ":material/pause:"}


@dataclass(frozen=True)
class Task:
    """A job and where it stands: "done" where all its results are there. about: which of several. note: what is said
    below its bar."""

    job: Job
    now: Status
    about: str = ""
    note: str = ""


def live(view: Callable[..., None], active: bool, key: str, period: float = POLL) -> Callable[..., None]:
    """A view as a part of the page that is drawn again and again while something is at work: every `period` seconds,
    less often where many sessions wait, since together they would keep the server from drawing anything else, and where
    it takes long to draw, since the browser has its work with it too."""
    took = f"seconds that {key} took"

    def due() -> float:
        return max(period * sessions.crowd(), _REST * float(st.session_state.get(took, 0.0)))

    every = due() if active else None

    @functools.wraps(view)
    def part(*arguments: Any) -> None:
        if every and due() > 2 * every:  # many have come since, or it takes longer than was known
            st.rerun()
        begun = time.thread_time()
        with state.still():
            view(*arguments)
        st.session_state[took] = time.thread_time() - begun

    return st.fragment(part, run_every=every, key=key)


def draw(
    key: str,
    *tasks: Task,
    device: str = "auto",
    bars: int = 3,
    of: str = "",
    left: str = "",
    stop: str = "Cancel",
    learning: bool = True,
) -> None:
    """Draw the panel; nothing of what is done. key: of its buttons. device: for those that are tried again. bars: so
    many tasks have one each, more have one together, which says how many are done, `of` what, and how long is `left`.
    stop: the word of the button that stops them. learning: whether to draw the curves of networks that learn."""
    active = [task for task in tasks if task.now.active]
    if len(tasks) <= bars:
        for i, task in enumerate(tasks):
            if task.now.active:
                own = f"{key}-{i}" if len(tasks) > 1 else key
                _bar(share(task.now), _about([task], sentence(task.now)), [task], own, stop)
                curves(own, task) if learning else None
                st.caption(query.escaped(task.note)) if task.note else None
    elif active:
        first = next((task for task in active if task.now.state == "running"), active[0])
        done = sum(task.now.state == "done" for task in tasks)
        text = f"{done} of {len(tasks)} {of}{left}. {_about([first], sentence(first.now))}"
        _bar((done + sum(map(part, active))) / len(tasks), text, active, key, stop)
    reasons: dict[str, list[Task]] = {}
    for task in tasks:
        if task.now.state in ENDED:
            reasons.setdefault(_reason(task.now), []).append(task)
    for i, (reason, ended) in enumerate(reasons.items()):
        _end(reason, ended, f"{key}-{i}" if len(tasks) > 1 else key, device)


def _bar(value: float, text: str, tasks: Sequence[Task], key: str, stop: str) -> None:
    jobs = [task.job for task in tasks]
    sessions.look(map(job_key, jobs))
    work.show_cancelled()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(value, text=query.escaped(text))
        st.button(stop, key=f"{stop.lower()}-{key}", icon=_STOP_ICONS[stop], on_click=work.cancel, args=(jobs,))


def curves(key: str, task: Task) -> None:
    """The curves of a network that learns in order to be measured."""
    if task.now.phase == "training" and task.now.history and "training" in kind(task.job).stages:
        network, *_ = kind(task.job).about(task.job)
        assert network is not None
        last = task.now.history[-1]
        charts.draw(
            training_figure(task.now.history, network.regime),
            f"training-{key}",
            alt=f"Loss and accuracy by epoch; after epoch {last['epoch']} the train accuracy is "
            f"{last['train_accuracy']:.1%}",
        )


def _end(reason: str, tasks: Sequence[Task], key: str, device: str) -> None:
    state = tasks[0].now.state
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"{_ICONS[state]} {query.escaped(_about(tasks, reason))}", width="stretch")
        st.button("Start again" if state == "cancelled" else "Try again", key=f"again-{key}", icon=":material/refresh:",
                  on_click=work.start_all, args=([task.job for task in tasks], device))  # fmt: skip


def _reason(now: Status) -> str:
    return now.message or {"cancelled": "Cancelled.", "lost": "The app that ran this job has gone."}.get(now.state, "")


def _about(tasks: Sequence[Task], text: str) -> str:
    more = f" and {len(tasks) - 1} more" if len(tasks) > 1 else ""
    return f"{tasks[0].about}{more}: {text}" if tasks[0].about else text


def share(now: Status) -> float:
    """How much of a job's phase is done."""
    return min(now.done / now.total, 1.0) if now.total else 0.0


def part(task: Task) -> float:
    """How much of a job is done: a network that is being measured has learned already, one that learns mostly stops
    long before the last epoch it may take."""
    network, *_ = kind(task.job).about(task.job)
    recipe = network.weights if network and "measuring" in kind(task.job).stages else None
    if not isinstance(recipe, Recipe):
        return share(task.now)
    if task.now.phase == "training":
        return min(0.9 * task.now.done / words.training_epochs(recipe), 0.9)
    return 0.9 + 0.1 * share(task.now) if task.now.phase == "measuring" else 0.0


def sentence(now: Status) -> str:
    """What a job is doing."""
    if now.state == "queued":
        after = f", after {now.position} other{'s' * (now.position != 1)}" if now.position else ""
        wait = f"; it begins in {words.duration(now.wait)}" if now.wait is not None else ""
        return f"Waiting for a worker{after}{wait}"
    if now.message:
        return now.message
    return f"{now.phase.capitalize()} {now.layer}".strip() or "Starting"
