"""Faults that have no home in the tests of one module; docs/faults.md lists all of them, with where they are tested."""

import contextlib
import json
import logging
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

import idcore
from idcore import pipeline, results, spec
from idcore.jobs import Jobs, worker
from idcore.jobs import status as tickets
from idcore.jobs.kinds import KINDS
from idcore.jobs.status import Status, Ticket, job_key
from idcore.spec import DataSpec, NetworkSpec, Recipe, Request
from idcore.store import Store
from tests import ROOT
from tests.tools import patience
from tests.tools.dask_cluster import free_port
from tests.tools.jobs import SMALL, Threads, finished, learning, profile, settings, training, until

pytestmark = pytest.mark.slow


def python(script, *arguments, within=(), **options):
    """What a script prints, as JSON; it runs in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [*within, sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=patience.seconds(), **options
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


WRITER = """
import json, os, random, signal, sys, time
import numpy as np
from idcore.settings import Settings
from idcore.store import Store

root, kills = sys.argv[1], 200
keys, chance = [f"{i:x}" * 64 for i in range(8)], random.Random(0)

def content(version):
    return {"x": np.full(40_000, version, np.int64), "y": np.arange(version, version + 9.0)}

def write():
    store, version = Store(root), 0
    while True:
        version += 1
        store.put(keys[version % 8], content(version), {"kind": "layer", "version": version})

served, half = 0, 0
for _ in range(kills):
    child = os.fork()
    if not child:
        write()
    time.sleep(chance.uniform(0.0, 0.03))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    reader = Store(root)
    for key in keys:
        entry = reader.get(key)
        if entry is not None:
            good = content(entry.meta["version"])
            assert set(entry.arrays) == set(good)
            assert all(np.array_equal(entry.arrays[name], good[name]) for name in good), key
            served += 1
    half += sum(1 for _ in reader.root.glob("v1/??/.*.tmp")) > 0
    for path in reader.root.glob("v1/??/.*.tmp"):
        path.unlink()
bad = len(list(Store(root).root.glob("v1/bad/*")))
print(json.dumps({"kills": kills, "served": served, "half": half, "bad": bad}))
"""


def test_two_hundred_kills_of_a_writer_never_leave_an_entry_that_is_wrong(tmp_path):
    found = python(WRITER, tmp_path)
    assert found["kills"] == 200 and found["bad"] == 0
    assert found["served"] > 400 and found["half"] >= 10  # many were killed in the middle of a write


MEASURER = """
import json, os, random, signal, sys, time
from idcore import pipeline, spec
from idcore.settings import Settings
from idcore.store import Store

request, chance = spec.from_json(json.loads(sys.argv[2])), random.Random(1)
run = lambda root: list(pipeline.run(request, "checkpoints", Store(root), memory=2**28, device="cpu"))
pipeline.run  # torch is there before the first fork
cut, longest = 0, 0.4
for _ in range(12):
    child = os.fork()
    if not child:
        run(sys.argv[1])
        os._exit(0)
    time.sleep(chance.uniform(0.0, longest))
    os.kill(child, signal.SIGKILL)
    cut += os.WIFSIGNALED(os.waitpid(child, 0)[1])
child = os.fork()
if not child:
    run(sys.argv[1])
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
print(json.dumps(cut))
"""


def test_a_training_and_measurement_killed_again_and_again_ends_with_the_same_numbers(tmp_path):
    request = Request(DataSpec("digits", n=80), NetworkSpec(SMALL, Recipe("digits", epochs=3)))
    asked = json.dumps(spec.to_json(request))
    assert python(MEASURER, tmp_path / "killed", asked) >= 3
    killed, clean = Store(tmp_path / "killed"), Store(tmp_path / "clean")
    list(pipeline.run(request, "checkpoints", clean, memory=2**28, device="cpu"))
    names = results.run(clean, request).checkpoints
    assert names == results.run(killed, request).checkpoints and len(names) == 3
    for name in names:
        one, other = (store.get(spec.layer_key(request, name)) for store in (killed, clean))
        assert {n: a.tobytes() for n, a in one.arrays.items()} == {n: a.tobytes() for n, a in other.arrays.items()}


FULL = """
import json, sys, warnings
warnings.simplefilter("ignore")
import idcore
from idcore import spec
from idcore.settings import Settings
from idcore.store import Store

