"""The public functions of the library; README.md documents them."""

import dataclasses
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader, Dataset

from idcore import pipeline, spec
from idcore.data.batches import gathered
from idcore.errors import RequestError
from idcore.estimators import twonn as estimator
from idcore.estimators.spectrum import Spectrum
from idcore.estimators.summary import LayerSummary, summarise
from idcore.estimators.twonn import TwoNN
from idcore.geometry import neighbours as geometry_neighbours
from idcore.geometry import spectrum as geometry_spectrum
from idcore.geometry.points import as_points, as_tensor, constant
from idcore.given import unmasked
from idcore.identity import identity
from idcore.pipeline.layers import choose_device
from idcore.record import Layer, LayerGeometry, Neighbours
from idcore.settings import parse_bytes, settings
from idcore.spec import OF_IMAGES, USUAL, Reading, checks
from idcore.store import Store, with_gallery

COLUMNS = tuple(field.name for field in dataclasses.fields(LayerSummary))
"""Of a row; what each is, `LayerSummary` says."""
_HERE = "http://127.0.0.1:8501"
SEEN = COLUMNS[: COLUMNS.index("note") + 1]
"""Those that are shown where somebody reads them; in a file stand all."""


class Profile:
    """The measured layers of a network, in call order. Iterating yields each `LayerGeometry` as it is ready; a second
    iteration starts again from the first, without measuring again."""

    def __init__(self, source: Iterator[LayerGeometry], request: spec.Request | None = None) -> None:
        """request: what was measured, None of a network that was handed in."""
        self._source = source
        self.request = request
        self._ready: list[LayerGeometry] = []
        self._open = True

    def __iter__(self) -> Iterator[LayerGeometry]:
        at = 0
        while at < len(self._ready) or self._advance():
            yield self._ready[at]
            at += 1

    def _advance(self) -> bool:
        layer = next(self._source, None)
        if layer is not None:
            self._ready.append(layer)
        self._open = layer is not None
        return self._open

    def to_frame(self, discard: float = USUAL.discard, variance: float = USUAL.variance) -> pd.DataFrame:
        """One row per layer: `COLUMNS`, all that the page knows of it, then what it is about (`identity.COLUMNS`) where
        that was a request.

        id_err: one standard error; id_low, id_high: the 95 % interval; n: samples; dropped: samples not used by TwoNN;
        lower_bound: whether the true dimension may well be higher. discard: fraction of the largest mu that the fit
        leaves out. variance: share that the PC-ID holds."""
        reading = Reading(discard, variance)
        about = {} if self.request is None else identity(self.request, reading)
        rows = [[*(getattr(row, name) for name in COLUMNS), *about.values()] for row in self._rows(reading)]
        return pd.DataFrame(rows, columns=[*COLUMNS, *about])

    def figure(self, discard: float = USUAL.discard, variance: float = USUAL.variance) -> Any:
        """The ID by layer with its error bars, a `plotly.graph_objects.Figure`, as on the page. discard, variance: as
        of `to_frame`."""
        from idcore.figures.curve import id_curve  # plotly

        reading = Reading(discard, variance)
        return id_curve(self._rows(reading), [layer.layer for layer in self], "elsewhere", reading=reading)

    @property
    def link(self) -> str:
        """The address of its page on a dashboard that runs here as usual. Raises RequestError where it has none."""
        if self.request is None:
            raise RequestError("Only what has a name is on the dashboard: give profile(..., name=...).")
        data = self.request.data
        asked = {"data": data.dataset, "n": data.n, "seed": data.seed}
        if self.request.network != spec.ELSEWHERE:
            raise RequestError("The link of a request stands on its page, under Copy link.")
        return f"{_HERE}/explore?{urlencode(asked)}"

    def _rows(self, reading: Reading) -> list[LayerSummary]:
        return [summarise(layer, reading) for layer in self]

    def __repr__(self) -> str:
        """Of what is measured by now: nothing is measured for it."""
        names = ", ".join(layer.layer.name for layer in self._ready) or "nothing"
        return f"Profile({names} measured so far)" if self._open else f"Profile({names})"

    def _repr_html_(self) -> str:
        """The curve and the table, for a notebook; what is not measured yet is measured for it."""
        from idcore.figures.sketch import Dot, Line, sketch
        from idcore.figures.theme import REGIMES

        rows = self._rows(USUAL)
        dots = [
            Dot(row.depth, row.id, row.id_err, f"{row.layer}: ID {row.id:.2f} ± {row.id_err or 0:.2f}, N = {row.n:,}")
            for row in rows
            if row.id is not None
        ]
        line = Line("TwoNN", REGIMES["elsewhere"], dots)
        drawn = sketch([line], "ID by relative depth", "TwoNN ID", width=720, height=300) if dots else ""
        table = self.to_frame()[list(SEEN)].to_html(index=False, float_format="{:.4g}".format, na_rep="-")
        return f'<div style="max-width:45rem">{drawn}</div>{table}'


