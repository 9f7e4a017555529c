"""Which axis of a layer's output counts the channels: what its module says, or what does not grow with the input.

Shapes and axes are those of one sample, (channels, height, width), say: the axis of the samples is left out.
"""

from collections.abc import Mapping, Sequence

from torch import nn
from torch.nn.modules import batchnorm, conv, pooling, rnn

Shape = tuple[int, ...]

_FIRST: tuple[type, ...] = (
    *(conv._ConvNd, batchnorm._NormBase, nn.GroupNorm, nn.LocalResponseNorm),
    *(
        pooling._MaxPoolNd,
        pooling._AvgPoolNd,
        pooling._AdaptiveMaxPoolNd,
        pooling._AdaptiveAvgPoolNd,
        pooling._LPPoolNd,
    ),
    *(nn.FractionalMaxPool2d, nn.FractionalMaxPool3d, nn.Upsample, nn.PixelShuffle, nn.PixelUnshuffle),
)
"""Modules whose outputs are (channels, positions ...) by definition."""
_LAST = (nn.Linear, nn.Bilinear, nn.Embedding, nn.MultiheadAttention, rnn.RNNBase)
"""Modules whose outputs are (positions ..., channels) by definition."""
_COUNTS = ("out_channels", "num_features", "num_channels", "out_features", "normalized_shape", "embed_dim", "d_model",
           "embedding_dim", "hidden_size", "hidden_dim")  # fmt: skip
"""Attributes in which a module of another kind may say how many channels it gives."""


def defined(module: nn.Module | None, shape: Shape, samples: int) -> int | None:
    """By the kind of the module alone. samples: axis of the whole output that counts the samples."""
    if len(shape) < 2:
        return None
    if isinstance(module, _FIRST) and samples == 0:
        return 0
    # What derives from LayerNorm may move the channels first and back, as in a ConvNeXt.
    of_vectors = type(module) in (nn.LayerNorm, nn.RMSNorm) and len(module.normalized_shape) == 1  # type: ignore
    if (of_vectors or isinstance(module, _LAST)) and samples < len(shape):
        return len(shape) - 1
    return None


def constant(shape: Shape, grown: Sequence[Shape | None]) -> int | None:
    """The axis that does not change where all others do: `grown` are the shapes on larger inputs, each larger in
    another axis."""
    if len(shape) < 2:
        return None
    same = [shape] + [other for other in grown if other is not None and len(other) == len(shape)]
    fixed = [axis for axis in range(len(shape)) if len({other[axis] for other in same}) == 1]
    return fixed[0] if len(fixed) == 1 else None


def declared(module: nn.Module | None, shape: Shape) -> int | None:
    """By the number of channels that the module says it gives, where one axis alone has that length."""
    for name in _COUNTS:
        count = getattr(module, name, None)
        count = count[-1] if isinstance(count, Sequence) and count else count
        if isinstance(count, int) and shape.count(count) == 1:
            return shape.index(count)
    return None


def shared(shape: Shape, others: Sequence[tuple[Shape, int]]) -> int | None:
    """By the layers of the same lengths, in any order, whose channels are known, where all have as many; none where
    another axis is as long. What adds them up, activates or permutes them keeps their lengths."""
    counts = {other[axis] for other, axis in others if sorted(other) == sorted(shape)}
    count = counts.pop() if len(counts) == 1 else None
    return shape.index(count) if count is not None and shape.count(count) == 1 else None


def known(
    modules: Mapping[str, nn.Module | None],
    shapes: Mapping[str, Shape],
    samples: Mapping[str, int],
    grown: Sequence[Mapping[str, Shape]] = (),
) -> dict[str, int]:
    """Axis of the channels of each layer where it can be known. grown: shapes on inputs that are larger in one axis
    each, as far as the network can be run on them; without them the kinds of the modules alone are asked."""
    axes = {}
    for name, shape in shapes.items():
        axis = defined(modules[name], shape, samples[name])
        if axis is None and grown:
            axis = constant(shape, [other.get(name) for other in grown])
            axis = declared(modules[name], shape) if axis is None else axis
        if axis is not None:
            axes[name] = axis
    others = [(shapes[name], axis) for name, axis in axes.items()] if grown else []
    rest = {name: shared(shape, others) for name, shape in shapes.items() if name not in axes and len(shape) > 1}
    return axes | {name: axis for name, axis in rest.items() if axis is not None}
