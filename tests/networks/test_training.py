"""Training by a recipe, and where weights come from."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from idcore.data.form import Form
from idcore.data.load import load
from idcore.errors import Cancelled, NetworkError
from idcore.networks.build import build
from idcore.networks.train import begin, dark, permuted
from idcore.networks.weights import make, obtain
from idcore.results import training
from idcore.spec import Architecture, DataSpec, NetworkSpec, Recipe, Untrained, weights_key
from idcore.store import Store
from idcore.watch import Watch
from tests.tools.training import train

MLP = Architecture("mlp", width=32, depth=1)
TRAIN, TEST = load(DataSpec("digits", "train", n=400)), load(DataSpec("digits", "test", n=200))


def trained(recipe, samples=TRAIN, **options):
    module = build(MLP, (1, 8, 8), 10, recipe.seed)
    return module, train(module, recipe, samples, TEST, **options)


def weights(module):
    return torch.cat([p.detach().flatten() for p in module.parameters()])


def test_a_trained_network_knows_digits_it_has_never_seen():
    _, history = trained(Recipe("digits", epochs=40))
    assert history[-1]["test_accuracy"] > 0.8 and history[-1]["loss"] < 0.5 * history[0]["loss"]
    assert [record["epoch"] for record in history] == list(range(1, len(history) + 1))


def test_the_recipe_determines_the_weights_whatever_the_number_of_threads():
    threads = torch.get_num_threads()
    recipe = Recipe("digits", epochs=2, seed=4)
    try:
        torch.set_num_threads(1)
        first = trained(recipe)
        torch.set_num_threads(3)
        torch.rand(7)
        second = trained(recipe)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(weights(first[0]), weights(second[0]))
    assert [r["loss"] for r in first[1]] == [r["loss"] for r in second[1]]
    assert not torch.equal(weights(first[0]), weights(trained(Recipe("digits", epochs=2, seed=5))[0]))


def test_the_optimiser_and_the_learning_rate_matter():
    histories = [
        trained(Recipe("digits", epochs=1, optimiser=optimiser, learning_rate=rate))[1][0]["loss"]
        for optimiser, rate in (("adam", 1e-3), ("sgd", 1e-3), ("sgd", 1e-2))
    ]
    assert len(set(histories)) == 3


def lit(split, gradient, n):
    form = Form(mean=(0.5,), std=(1 / (1 + gradient),))  # that of a training with a warm-up
    return load(DataSpec("digits", split, n=n, gradient=gradient), form)


def test_a_warm_up_learns_digits_that_are_too_faint_for_a_training_from_the_start():
    splits = [lit(split, 100.0, n) for split, n in (("train", 700), ("test", 360))]
    recipe = Recipe("digits", 100.0, learning_rate=5e-3, batch_size=32, epochs=14)
    ends = [
        train(build(MLP, (1, 8, 8), 10, 0), replace(recipe, warmup=warmup), *splits)[-1]["test_accuracy"]
        for warmup in (0, 12)
    ]
    assert ends[0] < 0.5 and ends[1] > 0.7, ends


def test_the_light_of_a_warm_up_is_that_of_a_smaller_gradient():
    recipe, most = Recipe("digits", gradient=100.0, warmup=4), lit("train", 100.0, 50)
    learner = begin(build(MLP, (1, 8, 8), 10, 0), recipe)
    for epochs, gradient in enumerate((1.0, 10**0.5, 10.0, 10**1.5, 100.0)):
        learner.history[:] = [{}] * epochs
        dimmed, less = most.images - dark(learner) * most.light, lit("train", gradient, 50).images
        torch.testing.assert_close(dimmed - dimmed.mean(), less - less.mean(), atol=0.01, rtol=0)
        assert learner.optimiser.param_groups[0]["lr"] == pytest.approx(recipe.learning_rate / (1 + gradient))
        assert learner.optimiser.param_groups[0]["params"] == [next(learner.module.parameters())]
    learner.history.append({})
    assert dark(learner) == 0


def test_training_stops_after_the_first_epoch_that_reaches_the_target():
    _, history = trained(Recipe("digits", target=0.8))
    assert history[-1]["train_accuracy"] >= 0.8 and all(record["train_accuracy"] < 0.8 for record in history[:-1])


def test_the_recorded_train_accuracy_is_that_of_the_weights_at_the_end_of_the_epoch():
    module, history = trained(Recipe("digits", epochs=3))
    right = (module(TRAIN.images).argmax(1).numpy() == TRAIN.labels).mean()
    assert history[-1]["train_accuracy"] == right


@pytest.mark.parametrize("fraction", [0.0, 0.25, 1.0])
def test_shuffling_permutes_a_fraction_of_the_labels_among_themselves(fraction):
    labels = load(DataSpec("digits", "train", n=1400)).labels
    shuffled = permuted(labels, Recipe(shuffled=fraction, seed=3))
    assert np.array_equal(np.bincount(shuffled), np.bincount(labels))
    assert abs((shuffled != labels).mean() - 0.9 * fraction) < 0.04  # a tenth falls on its own class
    assert np.array_equal(shuffled, permuted(labels, Recipe(shuffled=fraction, seed=3)))


def test_shuffled_labels_can_be_memorised_but_teach_nothing():
    few = load(DataSpec("digits", "train", n=100))
    _, history = trained(Recipe("digits", shuffled=1.0, learning_rate=5e-3, epochs=200), few)
    assert history[-1]["train_accuracy"] == 1.0 and history[-1]["test_accuracy"] < 0.35


def test_progress_rises_to_its_total_and_brings_the_history():
    seen = []
    _, history = trained(Recipe("digits", epochs=3), watch=Watch(seen.append))
    assert [p.done for p in seen] == sorted(p.done for p in seen) and seen[-1].done == seen[-1].total
    assert seen[-1].history == history and "epoch 3" in seen[-1].message and seen[0].history == ()


def test_a_training_that_is_cancelled_does_nothing_more():
    answers, seen = iter([False, False, True]), []  # asked before each batch, told twice a second
    with pytest.raises(Cancelled):
        trained(Recipe("digits", epochs=10_000), watch=Watch(seen.append, answers.__next__))
    assert len(seen) == 1 and seen[0].history == ()


def test_training_that_diverges_says_so():
    huge = replace(TRAIN, images=TRAIN.images * 1e30)
    with pytest.raises(NetworkError, match="diverged: in epoch 1 .* learning rate below 10"):
        trained(Recipe("digits", optimiser="sgd", learning_rate=10.0), huge)


def test_trained_weights_are_kept_and_found_again_without_training(tmp_path):
    network, store = NetworkSpec(MLP, Recipe("digits", epochs=2)), Store(tmp_path)
    first = obtain(network, store)

    def refuse(_):
        raise AssertionError("trained again")

    second = obtain(network, store, watch=Watch(refuse))
    assert torch.equal(weights(first.module), weights(second.module)) and first.history == second.history
    assert not second.module.training and second.note != first.note
    kept = training(store, network)
    assert kept is not None and kept.history == first.history and kept.test_accuracy == first.test_accuracy


def test_an_untrained_network_comes_from_its_seed_and_leaves_nothing_in_the_store(tmp_path):
    store = Store(tmp_path)
    networks = [obtain(NetworkSpec(MLP, Untrained(seed)), store, dataset="digits") for seed in (0, 0, 1)]
    a, b, c = (weights(network.module) for network in networks)
    assert torch.equal(a, b) and not torch.equal(a, c)
    assert networks[0].train_accuracy is None and store.keys() == []


def test_kept_weights_that_do_not_fit_are_refused(tmp_path):
    store = Store(tmp_path)
    network = NetworkSpec(MLP, Recipe("digits", epochs=1, seed=2))
    arrays, meta = make(network)
    store.put(weights_key(network), {**arrays, "fc1.weight": arrays["fc1.weight"][:3]}, meta)
    with pytest.raises(NetworkError, match="do not fit the network.*fc1.weight"):
        obtain(network, store)


def test_the_cnn_learns_in_a_few_steps():
    module = build(Architecture("cnn"), (1, 28, 28), 10, 0)
    samples, held_out = (load(DataSpec("mnist5k", split, n=300)) for split in ("train", "test"))
    history = train(module, Recipe(epochs=3), samples, held_out)
    assert history[-1]["test_accuracy"] > 0.55
    assert all(p.is_contiguous() for p in module.parameters())
