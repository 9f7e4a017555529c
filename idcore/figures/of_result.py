"""The figures of a measured request by name, from what the store holds of it: for the command line and for a parcel.
Another one is a function and its row of `KINDS`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idcore import results
from idcore.errors import RequestError
from idcore.estimators.maps import pca_maps
from idcore.estimators.spectrum import Spectrum
from idcore.estimators.summary import LayerSummary, summarise
from idcore.estimators.twonn import twonn_of_layer
from idcore.figures.cloud import cloud_figure
from idcore.figures.curve import id_curve
from idcore.figures.distances import distances_figure
from idcore.figures.fit import fit_figure
from idcore.figures.spectrum import spectrum_figure
from idcore.record import LayerGeometry
from idcore.results import Run
from idcore.spec import USUAL, Reading, Request
from idcore.store import Store


@dataclass(frozen=True, eq=False)
class Result:
    """run: of the request. records: its measured layers by name, in call order."""

    request: Request
    run: Run
    records: Mapping[str, LayerGeometry]
    reading: Reading = USUAL

    @property
    def rows(self) -> list[LayerSummary]:
        return [summarise(record, self.reading) for record in self.records.values()]


def result(store: Store, request: Request, reading: Reading = USUAL, layers: str | Sequence[str] = "all") -> Result:
    """What the store holds of a request. layers: as of `results.chosen`. Raises RequestError where that is nothing."""
    run = results.run(store, request)
    plan = () if run is None else results.chosen(run.layers, layers)
    found = {one.name: results.layer(store, request, one.name) for one in plan}
    records = {name: record for name, record in found.items() if record is not None}
    if run is None or not records:
        raise RequestError("Nothing of this result is in the store: measure it first.")
    return Result(request, run, records, reading)


def drawn(found: Result, kind: str, layer: str | None = None) -> Any:
    """The figure `kind` of `KINDS`, a `plotly.graph_objects.Figure`. layer: of those that are of one; left out, the
    last that was measured. Raises RequestError."""
    if kind not in KINDS:
        raise RequestError(f"A result has the figures {', '.join(KINDS)}, not {kind!r}.")
    of_layer, function = KINDS[kind]
    if not of_layer:
        return function(found, "")
    measured = [record.layer for record in found.records.values()]
    names = (measured[-1].name,) if layer is None else tuple(one.name for one in results.chosen(measured, (layer,)))
    if found.records[names[0]].note:
        raise RequestError(f"The layer {names[0]} has no numbers: {found.records[names[0]].note}")
    return function(found, names[0])


def _curve(found: Result, _: str) -> Any:
    layers = [record.layer for record in found.records.values()]
    return id_curve(found.rows, layers, found.request.network.regime, reading=found.reading)


def _map(found: Result, name: str) -> Any:
    places = dict(zip(found.records, pca_maps(found.records.values()), strict=True))
    axes = ("first principal component", "second, turned onto the layer before")
    return cloud_figure(places[name], found.run.labels, found.run.class_names, axes)


def _spectrum(found: Result, name: str) -> Any:
    record = found.records[name]
    id = summarise(record, found.reading).id
    return spectrum_figure(
        Spectrum(record.eigenvalues), found.request.network.regime, variance=found.reading.variance, id=id
    )


def _fit(found: Result, name: str) -> Any:
    fit = twonn_of_layer(found.records[name], found.reading.discard)
    return fit_figure(fit, found.request.network.regime)


def _distances(found: Result, name: str) -> Any:
    return distances_figure(found.records[name].neighbours, found.request.network.regime)


KINDS: dict[str, tuple[bool, Callable[[Result, str], Any]]] = {
    "curve": (False, _curve),
    "map": (True, _map),
    "spectrum": (True, _spectrum),
    "fit": (True, _fit),
    "distances": (True, _distances),
}
"""By name, whether it is of one layer and what draws it."""
