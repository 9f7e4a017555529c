"""The page Learn, driven without a browser: each step, its link, and what it asks the workers for."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from idcore.data.source import raw
from idcore.figures.learn_networks import sheet
from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.learn import byhand, shipped
from idcore.learn.poll import usable
from idcore.learn.quiz import items
from idcore.learn.shipped import network, peak
from idcore.learn.texts import COUNT, steps
from idcore.spec import Untrained
from idcore.ui.learn import chain, drawing, guess, poll
from tests.tools import patience
from tests.tools.pages import figures_of, open_app, text_of

NUMBERS = range(1, 13)
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


def _commit(at: AppTest, number: int, choice: str) -> str:
    """What the page says once the reader has chosen."""
    before = set(_said(at))
    at.pills(key=f"commit-{number}").set_value(choice).run()
    assert not at.exception, at.exception
    (answer,) = [text for text in _said(at) if text not in before]
    return answer.replace("\\", "")


def _said(at: AppTest) -> list[str]:
    return [one.value for one in at.markdown]


@pytest.mark.parametrize("number", NUMBERS)
def test_each_step_has_its_link_its_words_and_a_question_that_is_answered_within_120_words(jobs, number):
    at = _open(step=str(number))
    step = steps()[number - 1]
    assert at.title[0].value == f"{number}. {step.title}"
    assert step.text in text_of(at)
    assert len(figures_of(at)) <= 2 and jobs.submitted == []  # the results ship
    right = _commit(at, number, step.choices[step.right])
    assert "Right." in right
    assert len(" ".join((step.title, step.text, step.question, *step.choices, right)).split()) <= 120
    wrong = _commit(at, number, step.choices[1 - step.right])
    assert f"No: {step.choices[step.right]}." in wrong


@pytest.mark.parametrize("shape", ["line", "plane", "swiss-roll", "sphere", "torus", "moebius", "helix", "tangle"])
def test_each_shape_is_drawn_with_its_numbers(jobs, shape):
    at = _open(shape=shape)
    assert [metric.label for metric in at.metric] == ["True", "TwoNN", "PC-ID"] and len(figures_of(at)) == 1


def test_fifty_dimensions_are_shown_by_three_and_that_is_said(jobs):
    at = _open(shape="cube", d="50")
    assert at.metric[0].value == "50" and "these are the first three of 50 coordinates" in text_of(at)
    assert float(at.metric[1].value.split(" ")[0]) < 40


def test_the_sheet_is_flat_to_begin_with_and_curling_it_changes_what_pca_says(jobs):
    at = _open()
    assert at.metric[2].value == "2"
    at.slider(key="curl").set_value(1.0).run()
    assert at.metric[2].value == "3" and at.metric[1].value.startswith("1.9")


@pytest.mark.parametrize(("part", "figures"), [("by hand", 0), ("all points", 2), ("scale", 1), ("limits", 1)])
def test_twonn_is_told_in_four_parts(jobs, part, figures):
    assert len(figures_of(_open(step="2", part=part))) == figures


def test_the_answer_knows_the_noise_that_is_set(jobs):
    assert "a flat sheet still" in _commit(_open(), 1, "PC-ID")
    at = _open(jitter="0.05")
    twonn = at.metric[1].value.split(" ")[0]
    said = _commit(at, 1, "PC-ID")
    assert (
        f"TwoNN goes from {twonn}" in said and "noise of 5% fills all three directions" in said and "still" not in said
    )


def test_the_answer_knows_the_noise_of_the_scale(jobs):
    assert "Without noise it stays" in _commit(_open(step="2", part="scale", blur="0.0"), 2, "stays")
    assert "At noise 0.050" in _commit(_open(step="2", part="scale", blur="0.05"), 2, "rises")


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
    assert _open(step=str(COUNT)).button(key="next").disabled


def test_a_step_that_is_not_there_is_answered_with_a_sentence(jobs):
    at = _open(step="13")
    assert at.title[0].value.startswith("1. ") and "In the address, the step must be" in text_of(at)


def test_a_projector_sees_the_step_and_not_the_controls_around_it(jobs):
    at = _open(step="2", hide="controls")
    assert f"Step 2 of {COUNT}" in text_of(at) and not [b for b in at.button if b.key == "onward"]
    assert [one.key for one in at.segmented_control] == ["part", "ratios"]
    at.button(key="next").click().run()
    assert at.title[0].value.startswith("3. ") and at.query_params["step"] in ("3", ["3"])


def test_ten_digits_are_followed_to_the_layer_of_the_link(jobs):
    at = _open(step="3", layer="conv1")
    assert at.select_slider(key="layer").value == "conv1"
    assert figures_of(at)[0].count("base64,") == 10
    assert "nearest neighbour of their own class" in text_of(at)


def test_the_pictures_are_those_of_the_samples_they_stand_for_and_of_their_nearest(jobs, monkeypatch):
    rows = []
    monkeypatch.setattr(chain, "sheet", lambda shown: rows.extend(shown) or sheet(shown))
    figure = json.loads(figures_of(_open(step="3", layer="conv1"))[0])
    found = shipped.chain()
    digits = raw("mnist5k")[0][found.ids, 0]
    chosen = [int(np.flatnonzero(found.labels == label)[0]) for label in range(10)]
    for picture, place in zip(figure["layout"]["images"], chosen, strict=True):
        drawn = Image.open(io.BytesIO(base64.b64decode(picture["source"].split(",")[1])))
        np.testing.assert_array_equal(np.asarray(drawn)[::2, ::2], (255 * digits[place]).round())
    np.testing.assert_array_equal(rows, [digits[chosen], digits[found.nearest["conv1"][chosen]]])


def test_a_umap_is_there_at_once(jobs):
    at = _open(step="3")
    flat = figures_of(at)
    at.segmented_control(key="map").set_value("UMAP").run()
    assert figures_of(at) != flat and jobs.submitted == []


def test_the_curve_is_hidden_until_it_is_revealed_and_hides_again_for_another_network(jobs):
    at = _open(step="4")
    assert "Draw a curve, then switch on Reveal" in text_of(at) and "at stage4" not in text_of(at)
    at.toggle(key="reveal").set_value(True).run()
    assert f"at least {peak(network('pretrained photographs')).id:.0f} at stage4" in text_of(at)
    at.segmented_control(key="net").set_value(guess.VGG).run()
    assert not at.toggle(key="reveal").value and "pool3" not in text_of(at)
    at.toggle(key="reveal").set_value(True).run()
    assert "at least 119 at pool3" in text_of(at)


def test_the_small_network_has_no_hump_and_that_is_said(jobs):
    found = guess.measurement(guess.CNN)
    assert guess.told(found) == "12.1 at the input (the maximum), 6.8 at the output: no hump."


def test_a_drawn_curve_begins_at_the_given_point_stays_on_the_axis_and_is_compared_where_there_is_an_id():
    drawn = usable([99, -3, 50, 10], 4, 5.0, 20.0)
    assert drawn == [5.0, 0.0, 20.0, 10.0]
    assert drawing.off(drawn, [5.0, 1.0, None, 13.0]) == 2.0
    assert drawing.off([5.0, 7.0], [5.0, 7.0]) == 0.0


def test_brightness_moves_the_point_of_the_input(jobs):
    at = _open(step="5")
    marks = []
    for gradient in ("0", "100", "1000"):
        at.select_slider(key="gradients").set_value(gradient).run()
        (figure,) = figures_of(at)
        marks.append(next(t["y"][0] for t in json.loads(figure)["data"] if t["name"] == f"input, λ = {gradient}"))
    assert marks == sorted(marks, reverse=True) and marks[-1] == pytest.approx(network("lit").rows[0].id, rel=1e-5)
    assert "λ = 1000: 2.1" in _commit(at, 5, "yes")


def test_the_answer_on_clusters_knows_the_layer(jobs):
    at = _open(step="6")
    at.select_slider(key="layer").set_value("pool2").run()
    assert "In pool2:" in _commit(at, 6, "falls") and "pool2**: trained" in text_of(at)


def test_random_weights_are_drawn_again_with_another_seed(jobs):
    at = _open(step="7", net=guess.CNN)
    at.slider(key="wseed").set_value(3).run()
    assert _weights(jobs) == [Untrained(3)]


def test_the_layer_without_an_id_says_why(jobs):
    assert "untrained, output: no ID" in text_of(_open(step="7"))


def test_the_epoch_says_what_both_networks_know(jobs):
    at = _open(step="8")
    assert "**trained**, epoch 5: ID" in text_of(at) and "**shuffled**, epoch 5: ID" in text_of(at)
    at.slider(key="after").set_value(95).run()
    assert "epoch 17 (its last)" in text_of(at)


def test_each_share_of_shuffled_labels_is_there_at_once(jobs):
    at = _open(step="8", told="by share")
    for share in ("0.5", "0.25"):
        at.select_slider(key="share").set_value(share).run()
        assert f"**{float(share):.0%} shuffled**: ID" in text_of(at)
    assert jobs.submitted == []


def test_the_share_of_the_variance_moves_the_pc_id_and_the_answer_knows_it(jobs):
    at = _open(step="9")
    at.slider(key="variance").set_value(0.99).run()
    assert "With 99% its PC-ID is" in _commit(at, 9, "far less")


def test_the_small_networks_are_compared_without_a_training(jobs):
    at = _open(step="11", where="small networks, digits")
    assert "6 networks)" in text_of(at) and len(figures_of(at)) == 1 and jobs.submitted == []


def test_the_five_questions_are_counted(jobs):
    at = _open(step="12")
    for i, item in enumerate(items()):
        at.pills(key=f"quiz-{i}").set_value(item.choices[item.right if i else 1 - item.right])
    at.run()
    assert "**4 of 5** right." in text_of(at)
    assert all(item.why in text_of(at) for item in items())


def test_notes_for_the_lecturer_stand_beside_the_step_when_they_are_wanted(jobs):
    assert "Where they stumble" not in text_of(_open(step="3"))
    assert "Where they stumble" in text_of(_open(step="3", notes="true"))


def test_a_failure_is_shown_with_its_reason(jobs):
    jobs.failure = "There is no room on the disk."
    assert "There is no room on the disk." in text_of(_open(step="7", net=guess.CNN, wseed="1"))


def test_while_layers_come_the_page_shows_those_it_has(jobs):
    jobs.steps = 2
    at = _open(step="7", net=guess.CNN, wseed="1")
    assert at.progress and len(figures_of(at)) == 1
    jobs.states = {job_key(job): Status("cancelled", message="The job was cancelled.") for job in jobs.submitted}
    at.run()
    assert "The job was cancelled." in text_of(at)


def test_points_by_hand_have_the_id_of_the_library_in_both_spaces(jobs):
    at = _open(step="2")
    assert f"N = {byhand.FIRST}, all distances exact" in text_of(at)
    at.button(key="byhand-more").click().run()
    assert f"N = {byhand.FIRST + byhand.MORE}" in text_of(at)
    at.button(key="byhand-clear").click().run()
    assert "take 3 points at least; there are 0" in text_of(at)


def test_a_class_answers_from_its_phones_and_its_answers_stand_beside_the_question(jobs, monkeypatch):
    assert not [one for one in _open(step="4").button if one.key == "poll-button"]
    assert "Polls are off on this server" in text_of(_open(join="ABCDE"))
    monkeypatch.setenv("LAYERSCOPE_POLL", "1")
    assert "There is no poll ABCDE" in text_of(_open(join="abcde"))
    page = _open(step="4")
    page.button(key="poll-button").click().run()
    code = "".join(page.query_params["poll"])
    assert f"join={code}" in text_of(page).replace("\\", "") and "0 answered" in text_of(page)
    phone = _open(join=code)
    assert steps()[3].question in phone.subheader[0].value and not phone.title
    phone.pills(key="answer-4").set_value("yes").run()
    assert "Sent. You can change it" in text_of(phone)
    page.run()
    assert "1 answered" in text_of(page)
    page.button(key="next").click().run()
    phone.run()
    assert steps()[4].question in phone.subheader[0].value
    page.button(key="poll-button").click().run()
    assert "poll" not in page.query_params
    phone.run()
    assert f"There is no poll {code}" in text_of(phone)


@pytest.mark.parametrize("url", ["http://10.0.0.5:8501/learn?step=4", "http://10.0.0.5:8501/"])
def test_the_address_for_the_phones_is_that_of_the_page(url):
    assert poll.where(url, "ABCDE") == "10.0.0.5:8501/learn?join=ABCDE"
