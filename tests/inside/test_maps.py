"""Maps of where a network looks: against plain autograd, completeness, and weights that were drawn anew."""

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients, LayerGradCam
from torch import nn

from idcore.errors import NetworkError, PointsError, RequestError
from idcore.inside import deletion, maps
from idcore.inside.attention import attention
from tests.tools.transformers import swin, vit


def network(seed=0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.ReLU(inplace=True), nn.Conv2d(6, 8, 3), nn.ReLU(inplace=True),
        nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(128, 5),
    )  # fmt: skip


X = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("layer", ["0", "1", "2", "3"])
def test_grad_cam_is_that_of_a_plain_computation(layer):
    module, at = network(), int(layer) + 1
    with torch.no_grad():
        a = module[:at](X).clone()
    a.requires_grad_()
    (slope,) = torch.autograd.grad(module[at:](a.clone())[:, 3].sum(), a)
    expected = torch.relu((slope.mean((2, 3), keepdim=True) * a).sum(1)).detach()
    assert torch.equal(maps.grad_cam(module, X, layer, 3), expected)
    assert all(p.requires_grad and p.grad is None for p in module.parameters())


@pytest.mark.parametrize("layer", ["0", "2"])
def test_grad_cam_is_captums(layer):
    module = network().eval()
    theirs = LayerGradCam(module, module[int(layer)]).attribute(X, target=3, relu_attributions=True)
    assert torch.equal(maps.grad_cam(module, X, layer, 3), theirs[:, 0].detach())


def test_integrated_gradients_are_captums():
    module = network().double().eval()
    theirs = IntegratedGradients(module).attribute(X.double(), target=3, n_steps=32, method="gausslegendre")
    found = maps.integrated_gradients(module, X.double(), 3)
    assert (
        found - theirs
    ).abs().max() < 1e-6 * theirs.abs().max()  # its weights of the quadrature are of single precision


def test_grad_cam_turns_the_axes_of_a_swin():
    found = maps.grad_cam(swin(), torch.rand(2, 3, 32, 32), "features.1", 1)
    assert found.shape == (2, 8, 8) and found.max() > 0


def test_integrated_gradients_add_up_to_the_output():
    module = network().double()
    x = X.double()
    found = maps.integrated_gradients(module, x, 2, nodes=120)
    with torch.no_grad():
        less = module(x)[:, 2] - module(torch.zeros_like(x))[:, 2]
    assert torch.allclose(found.flatten(1).sum(1), less, rtol=0.02, atol=2e-5)
    smooth = nn.Sequential(nn.Flatten(), nn.Linear(768, 8), nn.Tanh(), nn.Linear(8, 5)).double()
    with torch.no_grad():
        less = smooth(x)[:, 2] - smooth(torch.zeros_like(x))[:, 2]
    assert torch.allclose(maps.integrated_gradients(smooth, x, 2).flatten(1).sum(1), less, rtol=1e-6)


def test_maps_of_weights_that_were_drawn_anew_are_other_maps():
    maker = [(network, lambda m: maps.grad_cam(m, X, "0", 3)), (network, lambda m: maps.integrated_gradients(m, X, 3))]
    for make, read in maker:
        first, again, other = (read(make(seed)).flatten() for seed in (0, 0, 1))
        assert torch.equal(first, again)
        assert abs(np.corrcoef(first, other)[0, 1]) < 0.8


def test_attention_of_weights_that_were_drawn_anew_is_another_map():
    x = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(5))
    readers = (
        lambda m: maps.rollout(attention(m, x))[:, 0, 1:],
        lambda m: maps.gradient_weighted(m, x, 1)[:, 0, 1:],
    )
    for read in readers:
        first, again, other = (read(sharp(seed)).flatten() for seed in (0, 0, 1))
        assert torch.equal(first, again)
        assert abs(np.corrcoef(first, other)[0, 1]) < 0.5


def sharp(seed: int) -> nn.Module:
    """With queries that are large, so that attention is not the same everywhere."""
    made = vit()
    torch.manual_seed(seed)
    for name, weight in made.named_parameters():
        if "in_proj_weight" in name or "head" in name or "conv_proj" in name:
            nn.init.normal_(weight, std=0.5)
    return made


def test_what_has_no_map_is_told_in_a_sentence():
    with pytest.raises(RequestError, match="Grad-CAM reads a layer of channels"):
        maps.grad_cam(network(), X, "5", 0)
    with pytest.raises(RequestError, match="output that a map is made for"):
        maps.grad_cam(network(), X, "0", 7)
    with pytest.raises(NetworkError, match="one row of numbers"):
        maps.integrated_gradients(network()[:2], X, 0)
    broken = network()
    with torch.no_grad():
        broken[6].weight.fill_(torch.nan)
    with pytest.raises(NetworkError, match="NaN or infinite values in the gradient"):
        maps.grad_cam(broken, X, "0", 0)
    with pytest.raises(RequestError, match="divided evenly"):
        deletion.ink(X[0], (3, 3))
    with pytest.raises(PointsError, match="NaN"):
        deletion.deletion(network(), X[0], np.full((4, 4), np.nan), 0)


def test_deleting_what_matters_first_falls_fastest():
    class Corner(nn.Module):
        """Class 1 is seen in one patch alone."""

        def forward(self, x):
            seen = x[:, 0, :4, 4:8].mean((1, 2))
            return torch.stack([0 * seen, 10 * seen - 3], 1)

    image, scores = torch.ones(1, 16, 16), np.zeros((4, 4))
    scores[0, 1] = 1
    right = deletion.deletion(Corner(), image, scores, 1)
    wrong = deletion.deletion(Corner(), image, -scores, 1)
    chance = deletion.random(Corner(), image, (4, 4), 1)
    assert right.probability.shape == (17,) and right.probability[1] < 0.1 < wrong.probability[15]
    assert right.area < chance.area < wrong.area
    assert right.probability[[0, -1]] == pytest.approx(chance.probability[[0, -1]])


def test_the_baseline_of_ink_asks_no_network():
    image = torch.zeros(1, 8, 8)
    image[0, 5, 2] = 1
    assert deletion.ink(image, (2, 2)).tolist() == [[0, 0], [1, 0]]


def test_a_transformer_is_deleted_by_its_tokens():
    x = torch.rand(1, 3, 32, 32)
    scores = maps.gradient_weighted(vit(), x, 1)[0, 0, 1:].reshape(4, 4).numpy()
    assert deletion.deletion(vit(), x[0], scores, 1).probability.shape == (17,)
