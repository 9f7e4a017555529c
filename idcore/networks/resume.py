"""A training in the store, so that it goes on where it stopped: to the bit as if it had never stopped."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from idcore import spec
from idcore.errors import Cancelled, NetworkError
from idcore.networks.build import give
from idcore.networks.train import Learner
from idcore.spec import NetworkSpec
from idcore.store import Store

SHARE = 0.05
"""Of the time of a training, that keeping it may take: one that is quick to learn and large is kept more rarely."""


def restore(learner: Learner, network: NetworkSpec, store: Store) -> None:
    """Put a learner that has just begun where the kept one stood, if there is one. Raises NetworkError where the two
    do not fit together."""
    entry = store.get(spec.training_key(network))
    if entry is None:
        return
    arrays = {name: torch.from_numpy(array) for name, array in entry.arrays.items()}
    try:
        state = learner.module.state_dict()
        give(learner.module, {name: arrays[f"weights.{name}"] for name in state})
        for i, parameter in enumerate(_parameters(learner)):
            start = f"optimiser.{i}."
            own = {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}
            # In the layout of the parameter: the optimiser's steps go over both, memory by memory.
            learner.optimiser.state[parameter] = {
                name: torch.empty_like(parameter).detach().copy_(array) if array.shape == parameter.shape else array
                for name, array in own.items()
            }
    except (RuntimeError, KeyError) as error:
        raise NetworkError(f"The kept training does not fit the network: {' '.join(str(error).split())}") from error
    learner.order.set_state(arrays["order"])
    learner.noise = arrays["noise"]
    learner.history[:] = entry.meta["history"]


def kept(learners: Iterator[Learner], network: NetworkSpec, store: Store) -> Iterator[Learner]:
    """The same learners, each kept unless that would take more than its share of the time, and the last of them where
    the training is cancelled."""
    free, waiting = 0.0, None
    try:
        for learner in learners:
            waiting = _state(learner, network)
            if time.monotonic() >= free and not learner.done:
                started = time.monotonic()
                store.put(spec.training_key(network), *waiting)
                free, waiting = time.monotonic() + (time.monotonic() - started) / SHARE, None
            yield learner
    except Cancelled:
        if waiting is not None:
            store.put(spec.training_key(network), *waiting)
        raise


def _state(learner: Learner, network: NetworkSpec) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """(arrays, meta) of all that the epochs to come depend on, as it is now."""
    tensors = {f"weights.{name}": value for name, value in learner.module.state_dict().items()}
    for i, parameter in enumerate(_parameters(learner)):
        tensors |= {f"optimiser.{i}.{name}": value for name, value in learner.optimiser.state[parameter].items()}
    tensors |= {"order": learner.order.get_state(), "noise": learner.noise}
    meta = {"kind": "training", "request": spec.to_json(network), "history": list(learner.history)}
    return {name: value.numpy().copy() for name, value in tensors.items() if value is not None}, meta


def _parameters(learner: Learner) -> list[torch.Tensor]:
    return [parameter for group in learner.optimiser.param_groups for parameter in group["params"]]
