"""Attention of a sequence in the tab Tokens: a button, then a matrix of a head whose tokens are never markup."""

import json

import numpy as np
import pytest

from idcore.figures.attends import attends_figure
from idcore.results import attended
from idcore.results.attended import Attended
from idcore.spec import AttendJob
from idcore.ui.explore.attends import told
from tests.tools.pages import N, figures_of, open_app, text_of


def made(causal=False, total=4):
    each = np.random.default_rng(0).dirichlet(np.ones(4), (2, 4)).astype(np.float32)
    return Attended(("d1",), ("<b>", "\u0120rain", "rain", "$x$"), total, (each,), causal)


@pytest.fixture
def texts(fake, root):
    folder = root / "tiny"
    folder.mkdir()
    for name in ("config.json", "tokenizer.json"):
        (folder / name).write_text("{}")


def test_attention_is_asked_for_by_a_button_and_stands_by_layer_and_head(fake, texts):
    address = {"data": "sentences", "n": str(N), "regime": "untrained", "tab": "tokens", "sequence": "3"}
    at = open_app(**address)
    assert "One pass of the whole sequence" in text_of(at) and at.number_input(key="sequence").value == 3
    at.button(key="compute-attention").click().run()
    (job,) = [one for one in fake.submitted if isinstance(one, AttendJob)]
    assert job == AttendJob(fake.submitted[0].request, 3)
    attended.save(fake.store, job, made())
    at = open_app(**address, layer="d1", head="1")
    assert at.selectbox(key="head").value == "1" and not at.exception
    (figure,) = [json.loads(one) for one in figures_of(at) if "takes" in one]
    assert figure["data"][0]["x"] == ["0 &lt;b&gt;", "1  rain", "2 rain", "3 $x$"]
    said = text_of(at)
    assert "Sequence 3 in d1, head 1 of 2: N = 4 tokens" in said and "Each row sums to 1." in said
    at = open_app(**address, layer="conv1", head="1")
    assert "No token attends in conv1. Choose a layer that does: d1." in text_of(at)


def test_tokens_that_say_the_same_are_rows_of_their_own_and_the_first_lies_above():
    found = made()
    figure = attends_figure(found.matrix("d1", None), found.tokens)
    assert len(set(figure.data[0].x)) == 4 and list(figure.data[0].x) == list(figure.data[0].y)
    assert figure.layout.yaxis.autorange == "reversed" and figure.layout.xaxis.type == "category"
    np.testing.assert_allclose(figure.data[0].z, found.weights[0].mean(0))


def test_what_a_row_sums_to_is_told_where_tokens_are_cut():
    assert "sums to 1 over all 90 tokens" in told(made(total=90), 0, "d1", None)
    assert "first 4 are shown" in told(made(total=90), 0, "d1", None)
    causal = told(made(True, 90), 0, "d1", 0)
    assert "Each row sums to 1. " in causal and "above the diagonal all weights are 0" in causal
