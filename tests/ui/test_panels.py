"""The panels of Explore about scale, estimators, exactness, local values and depth."""

import dataclasses

import numpy as np
import pytest

from idcore import results
from idcore.estimators import colours, scale
from idcore.estimators.compare import along_depth
from idcore.estimators.error_bar import METHOD
from idcore.estimators.table import ESTIMATORS, estimates
from idcore.estimators.verdict import verdict
from idcore.record import Layer, unmeasured
from idcore.results import segmented
from idcore.spec import DataSpec, Reading, SegmentJob
from idcore.ui.explore import certificate
from idcore.ui.kit import words as said
from tests.tools.build_record import brute_geometry, scattered
from tests.tools.manifolds import gaussian
from tests.tools.pages import NAMES, figures_of, open_app, text_of


def record(fake, name):
    return results.layer(fake.store, fake.submitted[0].request, name)


def test_the_verdict_on_the_scale_stands_under_its_figure_in_words(fake):
    at = open_app(layer="conv1")
    found = record(fake, "conv1")
    said, page = verdict(scale.scale(found), found.n), text_of(at)
    assert said.sentence in page and said.brief.split(":")[0] in page
    assert METHOD in page


def test_all_estimators_stand_in_one_table_and_the_chosen_one_is_strong(fake):
    at = open_app(layer="conv1", estimator="TwoNN ML", neighbours="32")
    found = estimates(record(fake, "conv1"), Reading(neighbours=32))
    table = at.table[0].value
    for row, one in zip(table["ID"], found, strict=True):
        assert row.strip("*") == f"{one.id:.2f} ± {one.stderr:.2f}"
    assert [text.startswith("**") for text in table["Estimator"]] == [False, True, False, False, False]
    assert ESTIMATORS[1].words in text_of(at)


def test_the_bars_of_the_paper_are_offered_with_the_word_that_they_are_too_small(fake):
    at = open_app(layer="conv1", bars="paper")
    assert "too small" in text_of(at)
    row = estimates(record(fake, "conv1"), Reading(bars="paper"))[0]
    assert f"± {row.stderr:.2f}" in at.table[0].value["ID"][0]
    at.segmented_control(key="bars").set_value("jackknife").run()
    assert "too small" not in text_of(at)


def test_an_estimator_that_does_not_exist_is_named_in_a_sentence(fake):
    assert "must be one of TwoNN, TwoNN ML" in text_of(open_app(estimator="Magic"))


def test_the_discarded_fraction_moves_the_scale_and_the_table_too(fake):
    at = open_app(layer="conv1")
    at.slider(key="discard").set_value(0.4).run()
    one = estimates(record(fake, "conv1"), Reading(0.4))[0]
    assert at.table[0].value["ID"][0] == f"**{one.id:.2f} ± {one.stderr:.2f}**"
    assert "largest 40% of μ discarded" in text_of(at)


@pytest.mark.parametrize(
    ("colour", "words"),
    [("local ID", "Local ID from 20"), ("density", "Natural logarithm"), ("density peak", "density peak")],
)
def test_the_map_can_be_coloured_by_a_number_of_each_sample(fake, colour, words):
    at = open_app(tab="map", layer="conv1", colour=colour)
    assert words in text_of(at)


def test_pieces_of_different_dimension_are_a_colour_once_a_worker_has_sought_them(fake):
    at = open_app(tab="map", layer="conv1", colour="dimension piece")
    request = fake.submitted[0].request
    at.button(key="segments").click().run()
    assert isinstance(fake.submitted[-1], SegmentJob)
    pieces = segmented.Pieces((1.0, 4.0), (0.1, 0.2), np.arange(60) % 2, (-90.0, -80.0, -85.0))
    for name in NAMES:
        segmented.save(fake.store, request, name, pieces)
    at = open_app(tab="map", layer="conv1", colour="dimension piece")
    assert "K = 2 of 1 to 3 pieces has the highest likelihood, N = 60" in text_of(at)
    assert "4.0 ± 0.2 (30 samples)" in text_of(at) and "segments" not in [one.key for one in at.button]


def test_along_depth_shows_neighbourhoods_and_at_a_click_cka(fake):
    at = open_app(tab="depth")
    places = along_depth([record(fake, name) for name in NAMES], scattered(60, 10)[0])
    assert f"k = {places[0].k} nearest neighbours of each of N = 1,000" in text_of(at)
    at.segmented_control(key="along").set_value("CKA").run()
    assert any('"type":"heatmap"' in figure for figure in figures_of(at)) and "exact to ± 0.000." in text_of(at)
    assert "Debiased: near 0 for independent layers" in text_of(at)
    at.segmented_control(key="cka").set_value("plain").run()
    assert "Plain: biased towards 1" in text_of(at)


def test_copies_have_the_values_of_their_twins():
    x = np.repeat(gaussian(60, 3), 2, axis=0)
    values, _ = colours.values(brute_geometry(x), colours.COLOURS[0])
    assert values.shape == (120,) and (values[::2] == values[1::2]).all()


def test_what_is_proved_and_counted_is_said_in_plain_words():
    x = np.concatenate([gaussian(100, 4), gaussian(100, 4)[:12]])
    x = np.pad(x, ((0, 0), (0, 2)))
    made = dataclasses.replace(brute_geometry(x), brute_rows=3, refined_pairs=1, seconds=0.02)
    assert certificate.sentences(made) == [
        "All 6,400 neighbour distances are proved exact to 1e-12; 3 rows of 100 needed brute force.",
        "1 pair of samples was measured again in float64.",
        "12 duplicates were merged.",
        "2 of 6 units never change on these samples.",
        "The measurement of 112 samples × 6 units took 20 ms.",
    ]


def test_a_layer_without_numbers_says_why():
    bad = unmeasured(Layer("relu", 1, 0.5, "ReLU", (4,), 4), 50, "7 of the values are NaN.", non_finite=7)
    assert certificate.sentences(bad) == [
        "There are no numbers: 7 of the values are NaN. 7 values are NaN or infinite."
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (DataSpec("mnist5k", n=1000), "all there are: the seed draws nothing"),
        (DataSpec("mnist5k", n=999, seed=3), "seed 3"),
        (DataSpec("mnist5k", "all", n=5000, seed=1), "all there are: the seed draws nothing"),
        (DataSpec("mnist5k", classes=(2, 5), n=200, seed=1), "all there are: the seed draws nothing"),
        (DataSpec("mnist5k", classes=(2, 5), n=199, seed=1), "seed 1"),
        (DataSpec("mnist5k", classes=tuple(range(10)), n=1000), "all there are: the seed draws nothing"),
        (DataSpec("digits", "all", classes=(2,), n=150, seed=1), "seed 1"),  # how many there are is not known
        (DataSpec("upload-unknown", n=50, seed=4), "seed 4"),
    ],
)
def test_where_the_samples_are_all_there_are_the_page_says_that_the_seed_draws_nothing(fake, data, words):
    assert said.draw_words(data) == words


def test_the_default_of_explore_is_the_whole_test_split_and_says_so(fake):
    assert "1,000 test samples of mnist5k, all there are: the seed draws nothing" in text_of(open_app())
