"""The weights that come with the package do what their record says."""

from dataclasses import replace

import pytest
import torch

from idcore import pipeline
from idcore.data.load import load
from idcore.data.source import dataset
from idcore.estimators.summary import summarise
from idcore.networks.build import build
from idcore.networks.catalogue import lookup
from idcore.networks.form import training_form
from idcore.networks.ship import NETWORKS
from idcore.networks.train import permuted
from idcore.networks.weights import obtain
from idcore.paper import agreement, experiments, published
from idcore.paper.experiments import Options
from idcore.paper.published import Series
from idcore.results import SHIPPED, training
from idcore.spec import LIT, Architecture, DataSpec, NetworkSpec, Recipe, Request, weights_key
from idcore.store import Store
from tests.tools.training import train


def data(recipe, split, n):
    form = training_form(recipe, lookup("cnn"), dataset("mnist5k"))
    return load(DataSpec("mnist5k", split, n=n, gradient=recipe.gradient), form)


shipped = pytest.mark.parametrize(
    "network",
    NETWORKS,
    ids=lambda network: f"{network.architecture.name}-{network.regime}-{network.weights.gradient:g}",
)


def right(module, samples, labels):
    with torch.inference_mode():
        predicted = torch.cat([module(x).argmax(1) for x in samples.images.split(500)])
    return int((predicted == torch.from_numpy(labels)).sum())


@shipped
def test_shipped_weights_have_the_test_accuracy_of_their_record(network, tmp_path):
    test, found = data(network.weights, "test", 1000), obtain(network, Store(tmp_path))
    assert "shipped" in found.note
    assert abs(right(found.module, test, test.labels) - 1000 * found.test_accuracy) <= 1


@pytest.mark.slow
@shipped
def test_shipped_weights_have_the_training_accuracy_of_their_record(network, tmp_path):
    train, found = data(network.weights, "train", 4000), obtain(network, Store(tmp_path))
    labels = permuted(train.labels, network.weights)
    assert abs(right(found.module, train, labels) - 4000 * found.train_accuracy) <= 1


def test_the_trained_network_generalises_and_the_shuffled_one_does_not(tmp_path):
    trained, shuffled, lit, transformer, random = (training(Store(tmp_path), network) for network in NETWORKS)
    assert min(trained.train_accuracy, shuffled.train_accuracy) >= 0.999
    assert trained.test_accuracy > 0.96 and shuffled.test_accuracy < 0.2
    assert lit.test_accuracy >= 0.95 and transformer.test_accuracy >= 0.93
    assert random.train_accuracy >= 0.99 and random.test_accuracy < 0.2
    assert all(one.shipped for one in (trained, shuffled, lit, transformer, random))


def test_the_convolutions_drop_a_luminance_gradient_and_the_hump_is_there_as_published(tmp_path):
    request = Request(DataSpec(n=500, gradient=1000.0), NetworkSpec(weights=LIT))
    records = pipeline.run(request, "checkpoints", Store(tmp_path), memory=2**30)
    rows = {row.layer: row for row in map(summarise, records)}
    assert rows["input"].id < 4 and rows["input"].pc_id == 1
    assert rows["conv1"].id < 4 and rows["pool2"].id > 8 > rows["output"].id
    assert rows["pool2"].pc_id > 5
    star = next(one for one in published.figure("6").series if one.name == "MNIST*")
    own = Series("here", tuple(replace(point, id=rows[point.layer].id) for point in star.points))
    assert agreement.compare(own, star).rank > 0.8


def test_figure_6_waits_for_no_training(tmp_path):
    networks = {request.network for part in experiments.parts("6", Options()) for request in part.requests}
    assert all(training(Store(tmp_path), network) for network in networks)


def test_the_recipe_begins_the_training_that_the_record_tells():
    recipe = Recipe(epochs=1)
    module = build(Architecture("cnn"), (1, 28, 28), 10, recipe.seed)
    (record,) = train(module, recipe, data(recipe, "train", 4000), data(recipe, "test", 10))
    kept = Store(SHIPPED, read_only=True).meta(weights_key(NETWORKS[0]))["history"][0]
    assert record["loss"] == pytest.approx(kept["loss"], rel=0.02)  # another processor rounds otherwise


def test_the_shipped_files_are_small():
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()) < 5_000_000
