"""Networks of one hidden layer, by their width: the networks of all sets are trained at once, as one batched product.

As `features`, but trained: Adam on the squared error or the cross entropy, without weight decay or early stopping, to
see how bias and variance change with the width (Yang et al. 2020).
"""

from dataclasses import replace

import torch
from torch import Tensor

from idcore.errors import NetworkError
from idcore.generalise.parts import fitted
from idcore.generalise.sets import CLASSES, Sets, dimension, one_hot
from idcore.results.generalised import Fit
from idcore.spec import Loss
from idcore.watch import UNWATCHED, Watch

EPOCHS, BATCH, RATE = 400, 50, 1e-3
LEARNED = 1e-3
"""Mean training loss, in each set, at which nothing is left to learn, and a training ends before its last epoch."""


def trained(drawn: Sets, width: int, loss: Loss, seed: int, epochs: int = EPOCHS, watch: Watch = UNWATCHED) -> Fit:
    """Train a network of `width` hidden units (ReLU) on each set. Raises Cancelled, and NetworkError where the loss is
    no longer finite."""
    weights = learn(drawn, width, loss, seed, epochs, watch)
    with torch.inference_mode():
        learned = _outputs(hidden(drawn.x, weights), weights).argmax(-1) != drawn.labels
        shown = hidden(drawn.new.expand(len(drawn.x), -1, -1), weights)  # (s, m, width)
        outputs = _outputs(shown, weights)
    fit = fitted(width, outputs if loss == "squared" else outputs.softmax(-1), drawn.true, learned)
    id, err = _mean_dimension(shown)
    return replace(fit, id=id, id_err=err)


def learn(
    drawn: Sets, width: int, loss: Loss, seed: int, epochs: int = EPOCHS, watch: Watch = UNWATCHED
) -> list[Tensor]:
    """The weights and biases of both layers, each with the sets as its first axis. Raises as `trained` does."""
    s, n, inputs = drawn.x.shape
    random = torch.Generator().manual_seed(seed)
    weights = [
        _uniform((s, inputs, width), inputs, random),
        _uniform((s, 1, width), inputs, random),
        _uniform((s, width, CLASSES), width, random),
        _uniform((s, 1, CLASSES), width, random),
    ]
    optimiser = torch.optim.Adam(weights, lr=RATE, fused=True)
    targets, beat = one_hot(drawn.labels).float(), watch.heartbeat()
    for epoch in range(epochs):
        beat.report("training", f"Width {width}: epoch {epoch + 1} of at most {epochs}.", epoch, epochs)
        total = torch.zeros(s)
        for batch in torch.randperm(n, generator=random).split(BATCH):
            off, slopes = step(drawn.x[:, batch], targets[:, batch], weights, loss)
            total += off * (len(batch) / n)
            for weight, slope in zip(weights, slopes, strict=True):
                weight.grad = slope
            optimiser.step()
        if not torch.isfinite(total).all():
            raise NetworkError(f"The loss of width {width} is no longer a number after epoch {epoch + 1}.")
        if total.max() < LEARNED:
            break
    return weights


def step(x: Tensor, targets: Tensor, weights: list[Tensor], loss: Loss) -> tuple[Tensor, list[Tensor]]:
    """(mean loss of each set (s,), its gradient by each of the weights). x: (s, b, d), targets: (s, b, 10). Written
    out, since it takes half the time of autograd."""
    shown = hidden(x, weights)
    outputs = _outputs(shown, weights)
    if loss == "squared":
        off = outputs - targets
        value, slope = (off**2).sum(-1).mean(1), 2 * off / x.shape[1]
    else:
        logs = outputs.log_softmax(-1)
        value, slope = -(targets * logs).sum(-1).mean(1), (logs.exp() - targets) / x.shape[1]
    back = torch.bmm(slope, weights[2].transpose(1, 2)) * (shown > 0)
    return value, [
        torch.bmm(x.transpose(1, 2), back),
        back.sum(1, keepdim=True),
        torch.bmm(shown.transpose(1, 2), slope),
        slope.sum(1, keepdim=True),
    ]


def _uniform(shape: tuple[int, ...], inputs: int, random: torch.Generator) -> Tensor:
    """As torch.nn.Linear begins: uniform within 1 / sqrt(inputs)."""
    return torch.rand(shape, generator=random).mul_(2).sub_(1).div_(inputs**0.5)


def hidden(x: Tensor, weights: list[Tensor]) -> Tensor:
    """The hidden layers on (s, b, d) samples, (s, b, width)."""
    return torch.relu(torch.baddbmm(weights[1], x, weights[0]))


def _outputs(hidden: Tensor, weights: list[Tensor]) -> Tensor:
    return torch.baddbmm(weights[3], hidden, weights[2])


def _mean_dimension(hidden: Tensor) -> tuple[float | None, float | None]:
    """Of the networks that have an ID; the error is that of one of them, since all are measured on the same digits."""
    dimensions = [dimension(one) for one in hidden]
    known = [(id, err) for id, err in dimensions if id is not None and err is not None]
    if len(known) < len(dimensions):
        return None, None
    ids, errors = zip(*known, strict=True)
    return sum(ids) / len(ids), sum(errors) / len(errors)
