"""What one session does takes nothing from another that wants the same."""

import time

import pytest

from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.store import Store
from idcore.ui.kit import panel, query, sessions, state, words, work
from tests.tools.jobs import profile
from tests.tools.pages import FakeJobs

JOB = profile(0)
ID = job_key(JOB)


@pytest.fixture
def people(tmp_path, monkeypatch):
    """Become another person by their name; `gone` have closed their page."""
    jobs, seen, asked, who, gone, said = FakeJobs(Store(tmp_path)), {}, {}, {}, set(), {}
    monkeypatch.setattr(state, "get_jobs", lambda: jobs)
    monkeypatch.setattr(sessions, "_seen", lambda: seen)
    monkeypatch.setattr(sessions, "_asked", lambda: asked)
    monkeypatch.setattr(sessions, "mine", lambda: who["name"])
    monkeypatch.setattr(sessions, "_is_open", lambda session: session not in gone)
    monkeypatch.setattr(sessions, "get_script_run_ctx", lambda: type("Context", (), {"session_id": who["name"]}))
    monkeypatch.setattr(work.st, "session_state", said)
    jobs.states[ID] = Status("running")
    return jobs, lambda name: who.update(name=name), gone, said


def test_a_job_that_others_look_at_is_not_cancelled_under_their_eyes(people):
    jobs, become, gone, said = people
    for name in "abc":
        become(name)
        work.status(JOB)
    work.cancel([JOB])
    assert jobs.states[ID].state == "running" and said["goes-on"].startswith("It goes on: 2 other sessions wait")
    become("b")
    gone.update("ac")
    work.cancel([JOB])
    assert jobs.states[ID].state == "cancelled"


def test_who_is_alone_with_a_job_can_cancel_it_also_after_a_reload(people):
    jobs, become, gone, said = people
    become("before")
    work.status(JOB)
    gone.add("before")
    become("after")
    work.status(JOB)
    work.cancel([JOB])
    assert jobs.states[ID].state == "cancelled" and said == {}


@pytest.fixture
def asked_by_a(people, monkeypatch):
    """The same, where a has asked for the job long ago, and is on another page."""
    jobs, become, gone, said = people
    monkeypatch.setattr(jobs, "_measure", lambda job: jobs.states.update({ID: Status("running")}))
    become("a")
    assert work.start(JOB)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 1000)
    return people


def test_on_system_a_job_is_stopped_by_who_asked_for_it_and_by_nobody_else_while_his_page_is_open(asked_by_a):
    jobs, become, gone, said = asked_by_a
    become("b")
    work.cancel_any([ID])
    assert jobs.states[ID].state == "running" and said["goes-on"].startswith("It goes on: another session asked for it")
    become("a")
    work.cancel_any([ID])
    assert jobs.states[ID].state == "cancelled"


def test_on_the_page_of_a_job_too_it_goes_on_while_who_asked_for_it_has_his_page_open(asked_by_a):
    jobs, become, gone, said = asked_by_a
    become("b")
    work.status(JOB)
    work.cancel([JOB])
    assert jobs.states[ID].state == "running" and said["goes-on"].startswith("It goes on: another session waits")


def test_the_job_of_somebody_who_has_left_can_be_stopped_by_everybody(asked_by_a):
    jobs, become, gone, said = asked_by_a
    become("b")
    gone.add("a")
    work.cancel_any([ID])
    assert jobs.states[ID].state == "cancelled" and said == {}


def test_who_does_not_want_his_job_any_more_leaves_it_to_others(asked_by_a):
    jobs, become, gone, said = asked_by_a
    sessions.away(ID)
    become("b")
    work.cancel_any([ID])
    assert jobs.states[ID].state == "cancelled"


def test_a_job_of_the_command_line_goes_on(people):
    jobs, become, gone, said = people
    become("b")
    work.cancel_any([ID])
    assert jobs.states[ID].state == "running" and "the command line or in another app" in said["goes-on"]
    work.cancel_any([ID, "another"])
    assert said["goes-on"].startswith("2 jobs go on: they belong to others. Where LAYERSCOPE_CANCEL is all")


def test_where_visitors_are_administrators_system_stops_every_job(asked_by_a, monkeypatch):
    jobs, become, gone, said = asked_by_a
    monkeypatch.setenv("LAYERSCOPE_CANCEL", "all")
    become("b")
    work.cancel_any([ID])
    assert jobs.states[ID].state == "cancelled" and said == {}


def test_only_so_many_jobs_are_remembered(people, monkeypatch):
    monkeypatch.setattr(sessions, "_ASKED", 2)
    people[1]("a")
    for id in "xyz":
        sessions.ask(id)
    assert [sessions.asked_here(id) for id in "xyz"] == [False, True, True]


def test_looks_of_long_ago_count_no_more_and_are_forgotten(people, monkeypatch):
    jobs, become, gone, said = people
    become("a")
    work.status(JOB)
    become("b")
    assert sessions.others(ID) == 1
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 100)
    assert sessions.others(ID) == 0
    sessions.look(["another"])
    assert list(sessions._seen()) == ["another"]


def test_who_waits_is_told_after_how_many_and_how_long():
    assert panel.sentence(Status("queued")) == "Waiting for a worker"
    assert panel.sentence(Status("queued", position=0, wait=17)) == "Waiting for a worker; it begins in about 15 s"
    assert panel.sentence(Status("queued", position=1)) == "Waiting for a worker, after 1 other"
    said = panel.sentence(Status("queued", position=3, wait=200.0))
    assert said == "Waiting for a worker, after 3 others; it begins in about 3 min" and query.escaped(said)
    assert words.duration(0) == "about 5 s"


def test_the_more_sessions_wait_the_less_often_each_of_them_looks(people, monkeypatch):
    jobs, become, gone, said = people
    parts, again = [], []
    monkeypatch.setattr(work.st, "fragment", lambda view, run_every, key: parts.append((view, run_every)) or view)
    monkeypatch.setattr(work.st, "rerun", lambda: again.append(1))

    def come(names):
        for name in names:
            become(name)
            work.status(JOB)

    come("abc")
    panel.live(lambda: None, True, "curve")()
    come(f"pupil {i}" for i in range(37))
    assert parts[0][1] == panel.POLL and not again
    parts[0][0]()  # the next look of the first comer notices the crowd
    assert again == [1]
    panel.live(lambda: None, True, "curve")()
    assert parts[1][1] == 8 * panel.POLL and again == [1]
    gone.update(f"pupil {i}" for i in range(37))
    panel.live(lambda: None, True, "curve")
    panel.live(lambda: None, False, "curve")
    assert [every for _, every in parts[2:]] == [panel.POLL, None]
