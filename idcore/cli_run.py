"""`python -m idcore run`, the dashboard, and `open`, which shows a result in it."""

import argparse
import json
import os
import signal
import threading
import time
import urllib.request
import webbrowser
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlencode

from idcore import results, spec
from idcore.cli_output import say, write
from idcore.command import COMMENT, command_line
from idcore.errors import RequestError
from idcore.settings import settings
from idcore.spec import Request
from idcore.store import Store, shared

_LOOK = 0.2  # seconds between two looks at whether the dashboard is there
_DIGITS = 6  # of the key of a result


def arguments_of_run(parser: argparse.ArgumentParser) -> None:
    """Where the dashboard is."""
    parser.add_argument("--host", default="127.0.0.1", help="the address it listens on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8501, help="its port (default: %(default)s)")


def arguments_of_open(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "result", help="a line of `list results` in quotes, a JSON file of results, or the first digits of its key"
    )
    arguments_of_run(parser)


def run(arguments: argparse.Namespace) -> None:
    """The dashboard, in this process, until it is stopped. Raises RequestError."""
    say(f"Layerscope: {_address(arguments)}   (stop with Ctrl-C)")
    # Until Streamlit has a handler of its own, Ctrl-C ends the process without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if arguments.cache:
        os.environ["LAYERSCOPE_CACHE"] = arguments.cache

    from streamlit.web import cli  # a second

    # The rest of its settings lies beside the script, in .streamlit, and holds in whatever folder this was started.
    cli.main(
        ["run", str(_dashboard() / "serve.py"), f"--server.address={arguments.host}",
         f"--browser.serverAddress={arguments.host}", f"--server.port={arguments.port}"]
    )  # fmt: skip


def open_result(arguments: argparse.Namespace) -> None:
    """Open a result in the browser; the dashboard is started where none answers. Raises RequestError."""
    chosen = settings()
    store = shared(str(arguments.cache or chosen.cache), chosen.store_limit)
    keys = [("results", spec.run_key(request)[:12]) for request in requested(arguments.result, store)]
    address = f"{_address(arguments)}/compare?{urlencode([('set', 'results'), *keys])}"
    write(address)
    if _answers(arguments):
        webbrowser.open(address)
        return
    threading.Thread(target=_open_later, args=(address, arguments), daemon=True).start()
    run(arguments)


def _dashboard() -> Path:
    """Where serve.py and what it serves lie: in the package where it is installed, else at the top of the clone."""
    package = Path(__file__).parent
    return package / "dashboard" if (package / "dashboard").is_dir() else package.parent


def requested(result: str, store: Store) -> list[Request]:
    """What a result is a result of: a JSON file that was exported, a line of `list results`, or digits of its key."""
    runs = {run.request: spec.run_key(run.request) for run in results.runs(store)}
    if os.path.isfile(result):  # a line of the list may be too long for a name
        requests = _exported(Path(result))
    else:
        result = result.partition(COMMENT)[0]
        digits = result.removeprefix("#").lower()
        by_key = len(digits) >= _DIGITS
        requests = [r for r, key in runs.items() if command_line(r) == result or (by_key and key.startswith(digits))]
    absent = [command_line(request) for request in requests if request not in runs]
    if absent:
        raise RequestError(f"A result of {result} is not in the store ({store.root}). This measures it: {absent[0]}")
    if not requests:
        raise RequestError(
            f"There is no result {result!r} in the store ({store.root}): give a line of `list results` in quotes, a "
            f"JSON file of results, or the first {_DIGITS} or more digits of a result's key."
        )
    return requests


def _exported(file: Path) -> list[Request]:
    """The requests in what `profile --format json` wrote, or a page exported. Raises RequestError."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        written = [one["request"] for one in content.get("results", [content])]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        written = []
    requests = [spec.from_json(one) for one in written]
    if not requests or not all(isinstance(request, Request) for request in requests):
        raise RequestError(
            f"{file} holds no results: give a file that `profile --format json` wrote, or a page exported as JSON."
        )
    return requests


def _address(arguments: argparse.Namespace) -> str:
    """Of the dashboard. Raises RequestError."""
    if not 1 <= arguments.port <= 65_535:
        raise RequestError(f"--port must be a whole number from 1 to 65,535, not {arguments.port}.")
    host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
    return f"http://{host}:{arguments.port}"


def _answers(arguments: argparse.Namespace) -> bool:
    here = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with here.open(f"{_address(arguments)}/_stcore/health", timeout=5) as answer:
            return bool(answer.read() == b"ok")
    except (OSError, HTTPException):  # nobody listens, or somebody who is no web server
        return False


def _open_later(address: str, arguments: argparse.Namespace) -> None:
    while not _answers(arguments):
        time.sleep(_LOOK)
    webbrowser.open(address)
