"""Lazy and rich: one hidden layer, trained with its output scaled.

Chizat, Oyallon, Bach, "On lazy training in differentiable programming", NeurIPS 2019: with the loss
|alpha (f - f0) - Y|^2 / (2 n alpha^2) and plain gradient descent, a large alpha fits the same labels while the weights
hardly move (lazy), a small one moves them far (rich). Adam would hide the scale.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from idcore.data.load import load
from idcore.estimators.cka import cka_of_points
from idcore.estimators.summary import LayerSummary, summarise
from idcore.geometry.measure import measure
from idcore.limits import BUDGET
from idcore.networks.train import one_thread
from idcore.record import Layer
from idcore.results.lessons import Scaled
from idcore.spec import DataSpec
from idcore.store import Store

HIDDEN, LEARNED, STEPS, SEED = 256, 1000, 600, 0
_POWER = 30  # iterations that find the largest eigenvalue of the tangent kernel to a percent


def learn_scaled(alpha: float, store: Store, steps: int = STEPS) -> Scaled:
    """Train 784-256-10 (ReLU) on 1000 digits by gradient descent at half the critical step; measure its hidden layer on
    1000 others."""
    x, y = _digits("train", store)
    new, _ = _digits("test", store)
    target = torch.nn.functional.one_hot(y, 10).float() - 0.1
    with one_thread():
        torch.manual_seed(SEED)
        hidden, output = nn.Linear(x.shape[1], HIDDEN), nn.Linear(HIDDEN, 10)
        weights: list[Tensor] = [*hidden.parameters(), *output.parameters()]
        start = [weight.detach().clone() for weight in weights]

        def shown(of: Tensor) -> Tensor:
            return torch.relu(hidden(of))

        before, zero = shown(new).detach(), output(shown(x)).detach()
        step = 1 / _largest(lambda: output(shown(x)), weights)
        for _ in range(steps):
            off = alpha * (output(shown(x)) - zero) - target
            loss = (off**2).sum() / (2 * len(x) * alpha**2)
            for weight, slope in zip(weights, torch.autograd.grad(loss, weights), strict=True):
                weight.data.sub_(step * slope)
        after, said = shown(new).detach(), (output(shown(x)) - zero).detach()
    moved, size = (sum(float((a**2).sum()) for a in of) ** 0.5
                   for of in ([a.detach() - b for a, b in zip(weights, start, strict=True)], start))  # fmt: skip
    first, last = _summary(before), _summary(after)
    assert first.id and first.id_err and last.id and last.id_err
    accuracy = float((said.argmax(1) == y).float().mean())
    cka = cka_of_points(before.numpy(), after.numpy(), debiased=False)
    return Scaled(alpha, moved / size, accuracy, cka, first.id, first.id_err, last.id, last.id_err)


def _digits(split: str, store: Store) -> tuple[Tensor, Tensor]:
    samples = load(DataSpec(split=split, n=LEARNED), store=store)  # type: ignore[arg-type]
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
