"""Language models measured from their folder to the store, and the tokens of single sequences."""

import numpy as np
import pytest
import torch

from idcore import pipeline, results
from idcore.errors import DataError, NetworkError, RequestError
from idcore.estimators.clouds import goes_with
from idcore.jobs.kinds import KINDS
from idcore.networks import extras
from idcore.networks.language import SEEN
from idcore.pipeline.carried import typical
from idcore.pipeline.clouds import clouds, losses
from idcore.pipeline.read import as_it_is
from idcore.results import clouded
from idcore.spec import Architecture, CloudsJob, DataSpec, FromFile, NetworkSpec, Pretrained, Recipe, Request, Untrained
from idcore.store import Store
from idcore.watch import Watch
from tests.tools import languages

pytestmark = pytest.mark.usefixtures("unconfined")

ARCHITECTURE = Architecture("hf:folder-tiny")


def request(weights=None, reduce="last", **data):
    return Request(DataSpec("sentences", n=90, **data), NetworkSpec(ARCHITECTURE, weights or Pretrained()), reduce)


def run(asked, store, layers="checkpoints", said=None):
    watch = Watch(lambda progress: said.append(progress.message) if said is not None else None)
    return list(pipeline.run(asked, layers, store, memory=2**28, watch=watch))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


@pytest.mark.slow
def test_a_model_of_a_folder_is_measured_as_images_are(root, store):
    languages.save(root / "tiny", "gpt2")
    estimate, said = pipeline.estimate(request(), store=store), []
    records = run(request(), store, said=said)
    assert [one.layer.name for one in records] == ["embeddings", "block1", "block2", "block3", "norm"]
    assert [cost.layer for cost in estimate.layers] == [one.layer.name for one in records] and estimate.passes == 1
    assert all(one.n == 90 and not one.note for one in records)
    assert any("tokens a second" in one for one in said)
    kept = results.run(store, as_it_is(request(), store))
    assert kept.request.network.architecture.name.startswith("hf:folder-tiny@") and (kept.predictions == -1).all()
    assert any("18" not in note and "tokens" in note for note in kept.notes)
    assert not any(path.stat().st_size > 2**20 for path in store.root.rglob("*.safetensors"))
    other = {}
    for name, asked in {
        "shuffled": request(tokens="shuffled"), "random": request(tokens="random"), "untrained": request(Untrained(1)),
        "mean": request(reduce="mean"), "short": request(length=4),
    }.items():  # fmt: skip
        other[name] = run(asked, store)[1].neighbours.distances
    for name, distances in other.items():
        assert not np.array_equal(distances, records[1].neighbours.distances), name
    languages.save(root / "tiny", "gpt2", seed=1)
    assert as_it_is(request(), store) != kept.request  # other weights are another network


@pytest.mark.slow
def test_what_does_not_go_together_is_refused_in_a_sentence(root, store):
    languages.save(root / "tiny", "gpt2")
    network = NetworkSpec(ARCHITECTURE, Pretrained())
    for asked, error, sentence in (
        (Request(DataSpec("mnist5k"), network), NetworkError, "is a language model, and MNIST.*holds images"),
        (
            Request(DataSpec("sentences"), NetworkSpec(weights=Untrained())),
            NetworkError,
            "of images, and Sentences",
        ),
        (Request(DataSpec(n=20), NetworkSpec(weights=Untrained()), "last"), RequestError, "Images have no last token"),
        (request(reduce="flatten"), RequestError, "cannot be flattened"),
        (request(Recipe("sentences")), NetworkError, "None is trained here"),
        (request(FromFile("0" * 64)), NetworkError, "or read from a file alone"),
        (Request(DataSpec("sentences", noise=1.0), network, "last"), DataError, "noise"),
        (Request(DataSpec("sentences"), network, "last", size=32), RequestError, "Texts have no height"),
    ):
        with pytest.raises(error, match=sentence):
            run(asked, store)


@pytest.mark.slow
def test_the_tokens_of_a_sequence_are_a_cloud_and_their_loss_is_that_of_the_library(root, store, monkeypatch):
    languages.save(root / "tiny", "qwen2")  # whose tokenizer takes letters
    job = CloudsJob(request(), 6)
    clouds(job, store)
    job = as_it_is(job, store)
    kept = clouded.read(store, job)
    assert KINDS[CloudsJob].complete(store, job) and kept.layers[0] == "embeddings" and len(kept.places) == 6
    assert all(len(words) >= 32 for words in kept.tokens) and kept.local.shape == (5, sum(map(len, kept.tokens)))
    assert (kept.distinct[:, 0] < [len(words) for words in kept.tokens]).all()  # a letter comes again
    assert (kept.distinct[:, -1] <= [len(words) for words in kept.tokens]).all()
    assert any("equal an earlier one" in note for note in kept.notes)
    entry = extras.look_up(ARCHITECTURE.name)
    tokenizer, model = extras.vocabulary(entry).tokenizer, languages.model("qwen2")
    ids = torch.tensor([tokenizer.convert_tokens_to_ids(list(kept.tokens[0]))])
    with torch.no_grad():
        told = model(input_ids=ids, labels=ids)
    np.testing.assert_allclose(kept.loss[0], float(told.loss), rtol=1e-5)
    np.testing.assert_allclose(kept.losses[kept.of(0)][1:], losses(told.logits, ids)[1:], rtol=1e-4)
    assert len(kept.goes) == 5 and all(one.n == 6 for one in kept.goes)
    assert np.isnan(kept.losses[kept.of(1)][0]) and np.isfinite(kept.losses[kept.of(1)][1:]).all()


@pytest.mark.slow
def test_sequences_that_are_too_short_make_no_clouds(root, store):
    languages.save(root / "tiny", "gpt2")
    with pytest.raises(RequestError, match=r"No sequence has 32 tokens or more \(the longest has \d+\)"):
        clouds(CloudsJob(request(), 6), store)


def test_a_rank_correlation_of_clouds_tells_its_chance():
    x = np.arange(20.0)
    goes = goes_with(x, np.exp(x), 1000)
    assert goes.r == pytest.approx(1) and goes.p < 0.002 and goes.n == 20
    assert goes_with(x, -x, 50).r == pytest.approx(-1)
    random = np.random.default_rng(0)
    chance = [goes_with(random.normal(size=20), random.normal(size=20), 100).p for _ in range(30)]
    assert 0.3 < np.mean(chance) < 0.7
    lost = goes_with(x, np.full(20, np.nan))
    assert lost.r is None and lost.note and lost.n == 0


@pytest.mark.slow
def test_a_forecast_is_of_sequences_as_long_as_they_run_and_not_as_long_as_they_may(root):
    languages.save(root / "tiny", "gpt2")
    network = extras.bare_language(extras.look_up("hf:folder-tiny"))
    lengths = torch.tensor([3] * 200 + [20] * 200)
    tokens = torch.ones((400, 3, 64), dtype=torch.int64)
    tokens[:, SEEN] = (torch.arange(64) < lengths[:, None]).long()
    run = sum(len(part) * int(lengths[part].max()) for part in network.batches(tokens))
    assert run >= lengths.sum() and typical(network, tokens).shape == (3, 3, round(run / 400))
    images = torch.rand(9, 1, 8, 8)
    assert torch.equal(typical(torch.nn.Flatten(), images), images[:3])
