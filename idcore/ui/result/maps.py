"""The map of a network, PCA at once and UMAP from a worker; below it, what the reader points at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st

from idcore import results
from idcore.errors import PointsError
from idcore.estimators import colours
from idcore.estimators.colours import COLOURS
from idcore.estimators.embedding import QUALITY_K, Embedding
from idcore.estimators.maps import pca_maps
from idcore.figures.cloud import cloud_figure
from idcore.record import Layer, LayerGeometry
from idcore.results.placed import Placed
from idcore.shapes import Int
from idcore.spec import ELSEWHERE, EmbedJob
from idcore.ui.kit import address, panel, print_figure, query, state, work
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.kept import Kept
from idcore.ui.kit.panel import Task
from idcore.ui.kit.parameters import declare
from idcore.ui.result import appearance, pick, segments, unit
from idcore.ui.result.map import MapChoice, parts
from idcore.ui.result.map import map_view as component
from idcore.ui.result.sample import hint, sample_view
from idcore.ui.result.selection import selection_view

KEY = "map-of-network"
MAP = declare("map", options=("PCA", "PCA 3-D", "UMAP"))
BEGIN = declare("begin", options=("chained", "by itself"))
COLOUR = declare(
    "colour",
    options=(
        "class",
        "prediction",
        "right or wrong",
        "shuffled label",
        *(one.name for one in COLOURS),
        parts.PIECES,
        unit.COLOUR,
    ),
)
_UMAP_WORDS = "UMAP ({job.neighbours} neighbours, min_dist {job.min_dist:g}, seed {job.seed}), {begun}."
_BEGUN = {
    "chained": "each started from the previous layer",
    "by itself": "each started from scratch and only rotated onto the previous layer, about 10× slower",
}
_BEGINS = {"chained": "the previous layer", "by itself": "scratch (about 10× slower)"}
"""How the UMAP of a layer begins. Chained, a point stays where it was unless its neighbours changed, at the price of a
bias towards the layer before."""
PCA_WORDS = "Leading principal components, rotated to match the previous layer."
_umaps = Kept(200)


def embed_job(measured: state.Measured) -> EmbedJob:
    """The UMAP of all layers of the plan, each beginning at the one before unless the reader wants it otherwise."""
    chained = query.early(BEGIN) == "chained"
    return EmbedJob(measured.request, tuple(layer.name for layer in measured.layers), chained=chained)


@dataclass(frozen=True, eq=False)
class Door:
    """A way from a sample of the map to another view. open: called with its place, within a callback."""

    title: str
    icon: str
    open: Callable[[int], None]


def map_view(
    measured: state.Measured,
    layer: Layer,
    device: str,
    polled: bool,
    pictures: Placed | None = None,
    doors: Sequence[Door] = (),
) -> None:
    """Draw the chosen map, or how far its job is. polled: this runs again and again until the job has ended.
    pictures: of a person's own, marked on the PCA maps. doors: where else one can go with a sample."""
    method = choose("Map")
    if method == "UMAP":
        _begin()
    if polled and not waiting(measured, device, layer):
        st.rerun()
    records = measured_records(measured)
    if measured.run is None or not any(not record.note for record in records):
        return
    if len(records) < len(measured.layers):
        st.caption(f"{len(records)} of {len(measured.layers)} layers are measured; the map shows these.")
    content, made = contents(measured, records, method, layer.name, device)
    marks = None
    if pictures is not None and method != "UMAP":
        marks = parts.pictures(method, records, pictures)
    print_figure.offer("map", f"Map of {layer.name}", lambda: printed_map(measured, records, layer, method))
    choice = _draw(measured, content, marks, records, layer)
    st.caption(f"{made} N = {records[0].n:,}, each layer at its own scale. {quality_words(records[0].n, made)}")
    how_to_read("map")
    segments.section(measured)
    unit.section(measured, layer, _colour_by, st.query_params.get(COLOUR.name, ""))
    _below(measured, records, layer, choice, doors)


