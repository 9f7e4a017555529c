"""A person's own network, measured without a request."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from idcore import results
from idcore.errors import NetworkError, PointsError, RequestError
from idcore.networks.hooks import first_tensor, forward
from idcore.networks.state import home, ready
from idcore.pipeline import named
from idcore.pipeline.layers import RecordShelf, Subject, choose_device, cost, measured, plan
from idcore.record import Layer, LayerGeometry
from idcore.spec import ALGORITHM, Request
from idcore.store import Store

_FIRST = 8
"""Samples on which is seen what a network does."""


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

    images: (n, ...), what the module takes, the sample axis first; floating-point images that it does not take are
    converted to the numbers of its weights, and the first layer says so. labels: one per image; no number depends on
    them. store: keeps the records under a digest of the weights, the printed module, the images, and what the module
    gives at every layer on the first of them.
    memory: bytes that the activations and the work may hold together. Raises RequestError, also where that is too
    little, before anything is measured; PointsError.
    """
    subject, chosen, note, _ = _subject(network, images, labels, layers, reduce, memory, device, store, None)
    return _noted(subject, chosen, note)


def profile_named(
    network: nn.Module,
    images: Tensor,
    labels: np.ndarray | None,
    name: str,
    store: Store,
    *,
    layers: str | Sequence[str] = "checkpoints",
    reduce: str = "flatten",
    memory: int,
    device: str = "auto",
) -> tuple[Iterator[LayerGeometry], Request]:
    """(the same, kept under a name so that the pages show them; the request by which they do)."""
    subject, chosen, note, request = _subject(network, images, labels, layers, reduce, memory, device, store, name)
    assert request is not None
    named.begin(request, name, chosen, subject.images, labels, store, subject.device)
    return named.ended(request, _noted(subject, chosen, note), store), request


def layers_of(network: nn.Module, images: Tensor, reduce: str = "flatten") -> tuple[Layer, ...]:
    """All layers of any module in call order, as images go through it; nothing is measured. Raises RequestError."""
    return planned(network, images, reduce)[1]


def _noted(subject: Subject, chosen: Sequence[Layer], note: str) -> Iterator[LayerGeometry]:
    # Not kept with the record: images that need not be converted have the same.
    return (
        replace(geometry, notes=(note, *geometry.notes)) if note and i == 0 else geometry
        for i, (geometry, _) in enumerate(measured(subject, chosen))
    )


def _subject(
    network: nn.Module,
    images: Tensor,
    labels: np.ndarray | None,
    layers: str | Sequence[str],
    reduce: str,
    memory: int,
    device: str,
    store: Store | None,
    name: str | None,
) -> tuple[Subject, tuple[Layer, ...], str, Request | None]:
    """(what is measured, its layers, what was done to the images, the request where it has a name)."""
    if images.ndim < 2 or len(images) == 0:
        raise PointsError(
            f"The images must have the sample axis first, (n, ...); they have the shape {tuple(images.shape)}."
        )
    if labels is not None and labels.shape != (len(images),):
        there = len(labels) if labels.ndim == 1 else f"labels of the shape {labels.shape}"
        raise RequestError(f"There must be a label for each image; there are {there} and {len(images)}.")
    torch_device = choose_device(device)
    images, traced, note = planned(network, images, reduce)
    chosen, digest = results.chosen(traced, layers), _digest(network, images) if store else ""
    about: Any = {"module": digest, "reduce": reduce, "algorithm": ALGORITHM} if store else None
    request = None
    if name is not None:
        told = None if labels is None else labels.tolist()
        own = repr((name, digest, reduce, [layer.name for layer in chosen], told))
        about = request = named.request(hashlib.sha256(own.encode()).hexdigest(), name, len(images))
    shelf = RecordShelf(store, about)
    missing = [layer for layer in chosen if not shelf.has(layer.name)]
    promised = cost(network, images, missing, len(images), memory, torch_device, network=type(network).__name__)
    return Subject(network, images, shelf, promised, torch_device), chosen, note, request


def planned(network: nn.Module, images: Tensor, reduce: str) -> tuple[Tensor, tuple[Layer, ...], str]:
    """(images as the network takes them, its layers, what was done to the images). Raises NetworkError where it takes
    none."""
    weights = next((p.dtype for p in network.parameters() if p.is_floating_point()), images.dtype)
    try:
        return images, plan(network, images, reduce), ""
    except NetworkError as error:
        if images.dtype == weights:
            raise
        kinds = [str(kind).removeprefix("torch.") for kind in (images.dtype, weights)]
        if not images.is_floating_point():
            raise NetworkError(
                f"{error} The images are {kinds[0]} and the weights {kinds[1]}: convert and scale them as the network "
                "was trained (images.float() / 255, say)."
            ) from error
    converted = images.to(weights)
    note = f"The images were converted from {kinds[0]} to {kinds[1]}, as the weights of the network are."
    return converted, plan(network, converted, reduce), note


def _digest(network: nn.Module, images: Tensor) -> str:
    digest = hashlib.sha256(repr(network).encode())

    def add(name: str, tensor: Tensor | None) -> None:
        if tensor is None:
            return
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)

    for name, tensor in [*network.state_dict().items(), ("images", images)]:
        add(name, tensor)
    # What it does: another attribute, a hook or a changed function leaves all of the above as it is.
    some = images[torch.arange(max(2, min(_FIRST, len(images))), device=images.device) % len(images)]
    with ready(network, home(network)):
        some = some.to(home(network), copy=True)
        forward(network, some, lambda name, _, __, output: add(name, first_tensor(output)))
    return digest.hexdigest()
