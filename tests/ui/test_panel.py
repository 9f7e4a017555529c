"""The panel of jobs: one bar a job or one for all, the place in the queue, why a job ended, what can be done."""

import pytest
from streamlit.testing.v1 import AppTest

import idcore.ui.kit.state
from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.spec import DataSpec, NetworkSpec, ProfileJob, Request, Untrained
from tests.tools import patience

JOBS = [ProfileJob(Request(DataSpec("digits", n=n), NetworkSpec(weights=Untrained()))) for n in range(80, 84)]


class Asked:
    """Jobs of which it is only noted what is asked of them."""

    def __init__(self) -> None:
        self.cancelled: list[str] = []
        self.submitted: list[ProfileJob] = []

    def cancel(self, id: str) -> None:
        self.cancelled.append(id)

    def submit(self, job, device="auto", session=None) -> str:
        self.submitted.append(job)
        return job_key(job)


def _draw(stands, **more):
    from idcore.ui.kit import panel
    from tests.ui.test_panel import JOBS

    names = [f"network {i}" if len(stands) > 1 else "" for i in range(len(stands))]
    panel.draw("x", *map(panel.Task, JOBS, stands, names), of="networks", **more)


def _bars(at: AppTest) -> list[str]:
    return [bar.text.replace("\\", "") for bar in at.progress]


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    monkeypatch.setenv("LAYERSCOPE_CACHE", str(tmp_path))
    jobs = Asked()
    monkeypatch.setattr(idcore.ui.kit.state, "get_jobs", lambda: jobs)

    def draw(*stands: Status, **more) -> tuple[AppTest, Asked]:
        at = AppTest.from_function(_draw, args=(stands,), kwargs=more, default_timeout=patience.seconds()).run()
        assert not at.exception, at.exception
        return at, jobs

    return draw


def test_a_job_that_waits_says_after_how_many_and_can_be_cancelled(drawn):
    at, jobs = drawn(Status("queued", position=2, wait=180.0))
    assert at.progress[0].text == "Waiting for a worker, after 2 others; it begins in about 3 min"
    at.button(key="cancel-x").click().run()
    assert jobs.cancelled == [job_key(JOBS[0])]


def test_each_of_a_few_has_a_bar_with_its_name_and_what_is_done_has_none(drawn):
    at, _ = drawn(Status("running", "measuring", "d1", 1, 4), Status("done"), Status("queued"))
    assert _bars(at) == ["network 0: Measuring d1", "network 2: Waiting for a worker"]
    assert at.progress[0].value == 25 and [button.key for button in at.button] == ["cancel-x-0", "cancel-x-2"]


def test_many_have_one_bar_and_one_cancel_together(drawn):
    at, jobs = drawn(Status("queued"), Status("done"), Status("running", "measuring", "d1", 1, 2), Status("queued"),
                     left=", about 1 min left")  # fmt: skip
    assert _bars(at) == ["1 of 4 networks, about 1 min left. network 2: Measuring d1"]
    assert at.progress[0].value == 37
    at.button(key="cancel-x").click().run()
    assert jobs.cancelled == [job_key(JOBS[i]) for i in (0, 2, 3)]


def test_those_that_ended_for_one_reason_are_told_and_tried_again_together(drawn):
    at, jobs = drawn(Status("failed", message="No room."), Status("lost"), Status("failed", message="No room."))
    told = [text.value.replace("\\", "") for text in at.markdown]
    assert told[0].endswith("network 0 and 1 more: No room.") and "The app that ran this job has gone." in told[1]
    at.button(key="again-x-0").click().run()
    assert jobs.submitted == [JOBS[0], JOBS[2]]


def test_who_cancelled_a_job_starts_it_again(drawn):
    at, _ = drawn(Status("cancelled"))
    assert [button.label for button in at.button] == ["Start again"] and "Cancelled." in at.markdown[0].value


def test_a_training_is_paused(drawn):
    at, _ = drawn(Status("running", "training"), stop="Pause")
    assert [(button.label, button.key) for button in at.button] == [("Pause", "pause-x")]
