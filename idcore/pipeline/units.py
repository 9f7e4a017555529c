"""What the units of measured layers detect, and their ideal inputs: the network is shown the samples once more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np
import torch
from torch import Tensor, nn

from idcore import results
from idcore.activations import capture, itemsize, trace
from idcore.errors import NetworkError, PointsError, RequestError
from idcore.estimators import detectors, excited
from idcore.estimators import units as estimator
from idcore.estimators.detectors import Detector
from idcore.estimators.excited import Excited
from idcore.estimators.units import NONE, TOP, Units
from idcore.geometry.measure import Slices
from idcore.inside import patches
from idcore.inside.ideal import ideal_inputs
from idcore.inside.pictures import LARGEST
from idcore.limits import BUDGET, Budget
from idcore.networks.weights import Trained, obtain
from idcore.pipeline.estimate import split
from idcore.pipeline.layers import choose_device, held
from idcore.pipeline.read import as_it_is, read_first
from idcore.pipeline.scene import Scene, samples, scene
from idcore.record import Layer
from idcore.results import Run, detected, filters, sought
from idcore.results.detected import BEST, BINS, Detected
from idcore.results.filters import Filters
from idcore.results.sought import Sought
from idcore.spec import ELSEWHERE, ColumnJob, IdealJob, Request, UnitsJob
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch

FILTERS = 256
"""Filters of the first layer that are kept."""
MOST = 8000
"""Units of a layer that are counted one by one; of larger layers the mean of each channel is."""
_BLOCK = 2**22  # values that are counted at once


def units(job: UnitsJob, store: Store, budget: Budget = BUDGET, watch: Watch = UNWATCHED) -> None:
    """Count what the units of each layer detect that has not been counted, and keep it as it is ready. A layer whose
    units cannot be counted keeps the reason. Raises RequestError where nothing is measured or the samples have no
    labels of two classes; NetworkError, Cancelled."""
    job = as_it_is(job, store, watch)
    run = _run(store, job.request)
    chosen = results.chosen(run.layers, job.layers)
    missing = [layer for layer in chosen if detected.read(store, job.request, layer.name) is None]
    names, of = _classes(run)
    if missing or not filters.there(store, job.request):
        watch.report("loading", "Loading the data.")
        about, images, trained = lent(job.request, store, watch)
        module, where = trained.module, choose_device(budget.device)
        counted = _counted(missing, module, images, job.request)
        for read in counted:
            if read.note:
                detected.save(store, job.request, read.name, Detected(read, len(of), read.note))
        usable = [read for read in counted if not read.note]
        if not filters.there(store, job.request):
            filters.save(store, job.request, _filters(about, images, module, where, watch))
        if usable:
            columns, _ = split(usable, len(images), budget.memory, itemsize(module), held(module, about.shape))
            captured = capture(module, images, usable, memory=columns, device=where, watch=watch)
            for i, (layer, slices) in enumerate(captured):
                message = f"Units of {layer.name}, {i + 1} of {len(usable)}."
                watch.report("counting", message, i, len(usable), layer.name)
                detected.save(store, job.request, layer.name, _of_layer(layer, slices, names, of, watch))
    watch.report("done", "Done.")


def ideal(job: IdealJob, store: Store, budget: Budget = BUDGET, watch: Watch = UNWATCHED) -> None:
    """Seek the ideal inputs that are not there, and keep each. Raises RequestError where the units of the layer have
    not been counted; NetworkError, Cancelled."""
    job = as_it_is(job, store, watch)
    counted = counted_units(store, job)
    missing = [unit for unit in job.units if sought.read(store, job, unit) is None]
    if missing:
        watch.report("loading", "Loading the data.")
        about, images, trained = lent(job.request, store, watch)
        mean, std = about.form.mean, about.form.std
        small = about.shape[0] == 1 and prod(about.shape) <= LARGEST  # only then are the images asked
        pixels = (images * _row(std, 1.0) + _row(mean, 0.0)).clamp(0, 1) if small else None
        ideals = ideal_inputs(
            trained.module, counted.layer, missing, about.shape, job.steps, job.natural, job.seed,
            images=pixels, mean=mean, std=std, watch=watch,
        )  # fmt: skip
        for unit, one in zip(missing, ideals, strict=True):
            image = np.round(255 * one.image.transpose(1, 2, 0)).astype(np.uint8)
            sought.save(store, job, unit, Sought(image, one.activation, float(counted.values[unit, 0])))
    watch.report("done", "Done.")


def counted_units(store: Store, job: IdealJob | ColumnJob) -> Detected:
    """What the units of a job's layer detect. Raises RequestError where they have not been counted, or are fewer."""
    counted = detected.read(store, job.request, job.layer)
    if counted is None or counted.note:
        why = "have not been counted yet. Count them first." if counted is None else f"are not counted: {counted.note}"
        raise RequestError(f"The units of {job.layer} {why}")
    for unit in job.units:
        if unit >= counted.units:
            raise RequestError(f"{job.layer} has {counted.units:,} units, from 0 on; there is no unit {unit}.")
    return counted


