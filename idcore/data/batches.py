"""Samples from a `Dataset` or a `DataLoader` of torch, read into one tensor."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from idcore.errors import DataError

_BATCH = 64
_LABELS = ("label", "labels", "target", "targets", "y")


def gathered(source: Dataset[Any] | DataLoader[Any], most: int) -> tuple[Tensor, np.ndarray | None]:
    """(samples (n, ...), labels (n,) or None), in the order in which the source gives them.

    source: of samples alone, of (sample, label, ...) or of mappings with a label under one of the usual names. most:
    bytes that the samples may take. What it draws at random does not disturb the random numbers of others. Raises
    DataError where it gives something else, fails, or gives more than that.
    """
    batches = source if isinstance(source, DataLoader) else DataLoader(source, batch_size=_BATCH)
    samples: list[Tensor] = []
    labels: list[Tensor] = []
    size = 0
    with torch.random.fork_rng(devices=[]):
        for batch in _read(batches):
            block, named = _parts(batch)
            samples.append(block)
            labels += [] if named is None or len(named) != len(block) else [named]
            size += block.nbytes
            if size > most:
                raise DataError(
                    f"The first {sum(map(len, samples)):,} samples take {size:,} bytes, more than the memory budget of "
                    f"{most:,}. Choose some of them (torch.utils.data.Subset), or a larger budget."
                )
    if not samples:
        raise DataError("The data set gives no samples.")
    shapes = {tuple(part.shape[1:]) for part in samples}
    if len(shapes) > 1:
        raise DataError(f"The samples must have one shape; the data set gives {sorted(shapes)[:4]}. Resize them.")
    return torch.cat(samples), torch.cat(labels).cpu().numpy() if len(labels) == len(samples) else None


def _read(batches: DataLoader[Any]) -> Iterator[Any]:
    try:
        yield from batches
    except DataError:
        raise
    except Exception as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")
        raise DataError(
            f"The data set could not be read: {reason}. It must give tensors of one shape, alone or with a label each "
            "(pictures need a transform that makes tensors of them)."
        ) from error


def _parts(batch: Any) -> tuple[Tensor, Tensor | None]:
    if isinstance(batch, Mapping):
        label = next((batch[name] for name in _LABELS if name in batch), None)
        parts = [next((part for name, part in batch.items() if name not in _LABELS), None), label]
    else:
        parts = [*batch, None] if isinstance(batch, (list, tuple)) else [batch, None]
    samples, label = parts[0], parts[1] if len(parts) > 1 else None
    if not isinstance(samples, Tensor) or samples.ndim < 2:
        what = f"of the shape {tuple(samples.shape)}" if isinstance(samples, Tensor) else f"a {type(samples).__name__}"
        raise DataError(f"The data set must give batches of samples, (n, ...), not {what}.")
    return samples.detach(), label if isinstance(label, Tensor) and label.ndim == 1 else None
