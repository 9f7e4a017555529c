"""The measurements behind a comparison, as one batch: one bar, one Cancel, one button."""

import time
from collections.abc import Mapping, Sequence

import streamlit as st

from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.spec import ProfileJob
from idcore.ui.compare.choosing import AT_ONCE, Chosen, Member
from idcore.ui.kit import away, panel, state, words, work
from idcore.ui.kit.choice import Choice, Layers
from idcore.ui.kit.panel import Task

_FEW = 3
"""So many kinds of preparation are told one by one."""
_SURE = 0.04
"""Share of a batch after which its own pace says how long it will take."""


def layers(chosen: Chosen, choice: Choice) -> Layers:
    """Layers picked by name are those of one network."""
    one = len({member.request.network.architecture for member in chosen.members}) == 1
    return choice.layers if one or isinstance(choice.layers, str) else "checkpoints"


def jobs(chosen: Chosen, choice: Choice) -> dict[Member, ProfileJob]:
    """One measurement a network."""
    return {member: ProfileJob(member.request, layers(chosen, choice)) for member in chosen.members}


def measured(chosen: Chosen, choice: Choice) -> dict[Member, state.Measured]:
    """How far each network has come."""
    wanted = layers(chosen, choice)
    return {member: state.measured(member.request, wanted) for member in chosen.members}


def begin(chosen: Chosen, wanted: Mapping[Member, ProfileJob], choice: Choice) -> bool:
    """Start what needs neither training nor a button; returns whether anything runs."""
    work.only(choice.requests() | {member.request for member in chosen.members})
    start = chosen.name in AT_ONCE
    return any([_stand(job, choice, start).active for job in wanted.values()])  # a list: all of them are started


def _stand(job: ProfileJob, choice: Choice, start: bool) -> Status:
    if start:
        return work.ensure(job, choice)
    return Status("done") if state.measured(job.request, job.layers).complete else work.status(job)


def progress(
    wanted: Mapping[Member, ProfileJob], by_member: Mapping[Member, state.Measured], device: str, start: bool
) -> dict[Member, Status]:
    """Where all stand: bars while they run, else a button for what is missing, or why something ended."""
    under_way = {id: now for id, _, now in state.jobs().active()}  # in one go: each by itself looks for those before it
    stands = {
        m: Status("done") if by_member[m].complete else under_way.get(job_key(job)) or work.status(job)
        for m, job in wanted.items()
    }
    tasks = [
        Task(
            wanted[m], now, m.name if m.file else m.name.capitalize(), run.estimate if (run := by_member[m].run) else ""
        )
        for m, now in stands.items()
    ]
    panel.draw("compare", *tasks, device=device, of="networks", left=_left(tasks))
    if len(tasks) > _FEW and any(task.now.active for task in tasks):
        return stands
    missing = [
        wanted[m] for m, now in stands.items()
        if not away.is_away(m.request)
        and ((now.state in ("absent", "done") and not by_member[m].complete and not start)
             or work.to_offer(wanted[m], now))
    ]  # fmt: skip
    if missing:
        _offer(missing, device)
    return stands


def _left(tasks: Sequence[Task]) -> str:
    """How long the batch will take, from the pace it had since the first of those that run was asked for."""
    active = [task for task in tasks if task.now.active]
    if not active:
        return ""
    begun = min(task.now.submitted for task in active)
    ended = [state.jobs().status(job_key(task.job)) for task in tasks if task.now.state == "done"]
    finished = sum(now.submitted >= begun - 1 for now in ended)
    share = (finished + sum(map(panel.part, active))) / (finished + len(active))
    if share < _SURE:
        return ""
    passed = max(0.0, time.time() - begun)  # a clock may be set back
    return f", {words.duration(passed * (1 - share) / share)} left"


def _offer(missing: Sequence[ProfileJob], device: str) -> None:
    """What would be done, and the button that does it."""
    sentences = dict.fromkeys(work.preparation(job.request) for job in missing)
    if len(sentences) <= _FEW and "" not in sentences:
        work.offer(missing, device)
        return
    train = [job.request.network for job in missing if state.needs_training(job.request)]
    times = [words.training_seconds(network) for network in train]
    said = f"**{len(missing)} networks must be measured first" + (
        f", {len(train)} of them trained before" * bool(train)
    )
    if len(train) == len(missing):
        said = f"**{len(missing)} networks must be trained and measured first"
    known = [time for time in times if time is not None]
    takes = (
        f" {words.duration(sum(known) / 2).capitalize()} on two cores." if known and len(known) == len(times) else ""
    )
    with st.container(border=True):
        st.markdown(f"{said}.**{takes}")
        st.button("Train and measure all" if train else "Measure all", type="primary", key="train",
                  icon=":material/play_arrow:", on_click=work.start_all, args=(missing, device))  # fmt: skip
