"""Where a training stands, from the store and from its job: what the page draws."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from idcore.figures.epochs import Course
from idcore.jobs import Status
from idcore.results import dynamics
from idcore.results.dynamics import Dynamics
from idcore.spec import Recipe, Regime, WatchJob
from idcore.ui.kit import state, work


@dataclass(frozen=True, eq=False)
class Stand:
    """dynamics: what is kept of it, None until it has begun. now: where its job stands."""

    regime: Regime
    job: WatchJob
    dynamics: Dynamics | None
    now: Status

    @property
    def complete(self) -> bool:
        return self.dynamics is not None and self.dynamics.complete

    @property
    def epoch(self) -> int:
        """Epochs that are finished, as far as is known."""
        return len(self.history)

    @property
    def history(self) -> tuple[dict[str, Any], ...]:
        """Of the job or of the store, whichever has come farther."""
        kept = self.dynamics.history if self.dynamics else ()
        return max(self.now.history, kept, key=len) if self.now.active else kept

    @property
    def course(self) -> Course:
        """What the figures show of it."""
        layers, rows = (self.dynamics.layers, self.dynamics.rows) if self.dynamics else ((), {})
        return Course(name(self.job), self.regime, layers, rows, self.history, self.complete)


def stand(regime: Regime, job: WatchJob) -> Stand:
    """Where a training stands. One whose app has gone goes on by itself."""
    kept = dynamics.read(state.store(), job)
    if kept is not None and kept.complete:
        return Stand(regime, job, kept, Status("done"))
    now = work.status(job)
    if now.state == "lost":
        work.start(job)
        now = work.status(job)
    return Stand(regime, job, kept, now)


def stands(jobs: dict[Regime, WatchJob]) -> list[Stand]:
    """Where all of them stand."""
    return [stand(regime, job) for regime, job in jobs.items()]


def name(job: WatchJob) -> str:
    """What a training learns."""
    recipe = job.network.weights
    assert isinstance(recipe, Recipe)
    if recipe.shuffled in (0, 1):
        return "shuffled labels" if recipe.shuffled else "true labels"
    return f"{recipe.shuffled:.0%} shuffled labels"


def begin(jobs: dict[Regime, WatchJob]) -> None:
    """Start the trainings that are not complete; both on show where both begin."""
    if len(jobs) > 1:
        st.session_state["labels"] = "both"
    for job in jobs.values():
        work.start(job)
