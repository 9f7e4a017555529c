"""The page Learn, driven without a browser: each step, its link, and what it asks the workers for."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from idcore import results
from idcore.data.source import raw
from idcore.estimators import subset
from idcore.figures.learn_networks import sheet
from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.learn.texts import STEPS
from idcore.spec import Architecture, EmbedJob, Recipe, Untrained
from idcore.ui.learn import chain
from tests.tools import patience
from tests.tools.pages import figures_of, open_app, text_of

NUMBERS = range(1, 10)
PAGE = """
from idcore.ui.kit import query
from idcore.ui.learn import page
query.look()
page.main()
"""


@pytest.fixture
def jobs(fake):
    return fake


def _open(**address: str) -> AppTest:
    """The page by itself: through app.py each test would draw Explore first."""
    at = AppTest.from_string(PAGE, default_timeout=patience.seconds())
    for name, value in address.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception, at.exception
    return at


def _weights(jobs) -> list:
    return [job.request.network.weights for job in jobs.submitted]


@pytest.mark.parametrize("number", NUMBERS)
def test_each_step_has_its_link_its_words_a_question_and_a_figure(jobs, number):
    at = _open(step=str(number))
    step = STEPS[number - 1]
    assert at.title[0].value == f"{number}. {step.title}"
    assert step.text in text_of(at) and step.answer in text_of(at)
    assert [one for one in at.expander if one.label == step.question]
    assert 1 <= len(figures_of(at)) <= 2


@pytest.mark.parametrize("shape", ["line", "plane", "swiss-roll", "sphere", "torus", "moebius", "helix", "tangle"])
def test_each_shape_is_drawn_with_its_numbers(jobs, shape):
    at = _open(shape=shape)
    assert [metric.label for metric in at.metric] == ["True", "TwoNN", "PC-ID"] and len(figures_of(at)) == 1


def test_fifty_dimensions_are_shown_by_three_and_that_is_said(jobs):
    at = _open(shape="cube", d="50")
    assert at.metric[0].value == "50" and "these are the first three of 50 coordinates" in text_of(at)
    assert float(at.metric[1].value.split(" ")[0]) < 40


def test_curling_the_sheet_changes_what_pca_says(jobs):
    at = _open(curl="0.0")
    assert at.metric[2].value == "2"
    at.slider(key="curl").set_value(1.0).run()
    assert at.metric[2].value == "3" and at.metric[1].value.startswith("1.9")


@pytest.mark.parametrize(("part", "figures"), [("one point", 1), ("all points", 2), ("scale", 1), ("limits", 1)])
def test_twonn_is_told_in_four_parts(jobs, part, figures):
    assert len(figures_of(_open(step="2", part=part))) == figures


def test_the_first_two_steps_ask_nothing_of_the_workers(jobs):
    _open()
    _open(step="2")
    assert jobs.submitted == []


def test_the_page_is_one_of_the_app_and_keeps_its_sidebar_empty(jobs):
    at = open_app("learn")
    assert at.title[0].value == "1. What is a dimension?" and not at.sidebar.children


def test_next_and_previous_go_through_the_steps(jobs):
    at = _open()
    assert at.button(key="previous").disabled
    at.button(key="next").click().run()
    at.button(key="onward").click().run()
    assert at.title[0].value.startswith("3. ")
    at.button(key="previous").click().run()
    assert at.title[0].value.startswith("2. ")
    assert _open(step="9").button(key="next").disabled


def test_a_step_that_is_not_there_is_answered_with_a_sentence(jobs):
    at = _open(step="12")
    assert at.title[0].value.startswith("1. ") and "In the address, the step must be" in text_of(at)


def test_a_projector_sees_the_step_and_not_the_controls_around_it(jobs):
    at = _open(step="2", hide="controls")
    assert "Step 2 of 9" in text_of(at) and not [b for b in at.button if b.key == "onward"]
    assert [one.key for one in at.segmented_control] == ["part"]
    at.button(key="next").click().run()
    assert at.title[0].value.startswith("3. ") and at.query_params["step"] in ("3", ["3"])


def test_ten_digits_are_followed_to_the_layer_of_the_link(jobs):
    at = _open(step="3", layer="conv1")
    assert at.select_slider(key="layer").value == "conv1"
    assert figures_of(at)[0].count("base64,") == 10
    assert "nearest neighbour of their own class" in text_of(at)
    assert _weights(jobs) == [Recipe()]


def test_the_pictures_are_those_of_the_samples_they_stand_for_and_of_their_nearest(jobs, monkeypatch):
    rows = []
    monkeypatch.setattr(chain, "sheet", lambda shown: rows.extend(shown) or sheet(shown))
    figure = json.loads(figures_of(_open(step="3", layer="conv1"))[0])
    run = results.runs(jobs.store)[0]
    run = results.run(jobs.store, jobs.submitted[0].request)
    digits, record = raw("mnist5k")[0][run.ids, 0], results.layer(jobs.store, run.request, "conv1")
    chosen = [int(np.flatnonzero(run.labels == label)[0]) for label in range(10)]
    for picture, place in zip(figure["layout"]["images"], chosen, strict=True):
        drawn = Image.open(io.BytesIO(base64.b64decode(picture["source"].split(",")[1])))
        np.testing.assert_array_equal(np.asarray(drawn)[::2, ::2], (255 * digits[place]).round())
    nearest = [int(subset.nearest(record, place, 1)[0][0]) for place in chosen]
    np.testing.assert_array_equal(rows, [digits[chosen], digits[nearest]])


def test_a_umap_is_asked_for_when_it_is_wanted(jobs):
    at = _open(step="3")
    at.segmented_control(key="map").set_value("UMAP").run()
    assert isinstance(jobs.submitted[-1], EmbedJob) and "PCA until the UMAP is ready" in text_of(at)


def test_the_hunchback_is_hidden_until_it_is_revealed(jobs):
    at = _open(step="4")
    assert "Choose a curve, then press Reveal" in text_of(at) and "pool3)" not in text_of(at)
    at.toggle(key="reveal").set_value(True).run()
    assert "at most 119.5 (pool3)" in text_of(at) and "Your guess is off by" in text_of(at)


def test_a_reader_can_draw_a_curve_and_the_right_one_is_off_by_nothing(jobs):
    at = _open(step="4", guess="my own", reveal="true")
    assert len(at.slider) == 8  # the layers of VGG-16 after the input
    off = float(text_of(at).split("off by ")[1].split(" ")[0])
    for slider, value in zip(at.slider, (78, 104, 120, 75, 33, 27, 21, 16), strict=True):
        slider.set_value(value)
    at.run()
    assert float(text_of(at).split("off by ")[1].split(" ")[0]) < 1.5 < off


def test_the_small_network_is_measured_here_to_be_guessed(jobs):
    _open(step="4", net="small network, here")
    assert _weights(jobs) == [Recipe()]


def test_random_weights_are_drawn_again_with_another_seed(jobs):
    at = _open(step="6")
    at.slider(key="wseed").set_value(3).run()
    assert _weights(jobs) == [Recipe(), Untrained(0), Untrained(3)]


def test_what_has_to_be_trained_waits_for_the_button(jobs):
    at = _open(step="7")
    assert _weights(jobs) == [Recipe(), Recipe(shuffled=1.0)]  # those that are shipped
    assert not [b for b in at.button if b.key == "train"]
    at.select_slider(key="share").set_value("0.5").run()
    at.button(key="train").click().run()
    assert _weights(jobs)[-1] == Recipe(shuffled=0.5) and len(jobs.submitted) == 3


def test_the_sweep_trains_networks_of_five_widths(jobs):
    at = _open(step="8", where="small networks, here")
    at.button(key="train").click().run()
    widths = [job.request.network.architecture for job in jobs.submitted[1:]]
    assert widths == [Architecture("mlp", width, 2) for width in (16, 32, 64, 128, 256)]
    assert "6 networks trained here. " in text_of(at)


def test_a_network_learns_and_is_shown_the_same_brightness(jobs):
    at = _open(step="9", gradients="10")
    at.button(key="train").click().run()
    request = jobs.submitted[-1].request
    assert request.data.gradient == request.network.weights.gradient == 10.0


def test_a_failure_is_shown_with_its_reason(jobs):
    jobs.failure = "There is no room on the disk."
    assert "There is no room on the disk." in text_of(_open(step="5"))


def test_while_layers_come_the_page_shows_those_it_has(jobs):
    jobs.steps = 2
    at = _open(step="5")
    assert at.progress and len(figures_of(at)) == 1
    jobs.states = {job_key(job): Status("cancelled", message="The job was cancelled.") for job in jobs.submitted}
    at.run()
    assert "The job was cancelled." in text_of(at)
