"""A worker on another machine, as far as one machine can have another: in a network namespace with an address of its
own, joined to that of the app and the scheduler by a virtual cable that a test can pull out."""

import json
import os
import signal
import subprocess
import sys

import pytest

from idcore import results
from idcore.spec import from_json
from idcore.store import Store
from tests import ROOT
from tests.tools import patience

pytestmark = pytest.mark.slow

CABLE = "ip link add name here type veth peer name there && unshare -n true"


@pytest.fixture(scope="module", autouse=True)
def allowed():
    try:
        tried = subprocess.run(["unshare", "-rn", "sh", "-c", CABLE], capture_output=True, text=True)
    except FileNotFoundError as error:
        pytest.skip(f"Network namespaces need {error.filename}.")
    if tried.returncode:
        pytest.skip(f"Network namespaces are not allowed here: {tried.stderr.strip()}")


APP = """
import contextlib, json, os, subprocess, sys, time
from idcore import spec
from idcore.jobs import Jobs
from idcore.settings import Settings
from idcore.store import Store
from tests.tools.dask_cluster import CONFIG, dask, tls
from tests.tools.jobs import finished, learning, profile, training

HERE, THERE, PORT = "10.77.0.1", "10.77.0.2", "8786"
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
os.environ["DASK_CONFIG"] = CONFIG

def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)

def network(pid):
    return os.readlink(f"/proc/{pid}/ns/net")

def worker(folder):
    command = dask("worker", f"tls://{HERE}:{PORT}", "--host", THERE, "--nthreads", "1", "--no-nanny", "--preload",
                   "idcore.jobs.preload", "--local-directory", folder)
    once = f'read _; ip link set lo up; ip addr add {THERE}/24 dev there; ip link set there up; exec "$@"'
    one = subprocess.Popen(["unshare", "-n", "sh", "-c", once, "sh", *command], stdin=subprocess.PIPE, **QUIET)
    while network(one.pid) == network("self"):
        time.sleep(0.05)
    ip("link", "add", "name", "here", "type", "veth", "peer", "name", "there")
    ip("link", "set", "there", "netns", str(one.pid))
    ip("addr", "add", f"{HERE}/24", "dev", "here")
    ip("link", "set", "here", "up")
    ip("link", "set", "lo", "up")
    one.stdin.write(b"go")
    one.stdin.close()
    return one

def main(root, folder):
    store, told = Store(root), {}
    there = worker(folder)
    subprocess.Popen(dask("scheduler", "--host", HERE, "--port", PORT), **QUIET)
    settings = Settings(cache=store.root, memory=2**28, scheduler=f"tls://{HERE}:{PORT}", tls=tls())
    while True:
        with contextlib.closing(Jobs(store, settings)) as jobs:
            status = finished(jobs, jobs.submit(profile(0)))
            if "does not answer" not in status.message:
                break
    with contextlib.closing(Jobs(store, settings)) as jobs:
        id = jobs.submit(training(0, epochs=60))
        learning(jobs, id)
        told |= {"state": status.state, "message": status.message, "worker": status.process == there.pid}
        told |= {"apart": network(there.pid) != network("self"), "hosts": [one["host"] for one in jobs.workers()]}
        ip("link", "set", "here", "down")
        told["cut"] = finished(jobs, id).state
    told["job"] = spec.to_json(profile(0))
    print(json.dumps(told))

main(*sys.argv[1:])
"""


def test_a_job_runs_on_a_worker_with_an_address_of_its_own_and_ends_though_the_cable_is_pulled(tmp_path):
    command = ["unshare", "-rn", sys.executable, "-c", APP, str(tmp_path / "store"), str(tmp_path)]
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as app:
        try:
            out, err = app.communicate(timeout=patience.seconds())
        finally:
            os.killpg(app.pid, signal.SIGKILL)
    assert app.returncode == 0, err
    told = json.loads(out.splitlines()[-1])
    assert (told["state"], told["worker"], told["apart"], told["hosts"]) == ("done", True, True, ["10.77.0.2"]), told
    assert results.layer(Store(tmp_path / "store"), from_json(told["job"]).request, "output").n == 80
    assert told["cut"] == "done"  # the store, not the cable, says how a job ended
