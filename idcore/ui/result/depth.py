"""Along depth: what each layer knows of the labels, of the output, of the other layers."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from idcore import spec
from idcore.errors import PointsError
from idcore.estimators.cka import CKA, cka_matrix
from idcore.estimators.compare import LayerKnowledge, along_depth
from idcore.estimators.imbalance import MATRIX_ANCHORS, Imbalances, imbalances
from idcore.estimators.null import PERMUTATIONS, cka_null, overlap_null, threshold
from idcore.estimators.samples import sample_neighbours
from idcore.figures.information import imbalance_figure, plane_figure
from idcore.figures.overlap import cka_figure, overlap_figure
from idcore.record import LayerGeometry
from idcore.ui.kit import address, charts, query, state
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.parameters import declare
from idcore.ui.result import detectors, local, probes, scales

ALONG = declare(
    "along", "the view along depth", options=("neighbourhoods", "scale", "local", "CKA", "information", "detectors")
)
KIND = declare("cka", "the kind of CKA", options=("debiased", "plain"))
_NARROW = 0.01
PERMUTED = 4000
"""Samples up to which a page permutes them, and follows the ranks of as many as the command line does."""
FEW_ANCHORS = 200
"""Samples whose ranks are followed above that: a second instead of two and a half, and the error is told."""


MOST_PAIRED = 64
"""Layers of which each is compared with each: of 600 that would be 180,000 pairs, minutes of work, in one picture."""


def spread(varying: Sequence[LayerGeometry]) -> list[LayerGeometry]:
    """At most `MOST_PAIRED` of them, evenly from the first to the last."""
    count = len(varying)
    if count <= MOST_PAIRED:
        return list(varying)
    return [varying[round(i * (count - 1) / (MOST_PAIRED - 1))] for i in range(MOST_PAIRED)]


def spread_words(shown: int, count: int) -> str:
    """That not all are shown, "" where they are."""
    return f" {shown} of {count:,} layers, evenly from the first to the last." if shown < count else ""


def active(measured: state.Measured, device: str) -> bool:
    """Whether probes are being fitted, or the units of the detector curve counted while it is open."""
    if query.early(ALONG) == "detectors":
        return detectors.active(measured, device)
    return probes.active([measured])


def depth_view(measured: state.Measured, device: str, polled: bool = False) -> None:
    """The section: neighbourhoods, CKA or detectors, when all layers of the plan are measured. polled: this runs again
    and again until probes are fitted and units counted."""
    if polled and not active(measured, device):
        st.rerun()
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Along depth")
        view = address.option("Along depth", ALONG, label_visibility="collapsed", on_change=st.rerun)
        debiased = view != "CKA" or kind_of_cka()
    records = [state.geometry(measured.request, layer.name) for layer in measured.layers]
    known = [geometry for geometry in records if geometry is not None]
    if len(known) < len(records):
        st.caption(f"{len(known)} of {len(records)} layers are measured; this compares all of them.")
        return
    if view == "neighbourhoods":
        _neighbourhoods(measured, known)
    elif view == "scale":
        scales.scales_view(measured, known)
    elif view == "local":
        local.local_view(measured, known)
    elif view == "CKA":
        _cka(measured, known, debiased)
    elif view == "information":
        _information(measured, known)
    else:
        detectors.curve_view(measured, device)


def kind_of_cka() -> bool:
    """The control of the kind of CKA; whether it is the debiased one."""
    return bool(address.option("CKA", KIND, label_visibility="collapsed") == "debiased")


def cka_words(matrix: Sequence[Sequence[CKA]], debiased: bool) -> str:
    """What must be said of the values: which they are, what is near 0, how wide the bounds are."""
    widest = max(cell.high - cell.low for row in matrix for cell in row)
    return (
        ("Debiased: near 0 for independent layers, a little below at times." if debiased else
         "Plain: biased towards 1 where there are more units than samples, also for independent layers.")
        + f" Computed from the leading principal components; exact to ± {widest:.3f}"
        + (", so read the second digit with care." if widest > _NARROW else ".")
    )  # fmt: skip


def chance_words(chance: float | None, permutations: int = PERMUTATIONS) -> str:
    """What the grey cells are; None: not asked."""
    if chance is None:
        return ""
    return (
        f"Grey: up to {chance:.3f}, which the most alike of all pairs reaches by chance in 5% of {permutations} "
        "permutations of the samples."
    )


def _neighbourhoods(measured: state.Measured, geometries: Sequence[LayerGeometry]) -> None:
    run, request = measured.run, measured.request
    assert run is not None
    try:
        rows = _knowledge(_keys(measured), geometries, run.labels)
    except PointsError as error:
        st.info(query.escaped(str(error)))
        return
    axis = st.session_state.get("x", "layer")
    charts.draw(
        overlap_figure(
            rows,
            measured.layers,
            request.network.regime,
            request.data.n,
            x=axis,
            probes=probes.fitted(measured),
        ),
        "overlap",
        alt="Share of the nearest neighbours with the same label: "
        + ", ".join(f"{row.layer} {row.labels:.0%}" for row in rows if row.labels is not None),
    )
    k = rows[0].k if rows else 0
    st.caption(
        f"k = {k} nearest neighbours of each of N = {request.data.n:,} samples; dotted line: "
        f"{k / max(request.data.n - 1, 1):.1%}, the overlap expected by chance; bars are one standard error. "
        f"{_overlap_words(measured, geometries, rows)}"
    )
    probes.section({"This network": measured}, "along")
    how_to_read("overlap")


def _overlap_words(
    measured: state.Measured, geometries: Sequence[LayerGeometry], rows: Sequence[LayerKnowledge]
) -> str:
    """Which overlaps with the output chance could give."""
    varying = [geometry for geometry in geometries if not geometry.note]
    if len(varying) < 2 or varying[-1] is not geometries[-1]:
        return ""
    if varying[0].n > PERMUTED:
        return f"Above N = {PERMUTED:,} no permutations are drawn here: layerscope profile --statistics similarity."
    chance = _overlap_chance(_keys(measured), varying, rows[0].k)
    within = [row.layer for row in rows[:-1] if row.output is not None and row.output <= chance]
    named = f"chance could give that of {', '.join(within)}" if within else "no layer shown is within chance"
    return query.escaped(
        f"Overlap with the output (mutual k-nearest neighbours): the highest of all layers reaches {chance:.1%} "
        f"by chance in 5% of {PERMUTATIONS} permutations of the samples; {named}."
    )


def _cka(measured: state.Measured, geometries: Sequence[LayerGeometry], debiased: bool) -> None:
    every = [geometry for geometry in geometries if not geometry.note]
    varying = spread(every)
    names = [geometry.layer.name for geometry in varying]
    if not names:
        st.info("No layer varies: there is nothing to compare.")
        return
    try:
        matrix = _matrix(_keys(measured), varying, debiased)
        chance = _chance(_keys(measured), varying, debiased)
    except PointsError as error:
        st.info(query.escaped(str(error)))
        return
    kind = "Debiased" if debiased else "Plain"
    charts.draw(
        cka_figure(matrix, names, chance=chance),
        "cka",
        alt=f"{kind} linear CKA between {len(names)} layers; {names[0]} and {names[-1]}: {matrix[0][-1].value:.2f}",
    )
    left_out = len(geometries) - len(every)
    st.caption(
        f"N = {measured.request.data.n:,}. {cka_words(matrix, debiased)} {chance_words(chance)}"
        + spread_words(len(varying), len(every))
        + (f" {left_out} constant layer{'s' * (left_out > 1)} left out." if left_out else "")
    )
    how_to_read("cka")


def _information(measured: state.Measured, geometries: Sequence[LayerGeometry]) -> None:
    every = [geometry for geometry in geometries if not geometry.note]
    varying = spread(every)
    names = [geometry.layer.name for geometry in varying]
    try:
        matrix = _imbalances(_keys(measured), varying)
    except PointsError as error:
        st.info(query.escaped(str(error)))
        return
    charts.draw(
        imbalance_figure(matrix, names),
        "information",
        alt=f"Information imbalance between {len(names)} layers; {names[0]} to {names[-1]}: "
        f"{matrix.values[0, -1]:.2f}, back {matrix.values[-1, 0]:.2f}",
    )
    charts.draw(
        plane_figure(matrix, names),
        "plane",
        alt=f"Both directions of the information imbalance of each two of {len(names)} layers",
    )
    st.caption(imbalance_words(matrix, varying) + spread_words(len(varying), len(every)))
    how_to_read("information")


def imbalance_words(matrix: Imbalances, layers: Sequence[LayerGeometry]) -> str:
    """What the numbers are, their error, and what the distances were taken from."""
    held = min(float(g.eigenvalues[: g.coordinates.shape[1]].sum() / g.eigenvalues.sum()) for g in layers)
    return (
        f"From the row to the column; N = {matrix.n:,}, k = 1, ranks over all samples for {matrix.anchors:,} of them "
        f"drawn by a fixed seed: ± {matrix.errors.max():.3f} at most (one standard error). "
        f"0: the row foretells the column's "
        f"neighbours; 1: it tells nothing. Distances are those of the leading principal coordinates, which hold "
        f"{held:.1%} of the variance or more."
    )


def _keys(measured: state.Measured) -> tuple[str, ...]:
    return (str(state.store().root), *(spec.layer_key(measured.request, layer.name) for layer in measured.layers))


@st.cache_resource(max_entries=20, show_spinner=False)
def _knowledge(
    keys: tuple[str, ...], _geometries: Sequence[LayerGeometry], _labels: np.ndarray
) -> tuple[LayerKnowledge, ...]:
    return along_depth(_geometries, _labels)


@st.cache_resource(max_entries=20, show_spinner=False)
def _matrix(keys: tuple[str, ...], _geometries: Sequence[LayerGeometry], debiased: bool) -> list[list[CKA]]:
    return cka_matrix(_geometries, debiased=debiased)


@st.cache_resource(max_entries=20, show_spinner="Permuting samples")
def _overlap_chance(keys: tuple[str, ...], _geometries: Sequence[LayerGeometry], k: int) -> float:
    tables = [sample_neighbours(geometry, k) for geometry in _geometries]
    return threshold(overlap_null(tables[:-1], tables[-1:], k))


@st.cache_resource(max_entries=20, show_spinner="Counting ranks")
def _imbalances(keys: tuple[str, ...], _geometries: Sequence[LayerGeometry]) -> Imbalances:
    few = _geometries[0].n > PERMUTED
    return imbalances(
        [geometry.coordinates for geometry in _geometries], anchors=FEW_ANCHORS if few else MATRIX_ANCHORS
    )


@st.cache_resource(max_entries=20, show_spinner=False)
def _chance(keys: tuple[str, ...], _geometries: Sequence[LayerGeometry], debiased: bool) -> float:
    return threshold(cka_null(_geometries, _geometries, debiased), symmetric=True)
