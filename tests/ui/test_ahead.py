"""A server gets ready for its first visitor beside what it does, and whatever its settings are."""

import asyncio
import threading

import pytest

from idcore.errors import RequestError
from idcore.ui import ahead
from idcore.ui.kit import state


def test_a_server_serves_while_it_gets_ready_and_ends_after_that(monkeypatch):
    begun, go, done = threading.Event(), threading.Event(), threading.Event()

    def get_ready():
        begun.set()
        go.wait()
        done.set()

    async def live():
        async with ahead.ahead(None):
            await asyncio.to_thread(begun.wait)
            assert not done.is_set()
            go.set()
        assert done.is_set()

    monkeypatch.setattr(ahead, "get_ready", get_ready)
    asyncio.run(live())


def test_the_workers_are_asked_for_and_what_cannot_be_is_left_to_the_pages(monkeypatch):
    asked = []
    monkeypatch.setattr(state, "jobs", lambda: asked.append("jobs"))
    ahead.get_ready()
    assert asked == ["jobs"]
    monkeypatch.undo()
    monkeypatch.setattr("idcore.jobs.client._singleton", None)
    monkeypatch.setenv("LAYERSCOPE_WORKERS", "none")
    with pytest.raises(RequestError):
        state.jobs()
    ahead.get_ready()
