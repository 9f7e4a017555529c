"""What images must be like for a network."""

import pytest

from idcore.data.catalogue import DATASETS
from idcore.data.form import IMAGENET_MEAN, IMAGENET_STD, Form
from idcore.errors import NetworkError
from idcore.networks.catalogue import lookup
from idcore.networks.form import form, shape, words
from idcore.record import Dataset
from idcore.spec import Architecture, DataSpec, NetworkSpec, Pretrained, Recipe, Request, Untrained

PHOTOS = Dataset("photos", "Photographs", ("cat", "dog"), None, {"all": 10}, "")
DIGITS, MNIST, CIFAR = DATASETS["digits"], DATASETS["mnist5k"], DATASETS["cifar10"]


def asked(name, weights=None, **options):
    return Request(DataSpec("digits"), NetworkSpec(Architecture(name), weights or Untrained()), **options)


def found(name, shown, weights=None, learned=None, entry=None, **options):
    return form(asked(name, weights, **options), lookup(name, entry), shown, learned)


def test_a_network_of_torchvision_sees_images_as_its_weights_were_made_for():
    usual = found("vgg16", PHOTOS, Pretrained("IMAGENET1K_V1"), entry="IMAGENET1K_V1")
    assert usual == Form(3, 256, (224, 224), IMAGENET_MEAN, IMAGENET_STD)
    assert shape(usual, PHOTOS) == (3, 224, 224)
    assert words(usual) == "3 channels, resized to 256, centre crop 224x224, ImageNet mean and deviation"


def test_another_size_keeps_the_share_that_is_cut_off():
    smaller = found("vgg16", PHOTOS, Pretrained("IMAGENET1K_V1"), entry="IMAGENET1K_V1", size=112)
    assert (smaller.resize, smaller.crop) == (128, (112, 112))


def test_the_cnn_sees_one_channel_of_28_and_the_mlp_what_there_is():
    assert shape(found("cnn", DIGITS), DIGITS) == (1, 28, 28)
    assert shape(found("cnn", CIFAR), CIFAR) == (1, 28, 28)
    assert shape(found("mlp", DIGITS), DIGITS) == (1, 8, 8)
    assert words(found("mlp", DIGITS)) == "as they are"
    assert shape(found("mlp", CIFAR, size=16), CIFAR) == (3, 16, 16)


def test_a_trained_network_sees_images_as_it_saw_them_in_training():
    assert shape(found("mlp", DIGITS, Recipe("mnist5k"), MNIST), DIGITS) == (1, 28, 28)
    assert shape(found("resnet18", CIFAR, Recipe("cifar10")), CIFAR) == (3, 32, 32)
    assert shape(found("resnet18", CIFAR, Recipe("cifar10", size=64)), CIFAR) == (3, 64, 64)
    assert shape(found("resnet18", PHOTOS, Recipe("cifar10"), CIFAR), PHOTOS) == (3, 32, 32)


def test_the_normalisation_can_be_chosen():
    assert found("resnet18", CIFAR).mean == IMAGENET_MEAN
    assert found("resnet18", CIFAR, normalise="none").mean == ()
    assert found("mlp", CIFAR, normalise="imagenet").std == IMAGENET_STD
    with pytest.raises(NetworkError, match="3 channels, and .* is shown 1"):
        found("mlp", DIGITS, normalise="imagenet")


@pytest.mark.parametrize(
    ("name", "shown", "options", "part"),
    [
        ("mlp", PHOTOS, {}, "not all of one size.*Choose a size"),
        ("cnn", DIGITS, {"size": 32}, "28x28, not of 32x32"),
    ],
)
def test_images_that_do_not_fit_are_refused(name, shown, options, part):
    with pytest.raises(NetworkError, match=part):
        found(name, shown, **options)
