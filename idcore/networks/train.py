"""Training, in memory: a module, a recipe, samples -> history by epoch."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from idcore.data.load import Samples
from idcore.errors import Cancelled, NetworkError
from idcore.spec import Recipe

HEARTBEAT = 0.5
"""Seconds between two reports within an epoch."""
_EVALUATION_BATCH = 250


@dataclass(frozen=True)
class Progress:
    """done of total epochs (a fraction within an epoch). history: the epochs that are finished."""

    message: str
    done: float
    total: float
    history: tuple[dict[str, Any], ...] = ()
    phase: str = "training"


def train(
    module: nn.Module,
    recipe: Recipe,
    samples: Samples,
    held_out: Samples,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[dict[str, Any], ...]:
    """Train the module in place on its device; returns one record per epoch.

    A record: epoch (from 1), loss (mean cross entropy over the epoch), train_accuracy (of the whole training set at the
    end of the epoch, against the labels it is trained on), test_accuracy (against true labels), seconds (of the epoch).
    Runs on one thread, so that the recipe alone determines the weights on a given processor. Raises Cancelled, and
    NetworkError where the loss is no longer finite.
    """
    labels, targets = torch.from_numpy(permuted(samples.labels, recipe)), torch.from_numpy(held_out.labels)
    generator = torch.Generator().manual_seed(recipe.seed)
    history: list[dict[str, Any]] = []
    with _one_thread(), _channels_last(module):
        inputs, others = (s.images.to(memory_format=torch.channels_last) for s in (samples, held_out))
        step = _stepper(module, recipe)
        for epoch in range(1, recipe.epochs + 1):
            started = time.monotonic()
            pulse = _pulse(epoch, recipe.epochs, history, progress, cancelled)
            loss = _epoch(step, inputs, labels, torch.randperm(len(labels), generator=generator), recipe, pulse)
            if not math.isfinite(loss):
                raise NetworkError(
                    f"Training diverged: in epoch {epoch} the loss is {loss}. "
                    f"Choose a learning rate below {recipe.learning_rate:g}."
                )
            history.append(
                {
                    "epoch": epoch,
                    "loss": loss,
                    "train_accuracy": accuracy(module, inputs, labels, partial(pulse, 1.0)),
                    "test_accuracy": accuracy(module, others, targets, partial(pulse, 1.0)),
                    "seconds": time.monotonic() - started,
                }
            )
            if history[-1]["train_accuracy"] >= recipe.target:
                break
    if progress is not None:
        progress(_report(len(history), len(history), history))
    return tuple(history)


def permuted(labels: np.ndarray, recipe: Recipe) -> np.ndarray:
    """The labels with a fraction `recipe.shuffled` of them, chosen by the recipe's seed, permuted among themselves."""
    random = np.random.RandomState(recipe.seed)
    chosen = random.permutation(len(labels))[: round(recipe.shuffled * len(labels))]
    shuffled = labels.copy()
    shuffled[chosen] = labels[random.permutation(chosen)]
    return shuffled


def accuracy(module: nn.Module, images: Tensor, labels: Tensor, pulse: Callable[[], None] | None = None) -> float:
    """Fraction of the samples whose largest output is at their label. The module's mode is left as it was."""
    training, right = module.training, 0
    module.eval()
    try:
        with torch.inference_mode():
            for x, y in zip(images.split(_EVALUATION_BATCH), labels.split(_EVALUATION_BATCH), strict=True):
                if pulse is not None:
                    pulse()
                right += int((module(x).argmax(1) == y).sum())
    finally:
        module.train(training)
    return right / len(labels)


def _stepper(module: nn.Module, recipe: Recipe) -> Callable[[Tensor, Tensor], Tensor]:
    """A function that makes one optimiser step on a batch and returns its mean loss."""
    module.train()
    parameters = module.parameters()
    optimiser: torch.optim.Optimizer = (
        torch.optim.Adam(parameters, lr=recipe.learning_rate)
        if recipe.optimiser == "adam"
        else torch.optim.SGD(parameters, lr=recipe.learning_rate, momentum=0.9)
    )

    def step(x: Tensor, y: Tensor) -> Tensor:
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(module(x), y)
        loss.backward()
        optimiser.step()
        return loss.detach()

    return step


def _epoch(
    step: Callable[[Tensor, Tensor], Tensor],
    inputs: Tensor,
    labels: Tensor,
    order: Tensor,
    recipe: Recipe,
    pulse: Callable[[float], None],
) -> float:
    total = torch.zeros((), dtype=torch.float64)
    for start in range(0, len(order), recipe.batch_size):
        pulse(start / len(order))
        batch = order[start : start + recipe.batch_size]
        total += step(inputs[batch], labels[batch]) * len(batch)
    return float(total) / len(order)


def _pulse(
    epoch: int,
    epochs: int,
    history: list[dict[str, Any]],
    progress: Callable[[Progress], None] | None,
    cancelled: Callable[[], bool] | None,
) -> Callable[[float], None]:
    """To be called before each batch with the fraction of the epoch that is done."""
    last = -math.inf

    def pulse(fraction: float) -> None:
        nonlocal last
        if time.monotonic() - last < (HEARTBEAT if fraction else 0.0):
            return
        last = time.monotonic()
        if cancelled is not None and cancelled():
            raise Cancelled("Training was cancelled.")
        if progress is not None:
            progress(_report(epoch - 1 + fraction, epochs, history))

    return pulse


def _report(done: float, total: int, history: list[dict[str, Any]]) -> Progress:
    message = f"Training: epoch {min(int(done) + 1, total)} of at most {total}"
    if history:
        latest = history[-1]
        message += f", train accuracy {latest['train_accuracy']:.1%}, test accuracy {latest['test_accuracy']:.1%}"
    return Progress(message + ".", done, total, tuple(history))


@contextmanager
def _channels_last(module: nn.Module) -> Iterator[None]:
    # Twice as fast for small convolutions on one thread of a processor.
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    try:
        yield
    finally:
        module.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
