"""Jobs run once, in processes of their own, and whoever asks sees how they stand."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from inspect import signature
from pkgutil import resolve_name
from types import SimpleNamespace
from typing import get_args, get_type_hints

import numpy as np
import psutil
import pytest

from idcore import pipeline, results, spec
from idcore.errors import RequestError, StoreError
from idcore.jobs import Jobs, process, worker
from idcore.jobs import cluster as cluster_module
from idcore.jobs import status as tickets
from idcore.jobs.cluster import Cluster
from idcore.jobs.kinds import KINDS, kind
from idcore.jobs.status import Status, Ticket, job_key
from idcore.settings import settings as place
from idcore.spec import (
    ELSEWHERE,
    UPLOAD,
    DataSpec,
    EmbedJob,
    Job,
    NetworkSpec,
    ProfileJob,
    ReadJob,
    Request,
    Untrained,
)
from idcore.store import Store, StoreWarning
from tests import ROOT
from tests.tools import patience
from tests.tools.jobs import SMALL, finished, learning, profile, settings, training, until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def jobs(store):
    with contextlib.closing(Jobs(store, settings(store.root))) as jobs:
        yield jobs


def attempt(store, id):
    return tickets.read(store, id).attempt


def test_a_job_that_nobody_asked_for_is_absent(jobs):
    assert jobs.status(job_key(profile(99))) == Status()


def test_a_job_runs_in_another_process_and_leaves_its_layers_in_the_store(jobs, store):
    job = profile(0)
    status = finished(jobs, jobs.submit(job))
    assert status.state == "done", status.message
    assert status.process not in (0, os.getpid()) and 0 < status.submitted <= status.started <= status.updated
    run = results.run(store, job.request)
    assert run.checkpoints[0] == "input" and len(run.predictions) == 80
    assert all(results.layer(store, job.request, name).n == 80 for name in run.checkpoints)


def test_asking_twice_computes_once_and_a_result_that_has_gone_is_computed_again(jobs, store):
    job = profile(1)
    id = jobs.submit(job)
    first = attempt(store, id)
    assert jobs.submit(job) == id == job_key(job) and attempt(store, id) == first
    assert finished(jobs, id).state == "done"
    assert jobs.submit(job) == id and attempt(store, id) == first
    store.delete(spec.layer_key(job.request, "output"))
    jobs.submit(job)
    assert attempt(store, id) != first and finished(jobs, id).state == "done"
    assert results.layer(store, job.request, "output") is not None


def test_a_request_that_is_wrong_fails_with_its_sentence(jobs):
    status = finished(jobs, jobs.submit(profile(0, layers=("fc9",))))
    assert status.state == "failed" and status.message.startswith("The network has no layer 'fc9'")
    status = finished(
        jobs, jobs.submit(ProfileJob(Request(DataSpec("digits", n=5000), NetworkSpec(SMALL, Untrained()))))
    )
    assert status.state == "failed" and "5000" in status.message and "\n" not in status.message


def test_an_upload_is_read_by_a_worker_once_and_what_is_refused_is_a_sentence(jobs, store):
    file = io.BytesIO()
    np.save(file, np.random.default_rng(0).normal(size=(70, 6)))
    digest = results.save_upload(store, file.getvalue(), "mine.npy")
    job = ReadJob("representations", digest)
    id = jobs.submit(job)
    status = finished(jobs, id)
    assert (status.state, status.phase, status.message) == ("done", "done", "")
    assert results.dataset(store, UPLOAD + digest)[0].matrices == (("mine", 6),)
    first = attempt(store, id)
    assert jobs.submit(job) == id and attempt(store, id) == first
    status = finished(jobs, jobs.submit(ProfileJob(Request(DataSpec(UPLOAD + digest, "all", n=70), ELSEWHERE))))
    assert status.state == "done", status.message
    status = finished(jobs, jobs.submit(ReadJob("images", digest)))
    assert status.state == "failed" and status.message.endswith(".") and "Error" not in status.message


def test_a_running_training_shows_its_epochs_and_when_it_is_told_to_it_stops_by_itself(jobs, store):
    job = training(1)
    id = jobs.submit(job)
    status = learning(jobs, id)
    assert status.phase == "training" and status.total == 10_000 and {"epoch", "loss"} <= set(status.history[0])
    assert id in [found for found, _, _ in jobs.active()]
    jobs.cancel(id)
    until(jobs, id, lambda status: status.state == "cancelled" and not store.is_locked(id))
    assert psutil.pid_exists(status.process)  # a worker that does not hear is ended
    assert results.training(store, job.network) is None and jobs.active() == []


def test_a_job_asked_for_again_while_it_is_being_cancelled_runs_again(jobs, store):
    id = jobs.submit(training(2))
    learning(jobs, id)
    jobs.cancel(id)
    until(jobs, id, lambda status: not status.active)
    jobs.submit(training(2))
    learning(jobs, id)
    jobs.cancel(id)
    assert finished(jobs, id).state == "cancelled"


def test_jobs_beyond_the_workers_wait_in_order_and_can_be_dropped(jobs, store):
    ids = [jobs.submit(training(seed)) for seed in (10, 11)]
    for id in ids:
        learning(jobs, id)
    waiting = [jobs.submit(profile(seed)) for seed in (10, 11)]
    time.sleep(0.3)
    assert [jobs.status(id).position for id in ids + waiting] == [None, None, 0, 1]
    assert [id for id, _, _ in jobs.active()] == ids + waiting
    jobs.cancel(waiting[0])
    assert jobs.status(waiting[0]).state == "cancelled" and jobs.status(waiting[1]).position == 0
    for id in ids:
        jobs.cancel(id)
    assert finished(jobs, waiting[1]).state == "done"
    assert jobs.status(waiting[0]).state == "cancelled" and results.run(store, profile(10).request) is None


def test_a_job_whose_worker_is_killed_starts_again_and_finishes(jobs, store):
    job = training(20, epochs=60)
    id = jobs.submit(job)
    first = learning(jobs, id)
    os.kill(first.process, signal.SIGKILL)
    again = until(jobs, id, lambda status: status.process != first.process and status.phase == "training")
    assert again.message.startswith("The worker process was lost; the job starts again.")
    assert finished(jobs, id).state == "done"
    assert len(results.training(store, job.network).history) == 60


def test_a_job_that_loses_two_workers_fails_and_says_so(jobs):
    id = jobs.submit(training(21))
    first = learning(jobs, id)
    os.kill(first.process, signal.SIGKILL)
    second = until(jobs, id, lambda s: s.process != first.process and s.state == "running" and len(s.history) > 0)
    os.kill(second.process, signal.SIGKILL)
    status = finished(jobs, id)
    assert status.state == "failed" and "lost its worker process twice" in status.message
    assert finished(jobs, jobs.submit(profile(21))).state == "done"


@pytest.fixture
def hanging(jobs, store):
    """A job whose worker hears nothing, as if it were deep in something that does not come back."""
    job = training(22)
    id = jobs.submit(job)
    process = learning(jobs, id).process
    os.kill(process, signal.SIGSTOP)
    yield id, process
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def test_a_job_whose_worker_hangs_can_be_cancelled_and_the_worker_is_replaced(jobs, store, hanging):
    id, process = hanging
    jobs.cancel(id)
    status = finished(jobs, id)
    assert (status.state, status.message) == ("cancelled", worker.CANCELLED)
    until(jobs, id, lambda _: not store.is_locked(id))
    assert not psutil.pid_exists(process)
    assert finished(jobs, jobs.submit(profile(22))).state == "done"


def test_a_job_whose_worker_hangs_ends_when_its_time_is_over(jobs, hanging):
    id, process = hanging
    for task in jobs._cluster.result()._busy.values():
        task.end = time.monotonic() + 1
    status = finished(jobs, id)
    assert status.state == "failed" and status.message.startswith("The training took longer than 168 h, the limit")
    assert not psutil.pid_exists(process)


APP = """
import sys, time
from pathlib import Path
from types import SimpleNamespace
from typing import get_args
from idcore.jobs import Jobs
from idcore.store import Store
from tests.tools.jobs import learning, settings, training
jobs = Jobs(Store(sys.argv[1]), settings(Path(sys.argv[1]), workers=1))
learning(jobs, jobs.submit(training(30)))
print(*(worker.pid for worker in jobs._cluster.result()._workers.values()), flush=True)
time.sleep(600)
"""


def test_when_the_app_is_killed_its_worker_ends_and_its_job_is_lost_until_it_is_asked_for_again(jobs, store, tmp_path):
    id = job_key(training(30))
    command, environment = [sys.executable, "-c", APP, store.root], {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=environment) as app:
        pid = int(app.stdout.readline())
        assert psutil.pid_exists(pid)
        first = attempt(store, id)
        assert jobs.submit(training(30)) == id and attempt(store, id) == first  # it runs in the other app
        app.kill()
    patience.until(lambda: not psutil.pid_exists(pid))
    assert jobs.status(id).state == "lost" and list(tmp_path.iterdir()) == []  # no folder of theirs stays
    jobs.submit(training(30))
    assert learning(jobs, id).active
    jobs.cancel(id)
    assert finished(jobs, id).state == "cancelled"


def test_a_worker_says_that_it_has_a_job(jobs):
    id = jobs.submit(training(40))
    learning(jobs, id)
    patience.until(lambda: [one["running"] for one in jobs.workers()].count(1) == 1)  # it tells twice a second
    jobs.cancel(id)
    assert finished(jobs, id).state == "cancelled"


def test_each_worker_sees_the_gpu_that_is_its_turn(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster_module, "_STAGGER", 0.0)
    chosen = replace(settings(tmp_path, workers=3), gpus=place({"LAYERSCOPE_GPUS": "2, 5"}).gpus)
    with contextlib.closing(Cluster(chosen)) as cluster:
        patience.until(lambda: len(cluster.workers()) == 3)
        workers = [psutil.Process(cluster._workers[i].pid) for i in range(3)]
        assert [one.environ()["CUDA_VISIBLE_DEVICES"] for one in workers] == ["2", "5", "2"]
        assert [one.cmdline()[-1] for one in workers] == ["0", "1", "2"]  # and none is told to get ready for maps
    with pytest.raises(RequestError, match="LAYERSCOPE_GPUS must be numbers of GPUs such as 0,1,2,3, not '0;1'"):
        place({"LAYERSCOPE_GPUS": "0;1"})


def test_a_new_app_on_the_same_store_sees_the_results_and_closing_it_ends_its_workers(jobs, store):
    id = jobs.submit(profile(0))
    assert finished(jobs, id).state == "done"
    first = attempt(store, id)
    with contextlib.closing(Jobs(store, settings(store.root, workers=1))) as other:
        assert other.status(id).state == "done"
        assert other.submit(profile(0)) == id and attempt(store, id) == first
        running = other.submit(training(40))
        pid = learning(other, running).process
    assert not psutil.pid_exists(pid) and jobs.status(running).state == "lost"


def test_a_job_is_refused_where_its_status_cannot_be_kept(jobs, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.warns(StoreWarning):
        patch.setattr(os, "replace", refuse)
        with pytest.raises(StoreError, match="not started.*No space left"):
            jobs.submit(profile(50))


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (RequestError("N is too large."), "N is too large."),
        (ZeroDivisionError("division by zero"), "The job failed with ZeroDivisionError: division by zero."),
        (KeyError(), "The job failed with KeyError: no further word."),
        (MemoryError(), worker.NO_MEMORY),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB."), worker.NO_MEMORY),
    ],
)
def test_an_error_of_any_kind_becomes_one_sentence(tmp_path, monkeypatch, error, sentence):
    def fail(*_):
        raise error

    monkeypatch.setattr(worker, "_run", fail)
    store, job = Store(tmp_path), profile()
    worker.work(spec.to_json(job), "attempt", "b" * 64, str(tmp_path), 2**30, 2**28, "cpu")
    status = tickets.read(store, job_key(job)).status
    assert (status.state, status.message) == ("failed", sentence)


def test_maps_are_made_as_a_job(tmp_path):
    store, job = Store(tmp_path), EmbedJob(profile(0).request, ("input", "output"), neighbours=10)
    worker.work(spec.to_json(job), "attempt", "b" * 64, str(tmp_path), 2**30, 2**28, "cpu")
    status = tickets.read(store, job_key(job)).status
    assert (status.state, status.phase, status.message) == ("done", "done", "")
    maps = [results.embedding(store, job, name) for name in job.layers]
    assert all(m.positions.shape == (80, 2) and np.isfinite(m.positions).all() for m in maps)


@pytest.mark.parametrize("ahead", [True, False])
def test_a_worker_gets_ready_for_maps_where_that_is_wanted(tmp_path, monkeypatch, ahead):
    commands = []
    monkeypatch.setattr(cluster_module.subprocess, "Popen", lambda command, **_: commands.append(command))
    cluster_module._start(1, place({"LAYERSCOPE_MAPS_AHEAD": str(int(ahead))}))
    assert commands[0][-2:] == ["1", "maps"] if ahead else commands[0][-1] == "1"
    with pytest.raises(RequestError, match="LAYERSCOPE_MAPS_AHEAD must be 0 or 1, not 'no'"):
        place({"LAYERSCOPE_MAPS_AHEAD": "no"})


def test_a_worker_that_has_a_job_gets_ready_for_maps_after_it(monkeypatch):
    geometry, ready = pipeline.warm(), []
    monkeypatch.setattr(process, "_QUIET", 0.04)
    monkeypatch.setattr(pipeline, "warm_maps", lambda given: ready.append((given, worker.at_work.locked())))
    with worker.at_work:
        thread = threading.Thread(target=process._warm_maps, args=(0.0, geometry))
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
    thread.join()
    assert ready == [(geometry, False)]


def test_a_job_that_cannot_be_asked_to_stop_takes_its_process_with_it(tmp_path, monkeypatch):
    gone, left = threading.Event(), []
    store, job = Store(tmp_path), profile()

    def end(code):  # of the process: what is written after it, here, would never be
        left.append(tickets.read(store, job_key(job)).status.state)
        gone.set()

    monkeypatch.setattr(worker, "end_process", end)
    monkeypatch.setattr(worker, "_GRACE", 0.05)
    monkeypatch.setattr(worker, "_run", lambda *_: gone.wait(patience.seconds()))
    tickets.write(store, Ticket(job, "attempt", "b" * 64, Status("queued")))
    work = ("attempt", "b" * 64, str(tmp_path), 2**30, 2**28, "cpu")
    thread = threading.Thread(target=worker.work, args=(spec.to_json(job), *work))
    thread.start()
    patience.until(lambda: tickets.read(store, job_key(job)).status.state == "running")
    tickets.ask_to_stop(store, job_key(job), "attempt")
    thread.join(patience.seconds())
    assert left == ["cancelled"]


@pytest.mark.parametrize("one", get_args(Job))
def test_every_kind_of_job_has_a_limit_of_time_and_a_function_that_carries_it_out(one):
    function = resolve_name(f"idcore.pipeline.{KINDS[one].run}")
    assert list(signature(function).parameters) == ["job", "store", "budget", "watch"]
    assert get_type_hints(function)["job"] is one and KINDS[one].longest > 0


def test_a_job_that_takes_longer_than_its_kind_may_ends_with_a_sentence_and_goes_on_when_it_is_asked_for_again(
    tmp_path, monkeypatch
):
    store, job, epochs = Store(tmp_path), training(60, epochs=10_000), [0]

    def status():
        ticket = tickets.read(store, job_key(job))
        return Status() if ticket is None else ticket.status

    # Eight days pass as soon as there are more epochs than before.
    clock = SimpleNamespace(**{**vars(time), "monotonic": lambda: 7e5 * (len(status().history) > epochs[-1])})
    monkeypatch.setattr(worker, "time", clock)
    for attempt in ("first", "second"):
        worker.work(spec.to_json(job), attempt, "b" * 64, str(tmp_path), 2**30, 2**28, "cpu")
        assert status().state == "failed"
        assert status().message.startswith("The training took longer than 168 h, the limit for a job of this kind")
        epochs.append(len(status().history))
    assert 0 < epochs[1] < epochs[2] < 10_000 and not store.is_locked(job_key(job))


def test_a_job_deep_in_a_library_ends_with_its_process_when_its_time_is_over(tmp_path, monkeypatch):
    job, gone, said = ReadJob("images", "a" * 64), threading.Event(), []

    def end_process(code):
        said.append(tickets.read(Store(tmp_path), job_key(job)).status)
        gone.set()

    monkeypatch.setattr(worker, "end_process", end_process)
    monkeypatch.setattr(worker, "_GRACE", 0.05)
    monkeypatch.setattr(worker, "_run", lambda *_: gone.wait(patience.seconds()))
    monkeypatch.setitem(vars(kind(job)), "longest", 0.1)
    worker.work(spec.to_json(job), "attempt", "b" * 64, str(tmp_path), 2**30, 2**28, "cpu")
    assert said[0].state == "failed"
    assert said[0].message.startswith("Reading it took longer than 0.1 s, the limit for a job of this kind")


def test_an_attempt_that_has_ended_is_not_run_again(tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "_run", lambda *_: pytest.fail("it ran"))
    store, job = Store(tmp_path), profile()
    ticket = Ticket(job, "attempt", "b" * 64, Status("cancelled", message="Cancelled."))
    tickets.write(store, ticket)
    worker.work(spec.to_json(job), "attempt", "b" * 64, str(tmp_path), 2**30, 2**28, "cpu")
    found = tickets.read(store, job_key(job)).status
    assert replace(found, updated=0.0) == ticket.status
