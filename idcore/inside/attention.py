"""Attention weights of any network, seen as they are computed: one torch function mode, and nothing patched."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod, sqrt
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.overrides import TorchFunctionMode

from idcore.errors import NetworkError
from idcore.geometry.points import as_tensor
from idcore.networks.hooks import OUTPUT, forward
from idcore.networks.state import home, ready
from idcore.shapes import Float
from idcore.spec import checks
from idcore.text import briefly

TOKENS = 2048
"""Of one attention: their square is kept for each head."""
VALUES = 2**28
"""Weights of all layers together, 1 GiB."""
_SOFTMAX = (F.softmax, torch.softmax, Tensor.softmax)
_MULTI_HEAD = inspect.signature(F.multi_head_attention_forward)

Weights = dict[str, Float[Tensor, "n heads tokens tokens"]]


class AttentionWeights(Weights):
    """`Weights` that are told on a line."""

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{name!r}: {briefly(weights)}" for name, weights in self.items()) + "}"


def attention(module: nn.Module, images: Any) -> Weights:
    """The attention weights of each layer that attends, in call order: how much of each token a token takes.

    module: any network. images: (n, ...), the sample axis first, as it takes them. The keys are the paths of the
    modules that compute the attention, `#2` for a second time in one. Each is (n, heads, tokens, tokens) on the CPU,
    row i what token i takes, with sum 1; of windowed attention each window is a row of the first axis, (n * windows,
    ...). Seen are `scaled_dot_product_attention`, `multi_head_attention_forward`, and a softmax over the last of four
    or more axes. The module is as it was afterwards. Raises NetworkError where it has none, or more than is kept
    (`TOKENS`, `VALUES`). After Vaswani et al. 2017.

    >>> import idcore, torch
    >>> network = torch.nn.TransformerEncoderLayer(8, nhead=2, dim_feedforward=8, batch_first=True)
    >>> idcore.attention(network, torch.randn(3, 5, 8))
    {'self_attn': <float32 3x2x5x5>}
    """
    checks.is_a("The network", module, nn.Module)
    images = as_tensor(images, "The images")
    with ready(module, home(module)):
        seen = watched(module, images.to(home(module)))
    return AttentionWeights({name: weights.cpu() for name, weights in seen.items()})


def watched(module: nn.Module, images: Tensor, through: bool = False) -> Weights:
    """`attention` of a module that is `ready`, on its device. through: the outputs are computed from the weights that
    are given back, so that these have gradients where gradients are switched on."""
    mode = _Attending(through)
    hooks = []
    for path, one in module.named_modules():
        if isinstance(one, nn.Softmax):  # a part of what attends, as the function is
            continue
        hooks.append(one.register_forward_pre_hook(lambda *_, path=path: mode.path.append(path or OUTPUT)))
        hooks.append(one.register_forward_hook(lambda *_: mode.path.pop() and None, always_call=True))
    try:
        with _slow_path(), mode:
            forward(module, images, lambda *_: None, ())
    finally:
        for hook in hooks:
            hook.remove()
    if not mode.seen:
        raise NoAttention(
            f"No attention was seen in this network ({type(module).__name__}). Where a convolutional network looks is "
            "seen by Grad-CAM."
        )
    return mode.seen


class NoAttention(NetworkError):
    """The network has no attention; not that there is too much of it, or that it could not be followed."""


class _Attending(TorchFunctionMode):
    def __init__(self, through: bool) -> None:
        super().__init__()
        self.path: list[str] = []
        self.seen: Weights = {}
        self._through, self._count = through, 0

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = dict(kwargs or {})
        if func is F.scaled_dot_product_attention:
            return self._fused(*args, **kwargs)
        if func is F.multi_head_attention_forward:
            return self._multi_head(*args, **kwargs)
        if func in _SOFTMAX:
            return self._softmax(func, args, kwargs)
        return func(*args, **kwargs)

    def _fused(self, query: Tensor, key: Tensor, value: Tensor, *rest: Any, **options: Any) -> Tensor:
        self._room(prod(query.shape[:-1]) * key.shape[-2], query.shape[-2], key.shape[-2])
        weights = fused_weights(query, key, *rest, **options)
        self._keep(weights)
        if self._through:
            groups = query.shape[-3] // value.shape[-3] if options.get("enable_gqa") else 1
            return weights @ (value.repeat_interleave(groups, -3) if groups > 1 else value)
        return F.scaled_dot_product_attention(query, key, value, *rest, **options)

    def _multi_head(self, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor | None]:
        bound = _MULTI_HEAD.bind(*args, **kwargs)
        bound.apply_defaults()
        given = bound.arguments
        query, heads = given["query"], given["num_heads"]
        many, mean = given["need_weights"], given["average_attn_weights"]
        tokens, keys = query.shape[0], given["key"].shape[0]  # (tokens, n, width)
        self._room(heads * tokens * keys * (query.shape[1] if query.ndim == 3 else 1), tokens, keys)
        given["need_weights"], given["average_attn_weights"] = True, False
        run: Callable[..., Any] = F.multi_head_attention_forward
        output, weights = multi_head(given) if self._through else run(*bound.args, **bound.kwargs)
        self._keep(weights if weights.ndim == 4 else weights[None])
        return output, (weights.mean(-3) if mean else weights) if many else None

    def _softmax(self, func: Callable[..., Tensor], args: Sequence[Any], kwargs: dict[str, Any]) -> Tensor:
        given = args[0] if args else kwargs["input"]
        axis = kwargs.get("dim", args[1] if len(args) > 1 else None)
        attends = given.ndim >= 4 and axis in (-1, given.ndim - 1)
        if attends:
            self._room(given.numel(), given.shape[-2], given.shape[-1])
        output = func(*args, **kwargs)
        if attends:
            self._keep(output)
        return output

    def _room(self, count: int, rows: int, columns: int) -> None:
        name = self.path[-1] if self.path else OUTPUT
        if max(rows, columns) > TOKENS:
            raise NetworkError(
                f"In {name} {max(rows, columns):,} tokens attend; the weights of at most {TOKENS:,} are kept. Take "
                "smaller images, or shorter texts."
            )
        self._count += count
        if self._count > VALUES:
            raise NetworkError(
                f"Up to {name} there are {self._count:,} attention weights; at most {VALUES:,} are kept. Take fewer "
                "images, or shorter texts."
            )

    def _keep(self, weights: Tensor) -> None:
        name = self.path[-1] if self.path else OUTPUT
        times = sum(known.split("#")[0] == name for known in self.seen) + 1
        kept = weights if weights.ndim == 4 else weights.flatten(0, -4)
        self.seen[name if times == 1 else f"{name}#{times}"] = kept if self._through else kept.detach()


def fused_weights(
    query: Float[Tensor, "*n tokens width"],
    key: Float[Tensor, "*m keys width"],
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """softmax(Q K' / sqrt(width) + mask): what `scaled_dot_product_attention` weighs the values with, by its
    documentation."""
    if enable_gqa:
        key = key.repeat_interleave(query.shape[-3] // key.shape[-3], -3)
    scores = query @ key.transpose(-2, -1) * (1 / sqrt(query.shape[-1]) if scale is None else scale)
    if is_causal:
        attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=query.device).tril()
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        scores = scores.masked_fill(~attn_mask, -torch.inf)
    elif attn_mask is not None:
        scores = scores + attn_mask
    return scores.softmax(-1)


def multi_head(given: Mapping[str, Any]) -> tuple[Tensor, Tensor]:
    """(output (tokens, n, width), weights (n, heads, tokens, keys)) of `multi_head_attention_forward`, the first
    computed from the second. given: its arguments. Raises NetworkError for what is rarely used of it."""
    rare = ("bias_k", "bias_v", "key_padding_mask", "static_k", "static_v")
    if given["query"].ndim != 3 or given["add_zero_attn"] or any(given[name] is not None for name in rare):
        raise NetworkError(
            "This attention has padding, an added key or no sample axis, so it is not weighted by its gradient. Use "
            "its weights alone."
        )
    if given["use_separate_proj_weight"]:
        maps = [given[f"{name}_proj_weight"] for name in "qkv"]
    else:
        maps = list(given["in_proj_weight"].chunk(3))
    shifts = [None] * 3 if given["in_proj_bias"] is None else given["in_proj_bias"].chunk(3)
    heads = given["num_heads"]
    q, k, v = (
        F.linear(given[name], weight, bias).unflatten(-1, (heads, -1)).permute(1, 2, 0, 3)  # (n, heads, tokens, width)
        for name, weight, bias in zip(("query", "key", "value"), maps, shifts, strict=True)
    )
    mask = given["attn_mask"]
    if mask is not None:
        mask = ~mask if mask.dtype == torch.bool else mask
        mask = mask.unflatten(0, (-1, heads)) if mask.ndim == 3 else mask
    weights = fused_weights(q, k, mask)
    joined = (weights @ v).permute(2, 0, 1, 3).flatten(2)
    return F.linear(joined, given["out_proj_weight"], given["out_proj_bias"]), weights


@contextmanager
def _slow_path() -> Iterator[None]:
    """Without the fused path of whole encoder layers, which calls no function that could be seen."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)
