"""Step 3: the layers of a network as a chain of clouds, and ten digits on their way."""

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from idcore.data.source import raw
from idcore.figures import theme
from idcore.figures.learn_networks import digits_map, sheet
from idcore.learn.shipped import chain, network
from idcore.learn.texts import percent
from idcore.ui.kit import address, charts, query
from idcore.ui.learn import networks
from idcore.ui.learn.question import Answer
from idcore.ui.result.maps import MAP

MAPS = ("PCA", "UMAP")


def step(touch: DeltaGenerator, figures: DeltaGenerator) -> Answer:
    """Choose a layer and a kind of map."""
    with touch:
        name, kind = _choose([layer.name for layer in network("trained").layers])
    with figures, st.container(border=True):
        _draw(name, kind)
    return lambda: _answer(name)


def _answer(name: str) -> str:
    trained = network("trained")
    by_layer = dict(zip((row.layer for row in trained.rows), trained.labels, strict=True))
    here = f" in {name}," if name in by_layer and name not in ("input", "d1") else ""
    shown = f" {percent(by_layer[name])}{here}" if here else ""
    return (
        f"Of the 30 nearest neighbours, {percent(by_layer['input'])} share the class in the input,{shown} "
        f"{percent(by_layer['d1'])} in d1; chance is {percent(trained.chance)}."
    )


def _choose(names: list[str]) -> tuple[str, str]:
    name = networks.layer(names)
    query.check(MAP, MAPS)
    if st.session_state.get("map", MAPS[0]) not in MAPS:
        del st.session_state["map"]
    help = "PCA: the two directions of largest spread. UMAP: neighbours stay together, distances between groups mean "
    return name, address.option("Map", MAP, MAPS, help=f"{help}little.")


def _draw(name: str, kind: str) -> None:
    digits, layer = chain(), next(layer for layer in network("trained").layers if layer.name == name)
    images, chosen = raw(networks.SAMPLES.dataset)[0][digits.ids, 0], ten(digits.labels)
    st.markdown(f"**{query.escaped(name)}**: {theme.shape_text(layer)}")
    positions = (digits.umap if kind == "UMAP" else digits.pca)[name]
    figure = digits_map(positions, digits.labels, chosen, images, digits.class_names)
    charts.draw(figure, "chain", alt=f"Map of {len(positions):,} digits in {name}, ten of them as pictures")
    nearest = digits.nearest[name]
    picture = sheet([images[chosen], images[nearest[chosen]]])
    st.image(picture, width="stretch", alt="Above ten digits, below the nearest neighbour of each in this layer")
    same = float(np.mean(digits.labels[nearest] == digits.labels))
    st.caption(
        f"Above: ten digits. Below: their nearest neighbours among N = {len(nearest):,}, by all {layer.units:,} "
        f"units. Here {same:.1%} of all digits have a nearest neighbour of their own class."
    )


def ten(labels: np.ndarray) -> np.ndarray:
    """Places of one sample of each class: the first."""
    return np.unique(labels, return_index=True)[1]
