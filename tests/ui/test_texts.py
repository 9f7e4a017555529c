"""Texts on the pages: what is chosen of them, what the map says of one, and its nearest in every layer."""

import numpy as np
import pytest

from idcore import results
from idcore.data.text_files import read_texts
from idcore.data.texts import load_texts
from idcore.results import passages
from idcore.results.passages import Passages
from idcore.spec import UPLOAD, DataSpec
from idcore.ui.kit import belongings
from idcore.ui.result.map import blob
from tests.tools.pages import N, open_app, text_of

DATA = DataSpec("sentences", "test", n=N)


@pytest.fixture
def model(fake, root):
    """What tells a folder below the data root as a language model."""
    folder = root / "tiny"
    folder.mkdir()
    for name in ("config.json", "tokenizer.json"):
        (folder / name).write_text("{}")


def test_where_there_is_no_language_model_it_is_said_what_to_do(fake):
    at = open_app(data="sentences")
    assert "Put its folder there, with config.json, tokenizer.json" in text_of(at) and fake.submitted == []
    at.text_input(key="hub-model").set_value("who/../what").run()
    assert "is no name of the hub" in text_of(at)
    at.text_input(key="hub-model").set_value("openai-community/gpt2").run()
    assert [job.request.network.architecture.name for job in fake.submitted] == ["hf:openai-community/gpt2"]
    assert fake.submitted[0].request.reduce == "last"


def test_the_language_models_below_the_data_root_are_offered_for_texts_and_no_others(fake, model, root):
    images = root / "vit"
    images.mkdir()
    (images / "config.json").write_text("{}")
    at = open_app(data="sentences", network="cnn")
    assert at.selectbox(key="network").options == ["tiny (transformers) (hf:folder-tiny)"]
    assert fake.submitted[0].request.network.architecture.name.startswith("hf:folder-tiny@")
    assert "folder-tiny" not in " ".join(open_app().selectbox(key="network").options)


@pytest.fixture
def said(fake, model):
    """What the samples of the fake say, kept as a worker keeps it."""
    found = load_texts(DATA)
    passages.save(fake.store, DATA, Passages(found.texts))
    return found.texts


def test_a_card_of_the_map_says_no_more_than_a_few_lines_and_no_markup_of_its_own():
    texts = ["<b>bold</b> \u202e\n and more", "x" * 1000]
    header, _ = blob.unpack(
        blob.samples(np.zeros(2, int), ["a"], [("#111111", "circle")], ids=np.arange(2), texts=texts)
    )
    assert header["texts"][0] == "<b>bold</b> and more" and len(header["texts"][1]) == blob.SAID
    assert (
        "texts" not in blob.unpack(blob.samples(np.zeros(1, int), ["a"], [("#111111", "circle")], ids=np.arange(1)))[0]
    )


def test_explore_has_a_tab_of_nearest_texts_for_texts_alone(fake, said):
    at = open_app(data="sentences", n=str(N), regime="untrained", tab="sequences", sequence="3")
    assert at.segmented_control(key="tab").value == "sequences" and at.number_input(key="sequence").value == 3
    assert "nearest neighbours in each layer" in text_of(at) and "The 5 nearest of N = 60" in text_of(at)
    assert fake.submitted[0].request.data == DATA


def test_an_address_of_texts_opened_on_images_says_what_is_not_there(fake):
    at = open_app(tab="sequences", tokens="shuffled", length="64")
    assert at.segmented_control(key="tab").value == "layer"
    assert "tokens must be left out, since the samples are images, not “shuffled”" in text_of(at)
    assert fake.submitted[0].request.data.tokens == "plain" and fake.submitted[0].request.data.length == 128


def test_the_sidebar_offers_of_texts_what_is_done_to_tokens(fake, said):
    at = open_app(data="sentences", n=str(N), regime="untrained", tokens="blocks", length="64", noise="0.5")
    assert at.segmented_control(key="tokens").value == "blocks" and at.number_input(key="length").value == 64
    assert not [one for one in at.number_input if one.key in ("noise", "lambda")]
    assert "the noise must be left out, since the samples are texts" in text_of(at)
    data = fake.submitted[0].request.data
    assert (data.tokens, data.length, data.noise) == ("blocks", 64, 0)


def test_an_upload_of_texts_stands_on_data_with_its_first_lines(fake, monkeypatch):
    monkeypatch.setattr(belongings, "is_mine", lambda digest: True)
    digest = results.save_upload(fake.store, b"the first of all\nthe second\nthe third\nthe fourth\n", "mine.txt")
    results.save_owner(fake.store, digest, results.EVERYBODY)
    assert read_texts(digest, fake.store).name == UPLOAD + digest
    text = text_of(open_app("data"))
    assert "mine.txt" in text and "4 texts" in text and "the first of all" in text and "the fourth" not in text