request, store = spec.from_json(json.loads(sys.argv[2])), Store(sys.argv[1])
profile = idcore.run(request, store=store)
print(json.dumps({"ids": profile.to_frame()["id"].tolist(), "warnings": list(store.warnings), "keys": store.keys()}))
"""


def limited():
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))


def test_where_no_room_is_left_the_result_is_returned_and_it_is_said_that_it_is_not_kept(tmp_path):
    asked = json.dumps(spec.to_json(profile(0).request))
    full = python(FULL, tmp_path / "full", asked, preexec_fn=limited)
    assert full["warnings"] and all("not kept in the store" in sentence for sentence in full["warnings"])
    assert full["keys"] == [] and not list(tmp_path.rglob("*.tmp"))
    assert full["ids"] == idcore.run(profile(0).request, store=tmp_path / "free").to_frame()["id"].tolist()


def _wipe(folder):
    while True:
        with contextlib.suppress(OSError):  # somebody writes to it
            return shutil.rmtree(folder)


def test_a_store_that_is_wiped_while_a_job_runs_costs_time_and_nothing_else(tmp_path):
    store = Store(tmp_path / "store")
    with contextlib.closing(Jobs(store, settings(store.root, workers=1))) as jobs:
        learning(jobs, jobs.submit(training(0)))
        _wipe(store.root)
        waiting = jobs.submit(profile(0))
        assert jobs.status(waiting).state == "queued"  # its app lives, though the lock that said so was wiped
        jobs.cancel(job_key(training(0)))
        patience.until(lambda: tickets.read(store, job_key(training(0))) or jobs.status(waiting).state != "queued")
        jobs.cancel(job_key(training(0)))
        assert finished(jobs, waiting).state == "done"
    assert results.layer(store, profile(0).request, "output").n == 80


def test_a_clock_that_is_set_back_loses_no_job(tmp_path, monkeypatch):
    store, job, now = Store(tmp_path), profile(0), time.time()
    tickets.write(store, Ticket(job, "attempt", "b" * 64, Status("queued", submitted=now)))
    monkeypatch.setattr(time, "time", lambda: now - 86_400)
    worker.work(spec.to_json(job), "attempt", "b" * 64, str(tmp_path), 2**30, 2**28, "cpu")
    status = tickets.read(store, job_key(job)).status
    assert status.state == "done" and status.updated < status.submitted
    small = Store(tmp_path, limit=1)  # weighs the folder, and removes what it takes for old
    small.put("c" * 64, {}, {})
    assert small.keys() == ["c" * 64]


@pytest.mark.parametrize("jump", [-3600, 3600])
def test_a_clock_that_jumps_while_a_job_runs_ends_no_job_early_and_calls_none_lost(tmp_path, monkeypatch, jump):
    """Also where a job may take minutes only: limits of time are not read from the clock on the wall."""
    store, clock, jumped, run = Store(tmp_path), time.time, threading.Event(), worker._run

    def long(job, *about):
        jumped.wait(patience.seconds())
        time.sleep(5 * store.period)  # so often it is looked at
        run(job, *about)

    monkeypatch.setattr(worker, "_run", long)
    monkeypatch.setattr(time, "time", lambda: clock() + jump * jumped.is_set())
    monkeypatch.setitem(vars(KINDS[spec.ProfileJob]), "longest", patience.seconds())
    with contextlib.closing(Jobs(store, settings(tmp_path), Threads)) as jobs:
        id = jobs.submit(profile(3))
        until(jobs, id, lambda status: status.state == "running")
        jumped.set()
        waiting = jobs.submit(profile(4))
        assert jobs.status(id).state == "running" and jobs.status(waiting).position == 0
        ends = [finished(jobs, one) for one in (id, waiting)]
    assert [(one.state, one.message) for one in ends] == [("done", "")] * 2
    assert [ends[1].submitted <= ends[1].started <= ends[1].updated, jobs.active()] == [True, []]


@pytest.mark.parametrize("change", ["a field", "a kind", "a status"])
def test_what_a_newer_version_wrote_is_left_alone_and_does_not_disturb(tmp_path, change):
    store, job = Store(tmp_path), profile(0)
    request, status = spec.to_json(job), vars(replace(Status("running"), history=[]))
    if change == "a field":
        request["request"]["augmented"] = True
    if change == "a kind":
        request = {"type": "DreamJob", "request": request}
    values = {**status, "mood": "good"} if change == "a status" else status
    values.pop("position", None)
    meta = {"kind": "status", "request": request, "attempt": "x", "owner": "a" * 64, "status": values}
    store.put(job_key(job), {}, meta)
    if change != "a status":
        store.put("d" * 64, {}, {"kind": "run", "request": request, "layers": []})
    with contextlib.closing(Jobs(store, settings(tmp_path, workers=1), lambda chosen: pytest.fail("none"))) as jobs:
        assert jobs.status(job_key(job)).state == "absent" and jobs.active() == []
    assert results.runs(store) == [] and store.meta(job_key(job)) == meta


def test_a_process_whose_gpu_is_lost_reports_it_and_makes_room_for_another(tmp_path, monkeypatch):
    def lose(*_):
        raise RuntimeError("CUDA error: device-side assert triggered")

    ended = []
    monkeypatch.setattr(worker, "_run", lose)
    monkeypatch.setattr(worker, "end_process", ended.append)
    job = profile()
    worker.work(spec.to_json(job), "attempt", "b" * 64, str(tmp_path), 2**30, 2**28, "cuda")
    status = tickets.read(Store(tmp_path), job_key(job)).status
    assert (status.state, ended) == ("failed", [1]) and "CUDA error" in status.message


def test_every_job_leaves_one_line_with_its_key_network_data_seconds_memory_and_outcome(tmp_path, monkeypatch):
    job, lines, log = profile(0), [], logging.getLogger("layerscope.jobs")
    monkeypatch.setattr(log, "handlers", [SimpleNamespace(level=0, handle=lambda one: lines.append(one.getMessage()))])
    monkeypatch.setattr(log, "isEnabledFor", lambda level: True)
    for asked in (job, profile(0, layers=("fc9",))):
        worker.work(spec.to_json(asked), "attempt", "b" * 64, str(tmp_path), 2**30, 2**28, "cpu")
    first, second = lines
    about = rf"job={job_key(job)[:12]} kind=profile network=mlp/untrained data='digits' n=80"
    assert re.fullmatch(about + r" seconds=\d+\.\d\d peak=[1-9]\d+MiB outcome=done", first), first
    assert "outcome=failed message=\"The network has no layer 'fc9'" in second and "\n" not in second


DISK = """
import json, os, subprocess, sys, warnings
import numpy as np
from idcore.settings import Settings
from idcore.store import Store

