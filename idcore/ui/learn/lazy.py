"""Step 10: the same labels fitted with and without moving."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from idcore.figures.learn_curves import scaled_figure
from idcore.learn.shipped import scaled
from idcore.learn.texts import percent
from idcore.results.lessons import Scaled
from idcore.ui.kit import address, charts
from idcore.ui.kit.parameters import declare
from idcore.ui.learn import networks
from idcore.ui.learn.question import Answer

ALPHA = declare("alpha", default="100", options=("0.3", "3", "100"))


def step(touch: DeltaGenerator, figures: DeltaGenerator) -> Answer:
    """Choose the scale of the output."""
    with touch:
        alpha = float(address.option("Scale α of the output", ALPHA, widget=st.select_slider))
    one = next(one for one in scaled() if one.alpha == alpha)
    with figures, st.container(border=True):
        told = "; ".join(f"α = {o.alpha:g}: ID from {o.before:.1f} to {o.after:.1f}" for o in scaled())
        charts.draw(scaled_figure(scaled(), alpha), "scaled", alt=told)
        st.markdown(
            f"**α = {alpha:g}**: the weights moved by {percent(one.movement, 1)} of their size. Hidden ID "
            f"{one.before:.1f} ± {one.before_err:.1f} before, {one.after:.1f} ± {one.after_err:.1f} after; linear CKA "
            f"of the two {one.cka:.2f}."
        )
        st.caption(f"Chizat et al. 2019; plain gradient descent, 600 steps. {networks.context()} One seed.")
    return lambda: answer(one)


def answer(here: Scaled) -> str:
    """The two ends, and what is chosen where it is neither."""
    rich, lazy = scaled()[0], scaled()[-1]
    said = (
        f"Rich: from {rich.before:.1f} to {rich.after:.1f}. Lazy: it stays at {lazy.after:.1f}, and the labels are "
        "fitted all the same. Fitting does not lower the ID; a change of what is represented does, here."
    )
    return said if here in (rich, lazy) else f"{said} α = {here.alpha:g}: {here.after:.1f}."
