"""Whom a long piece of work tells how far it is, and whom it asks whether to go on."""

from types import SimpleNamespace

import pytest

from idcore import watch
from idcore.errors import Cancelled
from idcore.watch import HEARTBEAT, UNWATCHED, Progress, Watch


def test_a_report_is_told_whole_and_of_what_nobody_follows_nothing_is():
    told = []
    Watch(told.append).report("measuring", "Measuring d1.", 1, 4, "d1")
    assert told == [Progress("measuring", "Measuring d1.", 1, 4, layer="d1")]
    UNWATCHED.report("measuring", "Measuring d1.")


def test_what_is_not_wanted_any_more_stops_at_its_next_report_and_says_nothing():
    told = []
    for one in (unwanted := Watch(told.append, lambda: True), unwanted.heartbeat()):
        with pytest.raises(Cancelled):
            one.report("reading", "Reading.")
    assert told == []


def test_of_what_goes_on_all_the_time_the_first_report_is_told_and_then_one_in_a_while_and_all_are_asked(monkeypatch):
    now, told, asked = [100.0], [], []
    monkeypatch.setattr(watch, "time", SimpleNamespace(monotonic=lambda: now[0]))
    pulse = Watch(told.append, lambda: bool(asked.append(1))).heartbeat()
    for i in range(10):
        pulse.report("reading", f"Reading images: {i}", i)
        now[0] += 0.3 * HEARTBEAT
    assert [progress.done for progress in told] == [0, 4, 8] and len(asked) == 10
