"""A training that is measured on the way: after some of its epochs its checkpoint layers are measured and kept."""

import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from idcore import spec
from idcore.activations import capture, itemsize
from idcore.data.load import load
from idcore.data.source import select
from idcore.estimators.summary import summarise
from idcore.geometry.measure import measure
from idcore.limits import BUDGET, Budget
from idcore.networks.catalogue import lookup
from idcore.networks.hooks import INPUT
from idcore.networks.train import Learner, one_thread
from idcore.networks.weights import learn, trained
from idcore.pipeline.estimate import split
from idcore.pipeline.layers import held
from idcore.pipeline.pace import apart
from idcore.pipeline.read import as_it_is, read_first
from idcore.pipeline.scene import Scene, bare, scene
from idcore.record import Layer, LayerGeometry
from idcore.results import dynamics
from idcore.results.dynamics import Dynamics
from idcore.spec import MAX_N, Recipe, Request, WatchJob
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch

NEIGHBOURS, DRAWS, COORDINATES = 32, 1, 50
"""Of these records: enough for the curves and the map, a tenth of what a record for itself holds."""


@dataclass(frozen=True, eq=False)
class _Subject:
    """What is measured, and how the memory is split: bytes for activations and for the measurement."""

    job: WatchJob
    images: Tensor
    layers: tuple[Layer, ...]
    columns: int
    work: int
    store: Store
    watch: Watch


def measure_while_training(job: WatchJob, store: Store, budget: Budget = BUDGET, watch: Watch = UNWATCHED) -> None:
    """Train the network and measure it on the way, so often that learning takes the longer time; it goes on where it
    stopped, and ends as if it never had.

    The weights are kept as of any training. Runs on the processor, whatever the device of the budget. Raises
    RequestError where the job is wrong or cannot fit into the memory, Cancelled.
    """
    measure_every(None, job, store, budget, watch)


def measure_every(
    every: int | None, job: WatchJob, store: Store, budget: Budget = BUDGET, watch: Watch = UNWATCHED
) -> None:
    """`measure_while_training`. every: epochs from one measurement to the next to begin with, None for as many as the
    speed of this machine asks for."""
    job = as_it_is(job, store, watch)
    key = spec.weights_key(job.network)
    if (so_far := dynamics.read(store, job)) is not None and so_far.complete:
        return
    watch.report("loading", "Loading the data.")
    request = Request(job.data, job.network, lookup(job.network.architecture.name).reduce)
    read_first(request, store, watch)
    about = scene(request, store)
    select(job.data, store)  # a subset that is not there is refused before anything is trained
    module, all_layers = bare(about)
    layers = tuple(layer for layer in all_layers if layer.checkpoint and not layer.note)
    columns, work = split(layers, job.data.n, budget.memory, itemsize(module), held(module, about.shape))
    samples = load(job.data, about.form, store, watch=watch)
    subject = _Subject(job, samples.images, layers, columns, work, store, watch)
    with store.locked(key, watch):
        so_far = dynamics.read(store, job)
        if so_far is None:
            subset = samples.labels, samples.ids, samples.classes
            so_far = Dynamics(
                job, layers, *subset, apart=every or _apart(job, about, module, layers), versions=_versions()
            )
        if not _goes_on(so_far, store):
            store.delete(spec.training_key(job.network))
        for learner in learn(job.network, store, watch):
            so_far = _look(subject, so_far, learner)
        if store.meta(key) is None:
            store.put(key, *trained(job.network, learner))
        dynamics.save(store, replace(so_far, complete=True))
        store.delete(spec.training_key(job.network))
    watch.report("done", "Done.")


def _apart(job: WatchJob, about: Scene, module: nn.Module, layers: Sequence[Layer]) -> int:
    assert isinstance(job.network.weights, Recipe)
    images = min(about.learned.sizes.get("train", MAX_N), MAX_N)
    return apart(module, about.shape, layers, job.data.n, images, job.network.weights)


def _goes_on(so_far: Dynamics, store: Store) -> bool:
    """Whether all that had to be measured up to where a kept training stands is there; another job may have left it."""
    meta = store.meta(spec.training_key(so_far.job.network)) or {}
    stands = len(meta.get("history", ()))
    return all(epoch in so_far.rows for epoch in range(stands) if dynamics.is_measured(epoch, so_far.apart))


def _look(subject: _Subject, so_far: Dynamics, learner: Learner) -> Dynamics:
    """What is known after an epoch: its layers are measured where it is one of those."""
    epoch, history = len(learner.history), tuple(learner.history)
    if epoch in so_far.rows or not (dynamics.is_measured(epoch, so_far.apart) or learner.done):
        return so_far
    started = time.perf_counter()
    rows = []
    with one_thread():
        for geometry in _measured(subject, so_far, learner, epoch):
            dynamics.save_layer(subject.store, subject.job, epoch, geometry)
            rows.append(summarise(geometry))
    measuring = {**so_far.measuring, epoch: time.perf_counter() - started}
    so_far = replace(so_far, history=history, rows={**so_far.rows, epoch: tuple(rows)}, measuring=measuring)
    dynamics.save(subject.store, so_far)
    return so_far


def _measured(subject: _Subject, so_far: Dynamics, learner: Learner, epoch: int) -> Iterator[LayerGeometry]:
    layers, history = list(subject.layers), tuple(learner.history)
    known = dynamics.layer(subject.store, subject.job, 0, INPUT) if epoch and 0 in so_far.rows else None
    if known is not None and layers[0].name == INPUT:  # the input is what it was before the training
        yield known
        layers.pop(0)
    captured = capture(
        learner.module,
        subject.images,
        layers,
        memory=subject.columns,
        device="cpu",
        watch=subject.watch,
    )
    for layer, slices in captured:
        message = f"After epoch {epoch}: measuring {layer.name}."
        subject.watch.report("measuring", message, epoch, learner.recipe.epochs, layer.name, history)
        yield measure(slices, layer, memory=subject.work, k=NEIGHBOURS, draws=DRAWS, coordinates=COORDINATES)


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}