warnings.simplefilter("ignore")
folder, one = sys.argv[1], {"x": np.arange(5000.0)}
mount = lambda *words: subprocess.run(["mount", *words, folder], check=True)
key = lambda i: f"{i:064x}"
mount("-t", "tmpfs", "-o", "size=300k", "disk")
store = Store(folder)
told = {"kept": 0}
for i in range(12):
    told["kept"] += store.put(key(i), one, {}) is None
    os.utime(store.path(key(i)), (i, i))
told["left"] = [i for i in range(12) if store.get(key(i)) is not None]
huge = {"x": np.zeros(10**5)}
told["once"] = store.compute_once(key(30), lambda: (huge, {})).arrays["x"].tolist() == huge["x"].tolist()
told["half"], told["said"] = len(list(store.root.rglob("*.tmp"))), store.warnings[-1]
told["again"] = store.put(key(20), one, {}) is None
mount("-o", "remount,ro")
shut = Store(folder)
told["read"] = shut.get(key(20)) is not None
with shut.locked(key(1)):
    told["written"] = shut.put(key(0), one, {}) is None
told["locked"], told["shut"] = shut.is_locked(key(1)), shut.warnings[-1]
print(json.dumps(told))
"""


def _mounting(folder):
    """The beginning of a command that may mount a disk of its own."""
    mounting = ["unshare", "-rm"]
    try:
        tried = subprocess.run([*mounting, "mount", "-t", "tmpfs", "disk", str(folder)], capture_output=True, text=True)
    except FileNotFoundError as error:
        pytest.skip(f"Mounting a small disk needs {error.filename}.")
    if tried.returncode:
        pytest.skip(f"Mounting is not allowed here: {tried.stderr.strip()}")
    return mounting


def test_a_disk_that_is_really_full_and_then_really_read_only_keeps_what_was_used_last(tmp_path):
    told = python(DISK, tmp_path, within=_mounting(tmp_path))
    assert told["kept"] == 12 and told["left"] == list(range(12 - len(told["left"]), 12)), told
    assert 4 <= len(told["left"]) < 12 and told["once"] and told["half"] == 0 and told["again"], told
    assert "No space left on device" in told["said"] and "Read-only file system" in told["shut"]
    assert told["read"] and not told["written"] and not told["locked"]


JOBS_ON_A_FULL_DISK = """
import contextlib, json, os, subprocess, sys, time, warnings
from pathlib import Path
from idcore.errors import StoreError
from idcore.jobs import Jobs
from idcore.store import Store
from tests.tools.jobs import finished, learning, profile, settings, training

