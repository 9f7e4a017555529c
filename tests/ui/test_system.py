"""The System page says what runs, what waits, on what, and how full the store is."""

import re
import time
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

import idcore.ui.kit.state
from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.settings import Settings
from idcore.spec import DataSpec, NetworkSpec, ProfileJob, ReadJob, Request, Untrained
from idcore.store import Store
from idcore.ui.system import metrics, rows
from tests import ROOT
from tests.tools import patience

JOB = ProfileJob(Request(DataSpec("digits", n=80), NetworkSpec(weights=Untrained(3))))


class Client:
    hits, computed = 3, 5

    def __init__(self, *all_jobs):
        self.jobs = [(job_key(job), job, status) for job, status in all_jobs]

    def all(self):
        return self.jobs

    def status(self, id):
        return next(status for other, _, status in self.jobs if other == id)

    def cancel(self, id):
        self.jobs = [(i, job, replace(now, state="cancelled") if i == id else now) for i, job, now in self.jobs]

    def active(self):
        return [one for one in self.jobs if one[2].active]

    def workers(self):
        return [{"name": "tcp://<b>1</b>", "host": "10.0.0.7", "threads": 1, "running": 1, "memory": 300 * 2**20}]


@pytest.fixture
def opened(tmp_path, monkeypatch):
    def open_page(*all_jobs):
        client, store = Client(*all_jobs), Store(tmp_path)
        monkeypatch.setattr(idcore.ui.kit.state, "jobs", lambda: client)
        monkeypatch.setattr(idcore.ui.kit.state, "store", lambda: store)
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience.seconds())
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
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics["Running"] == "1" and metrics["From the store"] == "3 of 8"
    assert metrics["Store"].endswith("of 10 GiB")
    jobs, workers = app.dataframe[0].value, app.dataframe[1].value
    assert jobs["State"].tolist() == ["running", "failed"] and 4 <= jobs["Seconds"][0] < 30
    assert "network=cnn/untrained data='digits' n=80" in jobs["Job"][0] and jobs["Message"][1] == "No such file."
    assert workers["Host"].tolist() == ["10.0.0.7"] and workers["Memory (MiB)"].tolist() == [300]
    assert "torch" in app.dataframe[2].value.columns


def _cancels(app):
    return [button for button in app.button if button.label.startswith("Cancel")]


def test_every_job_that_runs_or_waits_can_be_cancelled_one_by_one_or_all_at_once(opened, monkeypatch):
    monkeypatch.setenv("LAYERSCOPE_CANCEL", "all")
    jobs = [replace(JOB, request=replace(JOB.request, data=DataSpec("digits", n=n))) for n in (80, 90, 100)]
    app = opened(*[(job, Status("running")) for job in jobs], (ReadJob("dataset", "digits"), Status("done")))
    assert [button.label for button in _cancels(app)] == ["Cancel", "Cancel", "Cancel", "Cancel all 3"]
    app.button(key=f"cancel-{job_key(jobs[1])}").click().run()
    assert app.dataframe[0].value["State"].tolist() == ["running", "running", "cancelled", "done"]
    _cancels(app)[2].click().run()
    assert app.dataframe[0].value["State"].tolist() == ["cancelled", "cancelled", "cancelled", "done"]
    assert not _cancels(app) and not app.exception


def test_cancel_of_somebody_elses_job_says_that_it_goes_on(opened):
    app = opened((JOB, Status("running")))
    _cancels(app)[0].click().run()
    assert app.toast[0].value.startswith("It goes on: it was asked for elsewhere")
    assert app.dataframe[0].value["State"].tolist() == ["running"]


def test_a_page_without_jobs_says_so(opened):
    assert "No job has been asked for yet." in [caption.value for caption in opened().caption]


def test_a_clock_that_was_set_back_gives_no_negative_seconds(tmp_path):
    back = Status("done", submitted=100.0, started=100.0, updated=40.0)
    all_jobs = [(job_key(JOB), JOB, back)]
    assert rows.jobs(all_jobs, Client())[0]["Seconds"] == 0.0
    assert rows.numbers(all_jobs, Client(), Store(tmp_path))["Seconds a job"] == "0.0"


def test_what_runs_stands_before_what_waits_and_both_before_the_rest():
    states = [("done", 9.0), ("queued", 1.0), ("failed", 10.0), ("running", 0.0)]
    all_jobs = [(str(i), JOB, Status(state, updated=updated)) for i, (state, updated) in enumerate(states)]
    client = Client()
    client.jobs = all_jobs
    assert [row["State"] for row in rows.jobs(all_jobs, client)] == ["running", "queued", "failed", "done"]


def test_jobs_that_wait_stand_in_the_order_of_the_queue_and_say_how_long(tmp_path):
    jobs = [replace(JOB, request=replace(JOB.request, data=DataSpec("digits", n=n))) for n in (80, 90)]
    client = Client((jobs[0], Status("queued", position=3, wait=120.0)), (jobs[1], Status("queued", position=2)))
    table = rows.jobs(client.all(), client)
    assert ["n=90" in row["Job"] for row in table] == [True, False]
    assert table[1]["Message"] == "Waiting for a worker, after 3 others; it begins in about 2 min"


def test_the_limits_of_a_session_are_told_where_there_are_any(tmp_path):
    assert "A session" not in rows.store_words(Settings(cache=tmp_path), Store(tmp_path))
    told = rows.store_words(Settings(cache=tmp_path, session_jobs=20, session_store=2**30), Store(tmp_path))
    assert told.endswith("A session may have 20 jobs at once, 1,024 MiB of the store.")


def test_metrics_are_lines_that_a_monitor_can_read(tmp_path):
    ended = Status("done", submitted=10.0, started=20.0, updated=24.5)
    text = metrics.text(Client((JOB, ended), (ReadJob("dataset", "digits"), Status("running"))), Store(tmp_path))
    assert 'layerscope_jobs{state="running"} 1\n' in text and 'layerscope_jobs{state="done"} 1\n' in text
    assert 'layerscope_job_seconds{kind="profile"} 4.5\n' in text
    assert 'layerscope_requests_total{answer="store"} 3\n' in text and "layerscope_workers 1\n" in text
    line = re.compile(r'# (HELP|TYPE) layerscope_\w+ .+|layerscope_\w+(\{\w+="\w+"\})? [\d.e+]+')
    assert all(line.fullmatch(one) for one in text.splitlines())
