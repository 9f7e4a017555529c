"""What a request is about, known before its images are loaded and its weights are there."""

from dataclasses import dataclass

import torch
from torch import nn

from idcore.data.form import Form
from idcore.data.source import dataset
from idcore.errors import DataError, NetworkError
from idcore.networks import form
from idcore.networks.build import skeleton
from idcore.networks.catalogue import CatalogueEntry
from idcore.networks.extras import look_up
from idcore.pipeline.layers import plan
from idcore.record import Dataset, Layer
from idcore.spec import Pretrained, Recipe, Representations, Request
from idcore.store import Store


@dataclass(frozen=True)
class Scene:
    """entry: of the network. shown, learned: the data set that is measured, and the one that a `Recipe` trains on (the
    same for other weights). form: of the images. shape: (c, h, w) of one. outputs: of the network, as far as that is
    known without its weights."""

    request: Request
    entry: CatalogueEntry
    shown: Dataset
    learned: Dataset
    form: Form
    shape: tuple[int, int, int]
    outputs: int


def scene(request: Request, store: Store | None) -> Scene:
    """The scene of a request. Raises NetworkError, and DataError for a data set that has not been read yet."""
    weights = request.network.weights
    if isinstance(weights, Representations):
        raise NetworkError("Representations that were computed elsewhere have no network to be shown images.")
    entry = look_up(request.network.architecture.name, weights.entry if isinstance(weights, Pretrained) else None)
    shown = dataset(request.data.dataset, store)
    if shown.matrices:
        raise DataError(
            f"{shown.title} holds representations, not images: they can be measured, but not shown to a network. "
            "Choose images, or leave the network out."
        )
    learned = dataset(weights.dataset, store) if isinstance(weights, Recipe) else shown
    chosen = form.form(request, entry, shown, learned)
    outputs = len(learned.classes) if isinstance(weights, Recipe) else entry.classes or len(shown.classes)
    return Scene(request, entry, shown, learned, chosen, form.shape(chosen, shown), outputs)


def bare(scene: Scene) -> tuple[nn.Module, tuple[Layer, ...]]:
    """(the network without weights, all its layers as `plan` gives them); neither takes memory. Raises NetworkError.

    A forecast, to refuse and to promise by before anything is loaded or trained. What is measured are the layers of the
    network with its weights: only those tell which rows depend on their batch, and what comes from missing weights.
    """
    module = skeleton(scene.request.network.architecture, scene.shape, scene.outputs).to("meta")
    images = torch.zeros((3, *scene.shape), device="meta")
    return module, plan(module, images, scene.request.reduce)


def filled(module: nn.Module, device: torch.device) -> nn.Module:
    """A bare network with weights that are all zero: as fast as any."""
    module = module.to_empty(device=device)
    for tensor in (*module.parameters(), *module.buffers()):
        tensor.data.zero_()
    return module
