"""The parts of a map from the records and embeddings of a run, each made once for a page's many runs."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import streamlit as st

from idcore import spec
from idcore.errors import PointsError
from idcore.estimators import colours
from idcore.estimators.colours import COLOURS, Colour
from idcore.estimators.embedding import Embedding, principal
from idcore.estimators.maps import pca_maps, quality
from idcore.estimators.overlap import overlap
from idcore.estimators.samples import sample_neighbours
from idcore.figures import theme
from idcore.record import LayerGeometry
from idcore.results import Run
from idcore.results.placed import Placed
from idcore.results.segmented import Pieces
from idcore.shapes import Int
from idcore.spec import Request
from idcore.ui.result.map import blob
from idcore.ui.result.map.blob import MapLayer

DIMENSIONS = {"PCA": 2, "PCA 3-D": 3}
PIECES, UNIT = "dimension piece", "unit"
JUDGED = 1000
"""Samples that the quality of a PCA map is taken from: all of 10,000 would take 2 s a layer, and this is a preview."""
PREVIOUS_K = 30
_COMING = Embedding(np.zeros((0, 2), np.float32), None, None, "umap", {}, 0.0, "its UMAP is being made.")


def samples(run: Run, texts: Sequence[str] | None = None) -> bytes:
    """Labels, predictions and numbers of the samples, and what they say where they are texts."""
    names = list(run.class_names)
    predictions = run.predictions if run.finished else None
    if predictions is not None and not (predictions >= 0).any():
        predictions = None
    styles, learned = theme.class_styles(len(names)), run.learned_labels
    return blob.samples(run.labels, names, styles, ids=run.ids, predictions=predictions, shuffled=learned,
                        texts=texts)  # fmt: skip


def pca(request: Request, name: str, records: Sequence[LayerGeometry], order: str = "") -> bytes:
    """The PCA map `name` of `DIMENSIONS`. order: what tells the order of the samples, where it is not their own."""
    return _kept(
        f"{name} {order} {_key(request, records)}", lambda: blob.maps({name: _pca_layers(records, DIMENSIONS[name])})
    )


def told(order: Int[np.ndarray, " n"] | None) -> str:
    """What tells an order of the samples from others; "" for their own."""
    return "" if order is None else hashlib.sha256(order.tobytes()).hexdigest()


def pictures(name: str, records: Sequence[LayerGeometry], placed: Placed) -> bytes:
    """Stars where a person's own pictures lie on the PCA map `name`."""
    dims, places = DIMENSIONS[name], {}
    for record, positions in zip(records, pca_maps(records, dims), strict=True):
        if record.layer.name in placed.layers:
            axes = principal(record, dims)
            turn = np.linalg.lstsq(axes, positions, rcond=None)[0]  # the map is the principal coordinates, turned
            own = placed.coordinates[placed.layers.index(record.layer.name), :, :dims]
            places[record.layer.name] = positions, np.where(axes.any(axis=0), own, 0) @ turn
    return blob.marks(name, places)


def umap(key: str, records: Sequence[LayerGeometry], embeddings: Sequence[Embedding | None]) -> bytes:
    """The UMAPs that a worker has made, None where it has not yet. key: what tells them from all others."""

    def make() -> bytes:
        rows = zip(records, (one or _COMING for one in embeddings), _previous(records), strict=True)
        return blob.maps({"UMAP": [
            _layer(record, embedding.positions, (embedding.trustworthiness, embedding.overlap), previous,
                   record.note or embedding.note)
            for record, embedding, previous in rows
        ]})  # fmt: skip

    return _kept(f"UMAP {key}", make)


def values(
    request: Request,
    records: Sequence[LayerGeometry],
    pieces: Mapping[str, Pieces] | None = None,
    layer: str = "",
    by_unit: tuple[str, np.ndarray] | None = None,
    order: str = "",
) -> bytes:
    """A number for each sample in each layer, by every one of `COLOURS`; its piece, where layers have been parted; the
    value of a unit of one layer. pieces: by name of the layer. by_unit: the unit in words, its values (n,). order: as
    of `pca`."""
    parted = pieces or {}

    def make() -> bytes:
        names = [record.layer.name for record in records]
        numbers = {one.name: np.stack([_numbers(record, one) for record in records]) for one in COLOURS}
        words = {one.name: one.words for one in COLOURS}
        called = {one.name: one.part for one in COLOURS if one.part}
        if parted:
            numbers[PIECES] = np.stack([_pieces(record, parted.get(record.layer.name)) for record in records])
            words[PIECES], called[PIECES] = "The piece of one dimension that a sample belongs to.", "piece"
        if by_unit is not None:
            none = np.full(len(by_unit[1]), np.nan)
            numbers[UNIT] = np.stack([by_unit[1] if name == layer else none for name in names])
            words[UNIT] = f"The value of {by_unit[0]} on each sample."
        return blob.values(
            names, numbers, words, {name: (part, _styles(numbers[name])) for name, part in called.items()}
        )

    own = "" if by_unit is None else f"{by_unit[0]}, {np.isfinite(by_unit[1]).sum()} known"
    return _kept(f"values {order} {' '.join(sorted(parted))} {own} {_key(request, records)}", make)


@st.cache_resource(max_entries=24, show_spinner=False)
def _kept(key: str, _make: Callable[[], bytes]) -> bytes:
    return _make()


def _key(request: Request, records: Sequence[LayerGeometry]) -> str:
    return " ".join(spec.layer_key(request, record.layer.name) for record in records)


def _pca_layers(records: Sequence[LayerGeometry], dims: int) -> list[MapLayer]:
    maps = pca_maps(records, dims)
    return [
        _layer(record, positions, quality(record, positions, JUDGED), previous, record.note)
        for record, positions, previous in zip(records, maps, _previous(records), strict=True)
    ]


def _layer(
    record: LayerGeometry,
    positions: np.ndarray,
    judged: tuple[float | None, float | None],
    previous: float | None,
    note: str,
) -> MapLayer:
    layer = record.layer
    return MapLayer(
        layer.name,
        positions,
        title=f"{layer.name}: {theme.shape_text(layer)}",
        trustworthiness=judged[0],
        kept=judged[1],
        previous=previous,
        note=note,
        units=layer.units,
    )


def _previous(records: Sequence[LayerGeometry]) -> list[float | None]:
    """Share of the nearest neighbours that each layer has in common with the last measured one before it."""
    shares: list[float | None] = []
    last: LayerGeometry | None = None
    for record in records:
        shares.append(None if record.note or last is None else _shared(last, record))
        last = last if record.note else record
    return shares


def _shared(a: LayerGeometry, b: LayerGeometry) -> float | None:
    k = min(PREVIOUS_K, a.neighbours.k, b.neighbours.k)
    try:
        return overlap(sample_neighbours(a, k), sample_neighbours(b, k), k)
    except PointsError:  # too few distinct points for a table
        return None


def _styles(table: np.ndarray) -> list[tuple[str, str]]:
    known = table[np.isfinite(table)]
    return theme.class_styles(min(int(known.max()) + 1, blob.LEVELS - 1) if len(known) else 0)


def _pieces(record: LayerGeometry, pieces: Pieces | None) -> np.ndarray:
    if pieces is None or len(pieces.labels) != record.n:
        return np.full(record.n, np.nan)
    return np.where(pieces.labels >= 0, pieces.labels, np.nan)


def _numbers(record: LayerGeometry, colour: Colour) -> np.ndarray:
    try:
        return colours.values(record, colour)[0]
    except PointsError:
        return np.full(record.n, np.nan)
