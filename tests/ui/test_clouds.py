"""The text of a cloud, coloured: what a token says is never markup."""

import numpy as np

from idcore.estimators.clouds import Goes
from idcore.figures.clouds import goes_figure, scatter_figure
from idcore.paper import language
from idcore.ui.explore.clouds import coloured


def test_tokens_are_escaped_and_the_deepest_colour_is_that_of_the_highest_dimension():
    found = coloured(("<b>", "\u0120x", '"&'), np.array([1.0, 3.0, np.nan]), np.array([np.nan, 2.0, 1.0]))
    assert "<b>" not in found and "&lt;b&gt;" in found and "&quot;&amp;" in found
    assert "0.75)" in found.split("</span>")[1] and "local ID 3.0, loss 2.00" in found
    assert "0.00)" in found.split("</span>")[2] and "no local ID" in found
    assert coloured(("a",), np.array([np.nan]), np.array([np.nan])).count("0.00)") == 1


def test_layers_without_a_correlation_are_left_out_and_an_uncertain_one_is_open():
    goes = (Goes(0.5, 0.2, 0.8, 0.001, 20), Goes(None, np.nan, np.nan, np.nan, 2, "few"), Goes(0.1, -0.3, 0.4, 0.5, 20))
    drawn = goes_figure(("a", "b", "c"), goes).data[0]
    assert list(drawn.x) == ["a", "c"] and list(drawn.marker.symbol) == ["circle", "circle-open"]
    ids, losses = np.array([1.0, 2.0]), np.array([3.0, np.nan])
    assert len(scatter_figure(ids, ids / 10, losses, ("x", "y"), 1).data) == 2


def test_published_curves_of_language_models_are_those_that_were_published():
    found = {one.name: one for one in language.curves()}
    peak = {name: max(point.id for point in one.points) for name, one in found.items()}
    assert (peak["opt-125m"], peak["opt-1.3b"], peak["opt-13b"], peak["pythia-6.9b-512"]) == (23.41, 35.45, 49.06, 15.3)
    assert len(found["opt-13b"].points) == 40 and found["opt-125m"].rank == 64
    assert all(one.points[-1].depth == 1 for one in found.values()) and "Pile-10k" in language.source()
