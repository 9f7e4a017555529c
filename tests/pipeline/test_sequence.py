"""The attention of one sequence is what the library itself says it is."""

import numpy as np
import pytest
import torch
from torch import nn

from idcore.errors import NetworkError, RequestError
from idcore.inside.attention import NoAttention
from idcore.jobs.kinds import KINDS
from idcore.networks import extras
from idcore.pipeline import sequence
from idcore.pipeline.read import as_it_is
from idcore.pipeline.sequence import attention
from idcore.results import attended
from idcore.spec import Architecture, AttendJob, DataSpec, NetworkSpec, Pretrained, Request, Untrained
from idcore.store import Store
from tests.tools import languages

pytestmark = pytest.mark.usefixtures("unconfined")

ARCHITECTURE = Architecture("hf:folder-tiny")
REQUEST = Request(DataSpec("sentences", n=12), NetworkSpec(ARCHITECTURE, Pretrained()), "last")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


@pytest.mark.parametrize("family", ["gpt2", "bert"])
def test_every_block_attends_as_the_library_says_and_rows_sum_to_one(root, store, family):
    languages.save(root / "tiny", family)
    job = AttendJob(REQUEST, 5)
    attention(job, store)
    job = as_it_is(job, store)
    kept = attended.read(store, job)
    assert KINDS[AttendJob].complete(store, job) and kept.layers == ("block1", "block2", "block3")
    assert len(kept.tokens) == kept.total > 5 and kept.causal == (family == "gpt2")
    model, tokenizer = languages.model(family), extras.vocabulary(extras.look_up(ARCHITECTURE.name)).tokenizer
    model.set_attn_implementation("eager")
    with torch.no_grad():
        ids = torch.tensor([tokenizer.convert_tokens_to_ids(list(kept.tokens))])
        own = model(input_ids=ids, output_attentions=True).attentions
    for ours, theirs in zip(kept.weights, own, strict=True):
        assert ours.shape == (2, kept.total, kept.total) and ours.dtype == np.float32
        np.testing.assert_allclose(ours, theirs[0], atol=1e-5)
        np.testing.assert_allclose(ours.sum(-1), 1, atol=1e-5)
        assert (np.triu(ours, 1) == 0).all() == (family == "gpt2")
    np.testing.assert_allclose(kept.matrix("block2", None), kept.weights[1].mean(0))


def test_of_a_long_sequence_the_first_tokens_are_kept_as_the_whole_gives_them(root, store, monkeypatch):
    languages.save(root / "tiny", "bert")
    attention(AttendJob(REQUEST, 5), store)
    whole = attended.read(store, as_it_is(AttendJob(REQUEST, 5), store))
    for name, value, kept in (("SHOWN", 4, 4), ("KEPT", 4 * 6 * 9, 3)):
        with monkeypatch.context() as patch:
            patch.setattr(sequence, name, value)
            again = Store(store.root.parent / name)
            attention(AttendJob(REQUEST, 5), again)
        found = attended.read(again, as_it_is(AttendJob(REQUEST, 5), again))
        assert found.total == whole.total and found.tokens == whole.tokens[:kept]
        for one, other in zip(found.weights, whole.weights, strict=True):
            assert np.array_equal(one, other[:, :kept, :kept])


def test_what_has_no_attention_of_tokens_gives_a_sentence(root, store, monkeypatch):
    languages.save(root / "tiny", "gpt2")
    with pytest.raises(RequestError, match="must be a number from 0 to 11, not 12"):
        attention(AttendJob(REQUEST, 12), store)
    images = Request(DataSpec(n=20), NetworkSpec(Architecture("mlp", 8, 1), Untrained(0)))
    with pytest.raises(RequestError, match="this network is shown images"):
        attention(AttendJob(images), store)
    with pytest.raises(RequestError, match="The sequence must be"):
        AttendJob(REQUEST, -1)
    found = torch.full((1, 2, 3, 3), 1 / 3)
    for heard, said in (
        ({"model.h.0.attn": found, "model.h.0.cross": found}, "block1 tokens attend more than once"),
        ({"model.pool": found}, "In model.pool tokens attend outside the blocks"),
        ({"model.h.1.attn": found[..., :2]}, r"block2 the attention has the shape \(1, 2, 3, 2\)"),
        ({"model.h.1.attn": found * torch.nan}, "block2 attention weights are NaN"),
    ):
        with pytest.raises(NetworkError, match=said):
            sequence._named(heard, "h", 3)

    def nothing(*_: object) -> None:
        raise NoAttention("None.")

    monkeypatch.setattr(sequence, "watched", nothing)
    with pytest.raises(NoAttention, match="No attention was seen in this model"):
        sequence.by_block(nn.Identity(), torch.ones((1, 3, 3), dtype=torch.int64), torch.device("cpu"))
