"""The same jobs on a cluster that is there already: a real scheduler and real workers, as processes of their own."""

import contextlib
import json
import os
import signal
import socket

import dask
import pytest

from idcore import results
from idcore import settings as place
from idcore.errors import JobError, RequestError
from idcore.jobs import Jobs, worker
from idcore.jobs.remote import Remote
from idcore.jobs.status import job_key
from idcore.settings import Settings
from idcore.spec import (
    ALGORITHM,
    DataSpec,
    NetworkSpec,
    ProbeJob,
    ProfileJob,
    Recipe,
    Request,
    to_json,
)
from idcore.store import Store
from tests.tools import patience
from tests.tools.cut import Proxy
from tests.tools.dask_cluster import A_DAY, end, free_port, listens, scheduler, there, tls, workers
from tests.tools.jobs import SMALL, Threads, finished, learning, profile, training

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def port():
    return free_port()


@pytest.fixture(scope="module")
def cluster(port, tmp_path_factory):
    """The processes of a scheduler and two workers, which a test may end and replace."""
    folder = tmp_path_factory.mktemp("workers")
    processes = [scheduler(port), *workers(port, folder)]
    patience.until(lambda: listens(port))
    yield processes, folder
    end(*processes)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def jobs(port, cluster, store):
    with contextlib.closing(Jobs(store, there(store, port))) as jobs:
        yield jobs


def test_a_job_runs_on_the_workers_of_a_scheduler_that_was_there(jobs, cluster, store):
    asked = [profile(0), profile(1)]
    ends = [finished(jobs, id) for id in [jobs.submit(job) for job in asked]]
    assert [status.state for status in ends] == ["done", "done"], ends
    assert {status.process for status in ends} <= {process.pid for process in cluster[0][1:]}
    assert all(results.layer(store, job.request, "output").n == 80 for job in asked)
    told = jobs.workers()
    assert len(told) == 2 and {one["threads"] for one in told} == {1} and all(one["memory"] > 0 for one in told)


def test_a_worker_that_does_not_see_the_store_is_named_in_one_sentence(jobs, tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "_LATE", 0.1)
    arguments = (to_json(profile(0)), "a" * 32, "b" * 64, str(tmp_path / "elsewhere"), 2**30, 2**28, "cpu")
    with pytest.raises(JobError, match=f"The worker on {socket.gethostname()} does not see the store .* both share"):
        worker.visit(*arguments, algorithm=ALGORITHM)
    assert not (tmp_path / "elsewhere").exists()
    with pytest.raises(JobError, match=f"has version {ALGORITHM} of the measurement, the app {ALGORITHM + 1}"):
        worker.visit(*arguments, algorithm=ALGORITHM + 1)


class Misplaced(Remote):
    """As if the folder of the store were not shared with the workers."""

    def begin(self, job, attempt, owner, root, *more):
        return super().begin(job, attempt, owner, f"{root}-elsewhere", *more)


def test_a_job_on_a_worker_that_does_not_see_the_store_fails_with_that_sentence(cluster, port, tmp_path):
    with contextlib.closing(Jobs(Store(tmp_path), there(Store(tmp_path), port), Misplaced)) as jobs:
        status = finished(jobs, jobs.submit(profile(0)))
    assert status.state == "failed" and f"does not see the store of the app at {tmp_path}-elsewhere" in status.message


def test_cancelling_stops_a_job_on_the_cluster(jobs):
    id = jobs.submit(training(5))
    learning(jobs, id)
    jobs.cancel(id)
    assert finished(jobs, id).state == "cancelled"


def test_a_killed_worker_of_the_cluster_costs_no_result(jobs):
    id = jobs.submit(training(6, epochs=60))
    first = learning(jobs, id)
    os.kill(first.process, signal.SIGKILL)
    status = finished(jobs, id)
    assert status.state == "done" and status.process != first.process, status


def test_the_whole_pipeline_runs_on_a_plain_executor_in_this_process(tmp_path):
    store = Store(tmp_path)
    network = NetworkSpec(SMALL, Recipe("digits", epochs=2))
    request = Request(DataSpec("digits", n=80), network)
    asked = [ProfileJob(request), ProbeJob(request, ("d1",))]
    with contextlib.closing(Jobs(store, Settings(cache=tmp_path, memory=2**28), Threads)) as jobs:
        for job in asked:
            status = finished(jobs, jobs.submit(job))
            assert (status.state, status.process) == ("done", os.getpid()), status
    assert len(results.training(store, network).history) == 2
    assert results.layer(store, request, "output").n == 80
    assert results.probe(store, request, "d1") is not None


