"""An ID for each class, then mean and spread over the classes."""

import numpy as np
import pytest

from idcore.errors import RequestError
from idcore.estimators.protocol import by_class, mean_and_spread
from idcore.estimators.summary import LayerSummary
from idcore.spec import DataSpec, Request


def row(layer, order, id, n=450):
    return LayerSummary(layer, order, order / 2, 10, n, id, None, None, None, 0, "")


def test_each_class_is_measured_alone_on_as_many_samples():
    found = by_class(Request(DataSpec("digits", classes=(1, 2), n=100, seed=4)), (1, 2), 30)
    assert [(one.data.classes, one.data.n, one.data.seed) for one in found] == [((1,), 30, 4), ((2,), 30, 4)]
    with pytest.raises(RequestError, match="at least one class"):
        by_class(Request(), (), 30)


def test_mean_and_spread_are_those_over_the_classes():
    ids = {0: (3.0, 8.0), 1: (4.0, 9.0), 5: (8.0, None)}
    rows = {c: [row("output", 2, b), row("input", 0, a)] for c, (a, b) in ids.items()}
    first, last = mean_and_spread(rows)
    assert (first.layer, first.n, first.classes, first.mean) == ("input", 450, 3, 5.0)
    assert first.deviation == pytest.approx(np.std([3, 4, 8], ddof=1))
    assert (last.classes, last.mean, last.by_class) == (2, 8.5, {0: 8.0, 1: 9.0, 5: None})


def test_one_class_has_no_spread_and_none_no_mean():
    assert mean_and_spread({3: [row("a", 0, 5.0)]})[0].deviation is None
    assert mean_and_spread({3: [row("a", 0, None)]})[0].mean is None


def test_classes_of_different_size_are_not_averaged():
    with pytest.raises(RequestError, match="450, 300 samples"):
        mean_and_spread({0: [row("a", 0, 5.0)], 1: [row("a", 0, 5.0, 300)]})
