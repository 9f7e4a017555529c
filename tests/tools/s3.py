"""An S3-compatible server of the tests' own."""

import contextlib
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from unittest import mock

from tests.tools import patience

BUCKET = "layerscope"
_SERVER = """
import sys
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
run_simple("127.0.0.1", int(sys.argv[1]), DomainDispatcherApplication(create_backend_app), threaded=False)
"""
"""Takes one request at a time: moto looks whether an object is there, and then writes it, so that of two requests that
are only to create it both may come through, which no S3 lets happen."""


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Starts a server with an empty bucket, points this process and its children at it, and gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-c", _SERVER, str(port)]
    credentials = {"AWS_ACCESS_KEY_ID": "anyone", "AWS_SECRET_ACCESS_KEY": "any", "AWS_DEFAULT_REGION": "us-east-1"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with mock.patch.dict(os.environ, {"AWS_ENDPOINT_URL": address, **credentials}):
            _answers(address)
            urllib.request.urlopen(urllib.request.Request(f"{address}/{BUCKET}", method="PUT")).close()
            yield address
    finally:
        process.kill()
        process.wait()


def _answers(address: str) -> None:
    def answers() -> bool:
        try:
            urllib.request.urlopen(address).close()
        except urllib.error.URLError:
            return False
        return True

    patience.until(answers)
