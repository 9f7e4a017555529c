"""Step 2: how TwoNN works, in four parts."""

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from idcore.estimators import caveats, twonn
from idcore.figures import learn
from idcore.figures.fit import fit_figure
from idcore.learn.manifolds import cloud
from idcore.learn.measure import DIMENSIONS, AtScale, by_scale, estimated, nearest
from idcore.record import Neighbours
from idcore.spec import USUAL
from idcore.ui.kit import address, charts
from idcore.ui.kit.parameters import declare
from idcore.ui.learn import byhand
from idcore.ui.learn.question import Answer

PART = declare("part", options=("by hand", "all points", "scale", "limits"))
DIMENSION = declare("patch", default=2, limits=(1, 20))
TAIL = declare("tail", default=USUAL.discard, limits=(0.0, 0.5))
BLUR = declare("blur", default=0.02, limits=(0.0, 0.05))
COUNT = declare("points", default="2000", options=("250", "500", "1000", "2000"))
CLOUD = declare("limits", options=("cube", "gaussian"))
HIGH = declare("high", default="20", options=tuple(map(str, DIMENSIONS)))
N, MOST = 1000, 2000
SIZES = (500, 2000)
SPACE = 3


def step(touch: DeltaGenerator, figures: DeltaGenerator) -> Answer:
    """One of four parts."""
    with touch:
        part = address.option("Part", PART, label_visibility="collapsed")
    card = figures.container(border=True)
    {"by hand": byhand.draw, "all points": _all, "scale": _scale, "limits": _limits}[part](touch, card)
    noise = st.session_state.get(BLUR.name, BLUR.default) if part == "scale" else BLUR.default
    return lambda: answer(float(noise))


def answer(noise: float) -> str:
    """What more points do to the estimate, at a noise."""
    points = {point.n: point for point in _scales(noise)}
    few, many = points[min(map(int, COUNT.options))], points[MOST]
    said = f"TwoNN is {few.id:.2f} for N = {few.n:,} and {many.id:.2f} for N = {many.n:,}"
    if not noise:
        return f"Without noise it stays: {said}. With noise it would not."
    return f"At noise {noise:.3f}, {said}: closer neighbours see the noise. An ID is an estimate at a scale."


@st.cache_resource(max_entries=40, show_spinner=False)
def _cloud(name: str, n: int, parameter: float) -> tuple[np.ndarray, Neighbours]:
    points, _ = cloud(name, n, parameter)
    return points, nearest(points)


@st.cache_data(max_entries=40, show_spinner=False)
def _scales(noise: float) -> tuple[AtScale, ...]:
    return by_scale(cloud("plane", MOST, 0.0, noise)[0])


@st.cache_data(max_entries=8, show_spinner="Measuring clouds of up to 50 dimensions …")
def _estimated(name: str, n: int) -> tuple[float, ...]:
    return estimated(name, n)


def _all(touch: DeltaGenerator, container: DeltaGenerator) -> None:
    with touch:
        d = address.number("True dimension", DIMENSION, widget=st.slider)
        discard = address.number("Left out: the largest", TAIL, widget=st.slider, step=0.05, format="percent")
    fit = twonn.from_neighbours(_cloud("cube", N, d)[1], discard)
    with container:
        charts.draw(learn.ratios_figure(fit, d), "ratios", alt=f"How often each μ occurs among {N:,} points")
        alt = f"The ratios of {N:,} points on a line through the origin of slope {fit.id:.2f}"
        charts.draw(fit_figure(fit, "trained"), "learn-fit", alt=alt)
        st.caption(f"TwoNN {fit.id:.2f} ± {fit.stderr:.2f}, true {d}: a hypercube, N = {N:,}, R² {fit.r2:.3f}.")


def _scale(touch: DeltaGenerator, container: DeltaGenerator) -> None:
    with touch:
        help = "Standard deviation as a share of the size of the cloud."
        noise = address.number("Noise", BLUR, widget=st.slider, step=0.005, format="%.3f", help=help)
        n = int(address.option("N", COUNT, widget=st.select_slider))
    noisy, clean = _scales(noise), _scales(0.0)
    here = next(point for point in noisy if point.n == n)
    with container:
        st.metric(f"TwoNN at N = {n:,}", f"{here.id:.2f} ± {here.stderr:.2f}",
                  help="Mean over disjoint random blocks of that size; ± one standard error.")  # fmt: skip
        figure = learn.toy_scale_figure(noisy, clean, 2, SPACE, n)
        charts.draw(figure, "toy-scale", alt=f"TwoNN of a noisy sheet against N: {here.id:.2f} at N = {n:,}")
        st.caption("A flat sheet in space, blurred in all three directions. The more points, the closer they lie; at "
                   "the scale of the noise the sheet fills space. 2 and 3 are right, each at its scale.")  # fmt: skip


def _limits(touch: DeltaGenerator, container: DeltaGenerator) -> None:
    with touch:
        name = address.option("Cloud", CLOUD)
        d = int(address.option("True dimension", HIGH, widget=st.select_slider))
    with container:
        by_size = {n: _estimated(name, n) for n in SIZES}
        at = DIMENSIONS.index(d)
        with st.grid(3, min_column_width=90, gap="small"):
            for n, ids in by_size.items():
                st.metric(
                    f"N = {n:,}", f"{ids[at]:.1f}", f"{ids[at] / d - 1:+.0%}", delta_color="off", delta_arrow="off"
                )
        charts.draw(learn.limits_figure(DIMENSIONS, by_size), "limits", alt=_told(d, by_size, at))
        st.caption(f"{_told(d, by_size, at)}. One cloud for each dot. {caveats.BOUND}")


def _told(d: int, by_size: dict[int, tuple[float, ...]], at: int) -> str:
    return f"{d} true dimensions: TwoNN says " + ", ".join(f"{ids[at]:.1f} (N = {n:,})" for n, ids in by_size.items())
