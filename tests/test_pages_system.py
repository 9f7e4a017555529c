"""The System page says what runs, what waits, on what, and how full the store is."""

import time

import pytest
from streamlit.testing.v1 import AppTest

import idcore.ui.state
from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.spec import DataSpec, NetworkSpec, ProfileJob, ReadJob, Request, Untrained
from idcore.store import Store
from idcore.ui import system
from tests.test_pages import ROOT

JOB = ProfileJob(Request(DataSpec("digits", n=80), NetworkSpec(weights=Untrained(3))))


class Client:
    hits, computed = 3, 5

    def __init__(self, *found):
        self.found = [(job_key(job), job, status) for job, status in found]

    def all(self):
        return self.found

    def active(self):
        return [one for one in self.found if one[2].active]

    def workers(self):
        return [{"name": "tcp://<b>1</b>", "host": "10.0.0.7", "threads": 1, "running": 1, "memory": 300 * 2**20}]


@pytest.fixture
def opened(tmp_path, monkeypatch):
    def open_page(*found):
        client, store = Client(*found), Store(tmp_path)
        monkeypatch.setattr(idcore.ui.state, "jobs", lambda: client)
        monkeypatch.setattr(idcore.ui.state, "store", lambda: store)
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        app.switch_page("pages/system.py")
        app.run()
        assert not app.exception
        return app

    return open_page


def test_the_page_lists_jobs_workers_and_the_store(opened):
    now = time.time()
    app = opened(
        (JOB, Status("running", "measuring", "d1", submitted=now - 9, started=now - 4, updated=now)),
        (
            ReadJob("dataset", "digits"),
            Status("failed", message="No such file.", submitted=now, started=now, updated=now),
        ),
    )
    found = {metric.label: metric.value for metric in app.metric}
    assert found["Running"] == "1" and found["From the store"] == "3 of 8" and found["Store"].endswith("of 10 GiB")
    jobs, workers = app.dataframe[0].value, app.dataframe[1].value
    assert jobs["State"].tolist() == ["running", "failed"] and 4 <= jobs["Seconds"][0] < 30
    assert "network=cnn/untrained data='digits' n=80" in jobs["Job"][0] and jobs["Message"][1] == "No such file."
    assert workers["Host"].tolist() == ["10.0.0.7"] and workers["Memory (MiB)"].tolist() == [300]
    assert "torch" in app.dataframe[2].value.columns


def test_a_page_without_jobs_says_so(opened):
    assert "No job has been asked for yet." in [caption.value for caption in opened().caption]


def test_a_clock_that_was_set_back_gives_no_negative_seconds(tmp_path):
    back = Status("done", submitted=100.0, started=100.0, updated=40.0)
    found = [(job_key(JOB), JOB, back)]
    assert system.jobs(found)[0]["Seconds"] == 0.0
    assert system.numbers(found, Client(), Store(tmp_path))["Seconds a job"] == "0.0"


def test_what_runs_stands_before_what_waits_and_both_before_the_rest():
    states = [("done", 9.0), ("queued", 1.0), ("failed", 10.0), ("running", 0.0)]
    found = [(str(i), JOB, Status(state, updated=updated)) for i, (state, updated) in enumerate(states)]
    assert [row["State"] for row in system.jobs(found)] == ["running", "queued", "failed", "done"]
