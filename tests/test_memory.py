"""The memory budget is kept, and changes no number."""

import numpy as np
import pytest
import torch
from torch import nn

from idcore import activations, pipeline
from idcore.activations import capture
from idcore.estimators.twonn import from_neighbours
from idcore.networks.trace import trace
from idcore.pipeline import layers as layers_module
from tests.tools.peak import grown

pytestmark = pytest.mark.slow

BUDGET = 2**27


def convolutions(channels):
    """A layer of channels x s x s units, larger than all the others."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, channels, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.AdaptiveAvgPool2d(4),
        nn.Flatten(),
        nn.Linear(16 * channels, 10),
    ).eval()


def images(n, size):
    return torch.from_numpy(np.random.default_rng(0).normal(size=(n, 1, size, size)).astype(np.float32))


def profiled(memory, n=80):
    found = pipeline.profile_module(convolutions(32), images(n, 24), layers="all", memory=memory, device="cpu")
    return {geometry.layer.name: geometry for geometry in found}


def ids(profile):
    return np.array([from_neighbours(geometry.neighbours).id for geometry in profile.values()])


@pytest.fixture(scope="module")
def whole():
    return profiled(2**28)


def test_a_layer_larger_than_the_budget_is_read_in_slices_with_the_same_distances(whole):
    network, x = convolutions(32), images(80, 24)
    promised = layers_module.cost(network, x, trace(network, x), 80, 2**22, torch.device("cpu"), network="net")
    assert promised.passes > 6  # of 5.9 MB
    sliced = profiled(2**22)
    for name, geometry in whole.items():
        assert not geometry.note and (geometry.neighbours.indices == sliced[name].neighbours.indices).all()
        np.testing.assert_allclose(sliced[name].neighbours.distances, geometry.neighbours.distances, rtol=1e-12)
        np.testing.assert_allclose(sliced[name].blocks, geometry.blocks, rtol=1e-12)
        scale = geometry.eigenvalues[0]
        np.testing.assert_allclose(sliced[name].eigenvalues / scale, geometry.eigenvalues / scale, atol=1e-12)
    np.testing.assert_allclose(ids(sliced), ids(whole), rtol=1e-9)


@pytest.mark.parametrize(("memory", "batch"), [(2**22, 1), (2**22, 80), (2**23 + 1, 7), (2**25, 1)])
def test_budget_and_batch_size_change_no_id(whole, memory, batch, monkeypatch):
    monkeypatch.setattr(activations, "_CPU_BATCH", (2**24, batch))
    np.testing.assert_allclose(ids(profiled(memory)), ids(whole), rtol=1e-4)


@pytest.mark.parametrize("threads", [2, 3])
def test_the_number_of_threads_changes_no_id(whole, threads):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        np.testing.assert_allclose(ids(profiled(2**23)), ids(whole), rtol=1e-4)
    finally:
        torch.set_num_threads(before)


def test_the_slices_of_a_layer_lie_in_the_same_memory():
    network, x = convolutions(32), images(80, 24)
    (_, columns), *_ = capture(network, x, trace(network, x)[1:2], memory=2**21)
    addresses = {block.data_ptr() for block in columns}
    assert columns.passes > 2 and len(addresses) == 1


def test_six_hundred_megabytes_of_activations_are_measured_within_a_budget_of_128_mib():
    network, x, found = convolutions(320), images(120, 64), []
    layer = trace(network, x)[1]

    def bare():
        with torch.inference_mode():
            for some in x.split(activations.batch(network, x, torch.device("cpu"))):
                network(some)

    def measured():
        found.extend(pipeline.profile_module(network, x, layers=(layer.name,), memory=BUDGET, device="cpu"))

    above = grown(measured) - grown(bare)
    (geometry,) = found
    assert layer.units * geometry.n * 4 > 6e8 and from_neighbours(geometry.neighbours).id > 1 and not geometry.note
    assert above <= 1.25 * BUDGET + 2**28, f"{above / 1e6:.0f} MB above the bare forward pass"
