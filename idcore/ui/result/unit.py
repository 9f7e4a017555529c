"""One unit of the open layer: which it is, and its values on all samples as a colour of the map."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.record import Layer
from idcore.results import Run, columns
from idcore.results.detected import Detected, unit_name
from idcore.spec import ColumnJob
from idcore.ui.kit import address, panel, query, state, work
from idcore.ui.kit.panel import Task
from idcore.ui.kit.parameters import declare
from idcore.ui.result import detectors
from idcore.ui.result.map import parts
from idcore.ui.result.sample import class_name

UNIT = declare("unit")
COLOUR = parts.UNIT


def order(detected: Detected) -> list[int]:
    """Units, the best detector first, the dead ones last."""
    ordered: list[int] = np.lexsort((-detected.auc[:, 0], detected.dead)).tolist()
    return ordered


def asked(detected: Detected) -> int:
    """The unit of the address, the best detector where it names none of this layer."""
    wanted = st.query_params.get(UNIT.name, "")
    return int(wanted) if wanted.isdecimal() and int(wanted) < detected.units else order(detected)[0]


def choose(detected: Detected, run: Run) -> int:
    """The control of the unit."""
    options = [str(unit) for unit in order(detected)]
    query.check_below(UNIT, options)
    return int(
        address.titled("Unit", UNIT, options, lambda unit: title(detected, run, int(unit)), options[0], width=420)
    )


def title(detected: Detected, run: Run, unit: int) -> str:
    """A unit in words: where it is, what it detects."""
    if detected.dead[unit]:
        return f"{unit_name(detected.layer, unit)}, dead"
    name = class_name(run, int(detected.auc_class[unit, 0]))
    return f"{unit_name(detected.layer, unit)}: class {name}, AUC {detected.auc[unit, 0]:.3f}"


def job(measured: state.Measured, layer: Layer, unit: int) -> ColumnJob:
    """What takes its values."""
    return ColumnJob(measured.request, layer.name, (unit,))


def colour(measured: state.Measured, layer: Layer, colour_of_map: str) -> tuple[str, np.ndarray] | None:
    """(the open unit in words, its values (n,), NaN until they are kept); None where the map is not coloured by it."""
    detected = None if colour_of_map != COLOUR or detectors.refusal(measured) else detectors.counted(measured, layer)
    if detected is None or detected.note:
        return None
    unit = asked(detected)
    values = columns.read(state.store(), measured.request, layer.name, unit)
    n = detected.n
    named = f"{unit_name(detected.layer, unit)} of {layer.name}"
    return named, np.full(n, np.nan) if values is None or len(values) != n else values.astype(np.float64)


def active(measured: state.Measured, layer: Layer) -> bool:
    """Whether its values are being taken."""
    detected = None if detectors.refusal(measured) else detectors.counted(measured, layer)
    return detected is not None and not detected.note and _status(job(measured, layer, asked(detected))).active


def section(measured: state.Measured, layer: Layer, colour_by: Callable[[str], None], colour_of_map: str) -> None:
    """The control and the button below a map; open where the map is coloured by units. colour_by: within a callback,
    colours the map."""
    if detectors.refusal(measured) or measured.run is None:
        return
    now = colour_of_map == COLOUR
    with st.expander("Colour by the activation of a unit", icon=":material/gradient:", expanded=now):
        detected = detectors.counted(measured, layer)
        if detected is None or detected.note:
            why = "have not been counted yet: the tab Units counts them" if detected is None else detected.note
            st.caption(query.escaped(f"The units of {layer.name} {why}."))
            return
        offer(measured, layer, choose(detected, measured.run), colour_by)
        if now and not columns.there(state.store(), measured.request, layer.name, asked(detected)):
            st.caption("Its values have not been taken yet, so all samples are grey.")


def offer(measured: state.Measured, layer: Layer, unit: int, colour_by: Callable[[str], None]) -> None:
    """The button, or how far its job is."""
    asked_for = job(measured, layer, unit)
    now = _status(asked_for)
    panel.draw("column", Task(asked_for, now))

    def clicked() -> None:
        colour_by(COLOUR)
        if now.state != "done":
            work.start_all([asked_for], "auto")

    help = "Its values are kept; where they are not yet, the samples pass through the network once more."
    if now.state not in ("absent", "done"):
        return
    if st.button("Colour the map by it", key="colour-by-unit", icon=":material/palette:", on_click=clicked, help=help):
        st.rerun()  # the page, not this part of it alone


def told(named: str, values: np.ndarray) -> str:
    """What the colours are, in a sentence."""
    zero = f"; it is 0 on {int((values == 0).sum()):,}" if (values == 0).any() else ""
    return (
        f"{named}: from {values.min():.3g} to {values.max():.3g}, median {np.median(values):.3g}, on N = "
        f"{len(values):,} samples{zero}. On the other layers these samples have no number."
    )


def _status(asked_for: ColumnJob) -> Status:
    request, layer = asked_for.request, asked_for.layer
    if all(columns.there(state.store(), request, layer, unit) for unit in asked_for.units):
        return Status("done")
    now = state.jobs().status(job_key(asked_for))
    return Status() if now.state == "done" else now
