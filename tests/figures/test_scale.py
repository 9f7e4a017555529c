"""Figures of scale, distances, overlap and local values: what the reader must be told is in their JSON."""

import dataclasses
import json

import numpy as np
import pytest

from idcore.estimators import far_scales, scale
from idcore.estimators.cka import cka_matrix
from idcore.estimators.compare import along_depth
from idcore.estimators.far_scales import Plateau
from idcore.estimators.gride import gride
from idcore.figures import theme
from idcore.figures.distances import distances_figure
from idcore.figures.overlap import cka_figure, overlap_figure
from idcore.figures.scale import at_scale_figure, scale_figure, scale_heat_figure
from idcore.record import Layer, Neighbours, unmeasured
from tests.tools.build_record import brute_geometry, scattered

NAMES = ("input", "conv1", "d1", "output")
LABELS, _ = scattered(200, 4)


@pytest.fixture(scope="module")
def layers():
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 6)) * np.arange(1, 7)
    clouds = (x + 2 * i * np.eye(4, 6)[LABELS] for i in range(4))
    return [
        brute_geometry(c, n, order=i, depth=i / 3, coordinates=3)
        for i, (n, c) in enumerate(zip(NAMES, clouds, strict=True))
    ]


def plain(figure) -> list[dict]:
    return json.loads(figure.to_json())["data"]


def test_the_scale_figure_has_blocks_and_gride_on_one_axis_of_ranks(layers):
    points, far = scale.scale(layers[0]), gride(layers[0].neighbours)
    figure = scale_figure(points, far, "trained")
    left, right = figure.data
    assert list(left.x) == [2 * p.blocks for p in points] and list(left.y) == [p.id for p in points]
    assert list(left.error_y.array) == [p.stderr for p in points]
    assert left.line.color == theme.REGIMES["trained"].colour
    assert list(right.x) == [2, 4, 8, 16, 32, 64] and list(right.error_y.array) == [p.stderr for p in far]
    assert figure.layout.yaxis.rangemode == "tozero"
    flat = Plateau(4.2, far[1], far[3])
    marked = scale_figure(points, far, "trained", flat, 16).data[0]
    assert list(marked.x) == [4, 16] and list(marked.y) == [4.2, 4.2] and marked.name == "plateau at 4.2"


def test_the_heat_map_has_a_cell_for_each_layer_and_scale_and_the_curve_follows_the_scale(layers):
    rows = {g.layer.name: far_scales.of_layer(g) for g in layers[1:]}
    plan = [g.layer for g in layers]
    cells, squares = scale_heat_figure(rows, plan, 8).data
    assert np.shape(cells.z) == (6, 4) and [row[0] for row in cells.z] == [None] * 6
    assert cells.z[2][1] == rows["conv1"][2].id
    assert {text[0] for text in squares.customdata} == {"2", "4", "8", "16", "32", "64"}
    (curve,) = at_scale_figure(rows, plan, "trained", 8, "layer").data
    assert list(curve.x) == [1, 2, 3] and list(curve.y) == [points[2].id for points in rows.values()]
    assert "at scale r<sub>8</sub> / r<sub>4</sub>" in curve.customdata[0][1]


def test_the_hover_text_of_a_level_says_how_many_blocks_and_how_they_spread(layers):
    points = scale.scale(layers[0])
    whole, halves = plain(scale_figure(points, (), "shuffled"))[0]["customdata"][:2]
    assert whole == "all 200 points"
    assert halves == f"2 disjoint blocks of 100 points,<br>single blocks spread by {points[1].sd:.2f}"


def test_the_distances_of_each_rank_sum_to_all_points_and_are_told_apart_by_line_too(layers):
    figure = distances_figure(layers[0].neighbours, "trained")
    assert [trace.name.split(",")[0] for trace in figure.data] == [f"r<sub>{k}</sub>" for k in (1, 2, 64)]
    for trace, rank in zip(figure.data, (1, 2, 64), strict=True):
        assert sum(trace.y) == pytest.approx(1)
        mean = sum(x * y for x, y in zip(trace.x, trace.y, strict=True))
        assert mean == pytest.approx(layers[0].neighbours.distances[:, rank - 1].mean(), rel=0.02)
    assert len({trace.line.dash for trace in figure.data}) == 3


