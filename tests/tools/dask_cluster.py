"""A Dask scheduler and workers as processes of their own, with a key, for tests and benchmarks."""

import atexit
import contextlib
import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from idcore.settings import Settings
from tests import ROOT

CONFIG = str(ROOT / "deploy" / "dask.yaml")
A_DAY = {"distributed.comm.timeouts.connect": "24h"}
"""How long Dask itself may wait for who does not answer; an app that answers sooner has a limit of its own."""
DASK = [
    sys.executable,
    "-c",
    "import sys; from distributed.cli import dask_{0} as one; sys.argv[0] = '{0}'; one.main()",
]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def listens(port):
    """Whether somebody takes connections there."""
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


@functools.cache
def tls():
    """Files of the authority, the certificate and its key, one of each for this process."""
    folder = Path(tempfile.mkdtemp(prefix="layerscope-keys-"))
    atexit.register(shutil.rmtree, folder)
    subprocess.run([ROOT / "deploy" / "keys.sh", folder], check=True)
    return str(folder / "cert.pem"), str(folder / "cert.pem"), str(folder / "key.pem")


def dask(what, *arguments):
    """A command line of Dask with our key."""
    keys = [word for pair in zip(("--tls-ca-file", "--tls-cert", "--tls-key"), tls(), strict=True) for word in pair]
    quiet = ["--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
    return [part.format(what) for part in DASK] + [*arguments, *quiet, *keys]


def start(what, *arguments):
    command = dask(what, *arguments)
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "DASK_CONFIG": CONFIG}
    return subprocess.Popen(
        command, env=surroundings, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def scheduler(port):
    return start("scheduler", "--host", "127.0.0.1", "--port", str(port))


def workers(port, folder, count=2):
    return [
        start("worker", f"tls://127.0.0.1:{port}", "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--preload",
              "idcore.jobs.preload", "--local-directory", str(folder))
        for _ in range(count)
    ]  # fmt: skip


def end(*processes):
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def there(store, port):
    """The settings of an app on that cluster."""
    return Settings(cache=store.root, memory=2**28, scheduler=f"tls://127.0.0.1:{port}", tls=tls())
