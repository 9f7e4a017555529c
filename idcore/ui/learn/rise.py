"""Step 5: a variation that says nothing hides the others, until a layer changes the scale."""

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from idcore.data.source import raw
from idcore.figures import theme
from idcore.figures.learn_curves import Mark, family_figure
from idcore.figures.learn_networks import brightened, sheet
from idcore.learn.shipped import luminance, network
from idcore.learn.texts import percent
from idcore.paper import published
from idcore.ui.kit import address, charts
from idcore.ui.kit.parameters import declare
from idcore.ui.learn import networks
from idcore.ui.learn.question import Answer
from idcore.ui.result import axes

GRADIENT = declare("gradients", default="0", options=("0", "1", "3", "10", "30", "100", "300", "1000"))
LEARNED, RANDOM = "trained, λ = 1,000", "random weights, λ = 1,000"


def step(touch: DeltaGenerator, figures: DeltaGenerator) -> Answer:
    """The luminance gradient moves the input; the network that learned with all of it is measured."""
    with touch:
        help = "So many times the contrast of a digit is the brightness at most."
        gradient = float(address.option("Brightness up to λ", GRADIENT, widget=st.select_slider, help=help))
        dashed = axes.published("Ansuini et al. 2019, figure 6; λ = 100.")
    with figures, st.container(border=True):
        _figure(gradient, dashed)
    return lambda: answer(gradient)


def answer(gradient: float) -> str:
    """What has happened, with the input at the chosen lambda."""
    rows, lit = luminance(), network("lit")
    labels = dict(zip((row.layer for row in lit.rows), lit.labels, strict=True))
    return (
        f"The shapes were there all along (λ = {gradient:g}: {rows[gradient].id or 0:.1f}). At conv2 they decide "
        f"between the nearest two; among 30 brightness still rules: {percent(labels['conv2'])} share a class, chance "
        f"{percent(lit.chance)}. In d1 {percent(labels['d1'])} do."
    )


def _figure(gradient: float, dashed: bool) -> None:
    images, labels = raw(networks.SAMPLES.dataset)
    ten = images[np.unique(labels, return_index=True)[1], 0]
    st.image(
        sheet([brightened(ten, gradient)]), width="stretch", alt=f"Ten digits with a brightness up to {gradient:g}"
    )
    lit, row = network("lit"), luminance()[gradient]
    curves = {LEARNED: lit.rows, RANDOM: network("lit untrained").rows}
    colours = {LEARNED: theme.REGIMES["trained"].colour, RANDOM: theme.REGIMES["untrained"].colour}
    papers = {one.name: one.points for one in published.figure("6").series[:2]} if dashed else {}
    mark = Mark("input", row.id or 0.0, f"input, λ = {gradient:g}")
    figure = family_figure(curves, lit.layers, colours, [LEARNED], papers, mark, height=360, top=14.0)
    told = ", ".join(f"{one.layer} {one.id or 0:.1f}" for one in lit.rows)
    charts.draw(figure, "gradient", alt=f"ID by layer of the network trained with λ = 1,000: {told}")
    st.markdown(
        f"λ = {gradient:g}: ID {row.id or 0:.1f} ± {row.id_err or 0:.1f}, PC-ID {row.pc_id} at the input. "
        f"Trained with λ = 1,000: {percent(lit.test_accuracy, 1)} of new digits right."
    )
    st.caption(f"{networks.context()} The same brightness lies on the measured digits. One seed.")
