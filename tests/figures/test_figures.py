"""Figures are pure: records in, a plotly figure out; what the reader must be told is in it."""

import itertools
import json
import tomllib

import numpy as np
import pytest

from idcore.estimators import twonn
from idcore.estimators.protocol import mean_and_spread
from idcore.estimators.spectrum import Spectrum
from idcore.estimators.summary import summarise
from idcore.figures import theme
from idcore.figures.compare import Curve, compare_figure
from idcore.figures.curve import class_curve, id_curve
from idcore.figures.fit import fit_figure
from idcore.figures.spectrum import spectrum_figure
from idcore.figures.training import training_figure
from idcore.paper import published
from idcore.record import Layer
from idcore.spec import REGIMES, Reading
from tests import ROOT
from tests.tools.build_record import brute_geometry
from tests.tools.summaries import LAYERS, MADE_UP, row_of


def _plain(figure) -> dict:
    return json.loads(figure.to_json())


def _trace(figure, name: str) -> dict:
    return next(trace for trace in _plain(figure)["data"] if trace["name"].startswith(name))


@pytest.fixture(scope="module")
def geometry():
    return brute_geometry(np.random.default_rng(0).normal(size=(300, 5)) @ np.diag([5, 4, 3, 2, 1]), coordinates=5)


@pytest.mark.parametrize("regime", REGIMES)
def test_a_regime_has_its_colour_in_every_figure(regime, geometry):
    fit = twonn.fit(*geometry.neighbours.distances[:, :2].T)
    colour = theme.REGIMES[regime].colour
    assert _trace(id_curve(MADE_UP, LAYERS, regime), "TwoNN")["line"]["color"] == colour
    assert _trace(compare_figure([Curve(regime, regime, LAYERS, MADE_UP)]), regime)["line"]["color"] == colour
    assert _trace(fit_figure(fit, regime), "fitted")["marker"]["color"] == colour
    assert _trace(spectrum_figure(Spectrum(geometry.eigenvalues), regime), "first")["line"]["color"] == colour
    assert _trace(training_figure([], regime), "train accuracy")["line"]["color"] == colour


def test_regimes_differ_in_symbol_and_those_of_one_figure_in_dash():
    assert set(theme.REGIMES) == {*REGIMES, "elsewhere"}
    assert len({style.symbol for style in theme.REGIMES.values()}) == len(theme.REGIMES)
    assert len({theme.REGIMES[regime].dash for regime in ("trained", "untrained", "shuffled")}) == 3


