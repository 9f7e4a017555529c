"""Step 1: clouds whose dimension is known."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from idcore.figures.learn import cloud_figure, curl_figure
from idcore.learn.manifolds import MOST_DIMENSIONS, SHAPES, cloud, true_dimension
from idcore.learn.measure import measure
from idcore.spec import USUAL
from idcore.ui.kit import address, charts
from idcore.ui.kit.parameters import declare
from idcore.ui.learn.question import Answer

SHAPE = declare("shape", default="sheet", options=tuple(SHAPES))
CURL = declare("curl", default=0.0, limits=(0.0, 1.0))
DIMENSION = declare("d", default=3, limits=(1, MOST_DIMENSIONS))
NOISE = declare("jitter", default=0.0, limits=(0.0, 0.1))
N = 1000
CURLS = tuple(i / 10 for i in range(11))


@dataclass(frozen=True, eq=False)
class EstimatedCloud:
    """A cloud and what is estimated of it."""

    points: np.ndarray
    colours: np.ndarray
    id: float
    stderr: float
    pc_id: int


@st.cache_resource(max_entries=64, show_spinner=False)
def seen(name: str, parameter: float, noise: float) -> EstimatedCloud:
    """Made and measured once."""
    points, colours = cloud(name, N, parameter, noise)
    measured = measure(points)
    return EstimatedCloud(points, colours, measured.fit.id, measured.fit.stderr, measured.pc_id)


def step(touch: DeltaGenerator, figures: DeltaGenerator) -> Answer:
    """Choose a shape, curl it, add noise; see both estimates."""
    with touch:
        name = address.titled("Shape", SHAPE, SHAPE.options, lambda one: SHAPES[one].title, widget=st.pills,
                              required=True)  # fmt: skip
        parameter = _parameter(name)
        help = "Standard deviation in every direction, as a share of the size of the cloud."
        noise = address.number("Noise", NOISE, widget=st.slider, step=0.01, format="percent", help=help)
    estimated, true = seen(name, parameter, noise), true_dimension(name, parameter)
    with figures, st.container(border=True):
        _numbers(estimated, true, noise)
        alt = (
            f"{SHAPES[name].title}: {N:,} points of dimension {true}, TwoNN {estimated.id:.1f}, PC-ID {estimated.pc_id}"
        )
        charts.draw(cloud_figure(estimated.points, estimated.colours), "cloud", alt=alt)
        space = estimated.points.shape[1]
        if space > 3:
            st.caption(f"{space} dimensions cannot be drawn: these are the first three of {space} coordinates.")
        if name == "sheet":
            _curled(parameter, noise)
    return lambda: answer(name, parameter, noise)


def answer(name: str, parameter: float, noise: float) -> str:
    """What the two estimates do, at the noise that is set."""
    flat, curled, here = seen("sheet", 0.0, noise), seen("sheet", 1.0, noise), seen(name, parameter, noise)
    said = (
        f"PC-ID goes from {flat.pc_id} to {curled.pc_id}: PCA can turn its axes, not unroll the sheet. TwoNN goes from "
        f"{flat.id:.2f} to {curled.id:.2f}"
    )
    if noise:
        said += f": noise of {noise:.0%} fills all three directions."
    else:
        said += ": to its nearest neighbours a point is on a flat sheet still."
    shape = SHAPES[name].title.lower()
    return said if name == "sheet" else f"{said} Your {shape}: TwoNN {here.id:.2f}, PC-ID {here.pc_id}."


def _parameter(name: str) -> float:
    if name == "sheet":
        return float(address.number("Curl", CURL, widget=st.slider, step=0.1))
    if SHAPES[name].dimension:
        return 1.0
    return float(address.number("True dimension", DIMENSION, widget=st.slider))


def _numbers(cloud: EstimatedCloud, true: int, noise: float) -> None:
    space = cloud.points.shape[1]
    blurred = "without the noise" if noise else f"of a cloud in {space} dimensions"
    with st.grid(3, min_column_width=140, gap="small"):
        st.metric("True", str(true), help=f"How many numbers say where a point lies, {blurred}.")
        st.metric("TwoNN", f"{cloud.id:.2f} ± {cloud.stderr:.2f}",
                  help=f"N = {N:,}, the largest {USUAL.discard:.0%} of μ left out; ± one standard error.")  # fmt: skip
        held = f"Straight directions that hold {USUAL.variance:.0%} of the variance, of {space}."
        st.metric("PC-ID", str(cloud.pc_id), help=held)


def _curled(curl: float, noise: float) -> None:
    along = [seen("sheet", one, noise) for one in CURLS]
    figure = curl_figure(CURLS, [one.id for one in along], [one.pc_id for one in along], curl)
    ends = f"from {along[0].id:.2f} to {along[-1].id:.2f}"
    alt = f"While the sheet is curled, TwoNN goes {ends}, PC-ID from {along[0].pc_id} to {along[-1].pc_id}"
    charts.draw(figure, "curl", alt=alt)
