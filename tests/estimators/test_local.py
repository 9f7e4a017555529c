"""The local dimension by class and on the mean."""

import numpy as np
import pytest

from idcore.errors import PointsError
from idcore.estimators import local
from idcore.estimators.local import ALL
from idcore.figures.local import class_figure, histogram_figure, through_figure
from idcore.record import Layer, unmeasured
from tests.tools.build_record import brute_geometry
from tests.tools.manifolds import gaussian

PARTS = np.repeat([0, 1], 200)


@pytest.fixture(scope="module")
def record():
    """A plane and a cloud of six dimensions, apart, and a copy of the first point."""
    x = np.zeros((400, 6))
    x[:200, :2], x[200:] = gaussian(200, 2), 9 + gaussian(200, 6)
    return brute_geometry(np.vstack([x, x[:1]]), "both", levels=1, draws=1)


LABELS = np.append(PARTS, 0)
NONE = unmeasured(Layer("none", 0, 0.0, "ReLU", (2,), 2), 401, "The layer is constant.")


def test_each_class_has_the_dimension_of_its_own_part_and_layers_without_numbers_are_left_out(record):
    found = local.by_class([NONE, record], LABELS)
    assert list(found) == ["both"] and sorted(found["both"]) == [ALL, 0, 1]
    plane, cloud = found["both"][0], found["both"][1]
    assert plane.median == pytest.approx(2, abs=0.3) and cloud.median > 4 and (plane.n, cloud.n) == (201, 200)
    values = local.of_samples(record)
    assert plane.median == np.median(values[LABELS == 0]) and plane.low < plane.median < plane.high
    assert 0 < plane.stderr < 0.2 and values[400] == values[0]
    assert sorted(local.by_class([record], np.full(401, -1))["both"]) == [ALL]


def test_the_error_of_a_mean_is_its_spread_over_draws():
    found = [local.mean(brute_geometry(gaussian(200, 3, seed), levels=1, draws=1)) for seed in range(40)]
    spread = np.std([one.value for one in found], ddof=1)  # known to 11 %
    assert 0.7 * spread < np.mean([one.stderr for one in found]) < 2 * spread
    assert found[0].value == pytest.approx(3, abs=0.3) and found[0].n == 200
    with pytest.raises(PointsError, match="constant"):
        local.mean(NONE)


def test_the_figures_show_a_line_for_each_class_and_a_histogram_that_sums_to_all_of_it(record):
    found = local.by_class([record], LABELS)
    figure = class_figure(found, [NONE.layer, record.layer], ("plane", "cloud"), "layer")
    assert [trace.name for trace in figure.data] == ["all samples, quartiles", "plane", "cloud"]
    assert list(figure.data[1].y) == [found["both"][0].median] and list(figure.data[1].x) == [1]
    histograms = histogram_figure(local.of_samples(record), LABELS, ("plane", "cloud"))
    assert [sum(trace.y) for trace in histograms.data] == pytest.approx([1, 1])
    assert [trace.name for trace in histogram_figure(local.of_samples(record), np.zeros(0, int), ()).data] == [
        "all samples"
    ]
    assert through_figure([]).layout.yaxis.title.text == "Mean local ID"
