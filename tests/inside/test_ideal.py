"""Ideal inputs: against the maximum that is known, against the best of many digits, and for what has none."""

import numpy as np
import pytest
import torch
from torch import nn

import idcore
from idcore.activations import capture, trace
from idcore.data.load import load
from idcore.errors import Cancelled, NetworkError, RequestError
from idcore.inside.ideal import ideal_inputs
from idcore.networks.weights import obtain
from idcore.pipeline.scene import scene
from idcore.spec import DataSpec, Request
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch

SIZE = (1, 28, 28)
COLOUR = (3, 16, 16)


def linear(shape=SIZE, units=2, seed=0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(int(np.prod(shape)), units, bias=False))


def convolutions() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(294, 4), nn.ReLU6()
    )


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """(the trained network of digits, 1000 of them, the units of d1 on them (1000, 128))."""
    store, request = Store(tmp_path_factory.mktemp("store")), Request(data=DataSpec(n=1000, split="train"))
    about = scene(request, store)
    images = load(request.data, about.form, store).images
    module = obtain(request.network, store, UNWATCHED, "mnist5k", about.shape).module
    d1 = next(layer for layer in trace(module, images[:3]) if layer.name == "d1")
    for _, slices in capture(module, images, [d1], memory=2**28):
        values = torch.cat(list(slices), 1)
    return module, images, values


def test_a_linear_unit_comes_near_its_maximum_over_the_box():
    size = (1, 12, 12)
    module = linear(size)
    most = module[1].weight.detach().clamp(min=0).sum(1)
    for natural, share in ((0.0, 0.97), (0.1, 0.95)):  # fine grain is slow in waves of 1 / f
        found = idcore.ideal_input(module, "output", 0, size, steps=128, natural=natural)
        assert share * most[0] <= found.activation <= most[0]
        assert found.image.shape == size and found.image.min() >= 0 and found.image.max() <= 1


def test_every_live_unit_beats_the_best_digit_of_the_norm_of_le(digits):
    module, images, d1 = digits
    norm = 9.0
    scaled = norm * nn.functional.normalize(images.flatten(1)).view_as(images)
    with torch.no_grad():
        values = module[:9](scaled)
    live = torch.nonzero(d1.amax(0) > 0)[:, 0][:12].tolist()
    sought = ideal_inputs(module, "d1", live, SIZE, steps=50, natural=0.0, norm=norm)
    found = np.array([one.activation for one in sought])
    assert (found / values[:, live].amax(0).numpy()).min() > 1


def test_logits_are_excited_more_than_by_any_digit_and_held_to_digits_less(digits):
    module, images, _ = digits
    units, some = [0, 5], images[:400]
    with torch.no_grad():
        best = module(images).amax(0)[units].numpy()
    free, held = (
        np.array([one.activation for one in ideal_inputs(module, "output", units, SIZE, 80, n, images=some)])
        for n in (0.0, 0.1)
    )
    assert (free > best).all() and (free > held).all() and np.median(held / best) > 0.8


def test_the_image_of_a_unit_does_not_depend_on_the_others_and_repeats():
    module = convolutions()
    first = list(ideal_inputs(module, "output", [0, 3], COLOUR, steps=8))
    again = idcore.ideal_input(module, "output", 3, COLOUR, steps=8)
    assert np.allclose(first[1].image, again.image, atol=1e-5)
    other = idcore.ideal_input(module, "output", 3, COLOUR, steps=8, seed=1)
    assert not np.allclose(other.image, again.image, atol=1e-3)


def test_a_unit_that_begins_at_zero_finds_its_way_through_closed_relus():
    module = convolutions()
    with torch.no_grad():
        module[4].weight.abs_()
        module[0].weight.abs_()
        module[0].bias.fill_(-1.5)  # all channels are zero on grey
        module[4].bias.fill_(-0.01)
    assert idcore.ideal_input(module, "output", 0, COLOUR, natural=0.0).activation > 0


@pytest.mark.parametrize("layer", ["0", "1", "2", "output"])
def test_the_activation_is_what_the_layer_gives_for_the_image(layer):
    module = convolutions()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    mean, std = (0.4, 0.5, 0.6), (0.2, 0.3, 0.4)
    found = idcore.ideal_input(module, layer, 2, COLOUR, steps=6, mean=mean, std=std)
    x = (torch.from_numpy(found.image) - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
    with torch.no_grad():
        value = module[: 6 if layer == "output" else int(layer) + 1](x[None]).flatten()[2]
    assert found.activation == pytest.approx(float(value), rel=1e-4, abs=1e-5)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert module.training and all(p.requires_grad for p in module.parameters())


def test_the_mean_of_a_channel_is_a_unit_too():
    module = convolutions()
    found = idcore.ideal_input(module, "0", 5, COLOUR, steps=6, reduce="mean")
    with torch.no_grad():
        mean = module[0](torch.from_numpy(found.image)[None])[0, 5].mean()
    assert found.activation == pytest.approx(float(mean), rel=1e-4)


def test_it_can_be_cancelled():
    with pytest.raises(Cancelled):
        next(ideal_inputs(linear(), "output", [0], SIZE, watch=Watch(cancelled=lambda: True)))


class Odd(nn.Module):
    def __init__(self, turn):
        super().__init__()
        self.turn, self.fc = turn, nn.Linear(768, 3)

    def forward(self, x):
        return self.fc(self.turn(x.flatten(1)))


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        (lambda x: torch.sqrt(torch.relu(x - 2)), "gradient of output is NaN or infinite at step 1"),
        (lambda x: x / torch.zeros_like(x), "values that are NaN or infinite"),
        (lambda x: x.detach(), "has no gradient with respect to the image"),
    ],
)
def test_a_network_without_a_gradient_is_told_in_a_sentence(turn, said):
    with pytest.raises(NetworkError, match=said):
        idcore.ideal_input(Odd(turn), "output", 0, COLOUR, steps=3)


@pytest.mark.parametrize(
    ("layer", "unit", "shape", "options", "said"),
    [
        ("input", 0, SIZE, {}, "its own ideal input"),
        ("conv9", 0, SIZE, {}, "no layer 'conv9'"),
        ("output", 2, SIZE, {}, "A unit of output"),
        ("output", 0, (28, 28), {}, "channels, height, width"),
        ("output", 0, (3, 4096, 4096), {}, "at most 1,048,576"),
        ("output", 0, SIZE, {"steps": 0}, "number of steps"),
        ("output", 0, SIZE, {"natural": 1.5}, "natural"),
        ("output", 0, SIZE, {"images": np.zeros((4, 1, 8, 8))}, "two or more of shape"),
        ("output", 0, SIZE, {"std": (0.0,)}, "above 0"),
        ("output", 0, (1, 9, 9), {}, "could not be run"),
    ],
)
def test_what_has_no_ideal_input_is_told_in_a_sentence(layer, unit, shape, options, said):
    with pytest.raises(RequestError, match=said):
        idcore.ideal_input(linear(), layer, unit, shape, **options)