warnings.simplefilter("ignore")
disk, fill = Path(sys.argv[1]), Path(sys.argv[1], "fill")
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "disk", disk], check=True)
store, told = Store(disk / "store"), {}

def full():  # for half a second: what was being written meanwhile makes room once more as it takes its place
    for _ in range(10):
        with contextlib.suppress(OSError), open(fill, "ab", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        time.sleep(0.05)

with contextlib.closing(Jobs(store, settings(store.root, workers=1))) as jobs:
    id = jobs.submit(training(0, epochs=60))
    learning(jobs, id)
    full()
    status = finished(jobs, id)
    told["ended"] = [status.state, status.message]
    try:
        told["asked"] = finished(jobs, jobs.submit(profile(0))).message
    except StoreError as error:
        told["asked"] = str(error)
    fill.unlink()
    told["again"] = finished(jobs, jobs.submit(training(0, epochs=60))).state

    id = jobs.submit(training(1))
    learning(jobs, id)
    for key in store.keys():  # or these would make room for the word that it is to stop
        if not store.is_locked(key):
            store.delete(key)
    full()
    try:
        jobs.cancel(id)
    except StoreError as error:
        told["told"] = str(error)
    told["goes on"] = jobs.status(id).state
    fill.unlink()
    jobs.cancel(id)
    told["cancelled"] = finished(jobs, id).state
print(json.dumps(told))
"""


def test_a_disk_that_fills_up_while_a_job_runs_ends_it_with_a_sentence_and_it_goes_on_once_there_is_room(tmp_path):
    told = python(JOBS_ON_A_FULL_DISK, tmp_path, within=_mounting(tmp_path))
    assert told["ended"][0] in ("done", "failed") and told["again"] == "done", told
    assert told["ended"][0] == "done" or "Can it write there, and is there room?" in told["ended"][1], told
    room = ("No space left on device", "is there room?")  # at once, or from a job whose worker could not say it
    assert any(word in told["asked"] for word in room) and "\n" not in told["asked"], told
    assert "The job goes on" in told["told"] and "No space left on device" in told["told"], told
    assert (told["goes on"], told["cancelled"]) == ("running", "cancelled"), told


def test_a_worker_without_memory_fails_one_job_clearly_and_does_the_next(tmp_path):
    if not hasattr(resource, "prlimit"):
        pytest.skip("The memory of another process can be limited on Linux alone.")
    store, wide = Store(tmp_path), replace(SMALL, width=4096, depth=8)  # 470 MB of weights
    asked = profile(0)
    large = replace(asked, request=replace(asked.request, network=replace(asked.request.network, architecture=wide)))
    with contextlib.closing(Jobs(store, replace(settings(tmp_path, workers=1), memory=2**32))) as jobs:
        process = finished(jobs, jobs.submit(asked)).process
        used = int(re.search(r"VmSize:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())[1]) * 1024
        resource.prlimit(process, resource.RLIMIT_AS, (used + 2**27,) * 2)
        ends = [finished(jobs, id) for id in [jobs.submit(large), jobs.submit(profile(1))]]
    assert [(one.state, one.message) for one in ends] == [("failed", worker.NO_MEMORY), ("done", "")], ends


HUNGRY = """
import contextlib, json, os, sys
from dataclasses import replace
from pathlib import Path
from idcore.jobs import Jobs
from idcore.store import Store
from tests.tools.jobs import SMALL, finished, profile, settings

folder, limit, usage, procs = map(Path, sys.argv[1:])
procs.write_text(str(os.getpid()))
asked, wide = profile(0), replace(SMALL, width=4096, depth=8)  # 470 MB of weights
large = replace(asked, request=replace(asked.request, network=replace(asked.request.network, architecture=wide)))
with contextlib.closing(Jobs(Store(folder), replace(settings(folder, workers=1), memory=2**32))) as jobs:
    ends = [finished(jobs, jobs.submit(asked))]
    limit.write_text(str(int(usage.read_text()) + 2**28))  # enough for another worker while it starts
    ends += [finished(jobs, id) for id in [jobs.submit(large), jobs.submit(profile(1))]]
print(json.dumps([(one.state, one.message) for one in ends]))
"""
GROUPS = (
    ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
    ("/sys/fs/cgroup", "memory.max", "memory.current"),
)


def _remove(group):
    """A control group can be removed once the last process in it is buried."""
    for _ in range(600):
        with contextlib.suppress(OSError):
            return group.rmdir()
        time.sleep(0.1)


@pytest.fixture
def memory_group():
    """Files of a control group of its own: the limit of its memory, what it uses, the processes in it."""
    for parent, *names in GROUPS:
        group = Path(parent, f"layerscope-{os.getpid()}")
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            files = [group / name for name in (*names, "cgroup.procs")]
            enter = ["sh", "-c", f"echo $$ > {files[-1]}"]
            if all(file.exists() for file in files) and not subprocess.run(enter, capture_output=True).returncode:
                yield files
                return
        finally:
            _remove(group)
    pytest.skip("No control group for memory can be made here.")


def test_the_system_ends_a_worker_for_want_of_memory_and_the_queue_goes_on(tmp_path, memory_group):
    """A real one: the kernel kills the largest process of a control group that has no memory left, here twice."""
    first, large, next = python(HUNGRY, tmp_path, *memory_group)
    assert first == ["done", ""] and next == ["done", ""]
    assert large[0] == "failed" and "lost its worker process twice, perhaps for want of memory" in large[1]


@pytest.mark.parametrize("field", ["layers", "class_names", "versions", "seconds", "request", "estimate"])
def test_what_an_older_version_wrote_in_another_way_is_read_or_measured_again(tmp_path, field):
    store, request = Store(tmp_path), profile(0).request
    measure = lambda: list(pipeline.run(request, "checkpoints", store, memory=2**28, device="cpu"))  # noqa: E731
    measure()
    key = spec.run_key(request)
    entry = store.get(key)
    store.put(key, entry.arrays, {name: value for name, value in entry.meta.items() if name != field})
    assert (results.run(store, request) is None) == (field != "estimate") == (results.runs(store) == [])
    measure()
    assert results.run(store, request).labels.tolist() == entry.arrays["labels"].tolist()
    assert len(results.runs(store)) == 1


def test_another_version_of_the_measurement_finds_nothing_of_the_first(tmp_path):
    store, request = Store(tmp_path), profile(0).request
    list(pipeline.run(request, "checkpoints", store, memory=2**28, device="cpu"))
    later = spec.from_json({**spec.to_json(request), "algorithm": spec.ALGORITHM + 1})
    assert results.run(store, request) is not None and results.run(store, later) is None


@pytest.mark.parametrize("moment", ["before the page is there", "while workers start"])
def test_ctrl_c_ends_the_app_and_its_workers_and_prints_no_traceback(tmp_path, moment):
    port, log = str(free_port()), tmp_path / "log"
    # -o: this environment will do
    command = ["make", "-o", ".venv/run.stamp", "run", f"PORT={port}", f"BIN={Path(sys.executable).parent}"]
    environment = {**os.environ, "LAYERSCOPE_CACHE": str(tmp_path / "store"), "OMP_NUM_THREADS": "1"}
    with open(log, "w") as file, subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=file, stderr=file, start_new_session=True
    ) as run:  # fmt: skip
        family = lambda: psutil.Process(run.pid).children(recursive=True)  # noqa: E731
        workers = lambda: [one for one in family() if "idcore.jobs.process" in one.cmdline()]  # noqa: E731
        try:
            if moment == "while workers start":
                patience.until(workers)  # of which nobody need ask anything yet
            else:
                patience.until(lambda: any("run" in one.cmdline() for one in family()))
                time.sleep(0.7)  # in the middle of the imports
            all_of_them = family()
            os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to the group in the foreground
            run.wait(patience.seconds())
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)
    assert all_of_them and not psutil.wait_procs(all_of_them, timeout=patience.seconds())[1]
    assert "Traceback" not in log.read_text() and "KeyboardInterrupt" not in log.read_text()
