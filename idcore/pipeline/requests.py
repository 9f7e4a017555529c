"""Jobs carried out: measure a request, train a network, make the maps of its layers."""

import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from idcore import results
from idcore.activations import batch
from idcore.data.catalogue import DATASETS
from idcore.data.load import Samples, load
from idcore.errors import NetworkError
from idcore.estimators.embedding import umap_maps
from idcore.geometry.measure import Slices, measure
from idcore.networks.build import build
from idcore.networks.weights import Trained, chance, obtain, sample_shape
from idcore.pipeline.estimate import Estimate, sentence
from idcore.pipeline.layers import Shelf, Subject, Watch, choose_device, cost, measured, plan
from idcore.pipeline.rates import rates
from idcore.record import Layer, LayerGeometry
from idcore.results import Run
from idcore.spec import Architecture, DataSpec, EmbedJob, Recipe, Request, TrainJob
from idcore.store import Store


def run(
    request: Request,
    layers: str | Sequence[str],
    store: Store,
    *,
    memory: int,
    device: str = "auto",
    progress: Callable[[Any], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[LayerGeometry]:
    """The chosen layers of a request in call order, each from the store, or measured and kept there.

    layers: "checkpoints", "all", or names. memory: bytes that activations and work may hold together. device: auto,
    cpu, cuda or mps. The run entry is written before the first layer is measured, and again with the predictions at the
    end. Raises RequestError where the request is wrong or cannot fit into the memory, before anything is trained or
    measured; Cancelled when `cancelled` says so.
    """
    watch = Watch(progress, cancelled)
    found = _stored(request, layers, store)
    yield from _computed(request, layers, store, memory, device, watch) if found is None else found
    watch.report("done", message="Done.")


def estimate(
    request: Request,
    layers: str | Sequence[str] = "checkpoints",
    memory: int = 2**31,
    device: str = "auto",
    *,
    known: Callable[[str], bool] = lambda _: False,
) -> Estimate:
    """What a run will cost, without any training. known: whether a layer need not be measured any more.

    Takes less than a second, once per network. Raises RequestError where the request is wrong or cannot fit into
    `memory` bytes, with the nearest choice that fits.
    """
    spec, place = request.network, choose_device(device)
    module, images = _model(spec.architecture, sample_shape(spec, request.data.dataset), _classes(request))
    found = plan(module, images, request.reduce)
    missing = [layer for layer in results.chosen(found, layers) if not known(layer.name)]
    predicted = found[-1].name not in {layer.name for layer in missing}
    return cost(
        module, images, missing, request.data.n, memory, place, network=spec.architecture.name, predicted=predicted
    )


def train(
    job: TrainJob,
    store: Store,
    progress: Callable[[Any], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> None:
    """Train the network and keep its weights, unless they are there. Raises RequestError, JobError, Cancelled."""
    obtain(job.network, store, progress, cancelled)


def embed(
    job: EmbedJob,
    store: Store,
    *,
    memory: int,
    device: str = "auto",
    progress: Callable[[Any], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> None:
    """Make the maps of the layers and keep each as it is ready; layers that were not measured are measured first.

    The maps are a chain: where one is missing, those before it are made again. Raises RequestError, Cancelled.
    """
    watch, total = Watch(progress, cancelled), len(job.layers)
    if all(store.meta(results.embedding_key(job, name)) for name in job.layers):
        return
    layers = {
        geometry.layer.name: geometry
        for geometry in run(
            job.request, job.layers, store, memory=memory, device=device, progress=progress, cancelled=cancelled
        )
    }

    def geometries() -> Iterator[LayerGeometry]:
        for i, name in enumerate(job.layers):
            watch.report("embedding", name, i, total, f"Making the map of {name}, {i + 1} of {total}.")
            yield layers[name]

    maps = umap_maps(geometries(), neighbours=job.neighbours, min_dist=job.min_dist, chained=job.chained, seed=job.seed)
    for name, embedding in zip(job.layers, maps, strict=True):
        results.save_embedding(store, job, name, embedding)
    watch.report("done", message="Done.")


def warm() -> LayerGeometry:
    """Load in advance what the first job would have to: the samples of the default request, the speed of this machine,
    a small measurement."""
    load(DataSpec(n=1))
    rates(str(choose_device()))
    points = torch.from_numpy(np.random.default_rng(0).normal(size=(80, 8)))
    return measure([points], Layer("warm", 0, 0.0, "", (8,), 8), memory=2**28)


def warm_maps(geometry: LayerGeometry) -> None:
    """Import and compile in advance what the first map would have to (10 s)."""
    for _ in umap_maps([geometry, geometry]):
        pass


def _stored(request: Request, layers: str | Sequence[str], store: Store) -> list[LayerGeometry] | None:
    """The layers from the store alone, or None where something is missing."""
    known = results.run(store, request)
    if known is None or len(known.predictions) != len(known.labels):
        return None
    names = [layer.name for layer in results.chosen(known.layers, layers)]
    found = [geometry for name in names if (geometry := results.layer(store, request, name)) is not None]
    return found if len(found) == len(names) else None


def _computed(
    request: Request, layers: str | Sequence[str], store: Store, memory: int, device: str, watch: Watch
) -> Iterator[LayerGeometry]:
    started, place = time.perf_counter(), choose_device(device)
    watch.report("loading", message="Loading the data.")
    samples = load(request.data, sample_shape(request.network, request.data.dataset)[1:])
    shelf = Shelf(store, request)
    promised = estimate(request, layers, memory, device, known=shelf.has)  # refuses before anything is trained
    trained = obtain(request.network, store, watch.progress, watch.cancelled, request.data.dataset)
    watch.report("loading", message="Reading the layers of the network.")
    run = replace(_begun(request, samples, trained, place), estimate=sentence(promised))
    known = results.run(store, request)
    if known is None:
        results.save_run(store, run)
    module, images = trained.module, samples.images
    subject = Subject(module, images, shelf, request.reduce, promised, place, watch)
    predictions = known.predictions if known is not None and len(known.predictions) else None
    for geometry, slices in measured(subject, results.chosen(run.layers, layers)):
        if slices is not None and geometry.layer.name == run.layers[-1].name:
            predictions = _predicted(slices, len(samples.classes))
        yield geometry
    if predictions is None:
        predictions = _predict(module.to(place), images.split(batch(run.layers, place)), watch)
    accuracy = float(np.mean(predictions == samples.labels))
    if run.train_accuracy is None:
        watch.report("measuring", "", message="Reading the accuracy of the untrained network.")
        train_accuracy, test_accuracy = chance(module, request.network, request.data)
        run = replace(run, train_accuracy=train_accuracy, test_accuracy=test_accuracy)
    seconds = time.perf_counter() - started
    results.save_run(store, replace(run, predictions=predictions, sample_accuracy=accuracy, seconds=seconds))


def _begun(request: Request, samples: Samples, trained: Trained, device: torch.device) -> Run:
    """What is known of a run before its first layer is measured."""
    versions = {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}
    return Run(
        request=request,
        layers=plan(trained.module, samples.images, request.reduce),
        labels=samples.labels,
        predictions=np.zeros(0, np.int64),
        ids=samples.ids,
        class_names=samples.classes,
        train_accuracy=trained.train_accuracy,
        test_accuracy=trained.test_accuracy,
        device=str(device),
        notes=(*samples.notes, *filter(None, [trained.note])),
        versions=versions,
    )


@lru_cache(maxsize=1)
def _model(architecture: Architecture, shape: tuple[int, ...], classes: int) -> tuple[nn.Module, Tensor]:
    """A network of the same shapes as the one of a request, and a few images for it."""
    return build(architecture, shape, classes, 0), torch.zeros((3, *shape))


def _classes(request: Request) -> int:
    weights = request.network.weights
    return len(DATASETS[weights.dataset if isinstance(weights, Recipe) else request.data.dataset].classes)


def _predicted(slices: Slices, classes: int) -> np.ndarray | None:
    """The most likely class of each sample from the activations of the last layer, where it has one unit per class."""
    output = torch.cat([block.to(torch.float32, copy=True) for block in slices], 1)  # (n, units)
    return output.argmax(1).cpu().numpy() if output.shape[1] == classes else None


def _predict(module: nn.Module, batches: Sequence[Tensor], watch: Watch) -> np.ndarray:
    """The same from a forward pass of its own."""
    device = next((p.device for p in module.parameters()), torch.device("cpu"))
    found = []
    with torch.inference_mode():
        for i, batch in enumerate(batches):
            watch.report("measuring", "", i, len(batches), "Reading the predictions of the network.")
            output = module(batch.to(device))
            if not isinstance(output, Tensor) or output.ndim != 2:
                raise NetworkError("The network does not give one number per class, so that it predicts nothing.")
            found.append(output.argmax(1).cpu())
    return torch.cat(found).numpy()