def test_equal_distances_and_a_short_table_still_have_a_picture():
    ring = Neighbours(np.ones((9, 2), int), np.ones((9, 2)))
    assert [sum(trace.y) for trace in distances_figure(ring, "trained").data] == [1.0, 1.0]


def test_the_overlaps_stand_over_their_layers_with_chance_as_a_line(layers):
    places = along_depth(layers, LABELS, 20)
    plan = [layer.layer for layer in layers]
    figure = overlap_figure(places, plan, "untrained", 200)
    by_name = {trace.name: trace for trace in figure.data}
    assert list(by_name) == ["same label", "with the output", "with the layer before", "kNN accuracy"]
    assert list(by_name["same label"].y) == [p.labels for p in places]
    assert list(by_name["with the layer before"].x) == [1, 2, 3]
    assert list(by_name["kNN accuracy"].error_y.array) == [p.accuracy.stderr for p in places]
    assert "of the 20 nearest neighbours" in by_name["same label"].hovertemplate
    assert figure.layout.shapes[0].y0 == 20 / 199
    assert list(overlap_figure(places, plan, "untrained", 200, x="depth").data[0].x) == [0, 1 / 3, 2 / 3, 1]


def test_without_labels_or_layers_the_figure_leaves_out_what_it_cannot_know(layers):
    places = along_depth(layers, np.full(200, -1))
    plan = [layer.layer for layer in layers]
    names = [trace.name for trace in overlap_figure(places, plan, "trained", 200).data]
    assert names == ["with the output", "with the layer before"]
    assert not overlap_figure((), plan, "trained", 200).data


def test_a_layer_without_numbers_is_left_out_of_the_lines(layers):
    dead = unmeasured(dataclasses.replace(layers[1].layer, order=1), 200, "The layer is constant.")
    places = along_depth([layers[0], dead, *layers[2:]], LABELS)
    figure = overlap_figure(places, [layer.layer for layer in layers], "trained", 200)
    assert list(figure.data[0].x) == [0, 2, 3]


def test_each_cell_of_the_cka_map_tells_its_bounds_and_what_the_coordinates_hold(layers):
    matrix = cka_matrix(layers)
    (trace,) = plain(cka_figure(matrix, NAMES))
    assert np.shape(trace["customdata"]) == (4, 4) and trace["texttemplate"] == "%{z:.2f}"
    cell, text = matrix[1][3], trace["customdata"][1][3]
    assert "<b>conv1</b> and <b>output</b>" in text and f"from {cell.low:.3f} to {cell.high:.3f}" in text
    assert f"{cell.covered[0]:.0%} and {cell.covered[1]:.0%} of the variance" in text
    assert (trace["zmin"], trace["zmax"]) == (0, 1)


def test_the_cells_of_many_layers_hold_no_numbers_and_columns_may_be_another_network(layers):
    many = [layers[i % 4] for i in range(13)]
    (trace,) = plain(cka_figure(cka_matrix(many), [str(i) for i in range(13)]))
    assert trace.get("texttemplate") is None
    figure = cka_figure([row[:2] for row in cka_matrix(layers)], NAMES, ("a", "b"))
    assert list(figure.layout.xaxis.ticktext) == ["a", "b"] and list(figure.layout.yaxis.ticktext) == list(NAMES)


def test_a_plan_of_one_layer_is_drawn(layers):
    one = layers[:1]
    plan = [Layer("input", 0, 0.0, "Input", (6,), 6, True)]
    assert len(cka_figure(cka_matrix(one), ["input"]).data) == 1
    assert len(overlap_figure(along_depth(one, LABELS), plan, "trained", 200).data) == 3
