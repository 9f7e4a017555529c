"""What another user of the same machine, or of a cluster, can do with the workers of an app: nothing. As root these
tests become user 65534 for it; otherwise the intruder is the same user without the key."""

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import yaml

from idcore.store import Store
from tests.tools import patience
from tests.tools.dask_cluster import CONFIG, ROOT, free_port, tls
from tests.tools.intruder import NOBODY

pytestmark = pytest.mark.slow

SURROUNDINGS = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def listening(*pids):
    """(address, port) of all that these processes listen at; paths of sockets that have one."""
    connections = []
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended
            connections += psutil.Process(pid).net_connections("all")
    inet = [tuple(one.laddr) for one in connections if one.status == psutil.CONN_LISTEN]
    return inet + [one.laddr for one in connections if isinstance(one.laddr, str) and one.laddr]


def family(pid):
    return [pid, *(one.pid for one in psutil.Process(pid).children(recursive=True))]


def answered(mode, folder, ports):
    """By port, in which ways somebody was answered."""
    command = [sys.executable, "-m", "tests.tools.intruder", mode, str(folder), *map(str, ports)]
    done = subprocess.run(
        command, capture_output=True, text=True, env=SURROUNDINGS, cwd=ROOT, timeout=patience.seconds()
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


READ = """
import os, sys
os.setgroups([])
os.setgid(int(sys.argv[1]))
os.setuid(int(sys.argv[1]))
for path in sys.argv[2:]:
    try:
        os.close(os.open(path, os.O_RDWR if "/fd/" in path else os.O_RDONLY))
        print(path)
    except OSError:
        pass
"""


def readable(*paths):
    """Those of the files that user 65534 can open; where one cannot become that user, those that are not private."""
    if os.geteuid():
        return [path for path in paths if "/proc/" not in str(path) and Path(path).stat().st_mode & 0o077]
    command = [sys.executable, "-c", READ, str(NOBODY), *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


APP = """
import sys, time
from pathlib import Path
from idcore.jobs import Jobs
from idcore.store import Store
from tests.tools.jobs import finished, profile, settings
jobs = Jobs(Store(sys.argv[1]), settings(Path(sys.argv[1]), workers=1))
assert finished(jobs, jobs.submit(profile(0))).state == "done"
print(*(worker.pid for worker in jobs._cluster.result()._workers.values()), flush=True)
sys.stdin.read()
jobs.close()
"""


def test_the_app_and_its_workers_open_no_port_and_tell_no_other_user_anything(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", APP, tmp_path], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=SURROUNDINGS
    ) as app:
        pids = [app.pid, *map(int, app.stdout.readline().split())]
        assert len(pids) == 2 and listening(*pids) == []
        commands = " ".join(" ".join(psutil.Process(pid).cmdline()) for pid in pids[1:])
        assert not re.search(r"\d+\.\d+\.\d+|://|:\d{3,}|key", commands), commands
        private = [f"/proc/{pid}/{name}" for pid in pids for name in ("environ", "mem", "fd/0", "fd/1")]
        assert readable(*private) == []
        app.stdin.close()
    assert app.returncode == 0


@contextlib.contextmanager
def running(*commands, **environment):
    """Processes with their children, which end with the block."""
    processes = [
        subprocess.Popen(
            command, env={**SURROUNDINGS, **environment}, cwd=ROOT, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )
        for command in commands
    ]  # fmt: skip
    try:
        yield processes
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def attack(pids, key, others):
    """No port of these processes answers who has no key, in no way, and none is open to other machines. key, others:
    folders with the key of the cluster, and with one of somebody else."""
    found = listening(*pids)
    assert found and {address for address, _ in found} == {"127.0.0.1"}
    assert not any(answered("stranger", others, [port for _, port in found]).values())
    welcome = answered("friend", key, [port for _, port in found])
    assert sum(ways == ["key"] for ways in welcome.values()) >= 2, welcome  # so it is asked in the right way
    assert Path(key).stat().st_mode & 0o777 == 0o700
    assert readable(*Path(key).iterdir(), *(f"/proc/{pid}/environ" for pid in pids)) == []


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """A key that somebody else has made for himself."""
    folder = tmp_path_factory.mktemp("others")
    subprocess.run([ROOT / "deploy" / "keys.sh", folder], check=True)
    return folder


def deployments():
    """By name: labels, command and environment of the pods in deploy/kubernetes.yaml, and what may come in."""
    things = list(yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text()))
    pods = {one["metadata"]["name"]: one["spec"]["template"] for one in things if one["kind"] == "Deployment"}
    policies = {one["metadata"]["name"]: one["spec"] for one in things if one["kind"] == "NetworkPolicy"}
    return pods, policies


def test_the_pods_of_kubernetes_answer_nobody_without_the_key(tmp_path, others):
    port, key = str(free_port()), Path(tls()[-1]).parent
    replaced = {"8786": port, "tls://layerscope-scheduler:8786": f"tls://127.0.0.1:{port}", "8788": "0",
                "$(POD_IP)": "127.0.0.1", "/tmp": str(tmp_path)}  # fmt: skip
    commands = []
    for name in ("layerscope-scheduler", "layerscope-worker"):
        program, *words = deployments()[0][name]["spec"]["containers"][0]["command"]
        words = [replaced.get(word, word.replace("/keys", str(key))) for word in words]
        commands.append([str(Path(sys.executable).with_name(program)), *words])
    app = {one["name"]: one.get("value", "") for one in deployments()[0]["layerscope"]["spec"]["containers"][0]["env"]}
    chosen = {**app, "LAYERSCOPE_SCHEDULER": replaced[app["LAYERSCOPE_SCHEDULER"]], "LAYERSCOPE_CACHE": str(tmp_path)}
    chosen = {name: value.replace("/keys", str(key)) for name, value in chosen.items()}
    with running(*commands, DASK_CONFIG=CONFIG) as processes:
        patience.until(lambda: all(listening(*family(one.pid)) for one in processes))
        store = Store(tmp_path / "store")
        measured = subprocess.run(
            [sys.executable, "-m", "idcore", "profile", "--regime=untrained", "--network=mlp", "--data=digits",
             "--n=80"],
            cwd=ROOT, env={**SURROUNDINGS, **chosen, "LAYERSCOPE_CACHE": str(store.root)}, capture_output=True,
        )  # fmt: skip
        assert measured.returncode == 0, measured.stderr
        attack([pid for one in processes for pid in family(one.pid)], key, others)


def test_each_pod_may_be_reached_at_its_port_alone_and_the_scheduler_and_the_workers_by_their_own():
    pods, policies = deployments()
    assert set(policies) == set(pods)
    for name, policy in policies.items():
        assert policy["podSelector"]["matchLabels"] == pods[name]["metadata"]["labels"]
        (rule,) = policy["ingress"]
        (port,) = rule["ports"]
        words = [str(word) for one in pods[name]["spec"]["containers"] for word in one.get("command", ["8501"])]
        assert policy["policyTypes"] == ["Ingress"] and str(port["port"]) in words
        if name != "layerscope":
            sources = {one["podSelector"]["matchLabels"]["app"] for one in rule["from"]}
            assert "layerscope-worker" in sources and sources <= set(pods)


SLURM = {  # as far as the script needs it: one node, on which two tasks run
    "srun": 'while [ "${1#-}" != "$1" ]; do shift; done; trap "kill \\$(jobs -p); wait" TERM; "$@" & "$@" & wait',
    "squeue": 'case "$*" in *" 4711"*) echo 4711;; *) echo "Invalid job id" >&2; exit 1;; esac',
    "hostname": "echo 127.0.0.1",
    "python": f'until [ -e "$GO" ]; do sleep 0.1; done; exec {shlex.quote(sys.executable)} "$@"',
}
SWEEP = (
    'networks = [{name = "mlp", width = 8, depth = 1}]\nregimes = ["untrained"]\n[[data]]\ndataset = "digits"\nn = 80'
)


def test_a_cluster_that_slurm_starts_answers_nobody_without_its_key_and_leaves_nothing_behind(tmp_path, others):
    programs, cache = tmp_path / "bin", tmp_path / "cache"
    for folder in (programs, cache / "cluster.17", cache / "cluster.4711"):  # 17 was killed, 4711 runs
        folder.mkdir(parents=True)
    for name, script in SLURM.items():
        (programs / name).write_text(f"#!/bin/bash\n{script}\n")
        (programs / name).chmod(0o755)
    (programs / "dask").symlink_to(Path(sys.executable).with_name("dask"))
    (tmp_path / "sweep.toml").write_text(SWEEP)
    slurm = {"SLURM_SUBMIT_DIR": str(ROOT), "SLURM_CPUS_PER_TASK": "1", "SLURM_JOB_ID": "18"}
    slurm |= {"LAYERSCOPE_CACHE": str(cache), "PATH": f"{programs}:{os.environ['PATH']}", "GO": str(tmp_path / "go")}
    key = cache / "cluster.18"
    command = ["bash", str(ROOT / "deploy" / "layerscope.sbatch"), str(tmp_path / "sweep.toml")]
    with running(command, **slurm) as (batch,):
        patience.until(lambda: len(list(key.glob("scratch/dask-scratch-space/worker-*"))) >= 2)
        patience.until(lambda: len(listening(*family(batch.pid))) >= 8)  # scheduler, both workers, their nannies
        attack(family(batch.pid), key, others)
        (tmp_path / "go").touch()
        assert batch.wait(patience.seconds()) == 0
    assert {path.name for path in cache.glob("cluster.*")} == {"cluster.4711"}
    assert len(Store(cache).keys("run")) == 1
