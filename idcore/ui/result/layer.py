"""One layer: its numbers, its fit, its spectrum. The slider answers inside fragments, so the page stays still."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from idcore import spec
from idcore.errors import PointsError
from idcore.estimators.error_bar import METHOD
from idcore.estimators.scale import twonn_of_block
from idcore.estimators.spectrum import Spectrum
from idcore.estimators.summary import LayerSummary
from idcore.figures.fit import fit_figure
from idcore.figures.spectrum import spectrum_figure
from idcore.record import Layer, LayerGeometry
from idcore.spec import USUAL, Reading, Request
from idcore.ui.kit import address, charts, query, state
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.parameters import declare

DISCARD = declare("discard", "the discarded fraction", USUAL.discard, limits=(0.0, 0.5))
VARIANCE = declare("variance", "the share of the variance", USUAL.variance, limits=(0.5, 0.99))
SAMPLES = declare("samples", "the share of the samples", options=("all", "half", "a quarter", "an eighth"))


def reading() -> Reading:
    """What the two sliders say, for every number of the page. They say the same for as long as it is drawn."""
    return state.now(_reading, _reading)


def _reading() -> Reading:
    return Reading(query.early(DISCARD), query.early(VARIANCE))


@st.fragment(key="metrics")
def metrics(request: Request, layer: Layer) -> None:
    """The numbers of a layer, each with its context, and what must be said about them."""
    row = state.summary(request, layer.name, reading())
    if row is None:
        return
    tiles = [
        (
            "Intrinsic dimension",
            _number(row.id, row.id_err),
            f"TwoNN, {row.n - row.dropped:,} points; ± one standard error, {METHOD}",
        ),
        ("PC-ID", _count(row.pc_id), f"Components that hold {reading().variance:.0%} of the variance"),
        (
            "Linearised ID",
            _number(row.linearised_id, row.linearised_err),
            "TwoNN of Gaussian samples, same covariance; ± one standard error",
        ),
        ("Samples N", _count(row.n), f"{row.dropped:,} not used by TwoNN; {row.duplicates:,} exact copies"),
        ("Units D", _count(row.units), f"{row.dead:,} of them constant"),
        ("R² of the fit", "–" if row.r2 is None else f"{row.r2:.4f}", "Of the line through the origin"),
    ]
    with st.grid(6, min_column_width=120, gap="small"):
        for label, value, help in tiles:
            st.metric(label, value, help=help)
    st.caption(query.escaped(" ".join(sentences(row))))


def sentences(row: LayerSummary) -> list[str]:
    """What must be said about the numbers of a layer, in words."""
    said = [row.note] if row.note else []
    if row.reading:
        said.append(row.reading)
    if row.dropped and row.id is not None:
        copies = f", {row.duplicates:,} of them exact copies of another" if row.duplicates else ""
        said.append(f"{row.dropped:,} of {row.n:,} samples were not used{copies}.")
    elif row.id is not None:
        said.append(f"All {row.n:,} samples were used; none is an exact copy of another.")
    if row.dead:
        said.append(f"{row.dead:,} of {row.units:,} units never change on these samples.")
    return said


@dataclass(frozen=True)
class _Fit:
    """The numbers of a `TwoNN`, without its points. low, high: of the interval. kept: points that were fitted."""

    id: float
    stderr: float
    low: float
    high: float
    r2: float
    kept: int
    n: int
    dropped: int


def _fitted(record: LayerGeometry, level: int, discard: float) -> _Fit:
    fit = twonn_of_block(record, level, discard)
    return _Fit(fit.id, fit.stderr, *fit.interval, fit.r2, int(fit.kept.sum()), fit.n, fit.dropped)


@st.fragment(key="fit")
def fit_view(request: Request, layer: Layer) -> None:
    """The neighbour-ratio fit with its slider. A change reruns the fragments that show numbers, and nothing else."""
    st.subheader("Neighbour-ratio fit")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _discard_slider()
    with right:
        level = SAMPLES.options.index(address.option("Samples", SAMPLES, widget=st.select_slider))
    discard, record = reading().discard, state.geometry(request, layer.name)
    try:
        fit = state.of_record(_fitted, request, layer.name, level, discard)
    except PointsError as error:
        st.info(query.escaped(str(error)))
        return
    if fit is None or record is None:
        return
    charts.draw(
        charts.once(
            lambda: fit_figure(twonn_of_block(record, level, discard), request.network.regime),
            *(fit_figure, spec.layer_key(request, layer.name), discard, level),
        ),
        "fit",
        alt=f"Neighbour ratios of {layer.name}: {fit.kept} fitted points on a line of slope {fit.id:.2f}",
    )
    st.caption(
        f"ID {fit.id:.2f} ± {fit.stderr:.2f} (95% interval {fit.low:.2f} to {fit.high:.2f}, {METHOD}), "
        f"R² {fit.r2:.4f}: {fit.kept:,} of {fit.n:,} points fitted, {fit.dropped:,} dropped, "
        f"D = {layer.units:,}." + (f" One of {2**level} random blocks, with neighbours of its own." if level else "")
    )
    how_to_read("fit")


@st.fragment(key="spectrum")
def spectrum_view(request: Request, layer: Layer) -> None:
    """The spectrum with the PC-ID marked, and the slider of its variance."""
    st.subheader("Spectrum")
    variance_slider(on_change=_renumber)
    record = state.geometry(request, layer.name)
    row = state.summary(request, layer.name, reading())
    if record is None or row is None:
        return
    if row.pc_id is None:
        st.info(query.escaped(row.note) or "This layer does not vary: it has no spectrum.")
        return
    variance = reading().variance
    charts.draw(
        charts.once(
            lambda: spectrum_figure(Spectrum(record.eigenvalues), request.network.regime, variance=variance, id=row.id),
            *(spectrum_figure, spec.layer_key(request, layer.name), variance, row.id),
        ),
        "spectrum",
        alt=f"Spectrum of {layer.name}: {row.pc_id} components hold {variance:.0%} of the variance",
    )
    st.caption(
        f"PC-ID {row.pc_id:,} at {variance:.0%} of the variance; participation ratio {row.participation_ratio:.1f}; "
        f"{record.eigenvalues.size:,} eigenvalues from N = {row.n:,}, D = {row.units:,}."
    )
    how_to_read("spectrum")


def variance_slider(**more: Any) -> float:
    """Draw the slider of the variance."""
    label = "Variance held by the PC-ID"
    return float(address.number(label, VARIANCE, widget=st.slider, step=0.01, format="percent", **more))


def keep_sliders() -> None:
    """The two sliders, out of sight: where they do not stand on the page, what they say goes on counting for all its
    numbers, and stays in the address."""
    with st.container(key="out-of-sight"):
        _discard_slider()
        variance_slider(on_change=_renumber)


def _discard_slider() -> None:
    address.number("Discarded fraction of the largest μ", DISCARD, widget=st.slider, step=0.01, format="percent",
                   on_change=_renumber)  # fmt: skip


NUMBERS = ("curve", "metrics", "fit", "spectrum", "scale-view", "estimators-view")


def _renumber() -> None:
    st.rerun(list(NUMBERS))


def _number(value: float | None, error: float | None) -> str:
    return "–" if value is None else f"{value:.2f}" + ("" if error is None else f" ± {error:.2f}")


def _count(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"
