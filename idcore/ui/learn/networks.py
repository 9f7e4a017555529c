"""The measurements that the steps show: started on arrival where they need no training, followed until all is there."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import streamlit as st

from idcore.jobs import Status
from idcore.spec import USUAL, Architecture, DataSpec, NetworkSpec, ProfileJob, Reading, Recipe, Request, Untrained
from idcore.ui.kit import address, panel, query, state, work
from idcore.ui.kit.panel import Task
from idcore.ui.kit.state import Measured
from idcore.ui.result.pick import LAYER

SAMPLES = DataSpec()
"""1,000 digits that no network was trained on."""


def job(weights: Recipe | Untrained, data: DataSpec = SAMPLES, architecture: Architecture | None = None) -> ProfileJob:
    """The measurement of a network, the small convolutional one where no other is named."""
    return ProfileJob(Request(data, NetworkSpec(architecture or Architecture(), weights)))


def layer(names: Sequence[str]) -> str:
    """The slider of the layers of a network; another page may have chosen one that this network has not."""
    query.check_below(LAYER, names)
    if st.session_state.get("layer", names[0]) not in names:
        del st.session_state["layer"]
    name: str = address.option("Layer", LAYER, names, names[0], st.select_slider)
    return name


def context(n: int = SAMPLES.n, of: str = "digits not used in training") -> str:
    """What belongs to each number of a figure."""
    return f"N = {n:,} {of}; the largest {USUAL.discard:.0%} of μ left out; bars: one standard error."


def follow(
    jobs: Mapping[str, ProfileJob],
    draw: Callable[[Mapping[str, Measured]], None],
    *,
    reading: Reading = USUAL,
    offered: Sequence[str] | None = None,
) -> None:
    """Draw what is there of each job, again and again while one runs; what needs training is offered by a button.

    draw: is handed how far each has come, whether or not there is anything yet. offered: names of those whose training
    is offered, None for all."""
    begun = _begun(jobs)
    active = any(_stand(one, start=True).active for one in jobs.values())
    if begun != _begun(jobs):  # widgets that were drawn before this know nothing of the layers
        st.rerun()
    view = panel.live(_view, active, "learn-view")
    view(jobs, draw, reading, jobs if offered is None else offered, begun if active else None)


def _stand(job: ProfileJob, start: bool) -> Status:
    if _there(job):
        return Status("done")
    return work.started(job) if start and not work.preparation(job.request) else work.status(job)


def _view(
    jobs: Mapping[str, ProfileJob],
    draw: Callable[[Mapping[str, Measured]], None],
    reading: Reading,
    offered: Iterable[str],
    begun: tuple[bool, ...] | None,
) -> None:
    """begun: where this is drawn again and again, which jobs had their layers when the page was drawn: widgets that
    stand outside need them."""
    stands = {name: _stand(one, start=False) for name, one in jobs.items()}
    running = [name for name, now in stands.items() if now.active]
    if begun is not None and (not running or begun != _begun(jobs)):
        st.rerun()
    wanted = [jobs[name] for name in offered if work.to_offer(jobs[name], stands[name]) and not _there(jobs[name])]
    if wanted:
        work.offer(wanted, "auto")
    draw({name: state.measured(one.request, one.layers, reading) for name, one in jobs.items()})
    panel.draw("learn", *(Task(jobs[name], now, name) for name, now in stands.items()), of="networks")


def _begun(jobs: Mapping[str, ProfileJob]) -> tuple[bool, ...]:
    return tuple(bool(state.measured(one.request, one.layers).layers) for one in jobs.values())


def _there(job: ProfileJob) -> bool:
    return state.measured(job.request, job.layers).complete
