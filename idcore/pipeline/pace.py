"""How many epochs apart a training is measured, so that measuring takes less time than learning.

Counted in operations, not timed: a training that is resumed, or repeated on another machine, is measured after the same
epochs. The counts were fitted to one core: within a factor of 1.6 for networks of 1,500 to 3 million weights.
"""

from collections.abc import Sequence
from math import ceil

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from idcore.record import Layer
from idcore.spec import Recipe

_TENSOR = 4e6  # what a step of the optimiser takes for each tensor of weights, however small, in operations
_LAYER, _SAMPLE = 5e8, 1.4e6  # what measuring a layer takes, and for each sample, however narrow the layer
_EIGEN = 20  # of a symmetric matrix, in units of its side cubed


def apart(module: nn.Module, shape: Sequence[int], layers: Sequence[Layer], n: int, images: int, recipe: Recipe) -> int:
    """Epochs from one measurement to the next, to begin with: at least 1.

    module: on the meta device. shape: (c, h, w) of an image. layers: those that are measured on n samples, the input
    first. images: that it learns from. The cost of a measurement is at most half an epoch, or a third of the epochs
    between two: so the training takes longer than all measurements together, wherever it ends after that many epochs.
    """
    cost = _measurement(layers[1:], n) / _epoch(module, shape, images, recipe)
    return 1 if cost <= 1 / 2 else ceil(3 * cost)


def _epoch(module: nn.Module, shape: Sequence[int], images: int, recipe: Recipe) -> float:
    """Operations of an epoch: forward, twice as much backward, and forward once more for the train accuracy."""
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        module.eval()(torch.zeros((1, *shape), device="meta"))
    steps = ceil(images / recipe.batch_size)
    return 4.0 * images * float(counter.get_total_flops()) + steps * _TENSOR * len(list(module.parameters()))


def _measurement(layers: Sequence[Layer], n: int) -> float:
    """Operations of a measurement, those of float64 counted twice: products, eigenvalues, and the rest."""
    each, pair = _LAYER + n * _SAMPLE, 2 * n * n
    return sum(each + pair * layer.units + _EIGEN * min(n, layer.units) ** 3 for layer in layers)
