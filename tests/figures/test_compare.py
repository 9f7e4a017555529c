"""What the figures of Compare show, read from their JSON."""

import dataclasses

import numpy as np
import pytest

from idcore.estimators.accuracy import Accuracy
from idcore.estimators.cka import cka_matrix
from idcore.estimators.regression import FittedLine
from idcore.figures import theme
from idcore.figures.compare import Curve, accuracy_figure, band_figure, compare_figure, same_layers, styles
from idcore.figures.generalisation import Network, generalisation_figure
from idcore.figures.heat import heat_figure
from idcore.paper import published
from idcore.record import Layer
from tests.tools.pairs import cka_of
from tests.tools.summaries import NAMES, PLAN, RECORDS, ROWS


def _curve(name: str, seed: int = 0, regime="trained", **more) -> Curve:
    return Curve(name, regime, PLAN, ROWS[seed], **more)


def test_a_network_alone_in_its_regime_has_the_colour_of_the_regime():
    curves = [_curve("a", 0, "trained"), _curve("b", 1, "untrained")]
    assert [colour for colour, _ in styles(curves)] == [theme.REGIMES[c.regime].colour for c in curves]


def test_label_noise_leads_from_the_colour_of_true_labels_to_that_of_shuffled_ones():
    curves = [_curve("0", regime="trained", tone=0.0), *(_curve(str(t), regime="shuffled", tone=t) for t in (0.5, 1.0))]
    colours = [colour for colour, _ in styles(curves)]
    assert colours[0] == theme.REGIMES["trained"].colour and colours[-1] == theme.REGIMES["shuffled"].colour
    assert len(set(colours)) == 3


def test_networks_without_an_order_are_told_apart():
    assert len(set(styles([_curve(str(i)) for i in range(15)]))) == 15


def test_the_networks_of_a_group_share_its_colour_and_differ_in_their_symbols():
    curves = [_curve(f"{group}{i}", group=group) for group in ("width", "depth") for i in range(3)]
    assert len({colour for colour, _ in styles(curves)}) == 2 and len(set(styles(curves))) == 6
    points = [Network(curve.name, curve.group, 1.0, 1.0, 0.1) for curve in curves]
    assert {t.marker.color for t in generalisation_figure(points, None).data} == {
        colour for colour, _ in styles(curves)
    }


@pytest.mark.parametrize(("value", "field"), [("id", "id"), ("pc_id", "pc_id"), ("linearised_id", "linearised_id")])
def test_a_line_shows_the_numbers_of_the_rows(value, field):
    (trace,) = compare_figure([_curve("a")], value=value).data
    assert list(trace.y) == [getattr(row, field) for row in ROWS[0]] and list(trace.x) == [0, 1, 2]


def test_the_ratio_is_the_id_over_the_units():
    (trace,) = compare_figure([_curve("a")], value="ratio").data
    assert list(trace.y) == pytest.approx([row.id / 6 for row in ROWS[0]])
    assert list(trace.error_y.array) == pytest.approx([row.id_err / 6 for row in ROWS[0]])


def test_the_difference_to_a_reference_is_that_of_the_values_and_that_to_itself_is_nothing():
    a, b = _curve("a", 0), _curve("b", 1)
    first, second = compare_figure([a, b], reference=b).data
    assert list(first.y) == pytest.approx([one.id - two.id for one, two in zip(ROWS[0], ROWS[1], strict=True)])
    assert list(first.error_y.array) == pytest.approx(
        [np.hypot(one.id_err, two.id_err) for one, two in zip(ROWS[0], ROWS[1], strict=True)]
    )
    assert list(second.y) == [0, 0, 0]
    assert not len(compare_figure([a], reference=dataclasses.replace(b, rows=())).data[0].y)


def test_layers_of_one_depth_are_each_subtracted_from_their_own():
    """A pooling has the depth of the layer before it."""
    plan = tuple(dataclasses.replace(layer, depth=depth) for layer, depth in zip(PLAN, (0.0, 0.0, 1.0), strict=True))
    rows = tuple(dataclasses.replace(row, depth=layer.depth) for row, layer in zip(ROWS[0], plan, strict=True))
    curve = Curve("a", "trained", plan, rows)
    assert list(compare_figure([curve], reference=curve).data[0].y) == [0.0, 0.0, 0.0]
    other = dataclasses.replace(rows[1], layer="other")
    alone = dataclasses.replace(curve, rows=(other,), layers=(dataclasses.replace(plan[1], name="other"),))
    (trace,) = compare_figure([alone], reference=curve, x="depth").data
    assert trace.y[0] == pytest.approx(rows[1].id - (rows[0].id + rows[1].id) / 2)


def test_between_the_layers_of_the_reference_its_values_are_interpolated():
    reference = dataclasses.replace(_curve("b", 1), rows=(ROWS[1][0], ROWS[1][2]))
    (trace,) = compare_figure([_curve("a", 0)], reference=reference, x="depth").data
    assert trace.y[1] == pytest.approx(ROWS[0][1].id - (ROWS[1][0].id + ROWS[1][2].id) / 2)


def test_networks_with_other_layers_do_not_share_an_axis_of_layers():
    other = dataclasses.replace(_curve("b"), layers=PLAN[:2])
    assert same_layers([_curve("a"), _curve("c", 1)]) and not same_layers([_curve("a"), other])


