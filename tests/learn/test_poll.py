"""A poll keeps what a class answers: one answer of each, within limits, and only to the question that is asked."""

import pytest

from idcore.errors import RequestError
from idcore.learn.poll import IDLE, MOST_ANSWERS, MOST_POLLS, DrawnCurve, Polls, Question, usable

FIRST = Question(4, "Can a layer create dimensions?", ("no", "yes"))
CURVE = DrawnCurve("VGG-16", ("input", "pool1", "output"), 5.0, 20.0)


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def polls(now):
    return Polls(lambda: now[0])


def test_one_answer_of_each_counts_the_last(polls):
    code = polls.open("teacher")
    polls.ask(code, FIRST)
    assert polls.choose(code, 4, "a", 0) and polls.choose(code, 4, "b", 1) and polls.choose(code, 4, "a", 1)
    assert polls.chosen(code, 4) == (0, 2)


def test_a_question_that_is_over_takes_no_answers_and_keeps_those_it_has(polls):
    code = polls.open("teacher")
    assert not polls.choose(code, 4, "a", 0)  # nothing is asked yet
    polls.ask(code, FIRST)
    polls.choose(code, 4, "a", 0)
    polls.ask(code, Question(5, "Next?", ("yes", "no")))
    assert not polls.choose(code, 4, "b", 0) and polls.chosen(code, 4) == (1, 0)


@pytest.mark.parametrize("choice", [2, -1, 0.5, "yes", None])
def test_what_is_no_choice_is_not_counted(polls, choice):
    code = polls.open("teacher")
    polls.ask(code, FIRST)
    assert not polls.choose(code, 4, "a", choice) and polls.chosen(code, 4) == (0, 0)


def test_curves_are_those_of_the_network_that_is_asked_and_stay_on_the_axis(polls):
    code = polls.open("teacher")
    polls.ask(code, FIRST)
    assert not polls.draw(code, "VGG-16", "a", [5.0, 10.0, 1.0])  # nothing is to be drawn
    polls.ask(code, Question(4, FIRST.text, FIRST.choices, CURVE))
    polls.ask(code, FIRST)  # the page is drawn again
    assert polls.question(code).drawing == CURVE
    assert polls.draw(code, "VGG-16", "a", [9.0, 30.0, -1.0]) and not polls.draw(code, "other", "a", [5.0, 1.0, 1.0])
    assert polls.curves(code, "VGG-16") == [(5.0, 20.0, 0.0)]
    for wrong in (None, [1.0], [5.0, "1", 2.0], [5.0, float("nan"), 1.0]):
        assert not polls.draw(code, "VGG-16", "b", wrong)


def test_the_next_step_has_no_curve_to_draw(polls):
    code = polls.open("teacher")
    polls.ask(code, Question(4, FIRST.text, FIRST.choices, CURVE))
    polls.ask(code, Question(5, "Next?", ("yes", "no")))
    assert polls.question(code).drawing is None


def test_answers_and_polls_are_bounded_and_an_idle_poll_makes_room(polls, now):
    codes = {polls.open(f"teacher {i}") for i in range(MOST_POLLS)}
    assert len(codes) == MOST_POLLS
    with pytest.raises(RequestError, match=f"{MOST_POLLS} polls run here"):
        polls.open("one more")
    polls.open("teacher 0")  # in place of its own
    code = polls.open("teacher 1")
    polls.ask(code, FIRST)
    assert all(polls.choose(code, 4, str(i), 0) for i in range(MOST_ANSWERS))
    assert not polls.choose(code, 4, "late", 0) and polls.choose(code, 4, "3", 1)
    assert polls.chosen(code, 4) == (MOST_ANSWERS - 1, 1)
    now[0] = IDLE + 1
    assert polls.open("one more")


def test_only_who_opened_a_poll_leads_and_ends_it(polls):
    code = polls.open("teacher")
    assert polls.leads(code, "teacher") and not polls.leads(code, "pupil") and not polls.leads("ABCDE", "teacher")
    polls.ask(code, FIRST)
    polls.close(code, "pupil")
    assert polls.question(code) == FIRST
    polls.close(code, "teacher")
    assert polls.question(code) is None and polls.chosen(code, 4) == (0, 0) and polls.curves(code, "VGG-16") == []


def test_a_code_is_short_and_has_no_letters_that_are_taken_for_others(polls):
    code = polls.open("teacher")
    assert len(code) == 5 and not set(code) & set("IO01")


@pytest.mark.parametrize(
    "sent",
    [None, "curve", [1.0, 2.0], [1.0, 2.0, "3"], [1.0, 2.0, float("nan")], [1.0, 2.0, float("inf")], [1.0, 2.0, None],
     {"0": 1.0}],
)  # fmt: skip
def test_what_is_no_curve_is_no_guess(sent):
    assert usable(sent, 3, 5.0, 20.0) is None
