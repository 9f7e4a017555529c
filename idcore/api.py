"""Networks measured: the public functions of the library; README.md documents them."""

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
from idcore.estimators.summary import LayerSummary, summarise
from idcore.geometry.points import as_tensor
from idcore.given import unmasked
from idcore.identity import identity
from idcore.pipeline.layers import choose_device
from idcore.record import Layer, LayerGeometry
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
        return id_curve(self._rows(reading), [layer.layer for layer in self], self._regime, reading=reading)

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

    @property
    def _regime(self) -> spec.Regime:
        return "elsewhere" if self.request is None else self.request.network.regime

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
        line = Line("TwoNN", REGIMES[self._regime], dots)
        drawn = sketch([line], "ID by relative depth", "TwoNN ID", width=720, height=300) if dots else ""
        table = self.to_frame()[list(SEEN)].to_html(index=False, float_format="{:.4g}".format, na_rep="-")
        return f'<div style="max-width:45rem">{drawn}</div>{table}'


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
    """Measure the layers of any `torch.nn.Module`, the network, on images (n, ...), the sample axis first.

    images: a tensor, an array of any library, a frame, a list of images, or a `Dataset` or `DataLoader` of torch, with
    labels or without. labels: one per image; no number depends on them. layers: "checkpoints" (the paper's choice),
    "all" or a list of names, also of containers (`idcore.layers` lists them). reduce: what is a row of an output of
    several axes: all of it ("flatten"), the "mean" of each channel, the first token ("cls"). memory: bytes that the
    measurement may hold, a number or a string with a unit. device: "cuda", "mps" or "cpu"; the first of these that is
    there when left out. store: folder that keeps the records, named by a digest of the weights, the printed module, the
    images, and what the module gives at every layer on the first of them. name: what the dashboard calls it, which
    shows it from the first layer on; its address is printed. Without a store the usual one is taken.

    Returns a `Profile`: iterate for the records, `to_frame()` for a row per layer, `figure()` for the curve. The module
    is as it was afterwards, and between the layers. The estimator is TwoNN (Facco, d'Errico, Rodriguez, Laio 2017) as
    in Ansuini, Laio, Macke, Zoccolan 2019. Raises RequestError at once, before anything is measured.

    >>> import idcore, torch
    >>> network = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    >>> images = torch.randn(60, 6, generator=torch.Generator().manual_seed(0))
    >>> profile = idcore.profile(network, images, layers="all")
    >>> profile.to_frame()[["layer", "units", "n"]]
        layer  units   n
    0   input      6  60
    1       0      8  60
    2       1      8  60
    3  output      3  60
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
    chosen, budget, device = _layers(layers), parse_bytes(memory), _device(device)
    if name is not None:
        checks.name("A network that is kept", name)
    if isinstance(images, (Dataset, DataLoader)):
        images, own_labels = gathered(images, budget)
        labels = own_labels if labels is None else labels
    images = as_tensor(images, "The images")
    names = None if labels is None else _labels(labels)
    options: dict[str, Any] = {"layers": chosen, "reduce": reduce, "memory": budget, "device": device, "store": store}
    if name is None:
        return Profile(pipeline.profile_module(network, images, names, **options))
    return Profile(*pipeline.profile_named(network, images, names, name, **options))


def layers(network: torch.nn.Module, images: Any, reduce: str = "flatten") -> tuple[Layer, ...]:
    """The layers of a network in call order, by the names that `profile(..., layers=[...])` takes; nothing is measured.

    network: any `torch.nn.Module`. images: as for `profile`; a few are enough. reduce: "flatten", "mean" (of each
    channel) or "cls" (first token).
    Each has its name, kind, shape, units (D), whether it is a checkpoint layer, and the names of the containers that
    hand it on (`also`), which choose it too. Raises RequestError.

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
    """Measure what a `Request` names, as the pages and the command line do: each layer once, then it is in the store.

    request: a `NetworkSpec` and a `DataSpec`; the Python that a page offers under Export is one. layers, memory,
    device: as for `profile`. store: a folder; the default store when left out. Returns a `Profile`, whose `to_frame()`
    also says what each row is about. Raises RequestError, JobError.

    >>> import idcore, tempfile
    >>> from idcore import Architecture, DataSpec, NetworkSpec, Request, Untrained
    >>> network = NetworkSpec(Architecture("mlp", width=8, depth=1), Untrained(seed=0))
    >>> profile = idcore.run(Request(DataSpec("digits", n=60), network), store=tempfile.mkdtemp())
    >>> profile.to_frame()[["layer", "units", "n", "network", "data"]]
        layer  units   n  network    data
    0   input     64  60  mlp 8x1  digits
    1      d1      8  60  mlp 8x1  digits
    2  output     10  60  mlp 8x1  digits
    """
    checks.is_a("The request", request, spec.Request)
    chosen, budget, device = _layers(layers), parse_bytes(memory), _device(device)
    kept = _store(store) or with_gallery(settings().cache)
    return Profile(pipeline.run(request, chosen, kept, memory=budget, device=device), request)


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
