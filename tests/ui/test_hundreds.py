"""Networks of hundreds of layers: what is said of them, and which of their layers are compared with each other."""

from types import SimpleNamespace

from idcore.ui.explore import curve
from idcore.ui.result.depth import MOST_PAIRED, spread, spread_words


def test_few_layers_are_all_compared_and_nothing_is_said():
    layers = list(range(MOST_PAIRED))
    assert spread(layers) == layers and spread_words(MOST_PAIRED, MOST_PAIRED) == ""


def test_of_many_layers_the_first_the_last_and_evenly_those_between_are_compared():
    shown = spread(range(601))
    steps = [b - a for a, b in zip(shown, shown[1:], strict=False)]
    assert len(shown) == len(set(shown)) == MOST_PAIRED and (shown[0], shown[-1]) == (0, 600)
    assert set(steps) <= {9, 10} and len(set(spread(range(MOST_PAIRED + 1)))) == MOST_PAIRED
    assert spread_words(64, 601) == " 64 of 601 layers, evenly from the first to the last."


def test_a_curve_is_told_in_words_and_a_long_one_by_its_ends_and_its_extremes():
    rows = [SimpleNamespace(layer=f"l{i}", id=10.0 + (i == 300) * 5 - (i == 500) * 5) for i in range(601)]
    said = curve.alt(SimpleNamespace(rows=rows))
    assert said == "Intrinsic dimension by layer, 601 of them: l0 10.0, l500 5.0, l300 15.0, l600 10.0"
    assert curve.alt(SimpleNamespace(rows=rows[:2])) == "Intrinsic dimension by layer: l0 10.0, l1 10.0"
    assert curve.alt(SimpleNamespace(rows=[])) == "Intrinsic dimension by layer: nothing measured yet"
