"""A figure as HTML: everything stands where its value belongs, a stranger's words are words, and there is no half of a
figure."""

import re
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from idcore.estimators.summary import summarise
from idcore.figures.curve import id_curve
from idcore.figures.still import still
from idcore.record import Layer
from tests.tools.pages import synthetic

PLAN = tuple(Layer(name, i, i / 2, "Linear", (8,), 8, True) for i, name in enumerate(("input", "d1", "output")))
ROWS = tuple(summarise(synthetic(0, layer)) for layer in PLAN)


def curve(**more):
    return id_curve(ROWS, PLAN, "trained", height=300, **more)


def placed(html):
    """(x, y) of the marks of the first curve, in per cent of the axes from below on the left."""
    points = re.findall(r'<svg x="([\d.]+)%" y="([\d.]+)%"><path d="M4.5', html)
    return [(float(x), 100 - float(y)) for x, y in points]


def test_points_bars_and_names_stand_where_plotly_puts_them():
    figure = curve()
    html, (low, high) = still(figure, "what it is"), figure.layout.yaxis.range
    at = [100 * (i + 0.45) / 2.9 for i in range(3)]
    np.testing.assert_allclose(
        placed(html), [(x, 100 * row.id / high) for x, row in zip(at, ROWS, strict=True)], atol=0.01
    )
    for x, layer in zip(at, PLAN, strict=True):
        assert f'<span class="x" style="left:{x:.2f}%">{layer.name}</span>' in html
    row = ROWS[0]
    ends = [100 - 100 * (row.id + sign * row.id_err) / high for sign in (-1, 1)]
    assert low == 0 and f'y1="{ends[0]:.2f}%" y2="{ends[1]:.2f}%"' in html
    assert 'aria-label="what it is"' in html and ">Dimension<" in html


def test_a_logarithmic_axis_and_relative_depth():
    html = still(curve(log=True, x="depth"), "a")
    xs, ys = zip(*placed(html), strict=True)
    np.testing.assert_allclose(xs, [100 * (depth + 0.04) / 1.08 for depth in (0, 0.5, 1)], atol=0.01)
    ids = np.log([row.id for row in ROWS])
    order = np.argsort(ids)
    np.testing.assert_allclose(
        (ys[order[1]] - ys[order[0]]) / (ys[order[2]] - ys[order[0]]),
        (ids[order[1]] - ids[order[0]]) / (ids[order[2]] - ids[order[0]]),
        atol=0.002,
    )
    assert ">Relative depth<" in html and all(0 < y < 100 for y in ys)


def test_other_estimates_have_a_legend_and_other_regimes_their_names():
    others = {"untrained": tuple(replace(row, id=row.id + 1) for row in ROWS)}
    html = still(curve(shown=("TwoNN", "PC-ID", "linearised"), others=others), "a")
    for name in ("TwoNN ID", "PC-ID", "Linearised ID"):
        assert f"</svg>{name}</span>" in html
    assert re.findall(r"<span style=[^>]*>(\w+)</span>", html) == ["trained", "untrained"]
    assert html.count("<polyline") == 4


def test_the_chosen_layer_is_marked():
    assert f'style="--at:{100 * 1.45 / 2.9:.2f}%;background:red"' in still(curve(), "a", 1, "red")
    assert "--at" not in still(curve(), "a")


def test_a_strangers_words_are_words():
    name = '<img src=x onerror="alert(1)">'
    plan = (replace(PLAN[0], name=name), *PLAN[1:])
    rows = (replace(ROWS[0], layer=name), *ROWS[1:])
    html = still(id_curve(rows, plan, "trained", height=300), f"of {name}")
    assert "<img" not in html and 'aria-label="of &lt;img' in html
    assert ">…r=&quot;alert(1)&quot;&gt;</span>" in html  # the end of a long name


def test_where_there_is_little_room_names_are_turned_and_the_legend_takes_more_lines():
    plan = [Layer(f"a.long.name{i}", i, i / 9, "Linear", (8,), 8, True) for i in range(9)]
    rows = [summarise(synthetic(0, layer)) for layer in plan]

    def rules(*shown):
        html = still(id_curve(rows, plan, "trained", height=300, shown=shown), "a")
        return re.findall(r"@container still \(max-width: (\d+)px\) {(.*?)}(?=@|<)", html)

    (slanted, how), (upright, then) = rules("TwoNN")
    assert int(slanted) > int(upright) and "rotate(30deg)" in how and "vertical-rl" in then
    *_, (two, in_two), (one, in_one) = rules("TwoNN", "PC-ID", "linearised")
    assert int(two) > int(one) and "repeat(2," in in_two and "repeat(1," in in_one


@pytest.mark.parametrize("change", [
    lambda figure: figure.data[0].update(mode="markers"),
    lambda figure: figure.data[0].update(marker={"symbol": "star"}),
    lambda figure: figure.data[0].update(line={"dash": "longdashdot"}),
    lambda figure: figure.add_trace(go.Bar(x=[1], y=[1])),
])  # fmt: skip
def test_of_what_is_not_drawn_here_there_is_nothing_at_all(change):
    figure = curve()
    change(figure)
    assert still(figure, "a") == ""