def neighbours(x: Any, k: int | None = None) -> Neighbours:
    """Exact k nearest neighbours of n points, Euclidean, float64 distances.

    x: (n, d) of real numbers: an array or tensor, a frame, a list of rows, a sparse matrix. k: neighbours per point;
    64, or n - 1 when that is less, when left out.
    Returns indices and distances (n, k), nearest first, ties by index. Raises PointsError.
    """
    return geometry_neighbours.neighbours(x, k)


def twonn(x: Any, discard: float = USUAL.discard) -> TwoNN:
    """Intrinsic dimension by TwoNN (Facco, d'Errico, Rodriguez, Laio, Scientific Reports 2017).

    x: (n, d) as for `neighbours`, or a `Neighbours` (k >= 2). Of points exact duplicates are merged first and counted
    in `dropped`; of a `Neighbours` the points with r1 = 0 or r1 = r2 are dropped and counted. discard: fraction of the
    largest mu = r2 / r1 that the fit leaves out. Raises PointsError.
    """
    Reading(discard)
    if isinstance(x, Neighbours):
        return estimator.from_neighbours(x, discard)
    x = as_points(x)
    table, merged = geometry_neighbours.distinct_neighbours(x, 2)
    fit = estimator.from_neighbours(table, discard, merged)
    return estimator.within(fit, x.shape[1] - constant(x))


def pca(x: Any) -> Spectrum:
    """Eigenvalues of the covariance of n points, x: (n, d) as for `neighbours`. Raises PointsError."""
    return Spectrum(geometry_spectrum.eigenvalues(x))


def profile(
    network: torch.nn.Module,
    images: Any,
    labels: Any = None,
    layers: str | Sequence[str] = "checkpoints",
    reduce: str = "flatten",
    memory: str | int = "2GiB",
    device: str | torch.device | None = None,
    store: str | Path | Store | None = None,
    name: str | None = None,
) -> Profile:
    """Measure the layers of any `torch.nn.Module` on images (n, ...), the sample axis first.

    images: a tensor, an array of any library, a frame, a list of images, or a `Dataset` or `DataLoader` of torch, with
    labels or without. labels: one per image; no number depends on them. layers: "checkpoints", "all" or a list of
    names. memory: bytes that the measurement may hold, a number or a string with a unit. device: "cuda", "mps" or
    "cpu"; the first of these that is there when left out. store: folder that keeps the records, named by a digest of
    the weights, the printed module, the images, and what the module gives at every layer on the first of them.
    name: what the dashboard calls it, which shows it from the first layer on; its address is printed. Without a store
    the usual one is taken.

    The module is as it was afterwards, and between the layers. Raises RequestError at once, before anything is
    measured.
    """
    kept = _store(store)
    if name is None:
        return unannounced(network, images, labels, layers, reduce, memory, device, kept)
    kept = kept or with_gallery(settings().cache)
    profile = unannounced(network, images, labels, layers, reduce, memory, device, kept, name)
    usual = str(kept.root) == str(settings().cache)
    start = "layerscope run" if usual else f"LAYERSCOPE_CACHE={shlex.quote(str(kept.root))} layerscope run"
    print(f"{name}: {profile.link}  ({start})")
    return profile


