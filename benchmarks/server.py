"""A Layerscope of its own on 127.0.0.1 for the benchmarks with many sessions, and what its processes hold."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Server:
    """address: http://127.0.0.1:PORT. process: the web process. log: where it and its workers write."""

    address: str
    process: psutil.Process
    log: Path

    def rss(self) -> float:
        """MiB of the web process."""
        return float(self.process.memory_info().rss / 2**20)

    def workers_rss(self) -> float:
        """MiB of its worker processes; one that ends at this moment does not count."""
        total = 0
        for one in self.process.children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # nor does one that has ended and is not yet buried
                total += one.memory_info().rss if "idcore.jobs.process" in one.cmdline() else 0
        return total / 2**20


@contextmanager
def serving(
    folder: Path, *options: str, script: str = "serve.py", root: Path = ROOT, **environment: str
) -> Iterator[Server]:
    """A server with an empty store in `folder`; it and its workers have gone afterwards. options: of Streamlit. root:
    of the clone that is run."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port), *options]
    surroundings = {**os.environ, "LAYERSCOPE_CACHE": str(folder / "store"), "PYTHONPATH": str(root), **environment}
    log = folder / "log.txt"
    with open(log, "w") as file, subprocess.Popen(
        command, cwd=root, env=surroundings, stdout=file, stderr=subprocess.STDOUT
    ) as process:  # fmt: skip
        try:
            _wait(process, port, log, options)
            yield Server(f"http://127.0.0.1:{port}", psutil.Process(process.pid), log)
        finally:
            process.terminate()
            process.wait(30)


def _wait(process: subprocess.Popen, port: int, log: Path, options: tuple[str, ...]) -> None:
    prefix = next((one.partition("=")[2] + "/" for one in options if one.startswith("--server.baseUrlPath=")), "")
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"The server ended: {log.read_text()}")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/{prefix}_stcore/health", timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"The server did not start: {log.read_text()}")
