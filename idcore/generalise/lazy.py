"""Lazy and rich: one hidden layer, trained with its output scaled.

Chizat, Oyallon, Bach, "On lazy training in differentiable programming", NeurIPS 2019: with the loss
|alpha (f - f0) - Y|^2 / (2 n alpha^2) and plain gradient descent, a large alpha fits the same labels while the weights
hardly move (lazy), a small one moves them far (rich). Adam would hide the scale.

Whether the network learned as a linear model of its weights would is told by its tangent kernel, summed over the
outputs: the alignment of the kernel before and after, both centred (Cortes, Mohri, Rostamizadeh, "Algorithms for
learning kernels based on centered alignment", JMLR 13:795, 2012), is 1 where it has not changed.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from idcore.data.load import load
from idcore.errors import NetworkError
from idcore.estimators.cka import cka_of_points
from idcore.estimators.summary import LayerSummary, summarise
from idcore.geometry.measure import measure
from idcore.limits import BUDGET
from idcore.networks.train import one_thread
from idcore.record import Layer
from idcore.results.lessons import Scaled
from idcore.spec import DataSpec
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch

HIDDEN, LEARNED, STEPS, SEED = 256, 1000, 600, 0
_POWER = 30  # iterations that find the largest eigenvalue of the tangent kernel to a percent


def learn_scaled(
    alpha: float, store: Store, steps: int = STEPS, n: int = LEARNED, seed: int = SEED, watch: Watch = UNWATCHED
) -> Scaled:
    """Train 784-256-10 (ReLU) on n digits by gradient descent at half the critical step; measure its hidden layer on
    1000 others. seed: of the weights. Raises Cancelled, and NetworkError where the loss is no longer finite."""
    x, y = _digits("train", n, store)
    new, true = _digits("test", LEARNED, store)
    target = torch.nn.functional.one_hot(y, 10).float() - 0.1
    beat = watch.heartbeat()
    with one_thread():
        torch.manual_seed(seed)
        hidden, output = nn.Linear(x.shape[1], HIDDEN), nn.Linear(HIDDEN, 10)
        weights: list[Tensor] = [*hidden.parameters(), *output.parameters()]
        start = [weight.detach().clone() for weight in weights]

        def shown(of: Tensor) -> Tensor:
            return torch.relu(hidden(of))

        before, zero, from_new = shown(new).detach(), output(shown(x)).detach(), output(shown(new)).detach()
        kernel = tangent_kernel(new, before, output.weight.detach())
        step = 1 / _largest(lambda: output(shown(x)), weights)
        for done in range(steps):
            beat.report("training", f"Scale alpha = {alpha:g}: step {done + 1} of {steps}.", done, steps)
            off = alpha * (output(shown(x)) - zero) - target
            loss = (off**2).sum() / (2 * len(x) * alpha**2)
            for weight, slope in zip(weights, torch.autograd.grad(loss, weights), strict=True):
                weight.data.sub_(step * slope)
        after, said = shown(new).detach(), (output(shown(x)) - zero).detach()
        if not torch.isfinite(said).all():
            raise NetworkError(f"With alpha = {alpha:g} the network is no longer finite. Choose a larger scale.")
        told = (output(shown(new)) - from_new).detach()
        aligned = alignment(kernel, tangent_kernel(new, after, output.weight.detach()))
    moved, size = (sum(float((a**2).sum()) for a in of) ** 0.5
                   for of in ([a.detach() - b for a, b in zip(weights, start, strict=True)], start))  # fmt: skip
    first, last = _summary(before), _summary(after)
    assert first.id and first.id_err and last.id and last.id_err
    accuracy, tested = (float((of.argmax(1) == labels).float().mean()) for of, labels in ((said, y), (told, true)))
    cka = cka_of_points(before.numpy(), after.numpy(), debiased=False)
    return Scaled(alpha, moved / size, accuracy, cka, first.id, first.id_err, last.id, last.id_err, aligned, 1 - tested)


def tangent_kernel(x: Tensor, hidden: Tensor, output: Tensor) -> Tensor:
    """Products of the gradients of the outputs by all weights, summed over the outputs (Jacot, Gabriel, Hongler 2018),
    (n, n) float64. x: (n, d) inputs; hidden: (n, h) of a layer of ReLU with biases; output: (c, h) weights of the
    linear layer with biases above it."""
    x, hidden, output = x.double(), hidden.double(), output.double()
    open_ = (hidden > 0).double() * output.pow(2).sum(0).sqrt()  # (n, h)
    return len(output) * (hidden @ hidden.T + 1) + (x @ x.T + 1) * (open_ @ open_.T)


def alignment(a: Tensor, b: Tensor) -> float:
    """Cosine between two centred kernels, (n, n) float64."""
    a, b = (k - k.mean(0) - k.mean(1)[:, None] + k.mean() for k in (a, b))
    return float((a * b).sum() / (a.norm() * b.norm()))


def _digits(split: str, n: int, store: Store) -> tuple[Tensor, Tensor]:
    samples = load(DataSpec(split=split, n=n), store=store)  # type: ignore[arg-type]
    return samples.images.flatten(1), torch.from_numpy(samples.labels)


def _largest(output: Callable[[], Tensor], weights: list[Tensor]) -> float:
    """Largest eigenvalue of J^T J / n, by the power method: the curvature of the loss at the start."""
    f = output()
    u = torch.zeros_like(f, requires_grad=True)
    back = torch.autograd.grad(f, weights, u, create_graph=True)
    torch.manual_seed(SEED)
    v = [torch.randn_like(weight) for weight in weights]
    for _ in range(_POWER):
        size = sum((one**2).sum() for one in v) ** 0.5
        v = [one / size for one in v]
        (forward,) = torch.autograd.grad(back, u, v, retain_graph=True)
        v = list(torch.autograd.grad(f, weights, forward, retain_graph=True))
    return float(sum((one**2).sum() for one in v) ** 0.5) / len(f)


def _summary(activations: Tensor) -> LayerSummary:
    d = activations.shape[1]
    return summarise(measure([activations], Layer("hidden", 1, 0.5, "Linear", (d,), d), memory=BUDGET.memory))
