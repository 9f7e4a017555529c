"""Attention of networks of timm and transformers, fused and plain, is what the libraries themselves say it is."""

import pytest
import torch
from torch import Tensor

import idcore
from idcore.networks.extras import library
from tests.tools.transformers import rows_sum_to_one

TOKENS = torch.randint(0, 50, (2, 7), generator=torch.Generator().manual_seed(0))


def images(side: int) -> Tensor:
    return torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(0))


def timm_network(name, side, **options):
    torch.manual_seed(0)
    return library("timm").create_model(name, img_size=side, num_classes=5, **options).eval()


@pytest.mark.parametrize(
    ("name", "side", "options", "shapes"),
    [
        ("vit_tiny_patch16_224", 64, {"depth": 2}, [(2, 3, 17, 17)] * 2),
        ("deit_tiny_distilled_patch16_224", 64, {"depth": 2}, [(2, 3, 18, 18)] * 2),
        ("vit_small_patch14_reg4_dinov2", 56, {"depth": 2}, [(2, 6, 21, 21)] * 2),
        ("swin_tiny_patch4_window7_224", 56, {"depths": (2, 1)}, [(8, 3, 49, 49)] * 2 + [(2, 6, 49, 49)]),
    ],
)
def test_timm(name, side, options, shapes):
    """Where the attention is plain, the library hands its weights to a dropout: they are read there."""
    network, x = timm_network(name, side, **options), images(side)
    attending = {path: one for path, one in network.named_modules() if hasattr(one, "fused_attn")}
    heard = {}
    for path, one in attending.items():
        one.fused_attn = False
        one.attn_drop.register_forward_pre_hook(lambda _, given, path=path: heard.update({path: given[0]}))
    plain = idcore.attention(network, x)
    for one in attending.values():
        one.fused_attn = True
    fused = idcore.attention(network, x)
    assert list(plain) == list(fused) == list(heard) == list(attending)
    assert [tuple(weights.shape) for weights in fused.values()] == shapes
    assert rows_sum_to_one(plain) and rows_sum_to_one(fused)
    for path, own in heard.items():
        assert torch.equal(plain[path], own) and (fused[path] - own).abs().max() < 1e-6


def small(kind: str, how: str):
    """A small network of transformers with random weights, and what it is shown."""
    hf = library("transformers")
    text = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
            "intermediate_size": 32, "max_position_embeddings": 16}  # fmt: skip
    picture = {"image_size": 32, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
               "intermediate_size": 32, "patch_size": 8}  # fmt: skip
    config, make, x = {
        "ViT": (hf.ViTConfig(**picture), hf.ViTForImageClassification, images(32)),
        "DINOv2": (hf.Dinov2Config(**picture), hf.Dinov2ForImageClassification, images(32)),
        "Swin": (hf.SwinConfig(image_size=32, patch_size=4, embed_dim=8, depths=[2, 1], num_heads=[1, 2],
                               window_size=4), hf.SwinForImageClassification, images(32)),
        "BERT": (hf.BertConfig(**text), hf.BertForSequenceClassification, TOKENS),
        "GPT-2": (hf.GPT2Config(vocab_size=50, n_embd=16, n_layer=2, n_head=2, n_positions=16), hf.GPT2Model, TOKENS),
        "Llama": (hf.LlamaConfig(**text, num_key_value_heads=1), hf.LlamaModel, TOKENS),
    }[kind]  # fmt: skip
    config._attn_implementation = how
    torch.manual_seed(0)
    return make(config).eval(), x


@pytest.mark.parametrize("how", ["eager", "sdpa"])
@pytest.mark.parametrize("kind", ["ViT", "DINOv2", "Swin", "BERT", "GPT-2", "Llama"])
def test_transformers(kind, how):
    """The library gives the weights out itself where the attention is plain ("eager")."""
    network, x = small(kind, how)
    found = idcore.attention(network, x)
    oracle, _ = small(kind, "eager")
    oracle.load_state_dict(network.state_dict())
    with torch.no_grad():
        own = oracle(x, output_attentions=True).attentions
    assert rows_sum_to_one(found) and len(found) >= len(own) == 2
    given = list(found.values())
    if kind == "Swin":  # it gives out the last attention of each stage
        given = [given[1], given[2]]
    for weights, theirs in zip(given, own, strict=True):
        assert weights.shape == theirs.shape and (weights - theirs).abs().max() < 1e-6
    if kind in ("GPT-2", "Llama"):
        assert all(weights.triu(1).abs().max() == 0 for weights in given)
