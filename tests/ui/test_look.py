"""The tab Where it looks: one sample, its maps with their judgement, attention by layer and head."""

import json
from dataclasses import replace

import numpy as np

from idcore.spec import LookJob, Request
from idcore.ui.explore.look import verdicts
from idcore.ui.explore.overlay import as_bytes
from tests.tools.pages import N, figures_of, looked_at, open_app, text_of


def looks(fake):
    return [job for job in fake.submitted if isinstance(job, LookJob)]


def test_the_network_looks_when_the_tab_is_opened_and_each_map_is_judged_beside_its_baselines(fake):
    at = open_app()
    assert not looks(fake)
    at.segmented_control(key="tab").set_value("look").run()
    assert not at.exception and looks(fake) == [LookJob(fake.submitted[0].request, 0)]
    said = text_of(at)
    assert "Sample 7, 3: the network says 0, probability 0.550." in said
    assert "**Attention rollout loses** to deleting where most ink is" in said
    assert "Integrated gradients beats both." in said and "one sample is an anecdote" in said
    assert "Grad-CAM is not there: so it is." in said
    (figure,) = [json.loads(figure) for figure in figures_of(at) if "Patches deleted" in figure]
    assert [trace["name"] for trace in figure["data"]] == [
        "attention rollout, area 0.400", "integrated gradients, area 0.100", "most ink, area 0.200",
        "random, area 0.500 ± 0.020",
    ]  # fmt: skip
    table = at.dataframe[0].value
    assert table["does not beat"].tolist() == ["most ink", "", "", ""] and table["area"].tolist()[2] == 0.2


def test_sample_class_head_and_token_stand_in_the_address(fake):
    at = open_app(tab="look", look="4", explained="2", attending="block1", head="1", token="3")
    assert looks(fake) == [LookJob(fake.submitted[0].request, 4, 2)] and not at.exception
    assert "Explained is 2, probability 0.050." in text_of(at)
    assert at.selectbox(key="attending").value == "block1" and at.selectbox(key="head").value == "1"
    assert at.number_input(key="token").value == 3
    at.selectbox(key="explained").set_value("predicted").run()
    assert looks(fake)[-1] == LookJob(fake.submitted[0].request, 4)
    at.number_input(key="look").set_value(5).run()
    assert looks(fake)[-1].sample == 5


def test_what_is_not_there_is_told(fake):
    at = open_app(tab="look", look=str(N * 100), head="9")
    said = text_of(at)
    assert (
        "In the address, the sample that is looked at must be at most" in said
        and "In the address, the head whose attention is shown must be one of" in said
    )
    at = open_app(tab="look", explained="nobody")
    assert "In the address, the class that is explained must be one of predicted" in text_of(at)


def test_an_address_with_a_sample_opens_its_tab(fake):
    assert open_app(look="2").segmented_control(key="tab").value == "look"


def test_maps_are_sent_as_bytes_on_their_own_scale():
    numbers, signed = as_bytes(np.array([[0.0, 2.0, 1.0]]))
    assert numbers.tolist() == [[0, 255, 128]] and not signed
    numbers, signed = as_bytes(np.array([[-4.0, 0.0, 2.0]]))
    assert numbers.tolist() == [[1, 128, 192]] and signed
    assert as_bytes(np.zeros((2, 2)))[0].tolist() == [[0, 0], [0, 0]]


def test_a_verdict_names_all_that_a_map_does_not_beat():
    found = looked_at(LookJob(Request()))
    worse = replace(found.rows[0], area=0.49)
    (first, _) = verdicts(replace(found, rows=(worse, *found.rows[1:])))
    assert "loses** to deleting where most ink is" in first and "and to deleting patches at random" in first
