"""The figures of Learn draw what they are given, and nothing before its time."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from idcore.estimators import twonn
from idcore.estimators.summary import summarise
from idcore.figures import learn, learn_networks, theme
from idcore.learn.manifolds import cloud
from idcore.learn.measure import DIMENSIONS, by_scale, nearest
from idcore.paper import published
from idcore.record import Layer
from tests.tools.build_record import brute_geometry, scattered


@pytest.mark.parametrize(("name", "kind"), [("sphere", "scatter3d"), ("tangle", "scatter3d"), ("cube", "scatter")])
def test_a_cloud_is_drawn_in_as_many_dimensions_as_can_be_seen(name, kind):
    points, colours = cloud(name, 100, 2)
    (trace,) = learn.cloud_figure(points, colours).data
    assert trace.type == kind
    np.testing.assert_array_equal(trace.x, points[:, 0])
    np.testing.assert_array_equal(trace.marker.color, colours)


def test_a_cloud_of_one_dimension_is_drawn_on_a_line():
    (trace,) = learn.cloud_figure(*cloud("cube", 50, 1)).data
    assert not np.any(trace.y)


def test_the_circles_go_through_the_two_nearest_neighbours():
    points = cloud("cube", 100, 2)[0]
    table = nearest(points)
    figure = learn.circles_figure(points, 7, table)
    for circle, neighbour in zip(figure.layout.shapes, table.indices[7], strict=True):
        centre = np.array([circle.x0 + circle.x1, circle.y0 + circle.y1]) / 2
        np.testing.assert_allclose(centre, points[7])
        np.testing.assert_allclose((circle.x1 - circle.x0) / 2, np.linalg.norm(points[neighbour] - points[7]))


def test_the_histogram_of_mu_is_a_density_and_follows_its_law():
    bars, law = learn.ratios_figure(twonn.from_neighbours(nearest(cloud("cube", 2000, 2)[0])), 2).data
    assert float(np.sum(np.array(bars.y) * np.array(bars.width))) == pytest.approx(0.93, abs=0.01)
    assert np.corrcoef(bars.y, law.y)[0, 1] > 0.98


def test_the_curl_figure_shows_both_estimates_and_where_the_reader_is():
    figure = learn.curl_figure((0, 0.5, 1), (2.0, 2.0, 2.0), (2, 3, 3), 0.5)
    assert [trace.name for trace in figure.data] == ["TwoNN", "PC-ID"]
    assert 0.5 in [shape.x0 for shape in figure.layout.shapes]


def test_the_scale_figure_marks_the_sheet_and_the_space():
    points = by_scale(cloud("plane", 500)[0])
    figure = learn.toy_scale_figure(points, points, 2, 3, 500)
    assert {shape.y0 for shape in figure.layout.shapes} >= {2, 3}
    assert list(figure.layout.xaxis.tickvals) == [62, 125, 250, 500]


def test_the_figure_of_limits_has_a_curve_for_each_n():
    figure = learn.limits_figure(DIMENSIONS, {500: [1.0] * len(DIMENSIONS), 1000: [2.0] * len(DIMENSIONS)})
    assert [trace.name for trace in figure.data] == ["exact", "N = 500", "N = 1,000"]


def test_ten_pictures_stand_where_their_samples_do():
    random = np.random.default_rng(0)
    positions, (labels, _) = random.normal(size=(40, 2)), scattered(40, 10)
    images, chosen = random.random((40, 28, 28)), random.permutation(40)[:10]
    figure = learn_networks.digits_map(positions, labels, chosen, images, list("0123456789"))
    for label, trace in enumerate(figure.data):
        np.testing.assert_array_equal(np.stack([trace.x, trace.y], axis=1), positions[labels == label])
    for picture, frame, place in zip(figure.layout.images, figure.layout.shapes, chosen, strict=True):
        np.testing.assert_allclose((picture.x, picture.y), positions[place])
        assert frame.line.color == theme.class_styles(10)[labels[place]][0]
        drawn = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.source.split(",")[1]))))
        np.testing.assert_array_equal(drawn[::2, ::2], (255 * images[place]).round())


def test_a_sheet_of_images_is_clear_between_them():
    rows = [np.ones((3, 4, 5)), np.zeros((3, 4, 5))]
    found = learn_networks.sheet(rows, gap=2)
    assert found.shape == (10, 19, 4)
    assert found[0, 0].tolist() == [255] * 4 and found[6, 0].tolist() == [0, 0, 0, 255] and found[4, 0, 3] == 0


def test_brightness_runs_from_none_to_all_and_stays_on_the_screen():
    found = learn_networks.brightened(np.stack([np.zeros((2, 2)), np.ones((2, 2))]), 9.0)
    np.testing.assert_allclose(found[:, 0, 0], [0, 1])


def test_the_measured_curve_is_not_in_the_figure_before_it_is_revealed():
    guesses = {"flat": [1.0, 1.0], "rising": [1.0, 2.0]}
    hidden = learn_networks.guess_figure(["input", "output"], guesses, "flat", [1.0], about="input, published")
    assert "7.5" not in hidden.to_json()
    shown = learn_networks.guess_figure(["input", "output"], guesses, "flat", [1.0, 7.5], about="published")
    assert list(shown.data[-1].y) == [1.0, 7.5]


def _rows():
    x = np.random.default_rng(0).normal(size=(100, 3))
    return [summarise(brute_geometry(x, name, order=i, depth=i)) for i, name in enumerate(("input", "output"))]


def test_a_family_of_curves_has_the_chosen_one_bold_and_published_ones_dashed():
    layers = [Layer(name, i, i, "Linear", (3,), 3, True) for i, name in enumerate(("input", "output"))]
    papers = {"MNIST": published.figure("6").series[0].points}
    figure = learn_networks.family_figure(
        {"a": _rows(), "b": _rows()}, layers, {"a": "#000000", "b": "#ffffff"}, ["b"], papers
    )
    dashed, a, b = figure.data
    assert dashed.line.dash == "dash" and list(dashed.x) == [0, 1]  # at the layers they share
    assert b.line.width > a.line.width and b.opacity > a.opacity


def test_the_colours_of_permuted_shares_go_from_trained_to_shuffled():
    assert learn_networks.share_colour(0.0) == theme.REGIMES["trained"].colour
    assert learn_networks.share_colour(1.0) == theme.REGIMES["shuffled"].colour


def test_accuracy_stands_in_percent_on_an_axis_of_its_own():
    ids, accuracy = learn_networks.accuracy_figure((0.0, 1.0), (7.0, 12.0), (0.98, 0.1), 1.0).data
    assert list(accuracy.y) == pytest.approx([98, 10]) and accuracy.yaxis == "y2"


def test_networks_are_named_in_the_figure_of_errors_and_an_empty_one_has_axes():
    figure = learn_networks.last_hidden_figure(["cnn"], [3.0], [7.0], [0.2])
    assert list(figure.data[0].text) == ["cnn"]
    assert learn_networks.last_hidden_figure([], [], [], []).layout.xaxis.range == (0, 10)
