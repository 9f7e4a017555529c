"""Training, in memory: a module, a recipe, samples -> history by epoch. It can stop after any epoch and go on later."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from idcore.data.load import Samples
from idcore.errors import NetworkError
from idcore.networks.hooks import batches
from idcore.spec import Recipe
from idcore.watch import UNWATCHED, Watch

_EVALUATION_BATCH = 250  # images at most
_EVALUATION_NUMBERS = 5 * 10**6  # in its images: what a network makes of 250 large ones would fill the memory


@dataclass(eq=False)
class Learner:
    """A network in the course of its training: all that the epochs to come depend on, beside the samples.

    order: draws the order of the samples. noise: state of torch's generator, of which dropout draws. history: the
    epochs that are finished.
    """

    module: nn.Module
    recipe: Recipe
    optimiser: torch.optim.Optimizer
    order: torch.Generator
    noise: Tensor
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether the recipe says to stop here."""
        reached = bool(self.history) and self.history[-1]["train_accuracy"] >= self.recipe.target
        return reached or len(self.history) >= self.recipe.epochs


def begin(module: nn.Module, recipe: Recipe) -> Learner:
    """A network that has not learned anything yet."""
    # Twice as fast for small convolutions on one thread of a processor; before the optimiser makes tensors like these.
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    parameters: list[Any] = list(module.parameters())
    if recipe.warmup:
        first = next(one.weight for one in module.modules() if isinstance(one, (nn.Conv2d, nn.Linear)))
        parameters = [{"params": [first]}, {"params": [one for one in parameters if one is not first]}]
    optimiser: torch.optim.Optimizer = (
        torch.optim.Adam(parameters, lr=recipe.learning_rate)
        if recipe.optimiser == "adam"
        else torch.optim.SGD(parameters, lr=recipe.learning_rate, momentum=0.9)
    )
    order, noise = torch.Generator().manual_seed(recipe.seed), torch.Generator().manual_seed(recipe.seed + 2**32)
    return Learner(module, recipe, optimiser, order, noise.get_state())


def go_on(
    learner: Learner,
    samples: Samples,
    held_out: Samples,
    watch: Watch = UNWATCHED,
) -> Iterator[Learner]:
    """Train the network in place, epoch by epoch, until its recipe says to stop; yields the learner after each.

    Adds a record to its history: epoch (from 1), loss (mean cross entropy over the epoch), train_accuracy (of the whole
    training set at the end of the epoch, against the labels it is trained on), test_accuracy (against true labels),
    seconds (of the epoch). Runs on one thread, so that the recipe alone determines the weights on a given processor.
    Raises Cancelled, and NetworkError where the loss is no longer finite.
    """
    recipe, history = learner.recipe, learner.history
    labels, targets = torch.from_numpy(permuted(samples.labels, recipe)), torch.from_numpy(held_out.labels)
    while not learner.done:
        started, epoch = time.monotonic(), len(history) + 1
        pulse = partial(_report, watch.heartbeat(), recipe.epochs, tuple(history))
        with one_thread():
            loss = _epoch(learner, samples, labels, pulse)
            if not math.isfinite(loss):
                raise NetworkError(
                    f"Training diverged: in epoch {epoch} the loss is {loss}. "
                    f"Choose a learning rate below {recipe.learning_rate:g}."
                )
            record = {
                "epoch": epoch,
                "loss": loss,
                "train_accuracy": accuracy(learner.module, samples.images, labels, partial(pulse, 1.0)),
                "test_accuracy": accuracy(learner.module, held_out.images, targets, partial(pulse, 1.0)),
            }
        history.append(record | {"seconds": time.monotonic() - started})
        yield learner
    _report(watch, len(history), tuple(history), 0.0)


def end(learner: Learner) -> nn.Module:
    """The network, its tensors laid out as before the training."""
    network: nn.Module = learner.module.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    return network


def permuted(labels: np.ndarray, recipe: Recipe) -> np.ndarray:
    """The labels with a fraction `recipe.shuffled` of them, chosen by the recipe's seed, permuted among themselves."""
    random = np.random.RandomState(recipe.seed)
    chosen = random.permutation(len(labels))[: round(recipe.shuffled * len(labels))]
    shuffled = labels.copy()
    shuffled[chosen] = labels[random.permutation(chosen)]
    return shuffled


def accuracy(module: nn.Module, images: Tensor, labels: Tensor, pulse: Callable[[], None] = lambda: None) -> float:
    """Fraction of the samples whose largest output is at their label. The module's mode is left as it was."""
    training, right = module.training, 0
    module.eval()
    try:
        with torch.inference_mode():
            size = max(1, min(_EVALUATION_BATCH, _EVALUATION_NUMBERS // images[0].numel()))
            for start, stop in batches(len(labels), size):
                x, y = images[start:stop], labels[start:stop]
                pulse()
                right += int((module(x.to(memory_format=torch.channels_last)).argmax(1) == y).sum())
    finally:
        module.train(training)
    return right / len(labels)


_COOLING = 0.1  # of the epochs at most: the last of them, over which the steps of a training with a warm-up fall to 0


def dark(learner: Learner) -> float:
    """The share of the luminance gradient that is left out of the images of the next epoch.

    In a warm-up lambda grows from 1, by the same factor each time, and steps get smaller: those of the weights that see
    the images so that the light answers to each by as much as ever, those of the others less so."""
    recipe, done = learner.recipe, len(learner.history)
    if not recipe.warmup:
        return 0.0
    gradient = float(recipe.gradient ** min(1.0, done / recipe.warmup))
    rate = recipe.learning_rate * min(1.0, (recipe.epochs - done) / (_COOLING * recipe.epochs))
    for group, power in zip(learner.optimiser.param_groups, (1, 1 / 4), strict=True):
        group["lr"] = rate / (1 + gradient) ** power
    return 1 - gradient / recipe.gradient


def _epoch(learner: Learner, samples: Samples, labels: Tensor, pulse: Callable[[float], None]) -> float:
    """One pass over the samples; returns the mean loss."""
    total, size = torch.zeros((), dtype=torch.float64), learner.recipe.batch_size
    share = dark(learner)
    order = torch.randperm(len(labels), generator=learner.order)
    batches = list(order.split(size))
    if len(batches) > 1 and len(batches[-1]) == 1 < size:
        batches[-2:] = [torch.cat(batches[-2:])]  # batch normalisation cannot learn from one sample
    learner.module.train()
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.set_state(learner.noise)
        for i, batch in enumerate(batches):
            pulse(i / len(batches))
            x = samples.images[batch]  # batch by batch: all at once would be a copy
            if share:
                x -= share * samples.light[batch]
            x = x.to(memory_format=torch.channels_last)
            learner.optimiser.zero_grad()
            loss = nn.functional.cross_entropy(learner.module(x), labels[batch])
            loss.backward()
            learner.optimiser.step()
            total += loss.detach() * len(batch)
        learner.noise = torch.default_generator.get_state()
    return float(total) / len(order)


def _report(watch: Watch, total: int, history: tuple[dict[str, Any], ...], fraction: float) -> None:
    """fraction: of the epoch after those of the history."""
    done = len(history) + fraction
    message = f"Training: epoch {min(int(done) + 1, total)} of at most {total}"
    if history:
        latest = history[-1]
        message += f", train accuracy {latest['train_accuracy']:.1%}, test accuracy {latest['test_accuracy']:.1%}"
    watch.report("training", f"{message}.", done, total, history=history)


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread for torch inside: two trainings side by side then take a core each."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
