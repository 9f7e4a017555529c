"""What a page reads: the store, the jobs, records and rows. Records are immutable and named by their key, so what was
read once is kept; what is not there yet is asked for again."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar

from idcore import results, spec
from idcore.estimators.scale import twonn_of_block
from idcore.estimators.summary import LayerSummary, summarise
from idcore.estimators.twonn import TwoNN
from idcore.jobs import Jobs, get_jobs
from idcore.record import Layer, LayerGeometry
from idcore.results import Run
from idcore.settings import settings
from idcore.spec import USUAL, Reading, Recipe, Request
from idcore.store import Store, shared
from idcore.ui.kit.kept import Kept

T = TypeVar("T")

_records = Kept(40)
"""Of 3 to 4 MB each."""
_rows = Kept(20_000)
_derived = Kept(5000)
"""More than the layers of the largest networks, some kB each."""


def store() -> Store:
    """The store of this process."""
    found = settings()
    return shared(str(found.cache), found.store_limit)


def jobs() -> Jobs:
    """The jobs of this process; the first call starts the workers."""
    return get_jobs()


def geometry(request: Request, name: str) -> LayerGeometry | None:
    """The record of a layer, None until it is measured."""
    here = store()
    return _records.get(lambda: results.layer(here, request, name), here.root, spec.layer_key(request, name))


def summary(request: Request, name: str, reading: Reading = USUAL) -> LayerSummary | None:
    """The row of a layer, None until it is measured."""

    def make() -> LayerSummary | None:
        found = geometry(request, name)
        return None if found is None else summarise(found, reading)

    return _rows.get(make, store().root, spec.layer_key(request, name), reading)


def fit(request: Request, name: str, discard: float, level: int = 0) -> TwoNN | None:
    """The TwoNN fit of a measured layer, on one of its 2**level blocks. Raises PointsError when there is none."""
    found = geometry(request, name)
    return None if found is None else twonn_of_block(found, level, discard)


def of_record(function: Callable[..., T], request: Request, name: str, *arguments: Hashable) -> T | None:
    """`function(record, *arguments)` of a layer, some numbers that cost more than to find them again; None until it is
    measured. What the function raises is raised."""

    def make() -> T | None:
        found = geometry(request, name)
        return None if found is None else function(found, *arguments)

    return _derived.get(make, function, store().root, spec.layer_key(request, name), *arguments)


@dataclass(frozen=True, eq=False)
class Measured:
    """How far a request has come. layers: the plan of what was asked for, empty until the run has begun.
    rows: of the layers measured so far. missing: names of those that are not."""

    request: Request
    run: Run | None
    layers: tuple[Layer, ...]
    rows: tuple[LayerSummary, ...]
    missing: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether all is there: every layer, and what the run's entry gets last, predictions and accuracies."""
        run = self.run
        return run is not None and not self.missing and run.finished


def measured(request: Request, layers: str | tuple[str, ...], reading: Reading = USUAL) -> Measured:
    """Read how far a request has come. layers: "checkpoints", "all", or names."""
    run = results.run(store(), request)
    plan = results.chosen(run.layers, layers) if run else ()
    rows = {layer.name: summary(request, layer.name, reading) for layer in plan}
    missing = tuple(name for name, row in rows.items() if row is None)
    return Measured(request, run, plan, tuple(row for row in rows.values() if row), missing)


def needs_training(request: Request) -> bool:
    """Whether the weights must be trained first."""
    return isinstance(request.network.weights, Recipe) and results.training(store(), request.network) is None


def devices() -> tuple[str, ...]:
    """The devices that the workers have; none until one of them has said so."""
    return results.devices(store())
