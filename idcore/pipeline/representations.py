"""Requests without a network: the layers are matrices that were computed elsewhere and uploaded."""

import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from idcore import results
from idcore.data.source import ImageSource, draw
from idcore.errors import DataError, PointsError, RequestError
from idcore.estimators.reliability import Reliability, of_records
from idcore.geometry.measure import measure
from idcore.matrices import resting
from idcore.pipeline.estimate import Cost, RunEstimate, duration, in_bytes, split
from idcore.pipeline.layers import RecordShelf, choose_device
from idcore.pipeline.rates import measuring, rates
from idcore.record import Dataset, Layer, LayerGeometry
from idcore.results import Run, passages, reliable
from idcore.results.passages import Passages
from idcore.spec import PERTURBATIONS, DataSpec, Request
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
    """The chosen matrices of a request for `Representations`, each from the store, or measured and kept there.

    Arguments, order of work and errors as of `pipeline.requests.run`; all matrices are checkpoint layers. There are no
    predictions: at the end the run's entry gets -1 for each sample. memory: bytes of the columns that are measured and
    the work on them; the data set itself, of at most `LIMITS.values` numbers, is held beside that.
    """
    shelf, started = RecordShelf(store, request), time.perf_counter()
    watch.report("loading", "Reading the representations.")
    dataset, arrays = _dataset(request, store)
    ids, torch_device = _drawn(request.data, dataset, arrays["labels"]), choose_device(device)
    plan = _plan(dataset)
    chosen = results.chosen(plan, layers)
    missing = [layer for layer in chosen if not shelf.has(layer.name)]
    if missing:
        _kept(arrays, dataset)
    promised = _cost(missing, dataset, len(ids), memory, torch_device, _itemsize(arrays))
    words = _sentence(promised)
    entry = results.run(store, request)
    if entry is None:
        entry = _begun(request, plan, dataset, arrays["labels"][ids], ids, torch_device, words)
        results.save_run(store, entry)
    _keep_names(request, arrays, ids, store)
    for i, layer in enumerate(chosen):
        message = f"Measuring “{layer.name}” ({i + 1} of {len(chosen)})."
        message = message if i or not missing else f"{message} {words}"
        watch.report("measuring", message, i, len(chosen), layer.name)
        slices = RowBlocks(arrays[f"matrix/{layer.order}"], ids, promised.columns, resting(torch_device))
        geometry = shelf.compute_once(layer.name, partial(measure, slices, layer, memory=promised.work), watch)
        _keep_reliability(request, layer, arrays.get(f"repeats/{layer.order}"), ids, store, watch)
        yield geometry
    if not entry.finished:
        seconds = time.perf_counter() - started
        results.save_run(store, replace(entry, predictions=np.full(len(ids), -1), seconds=seconds))
    watch.report("done", "Done.")


def estimate(
    request: Request,
    layers: str | Sequence[str] = "checkpoints",
    memory: int = 2**31,
    device: str = "auto",
    *,
    store: Store,
    known: Callable[[str], bool] = lambda _: False,
) -> RunEstimate:
    """What a run will cost. known: whether a layer need not be measured any more. Raises RequestError where the request
    is wrong, the data set is not in the store, or the run cannot fit into `memory` bytes."""
    dataset, arrays = _dataset(request, store)
    ids = _drawn(request.data, dataset, arrays["labels"])
    missing = [layer for layer in results.chosen(_plan(dataset), layers) if not known(layer.name)]
    if missing:
        _kept(arrays, dataset)
    return _cost(missing, dataset, len(ids), memory, choose_device(device), _itemsize(arrays))


