"""Tests wait longer where there is more to wait for, and never for ever."""

import os

import pytest

from tests.tools import patience


@pytest.mark.parametrize("load, factor", [(0.1, 1), (4.0, 1), (12.0, 3), (400.0, 10)])
def test_a_limit_grows_with_the_load_per_core_and_with_what_is_asked_for(monkeypatch, load, factor):
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.delenv("LAYERSCOPE_TEST_PATIENCE", raising=False)
    assert patience.seconds(3) == pytest.approx(30 * factor)
    monkeypatch.setenv("LAYERSCOPE_TEST_PATIENCE", "2.5")
    assert patience.seconds(3) == pytest.approx(75 * factor)


def test_a_wait_ends_with_what_it_waited_for_or_with_what_was_seen_instead():
    answers = iter([0, 0, 7])
    assert patience.until(lambda: next(answers), pause=lambda: None) == 7
    with pytest.raises(AssertionError, match="in vain; the limit is 0 s. nothing"):
        patience.until(lambda: False, usual=0, seen=lambda: "nothing")