def _filters(about: Scene, images: Tensor, module: nn.Module, where: torch.device, watch: Watch) -> Filters | None:
    """The filters of the first layer with what excites each most; None where no layer fits the images, as of texts."""
    first = patches.first(module, about.shape) if len(about.shape) == 3 else None
    if first is None:
        return None
    kept = Filters(first.name, len(first.weight), first.weight[:FILTERS].detach().float().cpu().numpy())
    try:
        strongest = patches.patches(module, first, images, where, FILTERS, watch)
    except NetworkError as error:
        return replace(kept, note=str(error))
    cut, samples, values = kept.patches, strongest.samples.numpy(), strongest.values.numpy()
    if strongest.patches is not None:
        mean, std = about.form.mean, about.form.std
        pixels = (strongest.patches * _row(std, 1.0) + _row(mean, 0.0)).clamp(0, 1)
        cut = pixels.mul(255).round().byte().permute(0, 1, 3, 4, 2).numpy()
    return replace(kept, samples=samples, values=values, patches=cut)


def _counted(layers: Sequence[Layer], module: nn.Module, images: Tensor, request: Request) -> list[Layer]:
    if all(layer.note or layer.units <= MOST for layer in layers) or request.reduce != "flatten":
        return [counted_as(layer, layer) for layer in layers]
    means = {layer.name: layer for layer in trace(module, images[:3], "mean")}  # only so are all channels asked for
    return [counted_as(layer, means.get(layer.name, layer)) for layer in layers]


def counted_as(layer: Layer, mean: Layer) -> Layer:
    """The layer as its units are counted: by themselves, or the mean of each channel where there are more than `MOST`.
    It has a note where neither can be. mean: the layer reduced to that, as far as its channels are known."""
    if layer.note or layer.units <= MOST:
        return layer
    what = f"It has {layer.units:,} units, and at most {MOST:,} are counted"
    if mean.reduce != "mean" or layer.reduce != "flatten":
        return replace(layer, note=f"{what}; there are no channels to take the mean of.")
    if mean.units > MOST:
        return replace(layer, note=f"{what}, and it has {mean.units:,} channels.")
    read = replace(mean, checkpoint=layer.checkpoint)
    return replace(read, remarks=(*read.remarks, f"{what}: a unit here is the mean of a channel over its positions."))


def _run(store: Store, request: Request) -> Run:
    run = results.run(store, request)
    if run is None:
        raise RequestError("Units are counted in measured layers, and nothing is measured here yet. Measure it first.")
    if request.network == ELSEWHERE:
        raise RequestError(
            "These layers are matrices that were computed elsewhere, with no network to be shown the samples. Hand the "
            "matrix to idcore.units instead."
        )
    return run


