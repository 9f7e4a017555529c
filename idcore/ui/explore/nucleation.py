"""Nucleation: the peaks of density of each layer, and what those of the chosen one are made of."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from idcore import spec
from idcore.data.coarser import coarser
from idcore.errors import PointsError
from idcore.estimators import nucleation
from idcore.estimators.density import K
from idcore.estimators.nucleation import Nucleation
from idcore.estimators.peaks import Peaks, Z
from idcore.figures.nucleation import dendrogram_figure, nucleation_figure
from idcore.record import Layer, LayerGeometry
from idcore.ui.kit import address, charts, query, state
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.parameters import declare

DIMENSION = declare("peaks-d", "the dimension of the density", 0.0, limits=(0.0, 50.0))
NEIGHBOURS = declare("peaks-k", "the neighbours of the density", K, limits=(4, 64))
LEVEL = declare("peaks-z", "the standard errors that part two peaks", Z, limits=(0.5, 5.0))


@st.fragment(key="nucleation-view")
def nucleation_view(measured: state.Measured, chosen: Layer) -> None:
    """The number of peaks by layer, and the dendrogram of the chosen layer, with the three controls that move both."""
    st.subheader("Nucleation")
    with st.container(horizontal=True):
        given = address.number("d (0: the ID of each layer)", DIMENSION, widget=st.slider, step=0.5, width=260)
        k = address.number("Neighbours k", NEIGHBOURS, widget=st.slider, step=1, width=220)
        z = address.number("Z", LEVEL, widget=st.slider, step=0.05, width=220)
    dimension = None if given == 0 else float(given)
    records = [state.geometry(measured.request, layer.name) for layer in measured.layers]
    known = [geometry for geometry in records if geometry is not None]
    run = measured.run
    if run is None or not known:
        return
    labels, names = run.labels, run.class_names
    classes = len(np.unique(labels[labels >= 0])) if len(labels) else 0
    keys = (str(state.store().root), *(spec.layer_key(measured.request, one.layer.name) for one in known))
    coarse = coarser(measured.request.data.dataset, names)
    rows = _rows(keys, dimension, int(k), float(z), known, labels, coarse)
    charts.draw(
        nucleation_figure(rows, measured.layers, measured.request.network.regime, classes,
                          st.session_state.get("x", "layer")),
        "nucleation",
        alt="Peaks of density by layer: "
        + ", ".join(f"{row.layer} {row.peaks}" for row in rows if row.peaks is not None),
    )  # fmt: skip
    st.caption(_words(rows, len(known), len(measured.layers), classes, dimension, int(k), float(z)))
    for row in rows:
        if row.note:
            st.caption(query.escaped(f"{row.layer}: {row.note}"))
    record = next((geometry for geometry in known if geometry.layer.name == chosen.name), None)
    if record is not None:
        _layer(record, dimension, int(k), float(z), labels, names)
    how_to_read("nucleation")


def _layer(
    record: LayerGeometry, dimension: float | None, k: int, z: float, labels: np.ndarray, names: Sequence[str]
) -> None:
    try:
        peaks: Peaks = nucleation.peaks_of_layer(record, dimension, k, z)
    except PointsError:
        return  # said above, in the row of the layer
    kinds = max(len(names), int(labels.max()) + 1 if len(labels) else 0)
    counts = (
        nucleation.composition(labels, peaks, kinds) if len(labels) else np.zeros((len(peaks.centres), 0), np.int64)
    )
    st.markdown(f"**{query.escaped(record.layer.name)}**")
    charts.draw(
        dendrogram_figure(peaks, counts, names),
        "dendrogram",
        alt=f"Dendrogram of the {len(peaks.centres)} density peaks of {record.layer.name}",
    )
    st.caption(
        f"N = {record.n:,}; each peak has an error of {1 / k**0.5:.2f} in its log density; {peaks.core.mean():.0%} of "
        f"the samples lie in the core of their peak, above its highest saddle, the others in its halo."
    )


def _words(
    rows: Sequence[Nucleation], known: int, all: int, classes: int, dimension: float | None, k: int, z: float
) -> str:
    taken = "its TwoNN ID" if dimension is None else f"{dimension:g} dimensions"
    some = f" {known} of {all} layers are measured." if known < all else ""
    n = rows[0].n
    dotted = f" Dotted line: the {classes} classes." if classes > 1 else ""
    few = (
        f" About {n // classes:,} samples a class, no more than k: classes cannot be peaks of their own."
        if classes > 1 and n // classes <= k
        else ""
    )
    return (
        f"N = {n:,}, density from k = {k} neighbours in {taken}; peaks that a saddle parts by less than Z = {z:g} "
        f"standard errors are one. ARI is 0 by chance. d, k and Z move the answer: look at several.{dotted}{few}{some}"
    )


@st.cache_resource(max_entries=60, show_spinner=False)
def _rows(
    keys: tuple[str, ...], dimension: float | None, k: int, z: float, _records: Sequence[LayerGeometry],
    _labels: np.ndarray, _coarse: tuple[int, ...],
) -> tuple[Nucleation, ...]:  # fmt: skip
    return nucleation.nucleation(_records, _labels, dimension, k, z, _coarse)
