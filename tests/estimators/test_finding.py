"""One sentence on what a curve of the ID does, which claims nothing that the error bars do not allow."""

import pytest

from idcore.estimators.finding import IdCurve, finding, of_rows
from idcore.estimators.summary import summarise
from tests.tools.build_record import brute_geometry
from tests.tools.manifolds import gaussian

NAMES = ("input", "conv1", "pool1", "conv2", "pool2", "d1", "output")


def curve(*ids, error=0.3, name="", layers=NAMES):
    return IdCurve(layers[: len(ids)], ids, [None if one is None else error for one in ids], name)


TABLE = {
    "falling": (
        curve(11.4, 10.9, 10.4, 9.2, 9.7, 7.4, 6.4),
        "ID falls from 11.4 at the input to 6.4 at the output.",
    ),
    "hump": (
        curve(2.1, 13.9, 11.6, 10.3, 10.2, 7.9, 6.6),
        "ID rises from 2.1 at the input to 13.9 at conv1, then falls to 6.6 at the output.",
    ),
    "flat": (
        curve(11.4, 11.9, 11.0, 11.6, 11.2, error=0.4),
        "ID stays between 11.0 and 11.9 from the input to pool2, the same within its error bars.",
    ),
    "constant": (curve(3, 3, 3), "ID stays at 3.0 from the input to pool1, the same within its error bars."),
    "a maximum beside the first layer, within the errors": (
        curve(12.1, 12.4, 9.0, 6.8),
        "ID falls from 12.1 at the input to 6.8 at conv2.",
    ),
    "a first layer that cannot be told from the maximum": (
        curve(12.1, 11.4, 12.5),
        "ID rises from 11.4 at conv1 to 12.5 at pool1.",
    ),
    "a last layer that cannot be told from the minimum": (
        curve(12.0, 9.0, 6.4, 6.8),
        "ID falls from 12.0 at the input to 6.8 at conv2.",
    ),
    "a valley": (
        curve(12.0, 6.0, 12.0),
        "ID falls from 12.0 at the input to 6.0 at conv1, then rises to 12.0 at pool1.",
    ),
    "three steps": (
        curve(10.7, 10.1, 8.9, 9.6, 9.5, 12.2, 9.6),
        "ID falls from 10.7 at the input to 8.9 at pool1, rises to 12.2 at d1, then falls to 9.6 at the output.",
    ),
    "many turns": (
        curve(28, 83, 70, 109, 96, 104, error=2.0),
        "ID rises from 28.0 at the input to 109 at conv2, falls to 96.0 at pool2, then rises to 104 at d1, with "
        "smaller turns between.",
    ),
    "wide bars": (
        curve(28, 83, 70, 109, 96, 104, 21, error=9.0),
        "ID rises from 28.0 at the input to 109 at conv2, then falls to 21.0 at the output.",
    ),
    "a layer without a number": (
        curve(12.0, None, 6.0),
        "ID falls from 12.0 at the input to 6.0 at pool1. There is no ID at conv1.",
    ),
    "many without": (curve(12.0, None, None, None, None, 6.0, 5.9),
        "ID falls from 12.0 at the input to 5.9 at the output. 4 layers have no ID."),
    "one number": (curve(12.0), "ID is 12.0 at the input."),
    "none": (curve(None, None), ""),
    "nothing": (curve(), ""),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_the_sentence_tells_the_course(case):
    given, said = TABLE[case]
    assert finding([given]) == said


def test_each_other_curve_is_compared_where_it_differs_most():
    trained = curve(11.4, 10.9, 10.4, 9.2, 9.7, 7.4, 6.4)
    untrained = curve(11.4, 11.6, 11.0, 10.6, 11.2, 11.3, 8.3, name="untrained")
    same = curve(11.5, 10.8, None, 9.3, name="shuffled")
    absent = curve(None, name="pretrained")
    assert finding([trained, untrained, same, absent]) == (
        "ID falls from 11.4 at the input to 6.4 at the output; untrained, it is 11.3 instead of 7.4 at d1; "
        "shuffled, it is the same within the error bars."
    )


def test_a_smaller_error_bar_lets_more_be_said():
    ids = 12.1, 13.4
    assert "same within" in finding([curve(*ids, error=0.6)])
    assert finding([curve(*ids, error=0.2)]) == "ID rises from 12.1 at the input to 13.4 at conv1."


def test_a_difference_of_a_few_percent_is_no_finding_however_sure():
    assert "same within" in finding([curve(10.0, 10.4, error=0.001)])


def test_no_curve_says_nothing():
    assert finding([]) == ""


def test_rows_are_read_in_the_order_of_the_layers():
    rows = [summarise(brute_geometry(gaussian(300, d, 20))) for d in (8, 2)]
    first, last = (row.__class__(**{**vars(row), "layer": f"l{i}", "order": i}) for i, row in enumerate(rows))
    found = of_rows([last, first], "trained")
    assert found.layers == ["l0", "l1"] and found.ids == [first.id, last.id] and found.name == "trained"
    assert finding([found]).startswith("ID falls from ")
