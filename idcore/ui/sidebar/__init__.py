"""The sidebar: what is measured. Every widget stands in the address."""

from dataclasses import replace
from typing import Literal

import streamlit as st

from idcore import results
from idcore.figures import theme
from idcore.record import Layer
from idcore.spec import ELSEWHERE, FACTORY
from idcore.ui.kit import address, query, state
from idcore.ui.kit.choice import Choice, Layers
from idcore.ui.kit.parameters import declare
from idcore.ui.sidebar import data, networks

LAYERS = declare("layers", "the choice of layers", options=("checkpoints", "all", "picked"))
PICK = declare("pick", "the picked layers", several=True)


def choose(regimes: bool, devices: tuple[str, ...]) -> Choice:
    """Draw the widgets. regimes: whether one regime is chosen here (Explore) or all are shown (Compare)."""
    st.subheader("Data")
    samples = data.samples()
    if samples.known is None:
        return Choice(samples.spec, ELSEWHERE.architecture, "elsewhere", unread=True)
    if samples.known.matrices:
        choice = Choice(samples.spec, ELSEWHERE.architecture, "elsewhere", regimes=("elsewhere",))
        st.caption(f"{len(samples.known.matrices)} matrices computed elsewhere: no network is needed.")
    else:
        choice = _network(samples, regimes)
    choice = replace(choice, classes=samples.classes, absent=samples.absent)
    st.subheader("Layers")
    return replace(choice, layers=_layers(choice), device=_device(devices))


def _network(samples: data.SubsetChoice, regimes: bool) -> Choice:
    assert samples.known is not None
    st.subheader("Network")
    architecture = networks.language_model() if samples.known.texts else networks.architecture()
    if architecture is None:
        return Choice(samples.spec, ELSEWHERE.architecture, "elsewhere", lacks=networks.without_language())
    own = architecture.name.startswith(FACTORY)
    st.subheader("Regime" if regimes and not own else "Weights")
    weights = networks.chosen_weights(architecture, samples.known, samples.spec.gradient, regimes)
    choice = Choice(
        samples.spec,
        architecture,
        weights.regime,
        weights.seed,
        weights.shuffled,
        weights.warmup,
        weights.entry,
        regimes=weights.regimes,
    )
    return replace(choice, **networks.images(choice, samples.known))


def _layers(choice: Choice) -> Layers:
    help = "Checkpoint layers are those of the paper: input, each pooling or block, each fully connected layer."
    # Of representations computed elsewhere, none is more of a checkpoint than the others.
    usual: Literal["checkpoints", "all"] = "all" if choice.regime == "elsewhere" else "checkpoints"
    options = LAYERS.options[LAYERS.options.index(usual) :]
    query.check(LAYERS, options)
    if st.session_state.get("layers", usual) not in options:
        del st.session_state["layers"]
    kind: Literal["checkpoints", "all", "picked"] = address.option(
        "Layers", LAYERS, options, usual, label_visibility="collapsed", help=help
    )
    if kind != "picked":
        return kind
    run = results.run(state.store(), next(iter(choice.by_class().values()), choice.request()))
    if run is None:
        st.caption("Layers can be picked once the network has been read; until then the usual ones are shown.")
        return usual
    layers = {layer.name: layer for layer in run.layers if not layer.note}
    picked = address.titled_several("Picked layers", PICK, list(layers), lambda name: _shape(layers[name]),
                                    label_visibility="collapsed", placeholder="Search layers")  # fmt: skip
    if not picked:
        st.caption("Pick layers from the list; until then the usual ones are shown.")
    return tuple(picked) or usual


def _shape(layer: Layer) -> str:
    return f"{layer.name} · {theme.shape_text(layer)}"


def _device(devices: tuple[str, ...]) -> str:
    if len(devices) > 1:
        return st.selectbox("Device", ("auto", *devices), key="device")
    if devices:
        st.caption(f"Device: {devices[0]}")
    return "auto"
