"""What can be read below the curve, a tab each: only the open one is drawn."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import streamlit as st

from idcore import spec
from idcore.record import Layer
from idcore.ui.explore import (
    attends,
    certificate,
    clouds,
    estimators,
    look,
    nucleation,
    placing,
    scale,
    sequences,
    subject,
    units,
)
from idcore.ui.kit import address, charts, panel, query, state
from idcore.ui.kit.parameters import Parameter, declare
from idcore.ui.result import depth, detectors, layer, maps, unit


@dataclass(frozen=True, eq=False)
class Reader:
    """What a tab is drawn of. layer: the chosen one. polling: whether measurements are on their way."""

    measured: state.Measured
    layer: Layer
    device: str
    polling: bool


@dataclass(frozen=True)
class Tab:
    """name: in the address. title: on the page. draw: what is below it. own: what an address without a tab means this
    one by. texts: True for texts alone, False for images alone, None for both.
    """

    name: str
    title: str
    draw: Callable[[Reader], None]
    own: tuple[Parameter, ...] = ()
    texts: bool | None = None


def choose(texts: bool) -> None:
    """The row of tabs. texts: whether the samples are texts."""
    named = {tab.name: tab for tab in TABS if tab.texts in (None, texts)}
    _open_meant()
    query.check_below(TAB, tuple(named))
    if st.session_state.get(TAB.name, TAB.default) not in named:
        del st.session_state[TAB.name]
    address.titled("Below the curve", TAB, list(named), lambda name: named[name].title, TAB.default,
                   st.segmented_control, required=True, label_visibility="collapsed", on_change=st.rerun)  # fmt: skip


def opened() -> Tab:
    """The open tab, once their row is drawn."""
    return next(tab for tab in TABS if tab.name == st.session_state[TAB.name])


def around() -> None:
    """What the open tab wants of the page around it; in a run of the whole script, as another tab is."""
    if opened().name == "map":
        st.html(Path(__file__).with_name("flowing.css"))


def draw(tab: Tab, reader: Reader) -> None:
    """What is below it."""
    charts.head_start()
    if tab.name != "layer":
        layer.keep_sliders()
    with st.container(key=f"tab-{tab.name}"):
        tab.draw(reader)


def _open_meant() -> None:
    """An address of the time before there were tabs names what stands on one of them."""
    if TAB.name not in st.query_params and TAB.name not in st.session_state:
        asked = st.session_state["asked"]
        meant = next((tab for tab in TABS if any(one.name in asked for one in tab.own)), None)
        if meant is not None:
            st.query_params[TAB.name] = meant.name


def _layer(reader: Reader) -> None:
    request, chosen = reader.measured.request, reader.layer
    if not _there(reader):
        return
    with st.container(border=True):
        layer.metrics(request, chosen)
    left, right = st.columns(2, gap="medium", border=True)
    with left:
        layer.fit_view(request, chosen)
    charts.lead(spec.layer_key(request, chosen.name))
    with right:
        layer.spectrum_view(request, chosen)
    left, right = st.columns([3, 2], gap="medium", border=True)
    with left:
        scale.scale_view(request, chosen)
    with right:
        estimators.estimators_view(request, chosen)
    left, right = st.columns([3, 2], gap="medium", border=True)
    with left:
        scale.distances_view(request, chosen)
    with right:
        certificate.certificate_view(request, chosen)


def _map(reader: Reader) -> None:
    measured, device = reader.measured, reader.device
    if not _there(reader):
        return
    with st.container(border=True):
        waiting = maps.waiting(measured, device, reader.layer)
        pictures = placing.pictures(measured)
        panel.live(maps.map_view, bool(waiting), "map-view")(
            measured, reader.layer, device, waiting, pictures, _doors(measured)
        )
    placing.place_view(measured, reader.layer.name, device)


def _depth(reader: Reader) -> None:
    with st.container(border=True):
        probing = depth.active(reader.measured, reader.device)
        panel.live(depth.depth_view, probing, "depth-view")(reader.measured, reader.device, probing)


def _units(reader: Reader) -> None:
    measured, chosen, device = reader.measured, reader.layer, reader.device
    with st.container(border=True):
        counting = units.active(measured, chosen, device)
        panel.live(units.units_view, counting, "units-view")(measured, chosen, device, counting, _open_map)


def _doors(measured: state.Measured) -> tuple[maps.Door, ...]:
    """Where else one can go with a sample of the map."""
    doors = []
    if not detectors.refusal(measured):
        doors.append(maps.Door("See which units it excites", ":material/grid_view:", partial(_open_sample, "units")))
    if not look.refusal(measured):
        doors.append(maps.Door("See where the network looks", ":material/visibility:", partial(_open_sample, "look")))
    return tuple(doors)


def _open_sample(tab: str, position: int) -> None:
    subject.open_sample(position)
    st.session_state[TAB.name] = tab


def _open_map(colour: str) -> None:
    st.query_params[maps.COLOUR.name] = colour
    st.session_state[TAB.name] = "map"


def _look(reader: Reader) -> None:
    with st.container(border=True):
        looking = look.active(reader.measured, reader.device)
        panel.live(look.look_view, looking, "look-view")(reader.measured, reader.device, looking)


def _sequences(reader: Reader) -> None:
    with st.container(border=True):
        sequences.sequences_view(reader.measured, reader.layer.name)


def _clouds(reader: Reader) -> None:
    with st.container(border=True):
        measuring = clouds.active(reader.measured, reader.device)
        panel.live(clouds.clouds_view, measuring, "clouds-view")(
            reader.measured, reader.layer.name, reader.device, measuring
        )
    with st.container(border=True):
        computing = attends.active(reader.measured)
        panel.live(attends.attends_view, computing, "attends-view")(
            reader.measured, reader.layer.name, reader.device, computing
        )


def _nucleation(reader: Reader) -> None:
    with st.container(border=True):
        nucleation.nucleation_view(reader.measured, reader.layer)


def _there(reader: Reader) -> bool:
    """Whether the chosen layer is measured; where not, that is said."""
    there = state.geometry(reader.measured.request, reader.layer.name) is not None
    if not there:
        st.caption(query.escaped(f"{reader.layer.name} is not measured yet."))
        if reader.polling:
            st.skeleton(height=360)
    return there


TABS = (
    Tab("layer", "Layer", _layer),
    Tab("map", "Map", _map, (maps.MAP, maps.BEGIN)),
    Tab("depth", "Along depth", _depth, (depth.ALONG, depth.KIND)),
    Tab("units", "Units", _units, (unit.UNIT,)),
    Tab("look", "Where it looks", _look, (subject.SAMPLE, look.EXPLAINED), texts=False),
    Tab("sequences", "Nearest texts", _sequences, (sequences.SEQUENCE,), texts=True),
    Tab("tokens", "Tokens", _clouds, (clouds.CLOUD,), texts=True),
    Tab("nucleation", "Nucleation", _nucleation, (nucleation.DIMENSION, nucleation.NEIGHBOURS, nucleation.LEVEL)),
)
TAB = declare("tab", "the tab", options=tuple(tab.name for tab in TABS))