def printed_map(measured: state.Measured, records: list[LayerGeometry], layer: Layer, method: str) -> Any:
    """The map of a layer as a flat figure: its UMAP where that is on show, else PCA. Raises PointsError."""
    assert measured.run is not None
    names = [record.layer.name for record in records]
    if layer.name not in names or records[names.index(layer.name)].note:
        raise PointsError(f"There is no map of {layer.name}: it has no numbers.")
    known = _embedding(embed_job(measured), layer.name) if method == "UMAP" else None
    if known is not None and len(known.positions):
        return cloud_figure(known.positions, measured.run.labels, measured.run.class_names, ("UMAP 1", "UMAP 2"))
    axes = ("first principal component", "second, turned onto the layer before")
    return cloud_figure(pca_maps(records)[names.index(layer.name)], measured.run.labels, measured.run.class_names, axes)


def choose(title: str) -> str:
    """The head of a section of maps, with the control of their kind."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(title)
        kind: str = address.option("Map", MAP, label_visibility="collapsed", on_change=st.rerun)
        return kind


def measured_records(measured: state.Measured) -> list[LayerGeometry]:
    """The layers that are measured."""
    records = [state.geometry(measured.request, one.name) for one in measured.layers]
    return [record for record in records if record is not None]


def contents(
    measured: state.Measured,
    records: list[LayerGeometry],
    method: str,
    layer: str,
    device: str,
    key: str = "map",
    order: Int[np.ndarray, " n"] | None = None,
) -> tuple[bytes, str]:
    """The positions of a map, and how it was made, in a sentence. Of UMAPs those that are there, once that of the open
    layer is; until then PCA, and a word on how far they are. order: of the samples, where the records are in another
    than their own."""
    umaps = _umap(measured, records, layer, device, key, order) if method == "UMAP" else None
    if umaps is None:
        kind = "PCA" if method == "UMAP" else method
        return parts.pca(measured.request, kind, records, parts.told(order)), PCA_WORDS
    job = embed_job(measured)
    return umaps, _UMAP_WORDS.format(job=job, begun=_BEGUN["chained" if job.chained else "by itself"])


def _begin() -> None:
    """The control of how each map begins."""
    address.option("Start each map from", BEGIN, on_change=st.rerun, format_func=lambda name: _BEGINS[name])


def _below(
    measured: state.Measured,
    records: list[LayerGeometry],
    layer: Layer,
    chosen: MapChoice,
    doors: Sequence[Door],
) -> None:
    """What is pinned and what is selected on the map."""
    assert measured.run is not None
    pictures, said = appearance.thumbnails(measured), appearance.texts(measured)
    if measured.request.network == ELSEWHERE:
        st.caption("These samples came as numbers: there are no images to show.")
    elif appearance.missing(measured):
        appearance.offer(measured)
    if chosen.sample is None and not len(chosen.selection):
        hint()
    if chosen.sample is not None:
        with st.container(key="one-sample"):
            sample_view(measured.run, records, chosen.sample, pictures, layer.name, said)
            with st.container(horizontal=True):
                pressed = [
                    st.button(door.title, key=f"door-{i}", icon=door.icon, on_click=door.open, args=(chosen.sample,))
                    for i, door in enumerate(doors)
                ]
            if any(pressed):
                st.rerun()  # the page, not this part of it alone
    if len(chosen.selection):
        with st.container(key="selection"):
            selection_view(measured, records, chosen.selection, pictures, said)


def quality_words(n: int, made: str) -> str:
    """What the numbers beside a map were taken from. made: as `contents` says it."""
    few = f", estimated from {parts.JUDGED:,} samples" if made == PCA_WORDS and n > parts.JUDGED else ""
    own = f"Trustworthiness and neighbours kept use k = {QUALITY_K}{few}"
    return f"{own}; overlap with the previous layer uses k = {parts.PREVIOUS_K}."


def waiting(measured: state.Measured, device: str, chosen: Layer | None = None) -> bool:
    """Whether the map on show is a UMAP whose job waits or runs, its thumbnails are being made, or the values of the
    open unit of the chosen layer are being taken."""
    if appearance.being_made(measured):
        return True
    if segments.active(measured) or (chosen is not None and unit.active(measured, chosen)):
        return True
    if query.early(MAP) != "UMAP" or measured.missing or not measured.layers:
        return False
    return None in _embeddings(measured) and work.started(embed_job(measured), device).active


def _embeddings(measured: state.Measured) -> list[Embedding | None]:
    """The UMAP of every layer, None where it is not there yet."""
    job = embed_job(measured)
    return [_embedding(job, name) for name in job.layers]


def _embedding(job: EmbedJob, layer: str) -> Embedding | None:
    store = state.store()
    return _umaps.get(lambda: results.embedding(store, job, layer), store.root, results.embedding_key(job, layer))


def _umap(
    measured: state.Measured,
    records: list[LayerGeometry],
    layer: str,
    device: str,
    key: str,
    order: Int[np.ndarray, " n"] | None,
) -> bytes | None:
    """The UMAPs that are there, or None; and a word on how far the others are."""
    if measured.missing:
        st.caption("PCA until then: UMAP begins when all layers are measured.")
        return None
    embeddings, job = _embeddings(measured), embed_job(measured)
    known = [one for one in embeddings if one is not None]
    if len(known) < len(embeddings):
        panel.draw(key, Task(job, work.started(job, device)), device=device)
    if embeddings[job.layers.index(layer)] is None:
        st.caption(query.escaped(f"PCA until the UMAP of {layer} is ready."))
        return None
    if not any(len(one.positions) for one in known):
        st.caption(query.escaped(f"PCA instead: no layer has a UMAP. {known[-1].note}"))
        return None
    if order is not None:
        embeddings = [one and _turned(one, order) for one in embeddings]
    name = f"{results.embedding_key(job, job.layers[-1])} {len(known)} {parts.told(order)}"
    return parts.umap(name, records, embeddings)


def _turned(one: Embedding, order: Int[np.ndarray, " n"]) -> Embedding:
    return replace(one, positions=one.positions[order]) if len(one.positions) else one


def _draw(
    measured: state.Measured, content: bytes, marks: bytes | None, records: list[LayerGeometry], layer: Layer
) -> MapChoice:
    assert measured.run is not None
    colour = st.query_params.get(COLOUR.name, COLOUR.default)
    by_unit = unit.colour(measured, layer, colour)
    choice = component(
        parts.samples(measured.run, appearance.texts(measured)),
        content,
        values=parts.values(measured.request, records, segments.parted(measured), layer.name, by_unit),
        images=appearance.images(measured),
        marks=marks,
        key=KEY,
        layer=layer.name,
        colour=colour,
        on_open=_open,
    )
    if choice.colour in COLOUR.options and choice.colour != colour:
        st.query_params[COLOUR.name] = choice.colour
    if by_unit is not None and np.isfinite(by_unit[1]).all():
        st.caption(query.escaped(unit.told(*by_unit)))
    if (choice.colour or colour) == parts.PIECES:
        segments.told(measured, layer.name)
    record = next((one for one in records if one.layer.name == layer.name), None)
    number = next((one for one in COLOURS if one.name == (choice.colour or colour)), None)
    if number is not None and record is not None and not record.note:
        try:
            st.caption(f"{layer.name}: {colours.values(record, number)[1]}")
        except PointsError as error:
            st.caption(query.escaped(str(error)))
    return choice


def _colour_by(colour: str) -> None:
    """Within a callback."""
    st.query_params[COLOUR.name] = colour


def _open(name: str) -> None:
    """The layer that the reader asked for becomes the layer of the page, in the address too."""
    pick.choose(name)
    st.rerun()