def test_the_band_is_mean_and_standard_deviation_over_the_seeds():
    figure = band_figure([_curve(f"seed {seed}", seed, group="trained") for seed in range(3)])
    (mean,) = [trace for trace in figure.data if trace.name == "trained"]
    (band,) = [trace for trace in figure.data if trace.fill == "toself"]
    values = np.array([[row.id for row in ROWS[seed]] for seed in range(3)])
    assert list(mean.y) == pytest.approx(values.mean(axis=0))
    assert list(band.y[:3]) == pytest.approx(values.mean(axis=0) + values.std(axis=0, ddof=1))
    assert sum(trace.showlegend is not False for trace in figure.data) == 1
    assert mean.line.color == theme.REGIMES["trained"].colour


def test_the_names_of_strangers_are_no_html():
    figure = compare_figure([_curve("<b>x</b>")])
    assert figure.data[0].name == "&lt;b&gt;x&lt;/b&gt;" and "<b>x</b>" not in figure.data[0].hovertemplate


def test_accuracies_stand_over_their_layers_and_probes_are_dashed():
    votes = {"a": {name: Accuracy(0.5, 0.05, 100) for name in NAMES}}
    solid, dashed = accuracy_figure([_curve("a")], votes, {"a": {"d1": Accuracy(0.9, 0.03, 100)}}).data
    assert list(solid.x) == [0, 1, 2] and list(dashed.x) == [1] and list(dashed.y) == [0.9]
    assert (solid.line.dash, dashed.line.dash) == ("solid", "dash") and list(dashed.error_y.array) == [0.03]


def test_the_published_networks_are_grey_and_the_line_ends_with_the_own_ones():
    own = [Network("a", "width", 2.0, 5.0, 0.1), Network("b", "noise", 12.0, 9.0, 0.2)]
    points = published.figure("4").series[0].points
    grey, width, noise, line = generalisation_figure(own, FittedLine(0.4, 4.2), points).data
    assert len(grey.x) == 14 and grey.marker.color == theme.NEUTRAL
    assert (list(width.x), list(width.y), list(width.error_y.array)) == ([2.0], [5.0], [0.1])
    assert width.marker.color != noise.marker.color
    assert list(line.x) == [2.0, 12.0] and list(line.y) == pytest.approx([5.0, 9.0])


def test_a_regime_has_its_colour_among_the_last_hidden_layers_too():
    (trace,) = generalisation_figure([Network("a", "untrained", 90.0, 9.0, 0.1)], None).data
    assert trace.marker.color == theme.REGIMES["untrained"].colour


def test_a_cell_of_a_heat_map_names_its_row_and_its_column():
    figure = heat_figure(
        [[0.1, 0.2]], ["row"], ["c0", "<i>"], "Common", lambda i, j: f"cell {i} {j}", beside=("A", "B")
    )
    (trace,) = figure.data
    assert trace.customdata[0][1] == "<b>row</b> and <b>&lt;i&gt;</b><br>cell 0 1"
    assert (figure.layout.yaxis.title.text, figure.layout.xaxis.title.text) == ("A", "B")


def test_long_names_beside_a_heat_map_are_whole_and_fit_on_a_phone():
    name = "Multilayer perceptron 20 × 64, untrained, network seed 1"
    figure = heat_figure([[0.5]], ["a"], ["b"], "CKA", lambda i, j: "", beside=(name, "x" * 50))
    for axis, words in ((figure.layout.yaxis, name), (figure.layout.xaxis, "x" * 50)):
        lines = axis.title.text.split("<br>")
        assert len(lines) == 2 and max(map(len, lines)) < 35
        assert "".join(lines).replace(" ", "") == words.replace(" ", "")


def test_many_layers_leave_their_cells_room_on_a_phone_and_their_names_too():
    names = [f"l{i}" for i in range(64)]
    figure = heat_figure([[0.5] * 64] * 64, names, names, "CKA", lambda i, j: "", chance=0.6)
    assert [(trace.xgap, trace.ygap) for trace in figure.data] == [(0, 0)] * 2
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        assert len(axis.ticktext) == len(axis.tickvals) <= 16
        assert axis.ticktext[1] == names[axis.tickvals[1]]


def test_the_marks_and_bars_of_hundreds_of_layers_do_not_cover_one_another():
    def width(layers: int) -> tuple[float, float]:
        (line,) = compare_figure([_long(layers)]).data
        return line.marker.size, line.error_y.width

    assert width(201) == (3, 0) and min(width(20)) > 3


def _long(layers: int) -> Curve:
    plan = [Layer(f"l{i}", i, i / layers, "Linear", (4,), 4) for i in range(layers)]
    rows = [dataclasses.replace(ROWS[0][1], layer=one.name, order=one.order, depth=one.depth) for one in plan]
    return Curve("long", "untrained", plan, rows)


def test_cka_across_networks_is_that_of_each_pair_and_does_not_change_when_they_are_swapped():
    rows, columns = RECORDS[0], RECORDS[1][:2]
    matrix = cka_matrix(rows, columns)
    assert (len(matrix), len(matrix[0])) == (3, 2)
    assert matrix[2][1] == cka_of(rows[2], columns[1])
    assert cka_matrix(columns, rows)[1][2].value == pytest.approx(matrix[2][1].value)
    assert matrix[0][0].value < cka_matrix(rows)[0][0].value == 1
