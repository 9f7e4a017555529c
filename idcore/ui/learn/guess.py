"""Step 4: predict the curve, then reveal it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from idcore.figures.learn_networks import guess_figure
from idcore.paper import published
from idcore.spec import Recipe
from idcore.ui.kit import address, charts, state
from idcore.ui.kit.parameters import declare
from idcore.ui.kit.state import Measured
from idcore.ui.learn import networks

VGG, CNN = "VGG-16, published", "small network, here"
OWN = "my own"
SHAPES: dict[str, tuple[float, ...]] = {
    "flat": (1, 1, 1, 1, 1, 1, 1),
    "falling": (1, 0.87, 0.75, 0.63, 0.52, 0.41, 0.3),
    "rising": (1, 1.35, 1.7, 2.05, 2.4, 2.75, 3.1),
    "up, then down": (1, 2.0, 2.9, 3.1, 2.3, 1.2, 0.5),
    "down, then up": (1, 0.55, 0.35, 0.3, 0.45, 0.8, 1.3),
}
"""What one may expect: the ID relative to that of the input, evenly spaced from input to output."""
NET = declare("net", options=(VGG, CNN))
GUESS = declare("guess", options=(*SHAPES, OWN))
REVEAL = declare("reveal", default="false", options=("true", "false"))


def step(touch: DeltaGenerator, figures: DeltaGenerator) -> None:
    """Choose a network and a curve; then reveal."""
    with touch:
        net = address.option("Network", NET)
        shape = address.option("What do you expect?", GUESS, widget=st.pills)
        own = st.container(gap=None)
        reveal = address.switch("Reveal", REVEAL)
    job = networks.job(Recipe())
    curve = _published() if net == VGG else _here(state.measured(job.request, job.layers))
    with figures:
        if curve is None:
            networks.follow({"the trained network": job}, _wait)
        else:
            drawn = _own(own, curve) if shape == OWN else None
            _figure(curve, shape, drawn, reveal)


@dataclass(frozen=True)
class AnswerCurve:
    """ID by layer. about: where it comes from."""

    about: str
    names: Sequence[str]
    ids: Sequence[float]
    bars: Sequence[float]

    @property
    def most(self) -> float:
        """What a guess may reach."""
        return 4 * self.ids[0]


def _published() -> AnswerCurve:
    series = published.curve("vgg16")
    assert series is not None
    points = series.points
    return AnswerCurve("published", [p.layer for p in points], [p.id for p in points], [p.err or 0.0 for p in points])


def _here(measured: Measured) -> AnswerCurve | None:
    rows = [row for row in measured.rows if row.id is not None]
    if not rows or measured.missing:
        return None
    ids, bars = [row.id or 0.0 for row in rows], [row.id_err or 0.0 for row in rows]
    return AnswerCurve("measured here", [row.layer for row in rows], ids, bars)


def _wait(by_name: Mapping[str, Measured]) -> None:
    st.skeleton(height=430)


def _own(container: DeltaGenerator, curve: AnswerCurve) -> list[float]:
    """The reader's own curve, from the ID of the input."""
    first, most = round(curve.ids[0]), round(curve.most)
    with container:
        drawn = [st.slider(name, 0, most, first, key=f"own-{curve.about}-{name}") for name in curve.names[1:]]
    return [curve.ids[0], *map(float, drawn)]


def _figure(curve: AnswerCurve, shape: str, drawn: list[float] | None, reveal: bool) -> None:
    """The guesses from the ID of the input, which is given, and the curve once it is revealed."""
    first, n = curve.ids[0], len(curve.names)
    guesses = {name: [first * one for one in _stretched(values, n)] for name, values in SHAPES.items()}
    if drawn is not None:
        guesses[OWN] = drawn
    if reveal:
        guesses = {shape: guesses[shape]}
    seen = n if reveal else 1
    label = curve.about if reveal else f"input, {curve.about}"
    told = _told(curve.names, curve.ids) if reveal else f"{first:.1f}"
    with st.container(border=True):
        top = max(curve.most, *(id + bar for id, bar in zip(curve.ids, curve.bars, strict=True)))
        figure = guess_figure(curve.names, guesses, shape, curve.ids[:seen], curve.bars[:seen], label, 1.02 * top)
        charts.draw(figure, "guess", alt=f"Expected: {shape}. {label}: {told}")
        if reveal:
            off = sum(abs(a - b) for a, b in zip(guesses[shape], curve.ids, strict=True)) / n
            st.caption(f"{curve.about.capitalize()}: {told}. Your guess is off by {off:.1f} on average.")
        else:
            st.caption(f"Given is the input: {told}. Choose a curve, then press Reveal.")


def _stretched(values: Sequence[float], n: int) -> list[float]:
    """The curve at n evenly spaced layers."""
    found = []
    for i in range(n):
        at = i * (len(values) - 1) / max(n - 1, 1)
        low = min(int(at), len(values) - 2)
        found.append(values[low] + (at - low) * (values[low + 1] - values[low]))
    return found


def _told(names: Sequence[str], ids: Sequence[float]) -> str:
    """Where the curve begins, its top and its end."""
    top = max(range(len(ids)), key=ids.__getitem__)
    begin, end = f"{ids[0]:.1f} at the {names[0]}", f"{ids[-1]:.1f} at the {names[-1]}"
    return f"{begin}, highest there, {end}" if top == 0 else f"{begin}, at most {ids[top]:.1f} ({names[top]}), {end}"
