"""Jobs carried out: measure a request, train a network, make the maps of its layers."""

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch

from idcore import results
from idcore.data import texts
from idcore.data.load import load
from idcore.data.source import draw, select
from idcore.errors import NetworkError, RequestError
from idcore.estimators.embedding import umap_maps
from idcore.geometry.measure import measure
from idcore.limits import BUDGET, Budget
from idcore.networks.catalogue import lookup
from idcore.networks.form import usual
from idcore.networks.weights import obtain
from idcore.pipeline import representations
from idcore.pipeline.atlas import keep_atlas
from idcore.pipeline.carried import carried_out, cost_of, missing, refuse
from idcore.pipeline.estimate import RunEstimate
from idcore.pipeline.layers import RecordShelf, choose_device
from idcore.pipeline.rates import rates
from idcore.pipeline.read import as_it_is, read_first
from idcore.pipeline.scene import bare, filled, scene
from idcore.pipeline.scene import samples as shown
from idcore.record import Dataset, Layer, LayerGeometry
from idcore.spec import ELSEWHERE, FACTORY, DataSpec, EmbedJob, NetworkSpec, ProfileJob, Request, TrainJob
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch


def run(
    request: Request,
    layers: str | Sequence[str],
    store: Store,
    *,
    memory: int,
    device: str = "auto",
    watch: Watch = UNWATCHED,
) -> Iterator[LayerGeometry]:
    """The chosen layers of a request in call order, each from the store, or measured and kept there.

    layers: "checkpoints", "all", or names. memory: bytes that activations and work may hold together. device: auto,
    cpu, cuda or mps. The run entry is written before the first layer is measured, and again with the predictions at the
    end. Raises RequestError where the request is wrong or cannot fit into the memory, before anything is trained or
    measured; Cancelled. What the request names is measured as it lies on the disk now, and its results are kept under
    what that holds.
    """
    request = as_it_is(request, store, watch)
    if (records := stored(request, layers, store)) is not None:
        keep_atlas(request, store, watch)
        yield from records
    elif request.network.architecture.name.startswith(FACTORY):
        raise NetworkError(away(request))
    elif request.network == ELSEWHERE:
        read_first(request, store, watch)
        yield from representations.run(request, layers, store, memory=memory, device=device, watch=watch)
    else:
        yield from _computed(request, layers, store, memory, device, watch)
    watch.report("done", "Done.")


def estimate(
    request: Request,
    layers: str | Sequence[str] = "checkpoints",
    memory: int = 2**31,
    device: str = "auto",
    *,
    known: Callable[[str], bool] = lambda _: False,
    store: Store | None = None,
) -> RunEstimate:
    """What a run will cost, without any training or download. known: whether a layer need not be measured any more.
    store: where data sets that were read are described.

    Raises RequestError where the request is wrong or cannot fit into `memory` bytes, with the nearest choice that fits.
    """
    if request.network == ELSEWHERE and store is not None:
        return representations.estimate(request, layers, memory, device, store=store, known=known)
    torch_device, about = choose_device(device), scene(request, store)
    module, all_layers = bare(about)
    absent = missing(all_layers, layers, known)
    refuse(about, module, absent, memory)
    return cost_of(about, filled(module, torch_device), all_layers, absent, memory, torch_device)


def profile_request(job: ProfileJob, store: Store, budget: Budget = BUDGET, watch: Watch = UNWATCHED) -> None:
    """Measure the layers and keep each as it is ready, as `run` says."""
    for _ in run(job.request, job.layers, store, memory=budget.memory, device=budget.device, watch=watch):
        pass


def train(job: TrainJob, store: Store, budget: Budget = BUDGET, watch: Watch = UNWATCHED) -> None:
    """Train the network and keep its weights, unless they are there. Raises RequestError, JobError, Cancelled."""
    obtain(as_it_is(job.network, store, watch), store, watch)


def embed(job: EmbedJob, store: Store, budget: Budget = BUDGET, watch: Watch = UNWATCHED) -> None:
    """Make the maps of the layers and keep each as it is ready; layers that were not measured are measured first.

    The maps are a chain: where one is missing, those before it are made again. Raises RequestError, Cancelled.
    """
    total = len(job.layers)
    job = as_it_is(job, store, watch)
    if all(store.meta(results.embedding_key(job, name)) for name in job.layers):
        return
    layers = {
        geometry.layer.name: geometry
        for geometry in run(job.request, job.layers, store, memory=budget.memory, device=budget.device, watch=watch)
    }

    def geometries() -> Iterator[LayerGeometry]:
        for i, name in enumerate(job.layers):
            watch.report("embedding", f"Making the map of {name}, {i + 1} of {total}.", i, total, name)
            yield layers[name]

    maps = umap_maps(geometries(), neighbours=job.neighbours, min_dist=job.min_dist, chained=job.chained, seed=job.seed)
    for name, embedding in zip(job.layers, maps, strict=True):
        results.save_embedding(store, job, name, embedding)
    watch.report("done", "Done.")


def warm() -> LayerGeometry:
    """Load in advance what the first job would have to: the samples of the default request, the speed of this machine,
    a small measurement, an optimiser (with which torch imports its compilers, 2 s)."""
    torch.optim.Adam([torch.zeros(1, requires_grad=True)])
    load(DataSpec(n=1), usual(lookup(NetworkSpec().architecture.name)))
    rates(str(choose_device()))
    points = torch.from_numpy(np.random.default_rng(0).normal(size=(80, 8)))
    return measure([points], Layer("warm", 0, 0.0, "", (8,), 8), memory=2**28)


def warm_maps(geometry: LayerGeometry) -> None:
    """Import and compile in advance what the first map would have to (10 s)."""
    for _ in umap_maps([geometry, geometry]):
        pass


def stored(request: Request, layers: str | Sequence[str], store: Store) -> list[LayerGeometry] | None:
    """The layers from the store alone, or None where something is missing."""
    known = results.run(store, request)
    if known is None or not known.finished:
        return None
    try:
        names = [layer.name for layer in results.chosen(known.layers, layers)]
    except RequestError:  # a run of an earlier version does not know the other names of its layers
        return None
    records = [geometry for name in names if (geometry := results.layer(store, request, name)) is not None]
    return records if len(records) == len(names) else None


def _computed(
    request: Request, layers: str | Sequence[str], store: Store, memory: int, device: str, watch: Watch
) -> Iterator[LayerGeometry]:
    started, torch_device = time.perf_counter(), choose_device(device)
    watch.report("loading", "Loading the data.")
    read_first(request, store, watch)
    about, shelf = scene(request, store), RecordShelf(store, request)
    chosen(request.data, about.shown, store)  # a subset that is not there is refused before one that does not fit
    module, all_layers = bare(about)
    refuse(about, module, missing(all_layers, layers, shelf.has), memory)  # before anything is loaded or trained
    samples = shown(about, store, watch)
    trained = obtain(request.network, store, watch, request.data.dataset, about.shape)
    watch.report("loading", "Reading the layers of the network.")
    yield from carried_out(about, samples, trained, layers, store, memory, torch_device, started, watch)


def away(request: Request) -> str:
    """The sentence on a network whose code is not here."""
    return (
        f"{request.network.architecture.name.removeprefix(FACTORY)} is a network of somebody's own code, which is not "
        "here: what was measured of it can be shown, and more is measured where that code is, by layerscope profile "
        "--factory."
    )


def chosen(data: DataSpec, info: Dataset, store: Store) -> None:
    """Raises DataError where there is no such subset."""
    if info.texts:
        draw(data, texts.opened(data.dataset, store))
    else:
        select(data, store)
