"""The map of a layer: PCA at once, UMAP from a worker; its quality printed beside it."""

import streamlit as st

from idcore import results
from idcore.errors import PointsError
from idcore.estimators.embedding import Embedding, pca_map
from idcore.figures.coloured import coloured_figure
from idcore.figures.projection import projection_figure
from idcore.record import Layer, LayerGeometry
from idcore.spec import EmbedJob, Request, layer_key
from idcore.ui import charts, local, query, state, work
from idcore.ui.explain import how_to_read
from idcore.ui.query import OPTIONS
from idcore.ui.sidebar import BOUND


def embed_job(request: Request, layer: str) -> EmbedJob:
    """The UMAP of one layer by itself."""
    return EmbedJob(request, (layer,), chained=False)


def map_view(measured: state.Measured, layer: Layer, device: str, polled: bool) -> None:
    """Draw the chosen map, or how far its job is. polled: this runs again and again until the job has ended."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Map")
        with st.container(horizontal=True, width="content"):
            colour = st.segmented_control(
                "Colour", OPTIONS["colour"], default="class", required=True, key="colour", label_visibility="collapsed",
                **BOUND,
            )  # fmt: skip
            method = st.segmented_control(
                "Map", OPTIONS["map"], default="PCA", required=True, key="map", label_visibility="collapsed",
                on_change=st.rerun, **BOUND,
            )  # fmt: skip
    query.drawn("colour")
    query.drawn("map")
    if polled and not waiting(measured.request, layer.name, device):
        st.rerun()
    found = state.geometry(measured.request, layer.name)
    if found is None or measured.run is None:
        return
    if found.note:
        st.info(f"No map: {found.note}")
        return
    request = measured.request
    embedding = _pca(request, layer.name) if method == "PCA" else _umap(request, layer.name, device)
    if embedding is not None:
        _draw(measured, layer, embedding, found, colour)


def waiting(request: Request, name: str, device: str) -> bool:
    """Whether the map on show is a UMAP whose job waits or runs."""
    if query.early("map", "PCA") != "UMAP" or results.embedding(state.store(), embed_job(request, name), name):
        return False
    return work.started(embed_job(request, name), device).active


@st.cache_resource(max_entries=64, show_spinner=False)
def _pca_of(key: str, _request: Request, _name: str) -> Embedding:
    found = state.geometry(_request, _name)
    assert found is not None
    return pca_map(found)


def _pca(request: Request, name: str) -> Embedding:
    return _pca_of(layer_key(request, name), request, name)


def _umap(request: Request, name: str, device: str) -> Embedding | None:
    job = embed_job(request, name)
    found = results.embedding(state.store(), job, name)
    if found is not None:
        return found
    now = work.started(job, device)
    if now.active:
        work.show_progress(job, now, "map")
        st.skeleton(height=480)
    elif now.state != "done":
        work.show_end(job, now, "map", device)
    return None


def _draw(measured: state.Measured, layer: Layer, embedding: Embedding, found: LayerGeometry, colour: str) -> None:
    axes = ("first principal component", "second principal component") if embedding.method == "pca" else ("", "")
    picture, words = st.columns([3, 1], gap="medium")
    with picture:
        _picture(measured, layer, embedding, found, colour, axes)
    with words:
        _quality(embedding)


def _picture(
    measured: state.Measured,
    layer: Layer,
    embedding: Embedding,
    found: LayerGeometry,
    colour: str,
    axes: tuple[str, str],
) -> None:
    run, words = measured.run, ""
    assert run is not None
    if colour == "class":
        figure = projection_figure(
            embedding.positions, run.labels, run.class_names, ids=run.ids, predictions=run.predictions, axes=axes
        )
    else:
        try:
            values, words = local.values(found, colour)
        except PointsError as error:
            st.info(str(error))
            return
        figure = coloured_figure(embedding.positions, values, local.NAMES[colour], ids=run.ids, axes=axes)
    about = f"{embedding.method.upper()} map of {len(run.labels)} samples in {layer.name}, coloured by {colour}"
    charts.show(figure, "map", alt=about)
    if words:
        st.caption(words)


def _quality(embedding: Embedding) -> None:
    st.metric("Trustworthiness", _share(embedding.trustworthiness), help="1: all neighbours on the map are true ones.")
    st.metric("Neighbours kept", _share(embedding.overlap), help="Share of the true neighbours that the map keeps.")
    st.caption(f"{_made(embedding)} of {len(embedding.positions):,} samples. {embedding.note}")
    how_to_read("map")


def _made(embedding: Embedding) -> str:
    if embedding.method == "pca":
        return "The first two principal components"
    values = embedding.parameters
    return f"UMAP ({values['neighbours']} neighbours, min_dist {values['min_dist']:g}, seed {values['seed']})"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
