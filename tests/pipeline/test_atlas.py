"""Thumbnails and the labels a network was trained on: of the right samples, and only where there are any."""

import numpy as np
import pytest

from idcore import pipeline, results
from idcore.data import source
from idcore.data.load import thumbnails
from idcore.networks.train import permuted
from idcore.pipeline.atlas import keep_atlas, learned_labels
from idcore.results import atlas
from idcore.spec import ELSEWHERE, Architecture, DataSpec, NetworkSpec, Recipe, Request, Untrained
from idcore.store import Store
from idcore.watch import Watch

DATA = DataSpec("digits", n=60)
NETWORK = NetworkSpec(Architecture("mlp", 8, 1), Untrained(0))


def test_a_run_leaves_a_thumbnail_of_each_sample_and_a_later_run_puts_lost_ones_back(tmp_path):
    store = Store(tmp_path)
    list(pipeline.run(Request(DATA, NETWORK), "checkpoints", store, memory=2**30))
    kept = atlas.read(store, DATA)
    assert kept.shape == (60, 28, 28, 3) and (kept == thumbnails(DATA, store, 28)).all()
    store.delete(atlas.key(DATA))
    list(pipeline.run(Request(DATA, NETWORK), "checkpoints", store, memory=2**30))
    assert (atlas.read(store, DATA) == kept).all()


def test_many_thumbnails_are_smaller_and_representations_have_none(tmp_path):
    assert atlas.side(5000) == 28 and atlas.side(5001) == 20
    store = Store(tmp_path)
    keep_atlas(Request(DATA, ELSEWHERE), store, Watch())
    assert atlas.read(store, DATA) is None


def test_learned_labels_are_those_of_the_training_sample_by_sample():
    recipe = Recipe("digits", shuffled=1.0, seed=3)
    request = Request(DataSpec("digits", "all", n=200), NetworkSpec(Architecture("mlp", 8, 1), recipe))
    found = source.opened("digits")
    ids = source.draw(request.data, found)
    trained = source.draw(DataSpec("digits", "train", n=found.info.sizes["train"]), found)
    told = dict(zip(trained.tolist(), permuted(found.labels[trained], recipe).tolist(), strict=True))
    learned = learned_labels(request, ids, None)
    assert learned.tolist() == [told.get(i, -1) for i in ids.tolist()]
    assert (learned == -1).sum() == found.test[ids].sum() > 0
    assert (learned != found.labels[ids]).mean() > 0.8


@pytest.mark.parametrize("recipe", [Recipe("digits"), Recipe("mnist5k", shuffled=1.0)])
def test_true_labels_and_other_data_have_no_learned_labels(recipe):
    request = Request(DataSpec("digits", "train", n=50), NetworkSpec(Architecture("mlp", 8, 1), recipe))
    assert not len(learned_labels(request, np.arange(50), None))


def test_a_run_keeps_the_learned_labels_and_the_test_split_has_none(tmp_path):
    store = Store(tmp_path)
    recipe = Recipe("digits", shuffled=0.5, epochs=1)
    network = NetworkSpec(Architecture("mlp", 8, 1), recipe)
    for split, n in (("train", 60), ("test", 0)):
        request = Request(DataSpec("digits", split, n=60), network)
        list(pipeline.run(request, "checkpoints", store, memory=2**30))
        assert len(results.run(store, request).learned_labels) == n
