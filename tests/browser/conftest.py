"""A Layerscope server of its own, with a real worker and an empty store, and a real Chromium."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests import ROOT
from tests.browser import chromium
from tests.tools import patience


@pytest.fixture(scope="module")
def server():
    """Address of a server that nobody has visited yet."""
    with serving("serve.py") as address:
        yield address


@contextmanager
def serving(script: str) -> Iterator[str]:
    """Address of a server of a Streamlit script, with an empty store; at the end no error may stand in its log.

    It has one worker: another one begins with 15 s of the processor's time, which the tests need themselves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as cache, tempfile.TemporaryFile("w+") as log:
        environment = {**os.environ, "LAYERSCOPE_CACHE": cache, "LAYERSCOPE_WORKERS": "1", "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(patience.seconds())
        log.seek(0)
        text = log.read()
    assert not re.search(r"Traceback|was created with a default value", text), text


def _wait(port: int, process: subprocess.Popen) -> None:
    def answers() -> bool:
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=patience.seconds()):
                return True
        except OSError:
            return False

    patience.until(answers)


@pytest.fixture(scope="module")
def browser():
    """A Chromium; without one the tests fail (`make test` installs it).

    It ends with the module: what comes after it in this process must find neither its processes nor its event loop."""
    from playwright.sync_api import sync_playwright

    path = chromium.find()
    if path is None:
        pytest.fail("There is no Chromium: run `make chromium`, or set CHROMIUM=/path/to/it.")
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chrome
        chrome.close()


_STILL = """document.addEventListener("DOMContentLoaded", () => {
  const style = document.createElement("style");
  style.textContent = "*, *::before, *::after { animation: none !important; transition: none !important; }";
  document.head.append(style);
});"""
"""What only moves to pass the time takes half of the processor without a GPU."""


@pytest.fixture
def visit(browser, server):
    """Open a page of the server in a context of its own; at the end nothing else may have been asked for."""
    contexts, strangers = [], []

    def open_page(path: str = "", width: int = 1440, height: int = 900, scheme: str = "light"):
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        context.add_init_script(_STILL)
        page = context.new_page()
        page.set_default_timeout(1000 * patience.seconds())
        page.on("request", lambda request: strangers.append(request.url) if _strange(request.url, server) else None)
        page.goto(f"{server}/{path}")
        return page

    yield open_page
    for context in contexts:
        for page in context.pages:
            assert page.get_by_text("Traceback").count() == 0
        context.close()
    assert strangers == []


def _strange(url: str, server: str) -> bool:
    return not url.startswith((server, server.replace("http", "ws"), "data:", "blob:"))


def until(page, true: Callable[[], object]) -> None:
    """Wait until something on the page is true."""
    patience.until(true, pause=lambda: page.wait_for_timeout(100))


def at_rest(page) -> None:
    """Wait until the page has sent nothing to the server for 1.5 s; what it sends from then on is counted in
    `window.sent`."""
    page.evaluate("""() => {
      window.sent = 0;
      const send = WebSocket.prototype.send;
      WebSocket.prototype.send = function (...all) { window.sent += 1; return send.apply(this, all); };
    }""")

    def quiet() -> bool:
        page.evaluate("window.sent = 0")
        page.wait_for_timeout(1500)
        return bool(page.evaluate("window.sent == 0"))

    patience.until(quiet)