def unannounced(
    network: torch.nn.Module,
    images: Any,
    labels: Any,
    layers: str | Sequence[str],
    reduce: str,
    memory: str | int,
    device: str | torch.device | None,
    store: Store | None,
    name: str | None = None,
) -> Profile:
    """`profile`, which prints nothing. store: must be there where there is a name."""
    checks.is_a("The network", network, torch.nn.Module)
    checks.one_of("reduce", reduce, OF_IMAGES)
    chosen, budget, place = _layers(layers), parse_bytes(memory), _device(device)
    if name is not None:
        checks.name("A network that is kept", name)
    if isinstance(images, (Dataset, DataLoader)):
        images, found = gathered(images, budget)
        labels = found if labels is None else labels
    images = as_tensor(images, "The images")
    names = None if labels is None else _labels(labels)
    options: dict[str, Any] = {"layers": chosen, "reduce": reduce, "memory": budget, "device": place, "store": store}
    if name is None:
        return Profile(pipeline.profile_module(network, images, names, **options))
    return Profile(*pipeline.profile_named(network, images, names, name, **options))


def layers(network: torch.nn.Module, images: Any, reduce: str = "flatten") -> tuple[Layer, ...]:
    """The layers of a module in call order, by the names that `profile(..., layers=[...])` takes; nothing is measured.

    images: as for `profile`; a few are enough. reduce: "flatten", "mean" (of each channel) or "cls" (first token).
    Each has its name, kind, shape, units (D), and whether it is a checkpoint layer. Raises RequestError.

    >>> import idcore, torch
    >>> network = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    >>> {layer.name: layer.units for layer in idcore.layers(network, torch.zeros(4, 6))}["0"]
    8
    """
    checks.is_a("The network", network, torch.nn.Module)
    checks.one_of("reduce", reduce, OF_IMAGES)
    return pipeline.layers_of(network, as_tensor(images, "The images"), reduce)


def run(
    request: spec.Request,
    layers: str | Sequence[str] = "checkpoints",
    memory: str | int = "2GiB",
    device: str | torch.device | None = None,
    store: str | Path | Store | None = None,
) -> Profile:
    """Measure what a `Request` names, as the pages and the command line do. store: a folder; the default store when
    left out. Raises RequestError, JobError."""
    checks.is_a("The request", request, spec.Request)
    chosen, budget, place = _layers(layers), parse_bytes(memory), _device(device)
    kept = _store(store) or with_gallery(settings().cache)
    return Profile(pipeline.run(request, chosen, kept, memory=budget, device=place), request)


def _layers(layers: Any) -> str | tuple[str, ...]:
    if isinstance(layers, str):
        return layers
    if isinstance(layers, (bytes, Mapping)) or not isinstance(layers, Iterable):
        raise RequestError(
            f'layers must be "checkpoints", "all", a name or a list of names, not {checks.shown(layers)}.'
        )
    names = tuple(layers)
    checks.layers(names)
    return tuple(map(str, names))


def _device(device: Any) -> str:
    if device is None:
        return "auto"
    checks.is_a("The device", device, str, torch.device)
    return str(choose_device(str(device)))


def _store(store: Any) -> Store | None:
    if store is None or isinstance(store, Store):
        return store
    checks.is_a("The store", store, str, PathLike)
    checks.check(bool(fspath(store)), "The store must be a folder or an address, not an empty name.")
    return with_gallery(store)


def _labels(labels: Any) -> np.ndarray:
    labels = labels.detach().cpu() if isinstance(labels, torch.Tensor) else unmasked(labels, "The labels")
    try:
        return np.asarray(labels)
    except (TypeError, ValueError) as error:
        raise RequestError(f"The labels must be a list or array, one per image: {error}.") from None
