"""A series of checkpoints in figures, and names that stand below a figure instead of in it."""

import numpy as np
import pytest

from idcore.figures import theme
from idcore.figures.compare import Curve, compare_figure
from idcore.figures.legend import MOST, taken_out
from idcore.figures.series import step_figure, surface_figure
from tests.tools.summaries import PLAN, ROWS


def _series(n: int) -> list[Curve]:
    return [Curve(f"ckpt_{i}.pt", "pretrained", PLAN, ROWS[i % 3], "series", i / (n - 1)) for i in range(n)]


def test_a_cell_of_the_surface_is_the_id_of_a_layer_of_a_step():
    (trace,) = surface_figure(_series(4)).data
    assert [list(row) for row in trace.z] == [[row.id for row in ROWS[i % 3]] for i in range(4)]
    assert "ckpt_2.pt" in trace.hovertext[2][1] and f"N = {ROWS[2][1].n:,}" in trace.hovertext[2][1]
    assert f"{ROWS[2][1].id:.4g} ± {ROWS[2][1].id_err:.2g}" in trace.hovertext[2][1]


def test_a_difference_is_taken_layer_by_layer_with_both_errors_and_is_nothing_of_itself():
    curves = _series(3)
    (trace,) = surface_figure(curves, reference=curves[0]).data
    assert list(trace.z[0]) == [0, 0, 0] and trace.zmin == -trace.zmax
    own, base = ROWS[1][2], ROWS[0][2]
    assert trace.z[1][2] == pytest.approx(own.id - base.id)
    both = np.hypot(own.id_err, base.id_err)
    assert f"{own.id - base.id:+.3g} ± {both:.2g}" in trace.hovertext[1][2] and "minus that of ckpt_0.pt" in str(
        trace.hovertext
    )


def test_a_layer_that_is_not_there_yet_is_an_empty_cell_that_says_so():
    curves = _series(2)
    begun = Curve("begun<b>", "pretrained", PLAN, ROWS[0][:1], "series", 1.0)
    (trace,) = surface_figure([curves[0], begun]).data
    assert list(trace.z[1]) == [ROWS[0][0].id, None, None] and "not measured yet" in trace.hovertext[1][1]
    assert "<b>" not in trace.hovertext[1][1].replace("<b>begun&lt;b&gt;</b>", "")
    (trace,) = surface_figure([curves[0], begun], reference=begun).data
    assert trace.z[0][1] is None


def test_one_checkpoint_stands_before_the_others():
    figure = step_figure(_series(5), 2)
    *others, shown = figure.data
    assert shown.name == "ckpt_2.pt" and shown.error_y.array is not None and shown.line.width > others[0].line.width
    assert all(one.mode == "lines" and one.showlegend is False for one in others) and len(others) == 4
    assert "ckpt_2.pt" in figure.layout.annotations[0].text


@pytest.mark.parametrize("n", [2, MOST, MOST + 1, 16])
def test_names_stand_in_the_figure_up_to_so_many_and_in_a_table_above_that(n):
    curves = [Curve(f"network {i}", "trained", PLAN, ROWS[0]) for i in range(n)]
    figure = compare_figure(curves)
    drawn = [(trace.name, trace.line.color, trace.marker.symbol) for trace in figure.data]
    before = figure.to_json()
    shown, found = taken_out(figure)
    assert figure.to_json() == before and taken_out(figure)[1] == found  # sessions share it
    if n <= MOST:
        assert not found and shown is figure and figure.layout.showlegend
    else:
        assert [(key.name, key.colour, key.symbol) for key in found] == drawn and not shown.layout.showlegend
        assert len({(key.colour, key.symbol) for key in found}) == n
        assert all(colour in theme.CLASS_COLOURS for _, colour, _ in drawn)