def _classes(run: Run) -> tuple[np.ndarray, np.ndarray]:
    if not len(run.labels) or run.labels.min() < 0:
        raise RequestError("Units detect classes, and these samples have no labels. Choose samples with labels.")
    return estimator.classes(run.labels, len(run.labels))


def lent(request: Request, store: Store, watch: Watch) -> tuple[Scene, Tensor, Trained]:
    """(what is known of a request, its images, its network), as they were when it was measured."""
    read_first(request, store, watch)
    about = scene(request, store)
    return (
        about,
        samples(about, store, watch).images,
        obtain(request.network, store, watch, request.data.dataset, about.shape),
    )


def _row(values: Sequence[float], usual: float) -> Tensor:
    return torch.tensor(values or (usual,)).view(1, -1, 1, 1)


@dataclass(frozen=True, eq=False)
class _Columns:
    """The columns of a layer in blocks (n, b), as numpy takes them; iterated again where it is asked again."""

    slices: Slices
    watch: Watch

    def __iter__(self) -> Iterator[np.ndarray]:
        for x in self.slices:
            for block in x.flatten(1).split(max(1, _BLOCK // len(x)), 1):
                self.watch.check()
                yield estimator.matrix(block)


def _of_layer(layer: Layer, slices: Slices, names: np.ndarray, of: np.ndarray, watch: Watch) -> Detected:
    try:
        columns = _Columns(slices, watch)
        parts, negative, taken = [], False, None
        for x in columns:
            taken = excited.take(taken, x)
            parts.append(_part(x, estimator.count(x, names, of), of))
            negative = negative or bool(x.min() < 0)
        joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        if negative:  # it has a meaning where no unit of the layer is negative
            joined["selectivity"][:] = np.nan
        assert taken is not None
        return detected_of(layer, of, joined, excited.end(taken), _detector(columns, of))
    except (PointsError, NetworkError) as error:
        return Detected(layer, len(of), str(error))


def detected_of(
    layer: Layer, of: np.ndarray, parts: dict[str, np.ndarray], each: Excited, detector: Detector | None
) -> Detected:
    """What is kept of a layer. parts: of its units; each: of its samples."""
    rest = {"excited": each.units, "percentile": each.percentile, "excitation": each.values}
    return Detected(layer, len(of), remarks=layer.remarks, detector=detector, **parts, **rest)  # type: ignore[arg-type]


def _detector(columns: _Columns, of: np.ndarray) -> Detector | None:
    try:
        return detectors.detector(columns, of)
    except PointsError:  # too few samples of all classes but one
        return None


def _part(x: np.ndarray, counted: Units, of: np.ndarray) -> dict[str, np.ndarray]:
    order = np.argsort(-counted.auc, axis=1, kind="stable")[:, :BEST]
    low, high = x.min(0).astype(np.float64), x.max(0).astype(np.float64)
    width = np.where(high > low, high - low, 1.0)
    bins = np.minimum((x - low) / width * BINS, BINS - 1).astype(np.int64)  # (n, b)
    within = of[:, None] == counted.best_class
    values = np.take_along_axis(x.T, np.maximum(counted.top, 0), 1).astype(np.float32)
    return {
        "auc": np.take_along_axis(counted.auc, order, 1),
        "auc_class": counted.classes[order].astype(np.int64),
        "balanced_accuracy": counted.balanced_accuracy,
        "selectivity": counted.selectivity,
        "dead": counted.dead,
        "top": counted.top,
        "values": np.where(counted.top == NONE, np.nan, values)[:, :TOP].astype(np.float32),
        "edges": np.stack([low, high], 1),
        "of_class": _histogram(bins, within),
        "of_others": _histogram(bins, ~within),
    }


def _histogram(bins: np.ndarray, taken: np.ndarray) -> np.ndarray:
    d = bins.shape[1]
    places = (bins + BINS * np.arange(d))[taken]
    return np.bincount(places, minlength=BINS * d).reshape(d, BINS).astype(np.int32)
