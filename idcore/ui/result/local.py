"""The local dimension along depth: medians of the classes, and their histograms in the chosen layer."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from idcore import spec
from idcore.errors import PointsError
from idcore.estimators import local
from idcore.estimators.local import ALL, Median
from idcore.figures.local import class_figure, histogram_figure
from idcore.record import LayerGeometry
from idcore.ui.kit import charts, query, state
from idcore.ui.kit.explain import how_to_read


def local_view(measured: state.Measured, geometries: Sequence[LayerGeometry]) -> None:
    """Trajectories of the classes through the layers, and histograms of the chosen layer."""
    run = measured.run
    assert run is not None
    keys = (str(state.store().root), *(spec.layer_key(measured.request, one.layer.name) for one in geometries))
    by_layer = _by_layer(keys, geometries, run.labels)
    if not by_layer:
        st.info("No layer has a local dimension: too few distinct samples, or equal distances.")
        return
    charts.draw(
        class_figure(by_layer, measured.layers, run.class_names, st.session_state.get("x", "layer")),
        "local",
        alt="Median local dimension by layer: "
        + ", ".join(f"{name} {rows[ALL].median:.1f}" for name, rows in by_layer.items() if ALL in rows),
    )
    k = min([local.K, *(one.neighbours.k for one in geometries if not one.note)])
    st.caption(
        f"N = {measured.request.data.n:,}; Levina–Bickel from k = {k} neighbours at each sample, which errs by "
        f"{1 / max(k - 2, 1) ** 0.5:.0%} for a single one. Lines: medians of the classes, bars one standard error with "
        "samples taken as independent, so too small. Band: quartiles of all samples."
    )
    chosen = next((one for one in geometries if one.layer.name == st.session_state.get("layer")), None)
    if chosen is not None:
        _histograms(chosen, run.labels, run.class_names)
    how_to_read("local")


def _histograms(record: LayerGeometry, labels: np.ndarray, names: Sequence[str]) -> None:
    try:
        values = local.of_samples(record)
    except PointsError as error:
        st.info(query.escaped(f"{record.layer.name}: {error}"))
        return
    st.markdown(f"**{query.escaped(record.layer.name)}**")
    charts.draw(
        histogram_figure(values, labels, names),
        "local-histogram",
        alt=f"Histograms of the local dimension by class in {record.layer.name}",
    )
    known = int(np.isfinite(values).sum())
    st.caption(f"{known:,} of N = {record.n:,} samples; the largest percent stands in the last bin.")


@st.cache_resource(max_entries=20, show_spinner=False)
def _by_layer(
    keys: tuple[str, ...], _geometries: Sequence[LayerGeometry], _labels: np.ndarray
) -> dict[str, dict[int, Median]]:
    return local.by_class(_geometries, _labels)
