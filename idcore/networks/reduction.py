"""What is taken of a layer's output: all of it, the mean of each channel, or the first token."""

from dataclasses import replace

from torch import Tensor

from idcore.networks.hooks import INPUT
from idcore.record import Layer


def reduced(layer: Layer, reduce: str) -> Layer:
    """The layer as it is after the reduction: flatten (as it is), mean (over all axes but the channels), cls (the first
    token, where there are tokens and channels). layer: not reduced yet; vectors and the input stay as they are.

    A layer of which no token can be taken has a note; one whose channels are not known is flattened, and says so.
    """
    shape = layer.shape
    if reduce == "flatten" or layer.note or len(shape) < 2 or layer.name == INPUT:
        return layer
    if reduce == "cls" and len(shape) != 2:
        return replace(layer, note=f"It has no tokens: its outputs are {shape} per sample, not (tokens, units).")
    if layer.channels is None:
        unknown = f"Which axis of its outputs, {shape} per sample, counts the channels cannot be known"
        if reduce == "cls":
            return replace(layer, note=f"{unknown}, nor which the tokens.")
        return replace(layer, remarks=(*layer.remarks, f"{unknown}: it is flattened, not averaged."))
    kept = shape[layer.channels]
    return replace(layer, shape=(kept,), units=kept, reduce=reduce)


def rows(output: Tensor, layer: Layer) -> Tensor:
    """What is taken of an output: (n, ...), a sample in each row. layer: after `reduced`."""
    output = output.movedim(layer.samples, 0)
    if layer.reduce == "flatten":
        return output
    assert layer.channels is not None
    channels = layer.channels + 1
    if layer.reduce == "cls":
        return output.select(3 - channels, 0)
    return output.mean([axis for axis in range(1, output.ndim) if axis != channels])
