"""Step 4: draw the curve, then see it."""

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from idcore.estimators import caveats
from idcore.estimators.summary import LayerSummary
from idcore.figures import theme
from idcore.learn.poll import DrawnCurve
from idcore.learn.shipped import network
from idcore.paper import published
from idcore.spec import Regime
from idcore.ui.kit import address, panel
from idcore.ui.kit.parameters import declare
from idcore.ui.learn import networks, poll
from idcore.ui.learn.drawing import Drawn, drawing, off
from idcore.ui.learn.question import Answer

LITE, VGG, CNN = "EfficientNet-Lite0", "VGG-16, published", "small network, digits"
NET = declare("net", options=(LITE, VGG, CNN))
REVEAL = declare("reveal", default="false", options=("true", "false"))


@dataclass(frozen=True)
class Measurement:
    """A curve to be guessed. values: (ID, error) by layer. random: the same with random weights, () where there is
    none. about: where it comes from."""

    names: tuple[str, ...]
    values: tuple[tuple[float, float], ...]
    words: tuple[str, ...]
    random: tuple[LayerSummary, ...]
    about: str
    bound: bool = False


def step(touch: DeltaGenerator, figures: DeltaGenerator) -> Answer:
    """Choose a network and draw its curve; then reveal."""
    with touch:
        net = address.option("Network", NET, on_change=_hide)
        reveal = address.switch("Reveal", REVEAL)
    with figures, st.container(border=True):
        # While a class draws, its curves come in.
        panel.live(_figure, poll.is_led(), "guess", poll.LEADING)(net, measurement(net), reveal)
    return lambda: caveats.LIPSCHITZ


def _hide() -> None:
    """Another network is another guess."""
    st.session_state[REVEAL.name] = False


def measurement(net: str) -> Measurement:
    """The curve of a network."""
    if net == VGG:
        series = published.curve("vgg16")
        assert series is not None
        points = series.points
        words = tuple(f"{p.layer}, published: {caveats.at_least(p.id, 1)}" for p in points)
        values = tuple((point.id, point.err or 0.0) for point in points)
        return Measurement(tuple(p.layer for p in points), values, words, (), "Ansuini et al. 2019, figure 3", True)
    names = ("trained", "untrained") if net == CNN else ("pretrained photographs", "untrained photographs")
    learned, random = map(network, names)
    about = networks.context() if net == CNN else networks.context(learned.rows[0].n, "photographs of ImageNet")
    return Measurement(
        tuple(row.layer for row in learned.rows),
        tuple((row.id or 0.0, row.id_err or 0.0) for row in learned.rows),
        tuple(_words(row) for row in learned.rows),
        random.rows,
        about,
        max(row.id or 0.0 for row in learned.rows) > caveats.LOWER_BOUND,
    )


def _words(row: LayerSummary) -> str:
    bound = "at least " if row.lower_bound else ""
    return f"{row.layer}: ID {bound}{row.id or 0:.1f} ± {row.id_err or 0:.1f}, N = {row.n:,}, D = {row.units:,}"


def _figure(net: str, measured: Measurement, reveal: bool) -> None:
    ids = [id for id, _ in measured.values]
    curves = []
    if reveal:
        kind: Regime = "trained" if net == CNN else "pretrained"
        curves.append(
            Drawn("trained", theme.REGIMES[kind].colour, ids, [error for _, error in measured.values], measured.words)
        )
    if reveal and measured.random:
        rows, colour = measured.random, theme.REGIMES["untrained"].colour
        said = [f"random weights, {_words(row)}" for row in rows]
        random = [row.id for row in rows], [row.id_err for row in rows]
        curves.append(Drawn("random weights", colour, *random, said, True))
    top = float(round(max(4 * ids[0], 1.08 * max(ids))))
    alt = f"A chart to draw the ID by layer on. {told(measured)}" if reveal else "A chart to draw the ID by layer on."
    about = net.split(",")[0].replace(" ", "-")
    others = poll.also_draw(DrawnCurve(about, measured.names, ids[0], top))
    drawn = drawing(measured.names, ids[0], top, curves, about, alt, others)
    if not reveal:
        st.caption(f"The input's ID is given: {ids[0]:.1f}. Draw a curve, then switch on Reveal.")
        return
    guess = f" Your guess is off by {off(drawn, ids):.1f} on average." if drawn else ""
    st.markdown(f"{told(measured)}{guess}")
    st.caption(f"{measured.about}{' ' + caveats.BOUND if measured.bound else ''}")


def told(measured: Measurement) -> str:
    """Where the curve begins, its top and its end."""
    ids = [id for id, _ in measured.values]
    top = max(range(len(ids)), key=ids.__getitem__)
    if top == 0:
        return f"{ids[0]:.1f} at the input (the maximum), {ids[-1]:.1f} at the output: no hump."
    high = caveats.at_least(ids[top])
    return f"{ids[0]:.1f} at the input, {high} at {measured.names[top]}, {ids[-1]:.1f} at the output."
