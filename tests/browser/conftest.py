"""A Layerscope server with a real worker, another whose work is made up, and a real Chromium with one tab: of each one
for all files, since to start them, and to compile the scripts of the app in a new tab, costs as much as many visits.

A file measures what no other does, or leaves open whether it was measured before, and ends with nothing left to do."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import ROOT
from tests.browser import chromium
from tests.tools import patience

HOST = "layerscope.example.org"
"""The name by which Chromium finds this machine behind nginx."""
CURVE = ".st-key-curve-chart:not([data-retained])"
"""The curve. Of a figure whose place another has taken, Streamlit keeps some for a while, unseen."""

_LOGS: dict[str, Path] = {}
"""Of each server that runs, by its address."""


@pytest.fixture(scope="package")
def working():
    """Address of a server with a real worker and an empty store."""
    with serving("serve.py") as address:
        yield address


@pytest.fixture(scope="package")
def faked():
    """Address of a server whose jobs are done at once, with made-up numbers (faked.py): for what a page does."""
    with serving("tests/browser/faked.py") as address:
        yield address


@pytest.fixture(scope="module")
def server(working):
    """Address of the server that `visit` opens pages of. A module may choose another."""
    return working


@contextmanager
def serving(script: str) -> Iterator[str]:
    """Address of a server of a Streamlit script, with an empty store; at the end no error may stand in its log.

    It has one worker: another one begins with 15 s of the processor's time, which the tests need themselves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        cache, log = Path(place, "cache"), Path(place, "log")
        environment = {**os.environ, "LAYERSCOPE_CACHE": str(cache), "LAYERSCOPE_WORKERS": "1", "PYTHONPATH": str(ROOT)}
        with open(log, "w") as file:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=subprocess.STDOUT)
        _LOGS[address] = log
        try:
            _wait(port, process)
            yield address
        finally:
            process.terminate()
            process.wait(patience.seconds())
        assert not _faults(address, 0)


def _faults(address: str, begin: int) -> str:
    """What the log of a server says from a place on, where an error is in it."""
    text = _LOGS[address].read_text()[begin:] if address in _LOGS else ""
    return text if re.search(r"Traceback|was created with a default value", text) else ""


def _wait(port: int, process: subprocess.Popen) -> None:
    def answers() -> bool:
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=patience.seconds()):
                return True
        except OSError:
            return False

    patience.until(answers)


@pytest.fixture(scope="package")
def browser():
    """A Chromium; without one the tests fail (`make test` installs it).

    It ends with this folder: what comes after it in this process must find neither its processes nor its event loop."""
    from playwright.sync_api import sync_playwright

    path, rules = chromium.find(), f"--host-resolver-rules=MAP {HOST} 127.0.0.1"
    if path is None:
        pytest.fail("There is no Chromium: run `make chromium`, or set CHROMIUM=/path/to/it.")
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", rules])
        yield chrome
        chrome.close()


@pytest.fixture(scope="package")
def tab(browser):
    """The tab in which the tests open one page after the other: one that has the scripts of the app compiled needs half
    of the time of a new one."""
    context = browser.new_context()
    context.add_init_script(_STILL)
    return context.new_page()


_STILL = """document.addEventListener("DOMContentLoaded", () => {
  const style = document.createElement("style");
  style.textContent = "*, *::before, *::after { animation: none !important; transition: none !important; }";
  document.head.append(style);
});"""
"""What only moves to pass the time takes half of the processor without a GPU."""


@pytest.fixture
def visit(browser, tab, server):
    """Open a page of the server. The first of a test is opened by a person of whom the server knows nothing, the others
    by the same one in the same tab; with beside, in another tab, or, with stranger, by somebody else in another
    browser, which has to compile everything anew. At the end nothing else may have been asked for, and no error may
    stand in the log of the server."""
    contexts, others, strangers, begin = [], [], [], len(_LOGS[server].read_text()) if server in _LOGS else 0

    def watch(request) -> None:
        if _strange(request.url, server):
            strangers.append(request.url)

    def open_page(path="", width=1440, height=900, scheme="light", beside: bool = False, stranger: bool = False):
        page = tab
        if stranger:
            contexts.append(browser.new_context())
            contexts[-1].add_init_script(_STILL)
            contexts[-1].on("request", watch)
            page = contexts[-1].new_page()
        elif beside:
            page = tab.context.new_page()
            others.append(page)
        page.set_default_timeout(1000 * patience.seconds())
        looks_like(page, width, height, scheme)
        page.goto(f"{server}/{path}")
        return page

    tab.goto("about:blank")
    devtools = tab.context.new_cdp_session(tab)
    devtools.send("Storage.clearDataForOrigin", {"origin": server, "storageTypes": "cookies,local_storage"})
    devtools.detach()
    tab.context.on("request", watch)
    yield open_page
    tab.context.remove_listener("request", watch)
    for page in (*tab.context.pages, *(page for context in contexts for page in context.pages)):
        assert page.get_by_text("Traceback").count() == 0
    for one in (*others, *contexts):
        one.close()
    assert strangers == []
    assert not _faults(server, begin)


def _strange(url: str, server: str) -> bool:
    return not url.startswith((server, server.replace("http", "ws"), "data:", "blob:", "about:"))


def looks_like(page, width: int, height: int, scheme: str) -> None:
    """Make the window of a page one of so many pixels, and its colours light or dark."""
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)


@contextmanager
def claim(words: str) -> Iterator[None]:
    """One of the claims of a visit: what fails below it says which it was."""
    try:
        yield
    except Exception as error:
        error.add_note(f"In this visit it does not hold that {words}.")
        raise


def until(page, true: Callable[[], object]) -> None:
    """Wait until something on the page is true."""
    patience.until(true, pause=lambda: page.wait_for_timeout(100))


def fits_the_width(page) -> None:
    """Wait until nothing on the page stands beyond the right edge of the window."""
    until(page, lambda: page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def at_rest(page) -> None:
    """Wait until the page has sent nothing to the server for 1.5 s; what it sends from then on is counted in
    `window.sent`."""
    page.evaluate("""() => {
      [window.sent, window.sentAt] = [0, performance.now()];
      const send = WebSocket.prototype.send;
      WebSocket.prototype.send = function (...all) {
        [window.sent, window.sentAt] = [window.sent + 1, performance.now()];
        return send.apply(this, all);
      };
    }""")
    until(page, lambda: page.evaluate("performance.now() - window.sentAt > 1500 && (window.sent = 0, true)"))
