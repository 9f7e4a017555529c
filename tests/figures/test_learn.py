"""The figures of Learn draw what they are given, and nothing before its time."""

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from idcore.estimators import twonn
from idcore.estimators.summary import summarise
from idcore.figures import learn, learn_curves, learn_networks, theme
from idcore.learn.manifolds import cloud
from idcore.learn.measure import DIMENSIONS, by_scale, nearest
from idcore.paper import published
from idcore.record import Layer
from idcore.results.lessons import Lesson, Moment, Scaled
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


def _rows():
    x = np.random.default_rng(0).normal(size=(100, 3))
    return [summarise(brute_geometry(x, name, order=i, depth=i)) for i, name in enumerate(("input", "output"))]


def _layers():
    return [Layer(name, i, i, "Linear", (3,), 3, True) for i, name in enumerate(("input", "output"))]


def test_a_family_of_curves_has_the_chosen_one_bold_published_ones_dashed_and_a_mark_on_top():
    papers = {"MNIST": published.figure("6").series[0].points}
    mark = learn_curves.Mark("input", 4.5, "input, λ = 10")
    curves = {"a": _rows(), "b": _rows()}
    figure = learn_curves.family_figure(curves, _layers(), {"a": "#000000", "b": "#ffffff"}, ["b"], papers, mark)
    dashed, a, b, star = figure.data
    assert dashed.line.dash == "dash" and list(dashed.x) == [0, 1]  # at the layers they share
    assert b.line.width > a.line.width and b.opacity > a.opacity
    assert (list(star.x), list(star.y)) == ([0], [4.5])


def test_a_point_says_its_error_its_samples_and_its_units():
    row = _rows()[0]
    assert learn_curves.said(row) == f"TwoNN ID {row.id:.2f} ± {row.id_err:.2f}<br>N = 100, D = 3"
    assert "at least" in learn_curves.said(replace(row, lower_bound=True))


def test_the_colours_of_shuffled_shares_go_from_trained_to_shuffled():
    assert learn_curves.share_colour(0.0) == theme.REGIMES["trained"].colour
    assert learn_curves.share_colour(1.0) == theme.REGIMES["shuffled"].colour


def test_shares_are_points_without_a_line_and_accuracy_has_an_axis_of_its_own():
    ids, accuracy = learn_curves.share_figure((0.0, 1.0), _rows(), (0.98, 0.1), 1.0).data
    assert {ids.mode, accuracy.mode} == {"markers"}
    assert list(accuracy.y) == pytest.approx([98, 10]) and accuracy.yaxis == "y2"


def test_a_course_has_a_point_where_it_was_measured_and_says_how_much_was_known():
    moments = (Moment(0, 13.0, 0.5, None, None), Moment(6, 8.0, 0.4, 0.2, 0.1))
    (trace,) = learn_curves.course_figure({"shuffled": moments}, 6).data
    assert list(trace.text) == ["0", "6"] and list(trace.x) == pytest.approx(np.log1p([0, 6]))
    assert list(trace.error_y.array) == [0.5, 0.4]
    assert list(trace.customdata) == ["before training", "20% of training labels, 10% of new digits"]


def test_clusters_are_drawn_beside_chance_with_the_chosen_layer_marked():
    found = Lesson(tuple(_layers()), tuple(_rows()), (0.5, 0.9), 0.1)
    figure = learn_curves.labels_figure({"trained": found}, "output")
    assert list(figure.data[0].y) == [50, 90]
    assert 10 in [shape.y0 for shape in figure.layout.shapes] and 0.75 in [shape.x0 for shape in figure.layout.shapes]


def test_scaled_networks_stand_where_their_weights_went():
    found = [Scaled(100.0, 0.003, 0.98, 1.0, 13.0, 0.5, 13.0, 0.5), Scaled(0.3, 0.9, 1.0, 0.7, 13.0, 0.5, 10.0, 0.4)]
    before, after = learn_curves.scaled_figure(found, 0.3).data
    assert list(before.x) == list(after.x) == pytest.approx([0.3, 90]) and list(after.y) == [13.0, 10.0]


def test_published_curves_have_the_colours_of_their_regimes():
    curves = {one.name: one.points for one in published.figure("5c").series if one.value == "ID"}
    styles = {name: theme.REGIMES["untrained" if "untrained" in name else "pretrained"] for name in curves}
    figure = learn_curves.published_figure(curves, styles)
    colours = {trace.line.color for trace in figure.data}
    assert len(colours) == len(figure.data) == 2 and theme.NEUTRAL not in colours


def test_networks_are_named_in_the_figure_of_errors_with_their_samples_and_units():
    (trace,) = learn_networks.last_hidden_figure(["cnn"], [3.0], _rows()[:1]).data
    assert list(trace.text) == ["cnn"] and "N = 100, D = 3" in trace.customdata[0]


@pytest.mark.parametrize("curl", [0.0, 1.0])
def test_the_whole_sheet_is_within_the_ball_that_the_camera_sees(curl):
    scene = learn.cloud_figure(*cloud("sheet", 200, curl)).layout.scene
    ratio = np.array([scene.aspectratio.x, scene.aspectratio.y, scene.aspectratio.z])
    assert np.linalg.norm(ratio) < 1.7 and ratio.min() > 0.01
