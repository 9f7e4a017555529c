"""The weights that come with the package do what their record says."""

import pytest
import torch

from idcore.data.load import load
from idcore.networks.build import build
from idcore.networks.ship import NETWORKS
from idcore.networks.train import permuted
from idcore.networks.weights import obtain
from idcore.results import SHIPPED, training
from idcore.spec import Architecture, DataSpec, Recipe, weights_key
from idcore.store import Store
from tests.tools.training import train


@pytest.fixture(scope="module")
def data():
    return load(DataSpec("mnist5k", "train", n=4000)), load(DataSpec("mnist5k", "test", n=1000))


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.regime)
def test_shipped_weights_have_the_accuracies_of_their_record(network, data, tmp_path):
    train, test = data
    found = obtain(network, Store(tmp_path))
    assert "shipped" in found.note and found.train_accuracy >= 0.999

    def right(samples, labels):
        with torch.inference_mode():
            predicted = torch.cat([found.module(x).argmax(1) for x in samples.images.split(500)])
        return int((predicted == torch.from_numpy(labels)).sum())

    assert abs(right(train, permuted(train.labels, network.weights)) - 4000 * found.train_accuracy) <= 1
    assert abs(right(test, test.labels) - 1000 * found.test_accuracy) <= 1


def test_the_trained_network_generalises_and_the_shuffled_one_does_not(tmp_path):
    trained, shuffled = (training(Store(tmp_path), network) for network in NETWORKS)
    assert trained.test_accuracy > 0.96 and shuffled.test_accuracy < 0.2
    assert trained.shipped and shuffled.shipped


def test_the_recipe_begins_the_training_that_the_record_tells(data):
    recipe = Recipe(epochs=1)
    module = build(Architecture("cnn"), (1, 28, 28), 10, recipe.seed)
    (record,) = train(module, recipe, *data)
    kept = Store(SHIPPED, read_only=True).meta(weights_key(NETWORKS[0]))["history"][0]
    assert record["loss"] == pytest.approx(kept["loss"], rel=0.02)  # another processor rounds otherwise


def test_the_shipped_files_are_small():
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()) < 5_000_000
