"""Attention as it is computed: against the weights that modules give themselves, and by what must hold of any."""

from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

import idcore
from idcore.errors import NetworkError, RequestError
from idcore.inside import attention as module
from idcore.inside import deletion, maps
from idcore.pipeline.attend import judged
from idcore.torchvision_seam import torchvision
from tests.tools.transformers import rows_sum_to_one, swin, vit


def images(n=2, c=3, side=32) -> Tensor:
    return torch.rand(n, c, side, side, generator=torch.Generator().manual_seed(0))


class Fused(nn.Module):
    """One attention of three projections, as most libraries write it."""

    def __init__(self, eager=False, **options):
        super().__init__()
        torch.manual_seed(0)
        self.qkv, self.out, self.eager, self.options = nn.Linear(8, 24), nn.Linear(8, 4), eager, options

    def forward(self, x):
        q, k, v = (part.unflatten(-1, (2, 4)).transpose(1, 2) for part in self.qkv(x).chunk(3, -1))
        if self.eager:
            mixed = (q @ k.transpose(-2, -1) / 2).softmax(dim=-1) @ v
        else:
            mixed = F.scaled_dot_product_attention(q, k, v, **self.options)
        return self.out(mixed.transpose(1, 2).flatten(2)).mean(1)


def test_the_weights_are_those_that_the_module_gives_itself():
    network, x = vit().eval(), images()
    heard = {}
    for name, one in network.named_modules():
        if isinstance(one, nn.MultiheadAttention):
            one.register_forward_pre_hook(lambda _, given, name=name: heard.update({name: given[0]}))
    found = idcore.attention(network, x)
    assert list(found) == list(heard) and rows_sum_to_one(found)
    for name, given in heard.items():
        with torch.no_grad():
            _, own = network.get_submodule(name)(given, given, given, average_attn_weights=False)
        assert (found[name] - own).abs().max() < 1e-6 and found[name].shape == (2, 2, 17, 17)


def version_2() -> nn.Module:
    torch.manual_seed(0)
    block = torchvision.models.swin_transformer.SwinTransformerBlockV2
    down = torchvision.models.swin_transformer.PatchMergingV2
    kind = torchvision.models.SwinTransformer
    return kind([4, 4], 8, [1, 1], [1, 2], [4, 4], num_classes=5, block=block, downsample_layer=down)


def maxvit() -> nn.Module:
    torch.manual_seed(0)
    return torchvision.models.MaxVit((64, 64), 8, 4, [8], [1], 8, 0.0, num_classes=5)


def test_attention_in_windows_of_other_kinds_is_seen_and_grad_cam_looks_instead(monkeypatch):
    monkeypatch.setattr(deletion, "DRAWS", 2)
    monkeypatch.setattr(maps, "integrated_gradients", partial(maps.integrated_gradients, nodes=2))
    for make, side in ((version_2, 32), (maxvit, 64)):
        found = idcore.attention(make(), images(1, side=side))
        assert len(found) == 2 and rows_sum_to_one(found)
    rows, heads, notes = judged(version_2().eval(), images(1), 1)
    assert [row.method.split(" at ")[0] for row in rows] == ["Grad-CAM", "integrated gradients", "most ink", "random"]
    assert not heads and any(note.startswith("Attention is not shown over the image") for note in notes)


@pytest.mark.parametrize("options", [{}, {"is_causal": True}, {"scale": 0.1}])
def test_fused_attention_is_seen_and_gives_the_output_it_gave(options):
    x, network = torch.randn(3, 6, 8), Fused(**options)
    found = idcore.attention(network, x)
    assert list(found) == ["output"] and found["output"].shape == (3, 2, 6, 6) and rows_sum_to_one(found)
    with torch.no_grad():
        assert torch.allclose(network(x), network(x))
        q, k, v = (part.unflatten(-1, (2, 4)).transpose(1, 2) for part in network.qkv(x).chunk(3, -1))
        out = network.out((found["output"] @ v).transpose(1, 2).flatten(2)).mean(1)
        assert torch.allclose(out, network(x), atol=1e-6)
    if not options:
        assert torch.allclose(idcore.attention(Fused(eager=True), x)["output"], found["output"], atol=1e-6)


def test_windows_are_rows_of_the_first_axis_and_the_encoder_layers_of_torch_are_not_fused_away():
    found = idcore.attention(swin(), images())
    assert [tuple(weights.shape) for weights in found.values()] == [(8, 1, 16, 16), (2, 2, 16, 16)]
    assert rows_sum_to_one(found)
    encoder = nn.TransformerEncoder(
        nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2, enable_nested_tensor=False
    )
    fast = torch.backends.mha.get_fastpath_enabled()
    found = idcore.attention(encoder, torch.randn(2, 5, 8))
    assert len(found) == 2 and rows_sum_to_one(found) and torch.backends.mha.get_fastpath_enabled() == fast
    assert encoder.training


def test_what_is_computed_from_the_weights_is_the_same():
    network, x = vit().eval(), images()
    with torch.no_grad():
        seen = module.watched(network, x, through=True)
        plain = module.watched(network, x)
    assert all(torch.allclose(seen[name], plain[name], atol=1e-6) for name in plain)


def test_rollout_and_gradient_weighting_follow_their_formulas():
    network, x = vit(), images()
    found = idcore.attention(network, x)
    first, second = (weights.mean(1) / 2 + torch.eye(17) / 2 for weights in found.values())
    assert torch.allclose(maps.rollout(found), second @ first)
    assert (maps.rollout(found).sum(-1) - 1).abs().max() < 1e-5
    weighted = maps.gradient_weighted(network, x, 1)
    assert (weighted >= torch.eye(17)).all() and weighted.shape == (2, 17, 17)
    other = maps.gradient_weighted(network, x, 2)
    assert not torch.allclose(weighted, other)


def test_gradient_weighting_is_that_of_a_plain_computation():
    network, x = Fused(), torch.randn(3, 6, 8)
    q, k, v = (part.unflatten(-1, (2, 4)).transpose(1, 2) for part in network.qkv(x).chunk(3, -1))
    a = (q @ k.transpose(-2, -1) / 2).softmax(-1).detach().requires_grad_()
    y = network.out((a @ v).transpose(1, 2).flatten(2)).mean(1)[:, 2].sum()
    (slope,) = torch.autograd.grad(y, a)
    expected = torch.eye(6) + (slope * a).clamp(min=0).mean(1)
    assert torch.allclose(maps.gradient_weighted(network, x, 2), expected, atol=1e-6)


def test_what_cannot_be_shown_is_told_in_a_sentence(monkeypatch):
    with pytest.raises(NetworkError, match="No attention was seen"):
        idcore.attention(nn.Linear(3, 2), torch.randn(2, 3))
    with pytest.raises(NetworkError, match="4,096 tokens attend; the weights of at most 2,048"):
        idcore.attention(Fused(), torch.randn(1, 4096, 8))
    with pytest.raises(RequestError, match="attention in windows"):
        maps.rollout(idcore.attention(swin(), images()))
    monkeypatch.setattr(module, "VALUES", 1000)
    with pytest.raises(NetworkError, match="attention weights; at most 1,000"):
        idcore.attention(vit(), images())
