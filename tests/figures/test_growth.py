"""What makes a later curve of an earlier one: new points and other numbers, or nothing."""

import copy
import json
from itertools import product

import pytest

from idcore.estimators.summary import summarise
from idcore.figures.curve import CURVES, id_curve
from idcore.figures.drawing import drawing
from idcore.figures.growth import growth, named
from idcore.record import Layer
from tests.tools.pages import synthetic

PLAN = [Layer(f"l{i}", i, i // 2 / 2, "Linear", (8,), 8, True) for i in range(6)]  # two layers of each depth
ROWS = [summarise(synthetic(2, layer)) for layer in PLAN]


def _figure(*layers: int, shown=CURVES, others=(), **options):
    figure = id_curve([ROWS[i] for i in layers], PLAN, "untrained", shown=shown,
                      others={"trained": [ROWS[i] for i in others]} if others else {}, **options)  # fmt: skip
    return drawing(named(figure)).sent.to_dict()


def _grown(before, more):
    """What a browser makes of it."""
    figure = copy.deepcopy(json.loads(json.dumps(before)))
    assert figure["layout"]["meta"] == more["of"]
    for curve, new in zip(figure["data"], more["curves"], strict=True):
        for path, points in new["values"].items():
            *within, last = path.split(".")
            inside = curve
            for part in within:
                inside = inside[part]
            for i, point in zip(new["at"], points, strict=True):
                inside[last].insert(i, point)
    for path, value in more["layout"].items():
        *within, last = path.split(".")
        inside = figure["layout"]
        for part in within:
            inside = inside[int(part) if isinstance(inside, list) else part]
        inside[last] = value
    figure["layout"]["meta"] = more["name"]
    return figure


@pytest.mark.parametrize(
    ("log", "x", "others"), list(product((False, True), ("layer", "depth"), ((), (0, 1, 2, 3, 4, 5))))
)
def test_an_earlier_curve_with_what_it_lacks_is_the_later_one(log, x, others):
    options = {"log": log, "x": x, "others": others}
    before, after = _figure(1, 4, **options), _figure(0, 1, 3, 4, 5, **options)
    more = json.loads(json.dumps(growth(before, after)))
    assert _grown(before, more) == json.loads(json.dumps(after))
    assert more["curves"][0]["at"] == [0, 2, 4]


def test_a_curve_that_stands_for_something_else_is_no_growth():
    before, after = _figure(1, 4), _figure(0, 1, 4)
    other = copy.deepcopy(after)
    other["data"][0]["name"] = "another"
    changed = copy.deepcopy(after)
    changed["data"][0]["y"] = [one + 1 for one in after["data"][0]["y"]]
    assert growth(before, after) is not None
    assert growth(before, other) is growth(before, changed) is growth(after, before) is None
    assert growth(before, _figure(0, 1, 4, shown=("TwoNN",))) is None
    assert growth(before, _figure(0, 1, 4, others=(0, 1))) is None


def test_figures_that_show_the_same_have_the_same_name_and_others_have_not():
    assert _figure(1, 4) == _figure(1, 4)
    names = {
        _figure(1, 4)["layout"]["meta"],
        _figure(1, 3)["layout"]["meta"],
        _figure(1, 4, log=True)["layout"]["meta"],
    }
    assert len(names) == 3
