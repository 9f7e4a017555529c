"""The figures of the paper, as drawn: published dashed and grey, one's own over them."""

import pytest

from idcore.figures import theme
from idcore.figures.paper import paper_figure
from idcore.paper.published import Point, Series, figure, figures


def _own(name: str) -> Series:
    published = {one.name: one for one in figure("6").series}[name]
    return Series(name, tuple(Point(p.layer, p.x, p.id + 1, 0.3) for p in published.points))


@pytest.mark.parametrize("one", figures(), ids=lambda one: one.number)
def test_every_figure_is_drawn_as_published(one):
    drawn = paper_figure(one, {}, {})
    assert len(drawn.data) == len(one.series)
    for trace, series in zip(drawn.data, one.series, strict=True):
        assert len(trace.x) == len(trace.y) == len(series.points)
        assert trace.line.dash == "dash"
    assert drawn.layout.yaxis.title.text == one.value


def test_own_curves_have_the_colour_of_their_regime_and_the_place_of_the_published_ones():
    own = {name: _own(name) for name in ("MNIST", "MNIST†")}
    drawn = paper_figure(figure("6"), own, {"MNIST": "trained", "MNIST†": "shuffled"})
    mine = {trace.name: trace for trace in drawn.data if trace.name.endswith("here")}
    assert mine["MNIST, here"].line.color == theme.REGIMES["trained"].colour
    assert mine["MNIST†, here"].line.color == theme.REGIMES["shuffled"].colour
    assert list(mine["MNIST, here"].error_y.array) == [0.3] * 7
    published = {trace.name: trace for trace in drawn.data}["MNIST, published"]
    assert list(published.x) == list(mine["MNIST, here"].x)


def test_two_curves_of_one_regime_have_two_colours():
    own = {name: _own(name) for name in ("MNIST", "MNIST*")}
    drawn = paper_figure(figure("6"), own, {name: "trained" for name in own})
    assert len({trace.line.color for trace in drawn.data if trace.name.endswith("here")}) == 2


def test_published_curves_that_nobody_measured_step_back():
    drawn = paper_figure(figure("6"), {"MNIST": _own("MNIST")}, {"MNIST": "trained"})
    colours = {trace.name: trace.line.color for trace in drawn.data}
    assert colours["MNIST, published"] == theme.NEUTRAL and colours["MNIST†, published"] == theme.FAINT


@pytest.mark.parametrize(("number", "n"), [("5c", 3), ("8", 7), ("6", 3)])
def test_a_few_published_curves_are_told_apart_while_nothing_is_measured(number, n):
    drawn = paper_figure(figure(number), {}, {})
    assert len({(trace.line.color, trace.marker.symbol) for trace in drawn.data}) == len(drawn.data)
    assert all(trace.showlegend for trace in drawn.data)
    assert len({trace.line.color for trace in drawn.data}) >= n
    random = [trace for trace in drawn.data if "untrained" in trace.name]
    assert all(trace.line.color == theme.REGIMES["untrained"].colour for trace in random)


def test_the_hunchbacks_are_in_colour_whichever_network_one_may_measure():
    drawn = paper_figure(figure("3a"), {}, {"alexnet": "pretrained"})
    colours = {trace.line.color for trace in drawn.data}
    assert len(colours) == len(drawn.data) == 4 and not colours & {theme.NEUTRAL, theme.FAINT}


def test_many_published_curves_share_one_entry_of_the_legend():
    drawn = paper_figure(figure("3b"), {}, {})
    assert [trace.name for trace in drawn.data if trace.showlegend] == ["published"]


def test_a_chosen_network_stands_out_before_it_is_measured():
    drawn = paper_figure(figure("3b"), {}, {"vgg16": "pretrained"})
    assert drawn.data[-1].name == "vgg16, published" and drawn.data[-1].line.color == theme.NEUTRAL
    assert {trace.line.color for trace in drawn.data[:-1]} == {theme.FAINT}


def test_layers_are_named_on_the_axis_where_only_their_order_counts():
    drawn = paper_figure(figure("6"), {}, {})
    assert list(drawn.layout.xaxis.ticktext) == ["input", "conv1", "pool1", "conv2", "pool2", "d1", "output"]


def test_accuracies_have_an_axis_of_their_own():
    drawn = paper_figure(figure("9b"), {}, {})
    assert [trace.yaxis for trace in drawn.data] == ["y", "y2", "y2"]
    assert list(drawn.layout.yaxis2.range) == [0, 100]


def test_an_id_above_10_is_called_a_lower_bound():
    texts = [text for trace in paper_figure(figure("3a"), {}, {}).data for text in trace.text]
    assert any(text.startswith("pool3: ID at least 118.9") or "at least 119" in text for text in texts)
    assert not any("at least" in text for text in paper_figure(figure("5c"), {}, {}).data[2].text)


def test_what_a_point_says_has_its_layer_value_and_bar():
    (trace, *_) = paper_figure(figure("6"), {}, {}).data
    assert trace.text[0] == "input: ID at least 13.16 ± 0.22"
