"""Steps 5 and 6: what linear methods see, and what random weights do."""

from collections.abc import Mapping
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from idcore.figures import theme
from idcore.figures.curve import ESTIMATES, id_curve
from idcore.figures.learn_networks import family_figure
from idcore.figures.paper import paper_figure
from idcore.paper import published
from idcore.spec import USUAL, Reading, Recipe, Untrained
from idcore.ui.kit import address, charts
from idcore.ui.kit.state import Measured
from idcore.ui.learn import networks
from idcore.ui.learn.guess import CNN, NET, VGG
from idcore.ui.result import axes
from idcore.ui.result.layer import variance_slider
from idcore.ui.sidebar.networks import SEED

SEEDS = 5


def linear(touch: DeltaGenerator, figures: DeltaGenerator) -> None:
    """PC-ID and linearised ID beside the ID."""
    with touch:
        variance = variance_slider()
        shown = axes.estimates(ESTIMATES, ESTIMATES)
    with figures:
        jobs, reading = {"the trained network": networks.job(Recipe())}, Reading(variance=variance)
        networks.follow(jobs, partial(_linear, shown, reading), reading=reading)


def _linear(shown: list[str], reading: Reading, by_name: Mapping[str, Measured]) -> None:
    (measured,) = by_name.values()
    if not measured.layers:
        st.skeleton(height=430)
        return
    with st.container(border=True):
        figure = id_curve(measured.rows, measured.layers, "trained", log=True, shown=shown, reading=reading)
        told = [f"{row.layer}: ID {row.id:.1f}, PC-ID {row.pc_id}" for row in measured.rows if row.id and row.pc_id]
        charts.draw(figure, "linear", alt="; ".join(told) or "Nothing is measured yet")
        st.caption(_context())


def untrained(touch: DeltaGenerator, figures: DeltaGenerator) -> None:
    """The same network with random weights."""
    with touch:
        net = address.option("Network", NET, default=CNN)
        seed = 0
        if net == CNN:
            help = "The seed they are drawn with."
            seed = address.number("Random weights", SEED, 0, SEEDS - 1, widget=st.slider, help=help)
    with figures:
        if net == VGG:
            _published()
        else:
            jobs = {"trained": networks.job(Recipe()), "untrained": networks.job(Untrained(int(seed)))}
            networks.follow(jobs, _untrained)


def _untrained(by_name: Mapping[str, Measured]) -> None:
    layers = next((one.layers for one in by_name.values() if one.layers), ())
    if not layers:
        st.skeleton(height=430)
        return
    with st.container(border=True):
        curves = {name: one.rows for name, one in by_name.items() if one.rows}
        colours = {name: theme.REGIMES[one.request.network.regime].colour for name, one in by_name.items()}
        told = [
            f"{name}, last hidden layer: {one.rows[-2].id or 0:.1f}"
            for name, one in by_name.items()
            if len(one.rows) > 1
        ]
        figure = family_figure(curves, layers, colours, chosen=tuple(curves))
        charts.draw(figure, "untrained", alt="ID by layer. " + "; ".join(told))
        st.caption(_context())


def _published() -> None:
    with st.container(border=True):
        figure = published.figure("5c")
        charts.draw(paper_figure(figure, {}, {}, log=True), "published-5c", alt=figure.title)
        st.caption("VGG-16 on photographs, as published: Ansuini et al. 2019, figure 5c.")


def _context() -> str:
    n, left = networks.SAMPLES.n, f"largest {USUAL.discard:.0%} of μ left out"
    return f"N = {n:,} digits not used in training; {left}; bars: one standard error."
