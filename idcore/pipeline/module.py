"""A person's own network, measured without a request."""

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from idcore import results
from idcore.errors import PointsError, RequestError
from idcore.pipeline.layers import Shelf, Subject, choose_device, cost, measured, plan
from idcore.record import LayerGeometry
from idcore.spec import ALGORITHM
from idcore.store import Store


def profile_module(
    network: nn.Module,
    images: Tensor,
    labels: np.ndarray | None = None,
    *,
    layers: str | Sequence[str] = "checkpoints",
    reduce: str = "flatten",
    memory: int,
    device: str = "auto",
    store: Store | None = None,
) -> Iterator[LayerGeometry]:
    """The chosen layers of any module in call order.

    images: (n, ...), what the module takes, the sample axis first. labels: one per image; no number depends on them.
    store: keeps the records under a digest of the weights, the printed module and the images.
    memory: bytes that the activations and the work may hold together. Raises RequestError, also where that is too
    little, before anything is measured; PointsError.
    """
    if images.ndim < 2 or len(images) == 0:
        raise PointsError(
            f"The images must have the sample axis first, (n, ...); they have the shape {tuple(images.shape)}."
        )
    if labels is not None and len(labels) != len(images):
        raise RequestError(f"There must be a label for each image; there are {len(labels)} and {len(images)}.")
    about = {"module": _digest(network, images), "reduce": reduce, "algorithm": ALGORITHM} if store else None
    shelf, place = Shelf(store, about), choose_device(device)
    chosen = results.chosen(plan(network, images, reduce), layers)
    missing = [layer for layer in chosen if not shelf.has(layer.name)]
    promised = cost(network, images, missing, len(images), memory, place, network=type(network).__name__)
    for geometry, _ in measured(Subject(network, images, shelf, reduce, promised, place), chosen):
        yield geometry


def _digest(network: nn.Module, images: Tensor) -> str:
    digest = hashlib.sha256(repr(network).encode())
    for name, tensor in [*network.state_dict().items(), ("images", images)]:
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
