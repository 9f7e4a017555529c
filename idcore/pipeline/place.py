"""Where does this one lie? Uploaded pictures, shown to the network together with the samples of a request."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from idcore import confined, results
from idcore.activations import capture, itemsize
from idcore.data import perturb
from idcore.data.form import Form
from idcore.data.load import load
from idcore.data.read import uploaded_pictures
from idcore.data.shape import formed, normalise
from idcore.errors import RequestError
from idcore.files.picture import Picture
from idcore.geometry import differences
from idcore.geometry.measure import Slices
from idcore.limits import BUDGET, Budget
from idcore.networks.weights import obtain
from idcore.pipeline.estimate import split
from idcore.pipeline.layers import choose_device, held
from idcore.pipeline.predictions import from_images, meanings
from idcore.pipeline.read import as_it_is, read_first
from idcore.pipeline.scene import Scene, scene
from idcore.record import LayerGeometry
from idcore.results import atlas, placed
from idcore.results.placed import Placed
from idcore.spec import ELSEWHERE, PlaceJob
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch

MOST = 20
"""Pictures of one upload: each is compared with every sample in every layer."""
NEIGHBOURS, AXES = 30, 3
_BLOCK = 2048  # columns that are centred at once


def place(job: PlaceJob, store: Store, budget: Budget = BUDGET, watch: Watch = UNWATCHED) -> None:
    """Find the nearest samples of each uploaded picture in each layer, and keep them (`placed.Placed`).

    Distances are those of `geometry.differences`, to every sample. Raises RequestError where the request or a layer has
    not been measured, or a picture cannot be used; Cancelled.
    """
    job = as_it_is(job, store, watch)
    request = job.request
    if placed.read(store, job) is not None:
        return
    run = results.run(store, request)
    if run is None or request.network == ELSEWHERE:
        raise RequestError("A picture is placed among the samples of a network, and none is measured here yet.")
    records = [_measured(results.layer(store, request, name), name) for name in job.layers]
    records = [record for record in records if not record.note]
    watch.report("reading", "Reading the pictures.")
    read_first(request, store, watch)
    about = scene(request, store)
    own, shown, notes = pictures(job.digest, about, store, watch)
    samples = load(request.data, about.form, store, watch=watch)
    trained = obtain(request.network, store, watch, request.data.dataset, about.shape)
    module, chosen, where = trained.module, [record.layer for record in records], choose_device(budget.device)
    images = torch.cat([samples.images, own])
    columns, _ = split(chosen, len(images), budget.memory, itemsize(module), held(module, about.shape))
    meaning, _ = meanings(about, trained, run.layers[-1])
    predictions = from_images(module, own, run.layers, meaning, where, watch)
    by_layer = []
    layers = capture(module, images, chosen, memory=columns, device=where, watch=watch)
    for i, ((layer, slices), record) in enumerate(zip(layers, records, strict=True)):
        message = f"Distances in {layer.name}, {i + 1} of {len(chosen)}."
        watch.report("measuring", message, i, len(chosen), layer.name)
        by_layer.append(_of_layer(slices, record, len(own)))
    indices, distances, coordinates = (np.stack(values) for values in zip(*by_layer, strict=True))
    names = tuple(layer.name for layer in chosen)
    placed.save(store, job, Placed(names, shown, predictions, indices, distances, coordinates, notes))
    watch.report("done", "Done.")


def _measured(record: LayerGeometry | None, name: str) -> LayerGeometry:
    if record is None:
        raise RequestError(f"The layer {name!r} is not measured, so no picture can be placed in it. Measure it first.")
    return record


def pictures(digest: str, about: Scene, store: Store, watch: Watch) -> tuple[Tensor, np.ndarray, tuple[str, ...]]:
    """Those of an upload: (images (p, c, h, w) as the network takes them; (p, s, s, 3) uint8, as small as the
    thumbnails; notes). Raises RequestError, Cancelled."""
    decoded = confined.run(uploaded_pictures, digest, what="Your upload", store=store, watch=watch)
    read = [Picture(arrays["pixels"], tuple(remarks)) for arrays, remarks in decoded]
    if len(read) > MOST:
        raise RequestError(f"{len(read)} pictures were uploaded; at most {MOST} are placed at once. Upload fewer.")
    channels, height, width = about.shape
    sized = about.form
    if sized.crop is None:  # the samples have this size by themselves; a picture is cut to their proportions
        sized = replace(sized, resize=max(height, width), crop=(height, width))
    sized = replace(sized, channels=1 if channels == 1 else 3)
    images, notes = formed((one.pixels for one in read), len(read), sized, channels, "your upload")
    notes += [f"Of your pictures: {remark}." for remark in dict.fromkeys(r for one in read for r in one.remarks)]
    data = about.request.data
    alike = perturb.alike(data)
    notes += perturb.perturb(images, np.zeros(len(images), np.int64), alike, 1)
    if any(getattr(data, name) != getattr(alike, name) for name in perturb.FUNCTIONS):
        notes.append("What is random in the samples (luminance, noise) was not added to your pictures.")
    shown = _shown(images, atlas.side(data.n))
    return images, shown, (*notes, *normalise(images, about.form))


def _shown(images: Tensor, side: int) -> np.ndarray:
    small, _ = formed(images.numpy(), len(images), Form(channels=3, resize=side, crop=(side, side)), 3, "your upload")
    return small.mul_(255).round_().to(torch.uint8).permute(0, 2, 3, 1).numpy()


def _of_layer(slices: Slices, record: LayerGeometry, p: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(indices (p, k), distances (p, k), coordinates (p, AXES)) of the last p rows among the first n."""
    n = record.n
    a, b = torch.arange(n, n + p).repeat_interleave(n), torch.arange(n).repeat(p)
    squared = differences.squared(slices, a, b, 1.0).view(p, n).numpy()
    k = min(NEIGHBOURS, n)
    indices = np.argsort(squared, axis=1, kind="stable")[:, :k]
    distances = np.sqrt(np.take_along_axis(squared, indices, axis=1))
    return indices, distances, _coordinates(slices, record, p)


def _coordinates(slices: Slices, record: LayerGeometry, p: int) -> np.ndarray:
    """Projections on the principal axes of the samples: with X = U S V' of the centred samples and a new row y, y V =
    (y X') (U S) / S^2, where U S are the coordinates of the record. (p, AXES) float64."""
    n, products = record.n, torch.zeros((p, record.n), dtype=torch.float64)
    for x in slices:
        for block in x.split(_BLOCK, 1):
            mean = block[:n].mean(0, dtype=torch.float64).to(x.dtype)
            products += ((block[n:] - mean) @ (block[:n] - mean).T).double().cpu()
        del x, block  # or it would lie in memory beside the next slice while that is made
    axes = record.coordinates[:, :AXES].astype(np.float64)
    lengths = (axes**2).sum(0)
    coordinates = np.full((p, AXES), np.nan)
    held = np.flatnonzero(lengths > 0)
    coordinates[:, held] = products.numpy() @ axes[:, held] / lengths[held]
    return coordinates
