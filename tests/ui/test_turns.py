"""Pages are drawn a few at a time, none that hangs holds up the others, and a chart that was asked for leads."""

import threading

import pytest

from idcore.ui.kit import charts, turns
from tests.tools import patience


@pytest.fixture
def drawing(monkeypatch):
    """Draw a page in a thread of its own until it is told to end; how many are being drawn."""
    monkeypatch.setattr(turns, "_slots", threading.BoundedSemaphore(1))
    at_work, threads, ends = [], [], []

    def draw(paused: threading.Event | None = None) -> threading.Event:
        end = threading.Event()
        ends.append(end)

        def page():
            with turns.turn():
                if paused is not None:
                    turns._leave()
                    paused.wait()
                at_work.append(end)
                end.wait()
                at_work.remove(end)

        threads.append(threading.Thread(target=page))
        threads[-1].start()
        return end

    yield draw, at_work
    for end in ends:
        end.set()
    for thread in threads:
        thread.join()


def test_a_page_waits_until_another_is_drawn(drawing):
    draw, at_work = drawing
    first = draw()
    patience.until(lambda: at_work == [first])
    second = draw()
    assert not turns._slots.acquire(blocking=False) and at_work == [first]
    first.set()
    patience.until(lambda: at_work == [second])


def test_a_page_that_hangs_is_waited_for_only_so_long(drawing, monkeypatch):
    monkeypatch.setattr(turns, "PATIENCE", 0.01)
    draw, at_work = drawing
    draw(), draw()
    patience.until(lambda: len(at_work) == 2)


def test_whoever_has_no_turn_takes_none_by_a_pause_and_a_part_of_a_page_has_that_of_the_page(drawing):
    def left() -> int:
        return turns._slots._value

    turns.pause(0)
    assert left() == 1
    with turns.turn(), turns.turn():
        assert left() == 0
        turns.pause(0)
        assert left() == 0
    assert left() == 1


def test_others_are_drawn_while_a_page_pauses_and_each_slot_is_given_back_once(drawing):
    draw, at_work = drawing
    paused = threading.Event()
    first = draw(paused)
    second = draw()
    patience.until(lambda: at_work == [second])
    paused.set()
    patience.until(lambda: set(at_work) == {first, second})
    first.set(), second.set()
    patience.until(lambda: not at_work)
    assert turns._slots.acquire(blocking=False)
    turns._slots.release()


def test_a_chart_leads_where_it_is_about_something_else_than_before(monkeypatch):
    pauses = []
    monkeypatch.setattr(charts.st, "session_state", {})
    monkeypatch.setattr(charts.runtime, "exists", lambda: True)
    monkeypatch.setattr(turns, "pause", pauses.append)
    for about, led in [("conv1", 0), ("conv1", 0), ("conv2", 1), ("conv2", 1), ("conv1", 2)]:
        charts.lead(about)
        assert len(pauses) == led
