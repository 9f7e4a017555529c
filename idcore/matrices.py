"""The matrices that a forward pass over all samples fills, a batch at a time."""

from typing import Any

import torch
from torch import Tensor

from idcore.errors import NetworkError
from idcore.networks.hooks import Enough, first_tensor
from idcore.networks.reduction import rows
from idcore.record import Layer


def resting(device: torch.device) -> torch.device:
    """Where the columns of a network on `device` lie and are measured: there, but for MPS, which has no float64."""
    return torch.device("cpu") if device.type == "mps" else device


def in_a_row(places: Tensor) -> bool:
    """Whether these places, (b,) int64, follow one another."""
    return bool((places.diff() == 1).all())


class ActivationMatrices:
    """The activations of some layers, one row per sample, filled batch by batch."""

    def __init__(
        self, n: int, wanted: dict[str, tuple[int, int]], layers: dict[str, Layer], buffer: Tensor | None = None
    ) -> None:
        self._buffer = buffer
        self._matrices: dict[str, Tensor] = {}
        self._failed: dict[str, str] = {}
        self._n, self._wanted, self._layers = n, wanted, layers
        self._places, self._length = torch.zeros(0, dtype=torch.int64), 0
        self._missing: set[str] = set()

    def of(self, name: str) -> Tensor:
        """Raises NetworkError where the layer did not give what it gave when it was traced."""
        if name in self._failed:
            raise NetworkError(self._failed[name])
        return self._matrices[name]

    def drop(self, name: str) -> None:
        """Free the memory of a layer."""
        self._matrices.pop(name, None)

    def expect(self, places: Tensor, length: int) -> None:
        """The samples of the next batch, (b,) int64, and the length of the batch."""
        self._places, self._length = places, length
        self._missing = self._wanted.keys() - self._failed.keys()

    def write(self, name: str, output: Any) -> None:
        """Copy a layer's output on this batch to its place. Raises Enough with the last layer of the batch."""
        if name in self._missing:
            self._missing.discard(name)
            self._copy(self._layers[name], first_tensor(output))
        if not self._missing:
            raise Enough

    def _copy(self, layer: Layer, tensor: Tensor | None) -> None:
        shape, axis = () if tensor is None else tuple(tensor.shape), layer.samples
        if tensor is None or axis >= len(shape) or shape[axis] != self._length:
            self._fail(layer.name, f"gave {shape} for a batch of {self._length} samples")
            return
        tensor = rows(tensor, layer)[: len(self._places)]
        if tensor[0].numel() != layer.units:
            self._fail(layer.name, f"gave {tensor[0].numel()} units per sample, but {layer.units} before")
            return
        start, stop = self._wanted[layer.name]
        if layer.name not in self._matrices:
            self._matrices[layer.name] = self._matrix(stop - start, tensor)
        matrix = self._matrices[layer.name]
        if not in_a_row(self._places):
            part = tensor.flatten(1) if tensor.ndim > 1 else tensor[:, None]
            matrix[self._places.to(matrix.device)] = part[:, start:stop].to(matrix.device)
            return
        block = matrix[int(self._places[0]) : int(self._places[-1]) + 1]
        if stop - start == layer.units:
            tensor = tensor if tensor.ndim > 1 else tensor[:, None]
            block.view(tensor.shape).copy_(tensor)
        else:
            block.copy_(tensor.flatten(1)[:, start:stop])

    def _fail(self, name: str, what: str) -> None:
        self._failed[name] = (
            f"The layer {name} {what} (samples from {int(self._places[0])} on). A layer that does not give the same "
            "for all samples cannot be measured."
        )
        self.drop(name)

    def _matrix(self, width: int, like: Tensor) -> Tensor:
        if self._buffer is not None:
            return self._buffer.view(-1)[: self._n * width].view(self._n, width)
        return torch.empty((self._n, width), dtype=like.dtype, device=resting(like.device))

    def complete(self) -> None:
        """Nothing more comes of this batch."""
        for name in self._missing:
            self._fail(name, "was not called, although it was before")
