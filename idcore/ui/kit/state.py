"""What a page reads: the store, the jobs, records and rows. Records are immutable and named by their key, so what was
read once is kept; what is not there yet is asked for again."""

from dataclasses import dataclass

import streamlit as st

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


class _NotYet(Exception):
    """Raised inside a cached function, so that an absence is never kept."""


def store() -> Store:
    """The store of this process."""
    found = settings()
    return shared(str(found.cache), found.store_limit)


def jobs() -> Jobs:
    """The jobs of this process; the first call starts the workers."""
    return get_jobs()


def geometry(request: Request, name: str) -> LayerGeometry | None:
    """The record of a layer, None until it is measured."""
    try:
        return _geometry(str(store().root), spec.layer_key(request, name), request, name)
    except _NotYet:
        return None


@st.cache_resource(max_entries=40, show_spinner=False)
def _geometry(root: str, key: str, _request: Request, _name: str) -> LayerGeometry:
    found = results.layer(store(), _request, _name)
    if found is None:
        raise _NotYet
    return found


def summary(request: Request, name: str, reading: Reading = USUAL) -> LayerSummary | None:
    """The row of a layer, None until it is measured."""
    try:
        return _summary(str(store().root), spec.layer_key(request, name), reading, request, name)
    except _NotYet:
        return None


@st.cache_data(max_entries=2000, show_spinner=False)
def _summary(root: str, key: str, reading: Reading, _request: Request, _name: str) -> LayerSummary:
    found = geometry(_request, _name)
    if found is None:
        raise _NotYet
    return summarise(found, reading)


def fit(request: Request, name: str, discard: float, level: int = 0) -> TwoNN | None:
    """The TwoNN fit of a measured layer, on one of its 2**level blocks. Raises PointsError when there is none."""
    found = geometry(request, name)
    return None if found is None else twonn_of_block(found, level, discard)


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
