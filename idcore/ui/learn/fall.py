"""Step 6: what the label needs stays: clusters of classes form while the ID falls."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from idcore.figures import theme
from idcore.figures.learn_curves import family_figure, labels_figure, mark_layer
from idcore.learn.shipped import network
from idcore.learn.texts import percent
from idcore.spec import Regime
from idcore.ui.kit import charts
from idcore.ui.learn import networks
from idcore.ui.learn.question import Answer

REGIMES: tuple[Regime, ...] = ("trained", "untrained", "shuffled")


def step(touch: DeltaGenerator, figures: DeltaGenerator) -> Answer:
    """Choose a layer: the share of neighbours of the same class, and the ID."""
    names = [row.layer for row in network("trained").rows]
    with touch:
        name = networks.layer(names)
    with figures, st.container(border=True):
        _figures(name)
    return lambda: answer(name)


def answer(name: str) -> str:
    """What the shuffled network does, in the chosen layer too."""
    there = {regime: dict(zip((r.layer for r in network(regime).rows), network(regime).labels, strict=True))
             for regime in REGIMES}  # fmt: skip
    said = (
        f"In d1 it is {percent(there['shuffled']['d1'])}, against {percent(there['trained']['d1'])} trained and "
        f"{percent(there['untrained']['d1'])} with random weights; the ID is "
        f"{network('shuffled').row('d1').id or 0:.1f}. No clusters of true classes, no low ID."
    )
    return said if name == "d1" else f"{said} In {name}: {percent(there['shuffled'][name])}."


def _figures(name: str) -> None:
    lessons = {regime: network(regime) for regime in REGIMES}
    told = "; ".join(f"{regime} {percent(one.labels[-2])}" for regime, one in lessons.items())
    charts.draw(labels_figure(lessons, name), "clusters", alt=f"Neighbours of the same class in d1: {told}")
    layers = lessons["trained"].layers
    colours: dict[str, str] = {regime: theme.REGIMES[regime].colour for regime in lessons}
    figure = family_figure(
        {regime: one.rows for regime, one in lessons.items()}, layers, colours, ["trained"], height=270
    )
    ids = "; ".join(f"{regime} {one.last_hidden.id or 0:.1f}" for regime, one in lessons.items())
    charts.draw(mark_layer(figure, layers, name), "clusters-id", alt=f"ID in d1: {ids}")
    here = "; ".join(f"{regime} {percent(dict(zip((r.layer for r in one.rows), one.labels, strict=True))[name])}, "
                     f"ID {one.row(name).id or 0:.1f} ± {one.row(name).id_err or 0:.1f}"
                     for regime, one in lessons.items())  # fmt: skip
    st.markdown(f"**{name}**: {here}.")
    chance = percent(lessons["trained"].chance)
    st.caption(
        f"Above: share of the 30 nearest neighbours with the same true class (Doimo et al. 2020); chance {chance}. "
        f"{networks.context()} One seed."
    )