@pytest.mark.parametrize("wrong", ["host:8786", "http://host:8786", "tls://host", "tls://", "tls://host:1/x"])
def test_a_scheduler_that_is_no_address_is_refused_in_a_sentence(wrong):
    with pytest.raises(RequestError, match="LAYERSCOPE_SCHEDULER must be an address such as tls://"):
        place.settings({"LAYERSCOPE_SCHEDULER": wrong})


def test_a_scheduler_without_a_key_is_refused_unless_it_is_said_that_its_network_is_nobody_elses():
    plain = {"LAYERSCOPE_SCHEDULER": "tcp://host:8786"}
    with pytest.raises(RequestError, match="tcp://host:8786 has no key: whoever reaches the port .* runs programs"):
        place.settings(plain)
    assert place.settings({**plain, "LAYERSCOPE_WITHOUT_TLS": "yes"}).tls is None
    with pytest.raises(RequestError, match="LAYERSCOPE_WITHOUT_TLS must be yes or no, not 'perhaps'"):
        place.settings({**plain, "LAYERSCOPE_WITHOUT_TLS": "perhaps"})


@pytest.mark.parametrize("scheduler", ["tls://host:8786", "scheduler.json"])
def test_a_scheduler_needs_three_files(tmp_path, scheduler):
    names = ("CA", "CERT", "KEY")
    files = {f"LAYERSCOPE_TLS_{name}": str(tmp_path / name) for name in names}
    environment = {"LAYERSCOPE_SCHEDULER": scheduler, "LAYERSCOPE_WITHOUT_TLS": "no", **files}
    for name in names:
        with pytest.raises(RequestError, match=f"LAYERSCOPE_TLS_{name} must name a file"):
            place.settings(environment)
        (tmp_path / name).touch()
    assert place.settings(environment).tls == tuple(files.values())


def test_a_scheduler_file_names_the_address(tmp_path, port, cluster):
    file = tmp_path / "scheduler.json"
    chosen = Settings(cache=tmp_path, scheduler=str(file), tls=tls())
    there = Remote(chosen)
    with pytest.raises(JobError, match="does not answer"):
        there.begin()
    assert there.workers() == []
    file.write_text(json.dumps({"address": f"tcp://127.0.0.1:{port}"}))
    with pytest.raises(JobError, match=f"has no key: it listens at tcp://127.0.0.1:{port}"):
        Remote(chosen).begin()
    file.write_text(json.dumps({"address": f"tls://127.0.0.1:{port}"}))
    with contextlib.closing(Remote(chosen)) as there:
        assert there._executor().submit(sum, [1, 2]).result(patience.seconds()) == 3


def test_a_cut_network_to_the_scheduler_hides_no_result_holds_up_no_page_and_loses_no_job(cluster, port, tmp_path):
    store = Store(tmp_path)
    with (
        contextlib.closing(Proxy(port)) as proxy,
        dask.config.set(A_DAY),
        contextlib.closing(Jobs(store, there(store, proxy.port))) as jobs,
    ):
        id = job_key(profile(2))
        patience.until(lambda: "does not answer" not in finished(jobs, jobs.submit(profile(2))).message)
        running = jobs.submit(training(1, epochs=100))
        learning(jobs, running)
        proxy.open.clear()

        assert finished(jobs, running).state == "done"  # told through the store
        waiting, dropped = jobs.submit(profile(0)), jobs.submit(profile(1))
        jobs.cancel(dropped)
        assert jobs.workers() == []
        assert (jobs.status(waiting).state, jobs.status(dropped).state) == ("queued", "cancelled")
        assert jobs.status(id).state == "done"

        proxy.open.set()
        assert finished(jobs, waiting).state == "done" and jobs.status(dropped).state == "cancelled"
        assert results.layer(store, profile(0).request, "output").n == 80
        assert results.run(store, profile(1).request) is None


# distributed may leave the socket of a connection that broke while it was made to the collector of garbage
@pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
def test_when_the_scheduler_is_killed_it_is_said_and_the_app_goes_on_once_it_is_back(jobs, cluster, port, store):
    processes, folder = cluster
    job = training(7)
    id = jobs.submit(job)
    learning(jobs, id)
    end(*processes)
    status = finished(jobs, id)
    assert status.state == "failed"
    assert status.message.startswith(f"The connection to the scheduler tls://127.0.0.1:{port} was lost.")

    with dask.config.set(A_DAY):
        status = finished(jobs, jobs.submit(profile(3)))
        assert status.state == "failed" and f"scheduler tls://127.0.0.1:{port} does not answer" in status.message
        assert jobs.workers() == []

    processes[:] = [scheduler(port), *workers(port, folder, 1)]
    again = lambda: finished(jobs, jobs.submit(profile(3)))  # noqa: E731
    patience.until(lambda: again().state == "done", seen=again)
    assert results.layer(store, profile(3).request, "output") is not None
