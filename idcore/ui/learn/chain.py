"""Step 3: the layers of a network as a chain of clouds, and ten digits on their way."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from idcore import results
from idcore.data.source import raw
from idcore.errors import PointsError
from idcore.estimators.maps import pca_maps
from idcore.estimators.samples import sample_neighbours
from idcore.figures import theme
from idcore.figures.learn_networks import digits_map, sheet
from idcore.learn.shipped import network
from idcore.learn.texts import percent
from idcore.record import LayerGeometry
from idcore.results import Run
from idcore.spec import EmbedJob, Recipe
from idcore.ui.kit import address, charts, panel, query, state, work
from idcore.ui.kit.panel import Task
from idcore.ui.kit.state import Measured
from idcore.ui.learn import networks
from idcore.ui.learn.question import Answer
from idcore.ui.result.maps import MAP

MAPS = ("PCA", "UMAP")


def step(touch: DeltaGenerator, figures: DeltaGenerator) -> Answer:
    """Choose a layer and a kind of map."""
    job = networks.job(Recipe())
    names = [layer.name for layer in state.measured(job.request, job.layers).layers]
    with touch:
        name, kind = _choose(names) if names else ("", "PCA")
    with figures:
        networks.follow({"the trained network": job}, partial(_draw, name, kind))
    return lambda: _answer(name)


def _answer(name: str) -> str:
    found = network("trained")
    by_layer = dict(zip((row.layer for row in found.rows), found.labels, strict=True))
    here = f" in {name}," if name in by_layer and name not in ("input", "d1") else ""
    shown = f" {percent(by_layer[name])}{here}" if here else ""
    return (
        f"Of the 30 nearest neighbours, {percent(by_layer['input'])} share the class in the input,{shown} "
        f"{percent(by_layer['d1'])} in d1; chance is {percent(found.chance)}."
    )


def _choose(names: list[str]) -> tuple[str, str]:
    name = networks.layer(names)
    query.check(MAP, MAPS)
    if st.session_state.get("map", MAPS[0]) not in MAPS:
        del st.session_state["map"]
    help = "PCA: the two directions of largest spread. UMAP: neighbours stay together, distances between groups mean "
    return name, address.option("Map", MAP, MAPS, help=f"{help}little.")


def _draw(name: str, kind: str, by_name: Mapping[str, Measured]) -> None:
    (measured,) = by_name.values()
    records = {one.name: state.geometry(measured.request, one.name) for one in measured.layers}
    there = {one: record for one, record in records.items() if record is not None and not record.note}
    run = measured.run
    if run is None or name not in there:
        st.skeleton(height=480)
        return
    record, chosen = there[name], ten(run.labels)
    images = raw(measured.request.data.dataset)[0][run.ids, 0]
    with st.container(border=True):
        st.markdown(f"**{query.escaped(name)}**: {theme.shape_text(record.layer)}")
        positions = _umap(measured, name) if kind == "UMAP" and not measured.missing else None
        if positions is None:
            positions = pca_maps(there.values())[list(there).index(name)]
        figure = digits_map(positions, run.labels, chosen, images, run.class_names)
        charts.draw(figure, "chain", alt=f"Map of {len(positions):,} digits in {name}, ten of them as pictures")
        _neighbours(run, record, chosen, images)


def ten(labels: np.ndarray) -> np.ndarray:
    """Places of one sample of each class: the first."""
    return np.unique(labels, return_index=True)[1]


def _umap(measured: Measured, name: str) -> np.ndarray | None:
    """The UMAP of a layer from a worker; None, and how far it is, until it is there."""
    job = EmbedJob(measured.request, tuple(layer.name for layer in measured.layers))
    found = results.embedding(state.store(), job, name)
    if found is not None and len(found.positions):
        return found.positions
    panel.draw("learn-map", Task(job, work.started(job), note="PCA until the UMAP is ready."))
    return None


def _neighbours(run: Run, record: LayerGeometry, chosen: np.ndarray, images: np.ndarray) -> None:
    """The ten digits and, below, the nearest neighbour of each; how many of all have one of their own class."""
    try:
        nearest = sample_neighbours(record, 1).indices[:, 0]
    except PointsError as error:
        st.caption(query.escaped(str(error)))
        return
    same = run.labels[nearest] == run.labels
    picture = sheet([images[chosen], images[nearest[chosen]]])
    st.image(picture, width="stretch", alt="Above ten digits, below the nearest neighbour of each in this layer")
    st.caption(
        f"Above: ten digits. Below: their nearest neighbours among N = {len(nearest):,}, by all {record.layer.units:,} "
        f"units. Here {same.mean():.1%} of all digits have a nearest neighbour of their own class."
    )