@dataclass(frozen=True, eq=False)
class RowBlocks:
    """Blocks of columns of some rows of a matrix (N, D): (n, d_c) each, of at most `memory` bytes."""

    matrix: np.ndarray
    rows: np.ndarray
    memory: int
    device: torch.device

    def __iter__(self) -> Iterator[Tensor]:
        width = max(1, self.memory // (len(self.rows) * self.matrix.itemsize))
        for a in range(0, self.matrix.shape[1], width):
            yield torch.from_numpy(self.matrix[self.rows, a : a + width]).to(self.device)


def _dataset(request: Request, store: Store) -> tuple[Dataset, dict[str, np.ndarray]]:
    """(description, arrays) of the data set. Raises RequestError where it, or what is asked of it, cannot be."""
    done = (*(one.field for one in PERTURBATIONS), "length")
    of_images = ((request, ("reduce", "size", "normalise")), (request.data, done))
    for part, names in of_images:
        for name in names:
            value, usual = getattr(part, name), getattr(type(part)(), name)
            if value != usual:
                raise RequestError(
                    f"{name} = {value} is for images or texts that a network sees; representations computed elsewhere "
                    f"are measured as they are. Leave {name} at {usual}."
                )
    kept = results.dataset(store, request.data.dataset)
    if kept is None:
        raise DataError(
            f"There are no representations {request.data.dataset} in the store (any more). Upload the file again."
        )
    if not kept[0].matrices:
        raise DataError(
            f"{kept[0].title} holds images, not representations. Choose a network for it, or upload matrices."
        )
    return kept


def _keep_names(request: Request, arrays: dict[str, np.ndarray], ids: np.ndarray, store: Store) -> None:
    """What the file calls its samples, and their numbers in place of texts: by them they are known again."""
    names, numbers = (
        passages.unpacked(arrays, what) if f"{what}s" in arrays else ("",) * len(arrays["labels"])
        for what in ("name", "number")
    )
    if any(names) or any(numbers):
        passages.save(store, request.data, Passages(tuple(numbers[i] for i in ids), tuple(names[i] for i in ids)))


def _keep_reliability(
    request: Request, layer: Layer, repeats: np.ndarray | None, ids: np.ndarray, store: Store, watch: Watch
) -> None:
    """Of a layer that is a mean of repeats, unless it is there."""
    if repeats is None or store.meta(reliable.key(request, layer.name)) is not None:
        return
    watch.report("measuring", f"Splitting the repeats of “{layer.name}” into halves.", layer=layer.name)
    result: Reliability | str
    try:
        result = of_records(repeats[ids])
    except PointsError as error:
        result = f"No noise ceiling: {error}"
    reliable.save(store, request, layer.name, result)


def _kept(arrays: dict[str, np.ndarray], dataset: Dataset) -> None:
    if "matrix/0" not in arrays:
        raise DataError(
            f"Of {dataset.title} there is what was measured, of all its {dataset.sizes['all']:,} samples: its "
            "activations were not kept. Measure it once more with idcore.profile, or choose that N and all layers."
        )


def _drawn(data: DataSpec, dataset: Dataset, labels: np.ndarray) -> np.ndarray:
    """Rows (n,) that the spec names."""
    return draw(data, ImageSource(dataset, labels, np.zeros(len(labels), bool), lambda _: iter(())))


def _plan(dataset: Dataset) -> tuple[Layer, ...]:
    last = max(1, len(dataset.matrices) - 1)
    return tuple(
        Layer(name, i, i / last, "Matrix", (units,), units, checkpoint=True)
        for i, (name, units) in enumerate(dataset.matrices)
    )


def _itemsize(arrays: dict[str, np.ndarray]) -> int:
    return max((array.itemsize for name, array in arrays.items() if name.startswith("matrix/")), default=8)


def _cost(
    layers: Sequence[Layer], dataset: Dataset, n: int, memory: int, device: torch.device, itemsize: int
) -> RunEstimate:
    columns, work = split(layers, n, memory, itemsize)
    rate = rates(str(device))
    costs = tuple(
        Cost(layer.name, min(columns, n * itemsize * layer.units), 0, measuring(layer, n, rate), "It needs no network.")
        for layer in layers
    )
    held, seconds = max((cost.bytes for cost in costs), default=0), sum(cost.seconds for cost in costs)
    return RunEstimate(dataset.title, n, memory, columns, work, held + work, 0, seconds, costs)


def _sentence(cost: RunEstimate) -> str:
    return f"About {duration(cost.seconds)}, {in_bytes(cost.bytes)} at peak of a budget of {in_bytes(cost.budget)}."


def _begun(
    request: Request,
    plan: tuple[Layer, ...],
    dataset: Dataset,
    labels: np.ndarray,
    ids: np.ndarray,
    device: torch.device,
    words: str,
) -> Run:
    versions = {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}
    return Run(
        request=request,
        layers=plan,
        labels=labels,
        predictions=np.zeros(0, np.int64),
        ids=ids,
        class_names=dataset.classes,
        device=str(device),
        estimate=words,
        notes=dataset.notes,
        versions=versions,
    )
