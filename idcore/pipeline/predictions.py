"""What a network says its samples are, in the words of the data set."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from idcore.activations import batch
from idcore.data.catalogue import DATASETS, wnids
from idcore.geometry.measure import Slices
from idcore.networks.hooks import batches
from idcore.networks.state import ready
from idcore.networks.weights import Trained
from idcore.pipeline.scene import Scene
from idcore.record import Layer
from idcore.watch import Watch

NOTHING = -1
"""The prediction where the largest output is none of the classes of the data set."""


def meanings(scene: Scene, trained: Trained, last: Layer) -> tuple[np.ndarray | None, str]:
    """(which class of the data set each output of the last layer stands for, as `matched` gives it; why there is none).

    An untrained network, or one from a file, is asked about any data set of as many classes as it has outputs.
    """
    shown = scene.shown
    if not shown.labelled:
        return None, f"There is no accuracy, because nothing is known of the classes of {shown.title}."
    if shown.texts:
        return None, "There is no accuracy: a language model foretells tokens, not classes."
    if last.note:
        return None, f"There is no accuracy, because the output cannot be used. {last.note}"
    meaning, count = matched(trained.class_names, last.units, shown.classes), last.units
    if meaning is not None:
        return meaning, ""
    return None, (
        f"There is no accuracy, because the {count:,} outputs of the network do not stand for the "
        f"{len(shown.classes):,} classes of {shown.title}."
    )


def matched(outputs: Sequence[str], count: int, classes: Sequence[str]) -> np.ndarray | None:
    """Which class each output stands for, (count,) int64, `NOTHING` for none; None where they have nothing in common.

    outputs: their names where they are known: they are compared with those of the classes, which may be WordNet ids
    where the outputs are ImageNet's. Where they are not known, as many outputs as classes stand for them in order.
    """
    if not outputs or len(outputs) != count:
        return np.arange(count) if count == len(classes) else None
    if tuple(outputs) == tuple(classes):
        return np.arange(count)
    places = _places([_plain(name) for name in outputs], [_plain(name) for name in classes])
    if places is None and count == len(DATASETS["imagenet"].classes):
        places = _places(list(wnids("imagenet")), list(classes))
    if places is None:
        return None
    meaning = np.full(count, NOTHING)
    meaning[places] = np.arange(len(classes))
    return meaning


def from_slices(slices: Slices, meaning: np.ndarray | None) -> np.ndarray:
    """The predictions (n,) int64 from the activations of the last layer, one column for each output."""
    return _named(torch.cat([block.to(torch.float32, copy=True) for block in slices], 1), meaning)


def from_images(
    module: nn.Module,
    images: Tensor,
    layers: Sequence[Layer],
    meaning: np.ndarray | None,
    device: torch.device,
    watch: Watch,
) -> np.ndarray:
    """The predictions (n,) int64 from a forward pass of their own; `NOTHING` for a network that does not give one
    number per class."""
    if meaning is None or not predicts(layers):
        return np.full(len(images), NOTHING)
    parts, predictions = batches(len(images), batch(module, images, device)), []
    with ready(module, device):
        for i, (start, stop) in enumerate(parts):
            watch.report("measuring", "Reading the predictions of the network.", i, len(parts))
            some = images[[start, start]] if stop - start == 1 else images[start:stop]
            predictions.append(_named(module(some.to(device))[: stop - start], meaning))
    return np.concatenate(predictions)


def predicts(layers: Sequence[Layer]) -> bool:
    """Whether the network gives one number per class, as the shape of its last layer has it."""
    return not layers[-1].note and len(layers[-1].shape) == 1


def _named(output: Tensor, meaning: np.ndarray | None) -> np.ndarray:
    largest = output.argmax(1).cpu().numpy()
    return np.full(len(largest), NOTHING) if meaning is None else meaning[largest]


def _places(names: list[str], wanted: list[str]) -> list[int] | None:
    """Where each wanted name stands; None where one of them is not there once."""
    once = all(names.count(name) == 1 for name in wanted) and len(set(wanted)) == len(wanted)
    return [names.index(name) for name in wanted] if once else None


def _plain(name: str) -> str:
    """Without case and spaces: "chain saw" and "chainsaw" are one class of ImageNet."""
    return "".join(name.lower().split())
