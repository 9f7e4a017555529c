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
    read = {one.name: results.layer(store, request, one.name) for one in plan}
    records = {name: record for name, record in read.items() if record is not None}
    if run is None or not records:
        raise RequestError("Nothing of this result is in the store: measure it first.")
    return Result(request, run, records, reading)


def drawn(result: Result, kind: str, layer: str | None = None) -> Any:
    """The figure `kind` of `KINDS`, a `plotly.graph_objects.Figure`. layer: of those that are of one; left out, the
    last that was measured. Raises RequestError."""
    if kind not in KINDS:
        raise RequestError(f"A result has the figures {', '.join(KINDS)}, not {kind!r}.")
    of_layer, function = KINDS[kind]
    if not of_layer:
        return function(result, "")
    measured = [record.layer for record in result.records.values()]
    names = (measured[-1].name,) if layer is None else tuple(one.name for one in results.chosen(measured, (layer,)))
    if result.records[names[0]].note:
        raise RequestError(f"The layer {names[0]} has no numbers: {result.records[names[0]].note}")
    return function(result, names[0])


def _curve(result: Result, _: str) -> Any:
    layers = [record.layer for record in result.records.values()]
    return id_curve(result.rows, layers, result.request.network.regime, reading=result.reading)


def _map(result: Result, name: str) -> Any:
    places = dict(zip(result.records, pca_maps(result.records.values()), strict=True))
    axes = ("first principal component", "second, turned onto the layer before")
    return cloud_figure(places[name], result.run.labels, result.run.class_names, axes)


def _spectrum(result: Result, name: str) -> Any:
    record = result.records[name]
    id = summarise(record, result.reading).id
    return spectrum_figure(
        Spectrum(record.eigenvalues), result.request.network.regime, variance=result.reading.variance, id=id
    )


def _fit(result: Result, name: str) -> Any:
    fit = twonn_of_layer(result.records[name], result.reading.discard)
    return fit_figure(fit, result.request.network.regime)


def _distances(result: Result, name: str) -> Any:
    return distances_figure(result.records[name].neighbours, result.request.network.regime)


KINDS: dict[str, tuple[bool, Callable[[Result, str], Any]]] = {
    "curve": (False, _curve),
    "map": (True, _map),
    "spectrum": (True, _spectrum),
    "fit": (True, _fit),
    "distances": (True, _distances),
}
"""By name, whether it is of one layer and what draws it."""
