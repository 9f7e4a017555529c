"""What a page reads: the store, the jobs, records and rows. Records are immutable and named by their key, so what was
read once is kept; what is not there yet is asked for again."""

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from idcore import results, spec
from idcore.estimators.summary import LayerSummary, summarise
from idcore.jobs import Jobs, get_jobs
from idcore.record import Layer, LayerGeometry, to_entry
from idcore.results import Run
from idcore.settings import Settings, settings
from idcore.spec import USUAL, Reading, Recipe, Request
from idcore.store import Store, shared
from idcore.ui.kit.kept import Kept

T = TypeVar("T")

_moment = threading.local()
_records = Kept(160 * 2**20, lambda record: sum(array.nbytes for array in to_entry(record)[0].values()))
"""Bytes: some forty of 2000 samples, or all of a network of hundreds of layers that was shown a few hundred."""
_rows = Kept(20_000)
_derived = Kept(5000)
"""More than the layers of the largest networks, some kB each."""


def store() -> Store:
    """The store of this process."""
    held: Store | None = getattr(_moment, "store", None)
    if held is not None:
        return held
    configured = settings()
    return shared(str(configured.cache), configured.store_limit)


def jobs() -> Jobs:
    """The jobs of this process; the first call starts the workers."""
    return get_jobs()


@contextmanager
def still() -> Iterator[None]:
    """While a page, or a part of it, is drawn: what is asked for again and again (`now`) is looked at once."""
    before, here = getattr(_moment, "kept", None), store()
    with here.still():
        _moment.kept, _moment.store = ({}, -1) if before is None else before, here
        try:
            yield
        finally:
            _moment.kept, _moment.store = before, None if before is None else here


def now(make: Callable[[], T], *about: Hashable) -> T:
    """What `make` makes, once while a page is drawn, and again where this process has written into the store since, or
    where it was None. about: the function that makes it, and all that it depends on."""
    if getattr(_moment, "kept", None) is None:
        return make()
    changes = store().changes
    if _moment.kept[1] != changes:
        _moment.kept = ({}, changes)
    kept: dict[tuple[Hashable, ...], T] = _moment.kept[0]
    if about in kept:
        return kept[about]
    value = make()
    if value is not None:
        kept[about] = value
    return value


def settings_now() -> Settings:
    """The settings, read once while a page is drawn: it asks for them for every data set of every list."""
    return now(settings, settings)


def geometry(request: Request, name: str) -> LayerGeometry | None:
    """The record of a layer, None until it is measured."""
    here = store()
    return _records.get(lambda: results.layer(here, request, name), here.root, spec.layer_key(request, name))


def summary(request: Request, name: str, reading: Reading = USUAL) -> LayerSummary | None:
    """The row of a layer, None until it is measured."""

    def make() -> LayerSummary | None:
        record = geometry(request, name)
        return None if record is None else summarise(record, reading)

    return _rows.get(make, store().root, spec.layer_key(request, name), reading)


def of_record(function: Callable[..., T], request: Request, name: str, *arguments: Hashable) -> T | None:
    """`function(record, *arguments)` of a layer, some numbers that cost more than to find them again; None until it is
    measured. What the function raises is raised."""

    def make() -> T | None:
        record = geometry(request, name)
        return None if record is None else function(record, *arguments)

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
    """Read how far a request has come. layers: "checkpoints", "all", or names. What is complete is read once while a
    page is drawn; what is not may have come further the next time."""
    reads: list[Measured] = []

    def whole() -> Measured | None:
        reads.append(_measured(request, layers, reading))
        return reads[0] if reads[0].complete else None

    return now(whole, measured, spec.run_key(request), layers, reading) or reads[0]


def _measured(request: Request, layers: str | tuple[str, ...], reading: Reading) -> Measured:
    run = now(lambda: results.run(store(), request), results.run, spec.run_key(request))
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
