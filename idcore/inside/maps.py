"""Where a network looks: maps over an image for one of its outputs. `inside.deletion` judges them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from idcore.errors import NetworkError, RequestError
from idcore.inside.attention import Weights, watched
from idcore.networks.hooks import Enough, base, first_tensor, forward
from idcore.networks.state import home, ready
from idcore.networks.trace import trace
from idcore.record import Layer
from idcore.results import chosen
from idcore.shapes import Float
from idcore.spec import checks

NODES = 32


def grad_cam(
    module: nn.Module, images: Float[Tensor, "n c h w"], layer: str | Layer, target: int
) -> Float[Tensor, "n rows columns"]:
    """Grad-CAM (Selvaraju et al. 2017, eq. 1, 2): relu(sum_c mean(dy / da_c) a_c) over the channels of a layer.

    images: as the module takes them. layer: with channels and two axes of positions, channels first or last; its name,
    or the layer as it was traced, with its axis of channels, which spares the passes that find it. target: which output
    y is. Not scaled, at the layer's own resolution. Raises RequestError, NetworkError.
    """
    # Which axis counts the channels is asked for means alone.
    traced = layer if isinstance(layer, Layer) else chosen(trace(module, images, "mean"), layer)[0]
    axis, name = traced.channels, traced.name
    with ready(module, home(module)), torch.enable_grad():
        module.requires_grad_(False)
        a, y = _with_gradient(module, images.to(home(module)), traced, target)
        if a.ndim != 4 or axis not in (0, 2):
            raise RequestError(
                f"Grad-CAM reads a layer of channels over two axes of positions; {name} gives {tuple(a.shape[1:])} "
                "per sample. Choose a convolutional layer, or a stage of a Swin transformer."
            )
        (slope,) = torch.autograd.grad(y.sum(), a, allow_unused=True)
    slope = _finite(slope, f"the output {target} with respect to {name}")
    order = (0, 1, 2, 3) if axis == 0 else (0, 3, 1, 2)
    a, slope = a.detach().permute(order), slope.permute(order)
    return (slope.mean((2, 3), keepdim=True) * a).sum(1).clamp(min=0).cpu()


def rollout(weights: Weights) -> Float[Tensor, "n tokens tokens"]:
    """Attention rollout (Abnar, Zuidema 2020): the product over layers of A / 2 + I / 2, A the mean over heads; row i
    says of which tokens of the input token i is made. weights: of `attention`. Raises RequestError."""
    product = None
    for a in _square(weights):
        mixed = a.mean(1) / 2 + torch.eye(a.shape[-1]) / 2
        product = mixed if product is None else mixed @ product
    assert product is not None
    return product


def gradient_weighted(
    module: nn.Module, images: Float[Tensor, "n c h w"], target: int
) -> Float[Tensor, "n tokens tokens"]:
    """Attention weighted by its gradient (Chefer, Gur, Wolf 2021, eq. 5, 6): R <- R + E_h[(dA * A)+] R from R = 1, dA
    the gradient of the output `target`. Raises RequestError, NetworkError."""
    with ready(module, home(module)), torch.enable_grad():
        module.requires_grad_(False)
        images = images.to(home(module)).detach().requires_grad_()
        outputs: list[Tensor] = []
        handle = module.register_forward_hook(lambda _, __, output: outputs.append(one_output(output, target)))
        try:
            seen = watched(module, images, through=True)
        finally:
            handle.remove()
        slopes = torch.autograd.grad(outputs[-1].sum(), list(seen.values()), allow_unused=True)
    product = None
    for a, (name, slope) in zip(_square(seen), zip(seen, slopes, strict=True), strict=True):
        slope = _finite(slope, f"the output {target} with respect to the attention of {name}")
        product = torch.eye(a.shape[-1]).expand(len(a), -1, -1) if product is None else product
        product = product + (slope.cpu() * a.detach().cpu()).clamp(min=0).mean(1) @ product
    assert product is not None
    return product


def integrated_gradients(
    module: nn.Module,
    images: Float[Tensor, "n c h w"],
    target: int,
    baseline: Float[Tensor, "n c h w"] | None = None,
    nodes: int = NODES,
) -> Float[Tensor, "n c h w"]:
    """Integrated gradients (Sundararajan, Taly, Yan 2017, eq. 1), the integral by Gauss and Legendre; their sum is the
    output on the image less that on the baseline, up to the error of the quadrature. baseline: zeros when left out.
    Raises NetworkError."""
    checks.integer("The number of nodes", nodes, 1, 1000)
    where = home(module)
    images = images.to(where)
    base_images = torch.zeros_like(images) if baseline is None else baseline.to(where)
    places, weights = np.polynomial.legendre.leggauss(nodes)
    total = torch.zeros_like(images)
    with ready(module, where), torch.enable_grad():
        module.requires_grad_(False)
        for node, weight in zip((places + 1) / 2, weights / 2, strict=True):
            x = (base_images + float(node) * (images - base_images)).detach().requires_grad_()
            (slope,) = torch.autograd.grad(_forward(module, x, target).sum(), x, allow_unused=True)
            total += float(weight) * _finite(slope, f"the output {target} with respect to the image")
    return (total * (images - base_images)).cpu()


def _with_gradient(module: nn.Module, images: Tensor, layer: Layer, target: int) -> tuple[Tensor, Tensor]:
    """(the layer's output, the target output computed from it), with the graph between them."""
    kept: list[Tensor] = []
    path, _, times = layer.name.partition("#")
    calls = [0]

    def replace(_: nn.Module, __: Any, output: Any) -> Any:
        calls[0] += 1
        if calls[0] != int(times or 1):
            return None
        tensor = first_tensor(output)
        if tensor is None or not isinstance(output, Tensor):
            raise NetworkError(f"{layer.name} gives several values, so no map is made of it. Choose a layer inside it.")
        kept.append(tensor if tensor.requires_grad else tensor.detach().requires_grad_())
        return kept[-1].clone()  # a ReLU in place would overwrite what is kept

    handle = module.get_submodule("" if path == "output" and not hasattr(module, "output") else path)
    hook = handle.register_forward_hook(replace)
    try:
        y = _forward(module, images, target)
    finally:
        hook.remove()
    return kept[0], y


def _forward(module: nn.Module, images: Tensor, target: int) -> Tensor:
    outputs: list[Tensor] = []

    def hear(_: str, path: str, __: nn.Module, output: Any) -> None:
        if not path:
            outputs.append(one_output(output, target))
            raise Enough

    forward(module, images, hear, {base("output")})
    return outputs[0]


def one_output(output: Any, target: int) -> Tensor:
    """(n,): one output of each sample. Raises NetworkError, RequestError."""
    y = first_tensor(output)
    if y is None or y.ndim != 2:
        raise NetworkError("A map is made for one output of a network that gives one row of numbers for each sample.")
    checks.integer("The output that a map is made for", target, 0, y.shape[1] - 1)
    return y[:, target]


def _finite(slope: Tensor | None, what: str) -> Tensor:
    if slope is None or not torch.isfinite(slope).all():
        why = "There is no gradient" if slope is None else "There are NaN or infinite values in the gradient"
        raise NetworkError(f"{why} of {what}. Check the weights of the network, or choose another layer.")
    return slope


def _square(weights: Mapping[str, Tensor]) -> list[Tensor]:
    matrices = [a.detach().cpu() for a in weights.values()]
    shapes = {(a.shape[0], *a.shape[-2:]) for a in matrices}
    if len(shapes) != 1 or matrices[0].shape[-1] != matrices[0].shape[-2]:
        raise RequestError(
            f"The layers attend among different tokens, {sorted(shapes)[:3]}: attention in windows cannot be followed "
            "through the layers. Use Grad-CAM."
        )
    return matrices