def _linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def _contrast(colour: str, other: str) -> float:
    high, low = sorted((float(_linear(one) @ [0.2126, 0.7152, 0.0722]) for one in (colour, other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)
"""Of linear RGB; Machado, Oliveira, Fernandes, IEEE TVCG 15:1291 (2009), severity 1."""


def _lab(colour: str, seen: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of a colour as it is seen."""
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    xyz = to_xyz @ np.clip(seen @ _linear(colour), 0, 1) / [0.95047, 1, 1.08883]
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def _nearest(colours: list[str], seen: np.ndarray) -> float:
    labs = [_lab(colour, seen) for colour in colours]
    return min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(labs, 2))


@pytest.mark.parametrize("seen", [np.eye(3), DEUTERANOPIA], ids=["usual", "deuteranopia"])
def test_colours_are_told_apart(seen):
    assert _nearest([*(style.colour for style in theme.REGIMES.values()), theme.ACCENT, theme.NEUTRAL], seen) > 20
    assert _nearest(list(theme.CLASS_COLOURS), seen) > 18


BACKGROUNDS = [
    tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"][one]["backgroundColor"]
    for one in ("light", "dark")
]
LINES = [*(style.colour for style in theme.REGIMES.values()), theme.ACCENT, theme.NEUTRAL, *theme.CLASS_COLOURS]


@pytest.mark.parametrize("colour", LINES)
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_the_colours_of_lines_are_seen_on_light_and_dark(colour, background):
    assert _contrast(colour, background) >= 3


def test_the_curve_carries_error_bars_and_its_context_in_the_hover_text():
    trace = _trace(id_curve(MADE_UP, LAYERS, "trained", reading=Reading(0.2)), "TwoNN")
    assert trace["error_y"]["array"] == [0.3] * 4
    assert "20% of μ discarded" in trace["hovertemplate"]
    layer, shape, counts = trace["customdata"][1]
    assert (layer, shape) == ("conv1", "Conv2d 32×26×26, D = 21,632")
    assert "N = 1,000" in counts and "3 dropped" in counts and "R² = 0.9900" in counts


def test_a_lower_bound_is_said_in_the_hover_text():
    figure = id_curve([row_of(LAYERS[0], 30.0, lower_bound=True)], LAYERS, "trained")
    assert "lower bound" in _trace(figure, "TwoNN")["customdata"][0][2]


def test_the_first_trace_of_the_curve_is_twonn_whatever_is_shown():
    assert id_curve(MADE_UP, LAYERS, "trained").data[0].name == "TwoNN ID"
    assert [t.name for t in id_curve(MADE_UP, LAYERS, "trained", shown=["PC-ID"]).data] == ["PC-ID"]


@pytest.mark.parametrize("x", ["layer", "depth"])
def test_the_axis_stands_before_there_are_points_and_does_not_move_when_they_come(x):
    empty, full = (id_curve(rows, LAYERS, "trained", x=x) for rows in ((), MADE_UP))
    assert empty.layout.xaxis == full.layout.xaxis
    assert len(full.data[0].x) == 4


def test_a_layer_without_a_number_is_left_out_and_the_others_stay_in_their_places():
    rows = [MADE_UP[0], row_of(LAYERS[1], None, id_err=None, note="constant"), MADE_UP[2]]
    assert list(id_curve(rows, LAYERS, "trained").data[0].x) == [0, 2]


def test_the_places_of_the_layers_do_not_depend_on_the_order_of_arrival():
    assert id_curve(MADE_UP, LAYERS, "trained").to_json() == id_curve(MADE_UP[::-1], LAYERS, "trained").to_json()


def test_the_mean_over_classes_has_their_deviation_as_bars_and_each_class_its_own_curve():
    rows = {c: [row_of(layer, 10.0 + c) for layer in LAYERS] for c in (0, 2)}
    spread = mean_and_spread(rows)
    names = {0: "a <b>", 2: "c"}
    mean = class_curve(spread, LAYERS, "trained", names=names)
    assert list(mean.data[0].y) == [11.0] * 4 and list(mean.data[0].error_y.array) == pytest.approx([2**0.5] * 4)
    assert mean.data[0].customdata[1][0] == "conv1" and len(mean.data) == 1
    each = class_curve(spread, LAYERS, "trained", names=names, each=True)
    assert [trace.name for trace in each.data[1:]] == ["a &lt;b&gt;", "c"] and list(each.data[2].y) == [12.0] * 4


def test_a_published_curve_is_dashed_and_stands_at_the_layers_of_its_names():
    points = published.curve("cnn").points
    trace = id_curve(MADE_UP, LAYERS, "trained", published=points).data[-1]
    assert trace.line.dash == "longdash" and trace.customdata[0][0] is None  # a click on it chooses no layer
    at = dict(zip((point.layer for point in points), trace.x, strict=True))
    assert (at["input"], at["conv1"], at["output"]) == (0, 1, 3)
    by_depth = id_curve(MADE_UP, LAYERS, "trained", x="depth", published=published.curve("resnet50").points).data[-1]
    assert list(by_depth.x) == pytest.approx([point.x for point in published.curve("resnet50").points], abs=1e-6)


def test_names_from_outside_are_text_in_figures():
    nasty = Layer("<b>x</b> %{y}", 0, 0.0, "Matrix", (5,), 5)
    figure = id_curve([row_of(nasty, 3.0)], [nasty], "elsewhere")
    assert figure.data[0].text[0] == "&lt;b&gt;x&lt;/b&gt; % {y}" and figure.data[0].customdata[0][0] == nasty.name
    assert "<b>" not in figure.layout.xaxis.ticktext[0]


def test_a_linear_axis_begins_at_zero_and_a_log_axis_is_one():
    assert id_curve(MADE_UP, LAYERS, "trained").layout.yaxis.rangemode == "tozero"
    assert id_curve(MADE_UP, LAYERS, "trained", log=True).layout.yaxis.type == "log"


def test_the_fit_shows_every_finite_point_once_and_a_line_of_the_right_slope(geometry):
    fit = twonn.fit(*geometry.neighbours.distances[:, :2].T, discard=0.3)
    figure = fit_figure(fit, "trained")
    fitted, discarded = _trace(figure, "fitted"), _trace(figure, "discarded")
    assert f"({int(fit.kept.sum()):,})" in fitted["name"]
    assert fitted["name"] == f"fitted ({int(fit.kept.sum())})"
    assert discarded["name"] == f"discarded ({fit.n - int(fit.kept.sum()) - 1})"  # the last one lies at infinity
    assert discarded["marker"]["color"] == theme.FAINT
    line = next(trace for trace in figure.data if trace.name.startswith("slope"))
    assert line.y[1] / line.x[1] == pytest.approx(fit.id)
    assert f"{fit.id:.2f} ± {fit.stderr:.2f}" in line.name


def test_the_spectrum_marks_the_pc_id_and_the_id(geometry):
    spectrum = Spectrum(geometry.eigenvalues)
    figure = spectrum_figure(spectrum, "trained", variance=0.9, id=4.2)
    texts = [note.text for note in figure.layout.annotations]
    assert texts == [f"PC-ID {spectrum.pc_id(0.9)}", "TwoNN 4.2"]
    assert 10 ** figure.layout.annotations[0].x == pytest.approx(spectrum.pc_id(0.9))


def test_a_long_spectrum_is_thinned_and_keeps_its_pc_id():
    spectrum = Spectrum(1 / np.arange(1, 9001.0))
    figure = spectrum_figure(spectrum, "trained")
    assert sum(len(trace.x) for trace in figure.data[:1]) < 700
    assert spectrum.pc_id() in figure.data[0].x


def test_classes_beyond_ten_differ_by_symbol():
    styles = theme.class_styles(20)
    assert len(set(styles)) == 20 and styles[0][0] == styles[10][0]


@pytest.mark.parametrize(("n", "kind"), [(2000, "scatter"), (2001, "scattergl")])
def test_webgl_is_used_above_2000_points_only(n, kind):
    assert theme.scatter(n)().type == kind


def test_training_without_a_test_set_draws_no_test_line():
    history = [{"epoch": 1, "loss": 2.0, "train_accuracy": 0.5, "test_accuracy": None}]
    assert [trace.name for trace in training_figure(history, "trained").data] == ["train accuracy", "loss"]


def test_a_measured_record_draws_as_it_is(geometry):
    row = summarise(geometry)
    figure = id_curve([row], [geometry.layer], "untrained")
    assert figure.data[0].y[0] == row.id


def test_the_units_and_the_share_of_them_that_the_id_is_are_curves_of_their_own(geometry):
    row = summarise(geometry)
    figure = id_curve([row], [geometry.layer], "trained", shown=("TwoNN", "D", "ID / D"), log=True)
    assert [trace.y[0] for trace in figure.data] == [row.id, row.units, row.id / row.units]
    assert f"ID / D = {row.id / row.units:.2g}" in figure.data[0].customdata[0][2]


def test_the_other_regimes_lie_behind_the_curve_and_are_named_at_their_ends():
    low = tuple(row_of(layer, 11.0 - 2 * layer.order) for layer in LAYERS)
    figure = id_curve(MADE_UP, LAYERS, "trained", shown=["TwoNN"], others={"untrained": low, "shuffled": MADE_UP[:2]})
    assert [trace.name for trace in figure.data] == ["TwoNN ID", "untrained", "shuffled"]
    assert [trace.line.dash for trace in figure.data[1:]] == ["dash", "dashdot"] and not figure.layout.showlegend
    assert figure.data[1].customdata[2][0] == "d1"
    assert all("markers" in trace.mode for trace in figure.data)  # of lines alone, a click on the page chooses nothing
    ends = {name.text: name for name in figure.layout.annotations}
    assert set(ends) == {"trained", "untrained", "shuffled"}
    pixels = (figure.layout.height - figure.layout.margin.t - figure.layout.margin.b) / figure.layout.yaxis.range[1]
    heights = sorted(name.y * pixels + name.yshift for name in ends.values())
    assert all(b - a >= 13.9 for a, b in itertools.pairwise(heights))


def test_the_vertical_axis_is_the_same_from_whichever_regime_one_looks():
    high = tuple(row_of(layer, 20.0) for layer in LAYERS)
    one = id_curve(MADE_UP, LAYERS, "trained", shown=["TwoNN"], others={"untrained": high})
    other = id_curve(high, LAYERS, "untrained", shown=["TwoNN"], others={"trained": MADE_UP})
    assert one.layout.yaxis.range[0] == 0 and one.layout.yaxis.range[1] == pytest.approx(
        other.layout.yaxis.range[1], rel=0.02
    )


@pytest.mark.parametrize("ids", [(9.1, 14.8), (11.2, 11.9), (31.0, 280.0), (0.02, 0.09)])
def test_a_logarithmic_axis_within_a_decade_has_marks_to_read_it_by(ids):
    rows = [row_of(layer, id, id_err=0.0) for layer, id in zip(LAYERS, ids, strict=False)]
    marks = id_curve(rows, LAYERS, "trained", shown=["TwoNN"], log=True).layout.yaxis.tickvals
    assert 3 <= sum(min(ids) <= mark <= max(ids) for mark in marks) <= 10


def test_of_hundreds_of_layers_some_are_named():
    layers = [Layer(f"l{i}", i, i / 610, "Linear", (4,), 4) for i in range(611)]
    figure = theme.frame()
    assert len(theme.layer_axis(figure, layers, "layer")) == 611
    assert len(figure.layout.xaxis.tickvals) == len(figure.layout.xaxis.ticktext) <= 20  # which a phone has room for
