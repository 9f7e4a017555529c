"""Steps 7 and 9: what random weights do, and what linear methods see."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from idcore.estimators import caveats
from idcore.estimators.summary import LayerSummary
from idcore.figures import theme
from idcore.figures.curve import ESTIMATES, id_curve
from idcore.figures.learn_curves import family_figure, published_figure
from idcore.learn.shipped import network, peak, spectrum
from idcore.paper import published
from idcore.record import Layer
from idcore.results.lessons import Lesson
from idcore.spec import USUAL, Reading, Regime, Untrained
from idcore.ui.kit import address, charts
from idcore.ui.kit.state import Measured
from idcore.ui.learn import networks
from idcore.ui.learn.guess import LITE, NET, VGG
from idcore.ui.learn.question import Answer
from idcore.ui.result import axes
from idcore.ui.result.layer import variance_slider
from idcore.ui.sidebar.networks import SEED

SEEDS = 5


def linear(touch: DeltaGenerator, figures: DeltaGenerator) -> Answer:
    """PC-ID and linearised ID beside the ID."""
    with touch:
        variance = variance_slider()
        shown = axes.estimates(ESTIMATES, ESTIMATES)
    trained, spectra = network("trained"), spectrum()
    rows = [replace(row, pc_id=spectra[row.layer].pc_id(variance)) for row in trained.rows]
    with figures, st.container(border=True):
        reading = Reading(variance=variance)
        figure = id_curve(rows, trained.layers, "trained", log=True, shown=shown, reading=reading)
        told = "; ".join(f"{row.layer}: ID {row.id or 0:.1f}, PC-ID {row.pc_id}" for row in rows)
        charts.draw(figure, "linear", alt=told)
        st.caption(f"{networks.context()} One seed. {caveats.BOUND}")
    return lambda: flat(rows[0], variance)


def flat(row: LayerSummary, variance: float) -> str:
    """What TwoNN says of a flat cloud, at the chosen share of the variance."""
    own = f" With {variance:.0%} its PC-ID is {row.pc_id}." if variance != USUAL.variance else ""
    return (
        f"{row.linearised_id or 0:.0f}: unequal spread lets few directions count. The digits lie far below: "
        f"{row.id or 0:.1f}.{own} {caveats.CURVATURE}"
    )


def untrained(touch: DeltaGenerator, figures: DeltaGenerator) -> Answer:
    """The same network with random weights."""
    with touch:
        net = address.option("Network", NET)
        seed = 0
        if net not in (LITE, VGG):
            help = "The seed they are drawn with."
            seed = int(address.number("Random weights", SEED, 0, SEEDS - 1, widget=st.slider, help=help))
    with figures:
        if net == VGG:
            _published()
        elif net == LITE:
            pair: dict[Regime, Lesson] = {
                "pretrained": network("pretrained photographs"),
                "untrained": network("untrained photographs"),
            }
            _pair({regime: one.rows for regime, one in pair.items()}, pair["pretrained"].layers,
                  networks.context(pair["pretrained"].rows[0].n, "photographs of ImageNet"))  # fmt: skip
        elif seed == 0:
            _digits(network("untrained").rows)
        else:
            networks.follow({"untrained": networks.job(Untrained(seed))}, _measured)
    return lambda: answer(net)


def answer(net: str) -> str:
    """The top and the end, with and without training, of the network that is shown."""
    learned, random = network("pretrained photographs"), network("untrained photographs")
    said = (
        f"The hump: at least {peak(learned).id or 0:.0f} against {peak(random).id or 0:.0f}. A low end comes without "
        f"training too: {random.row('pool').id or 0:.1f} at pool, where {random.row('pool').pc_id} directions hold "
        f"{USUAL.variance:.0%} of the variance."
    )
    if net in (LITE, VGG):
        return said
    a, b = network("trained").last_hidden, network("untrained").last_hidden
    return f"{said} The digits have no hump: there training lowers d1, from {b.id or 0:.1f} to {a.id or 0:.1f}."


def _measured(by_name: Mapping[str, Measured]) -> None:
    (measured,) = by_name.values()
    _digits(measured.rows)


def _digits(rows: Sequence[LayerSummary]) -> None:
    learned = network("trained")
    _pair({"trained": learned.rows, "untrained": rows}, learned.layers, networks.context())


def _pair(curves: Mapping[Regime, Sequence[LayerSummary]], layers: Sequence[Layer], about: str) -> None:
    with st.container(border=True):
        colours: dict[str, str] = {regime: theme.REGIMES[regime].colour for regime in curves}
        told = "; ".join(
            f"{name}: " + ", ".join(f"{row.layer} {row.id:.1f}" for row in rows if row.id is not None)
            for name, rows in curves.items()
        )
        figure = family_figure(
            {regime: rows for regime, rows in curves.items()}, layers, colours, chosen=tuple(curves), height=400
        )
        charts.draw(figure, "untrained", alt=f"ID by layer. {told}")
        without = [f"{name}, {row.layer}: no ID. {row.note}" for name, rows in curves.items() for row in rows
                   if row.id is None]  # fmt: skip
        st.caption(" ".join([about, "One draw of random weights.", *without]))


def _published() -> None:
    with st.container(border=True):
        curves = {one.name: one.points for one in published.figure("5c").series if one.value == "ID"}
        styles = {name: theme.REGIMES["untrained" if "untrained" in name else "pretrained"] for name in curves}
        charts.draw(published_figure(curves, styles), "published-5c", alt=published.figure("5c").title)
        st.caption("VGG-16 on photographs, as published: Ansuini et al. 2019, figure 5c; bars: standard deviation over "
                   f"7 categories. {caveats.BOUND}")  # fmt: skip
