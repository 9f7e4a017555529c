"""What is said of an ID: no two sentences on a page disagree."""

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idcore.estimators.scale import ScalePoint
from idcore.estimators.summary import LayerSummary
from idcore.estimators.verdict import Verdict, verdict
from idcore.ui.result.layer import sentences


def level(points: float, blocks: int, value: float, stderr: float) -> ScalePoint:
    return ScalePoint(points, blocks, value, None if blocks == 1 else stderr * blocks**0.5, stderr)


@pytest.mark.parametrize(
    ("whole", "part", "kind", "words"),
    [
        (level(1000, 1, 5.0, 0.1), level(500, 2, 4.95, 0.1), "plateau", "A plateau at 5.0"),
        (
            level(1000, 1, 5.0, 0.1),
            level(500, 2, 4.5, 0.1),
            "rising",
            "The ID still rises with N .*: 5.0 is a lower bound",
        ),
        (level(1000, 1, 5.0, 0.1), level(500, 2, 5.6, 0.1), "falling", "Falls with N .*-12.0%"),
        (level(1000, 1, 5.0, 0.5), level(500, 2, 4.5, 0.5), "undecided", "too wide"),
        (
            level(1000, 1, 31.5, 0.3),
            level(500, 2, 31.4, 0.1),
            "bound",
            "grows more slowly than that: 31.5 is a lower bound",
        ),
        (level(1000, 1, 5.0, 0.01), level(500, 2, 4.9, 0.01), "plateau", "A plateau"),
        (level(1000, 1, 5.0, 0.1), level(250, 4, 4.0, 0.1), "rising", r"\+10.0% for each doubling"),
    ],
)
def test_the_verdict_says_what_the_levels_show(whole, part, kind, words):
    said = verdict((whole, part), 1000)
    assert said.kind == kind and re.search(words, said.sentence)


def test_one_level_decides_nothing():
    said = verdict((level(50, 1, 5.0, 0.5),), 50)
    assert said.kind == "undecided" and said.change is None


def test_the_size_of_the_bar_is_the_one_that_stands_beside_it():
    said = verdict((level(200, 1, 10.53, 2.19), level(100, 2, 9.9, 2.0)), 200)
    assert "one standard error is 21% of the ID" in said.brief


values = st.floats(0.3, 200, allow_nan=False)
errors = st.floats(0.001, 0.6)


@st.composite
def verdicts(draw) -> tuple[Verdict, str]:
    """Any verdict, with all that a page says beside it."""
    n = draw(st.integers(20, 5000))
    whole = draw(values)
    points = [level(n, 1, whole, whole * draw(errors))]
    for j in range(1, draw(st.integers(1, 5))):
        value = whole * draw(st.floats(0.3, 2.0))
        points.append(level(n / 2**j, 2**j, value, value * draw(errors)))
    said = verdict(points, n)
    row = LayerSummary("layer", 1, 0.5, 9, n, whole, points[0].stderr, 3, 9.0, 0, "",
                       lower_bound=said.lower_bound, reading=said.brief)  # fmt: skip
    return said, " ".join([said.sentence, *sentences(row), ", a lower bound" if row.lower_bound else ""])


PLATEAU = r"[Pp]lateau"
BOUND = r"lower bound|would raise"
RISES = r"[Rr]is(es|ing) with N"
FALLS = r"[Ff]alls with N"
UNDECIDED = r"too wide to tell|[Tt]oo few points to compare"
NONE = r"No change with N"
CONTRADICTORY = [
    *itertools.combinations((PLATEAU, RISES, FALLS, UNDECIDED, NONE), 2),
    (PLATEAU, BOUND),
    (FALLS, BOUND),
    (PLATEAU, r"hide a higher dimension"),
    (FALLS, r"hide a higher dimension|bias"),
    (r"this scale only", BOUND),
]


@settings(max_examples=200, deadline=None)
@given(verdicts())
def test_no_two_sentences_about_an_id_contradict_each_other(told):
    _, page = told
    for one, other in CONTRADICTORY:
        assert not (re.search(one, page) and re.search(other, page)), page


@settings(max_examples=200, deadline=None)
@given(verdicts())
def test_a_lower_bound_is_called_one_in_the_view_of_the_scale_and_beside_the_number(told):
    said, page = told
    if said.lower_bound:
        assert "lower bound" in said.brief and said.kind not in ("plateau", "falling")
    assert "percent" not in page  # how large a bar is, is said by its own number
