"""Many sessions at once, each with the protocol of a browser. `python -m benchmarks.sessions` is the same with 100."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.server import serving
from benchmarks.sessions import crowd
from tests.tools import patience

pytestmark = pytest.mark.slow


def test_six_sessions_at_once_all_get_their_curve_and_the_same_request_is_computed_once(tmp_path):
    # A thread of its own: the browser of the other tests has an event loop in this one.
    with serving(tmp_path, LAYERSCOPE_WORKERS="1") as server, ThreadPoolExecutor(1) as thread:
        outcome = thread.submit(asyncio.run, crowd(server, sessions=6, jobs=2, seconds=patience.seconds())).result()
    assert outcome.errors == ()
    assert outcome.computed == 3  # the default view, and two requests of their own
    assert outcome.received > 0.1
