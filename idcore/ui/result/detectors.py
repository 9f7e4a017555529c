"""What the units of measured layers detect: what is there, the job that counts the rest, the detector curve."""

from collections.abc import Mapping, Sequence

import streamlit as st

from idcore.estimators.detectors import Detector
from idcore.figures.units import detector_figure
from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.record import Layer
from idcore.results import detected
from idcore.results.detected import Detected
from idcore.spec import ELSEWHERE, Regime, UnitsJob
from idcore.ui.kit import charts, panel, query, state, work
from idcore.ui.kit.choice import Choice
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.panel import Task
from idcore.ui.result import probes


def refusal(measured: state.Measured) -> str:
    """Why units of this network cannot be counted, in a sentence; "" where they can."""
    if measured.request.network == ELSEWHERE:
        return "These layers came as matrices, with no network to be shown the samples: idcore.units counts a matrix."
    if not measured.request.network.is_here:
        return "The code of this network is not here to be shown the samples: idcore.units counts it where it is."
    if not measured.complete:
        return "Units are counted when all layers are measured."
    if not probes.labelled(measured):
        return "Units detect classes, and these samples have no labels."
    run = measured.run
    if run is not None and len(set(run.labels.tolist())) < 2:
        return "What a unit detects needs samples of two classes or more; these are of one. Choose more classes."
    return ""


def counted(measured: state.Measured, layer: Layer) -> Detected | None:
    """What the units of a layer detect, None until they have been counted."""
    return detected.read(state.store(), measured.request, layer.name)


def job(measured: state.Measured) -> UnitsJob:
    """What counts the units of all layers."""
    return UnitsJob(measured.request, tuple(layer.name for layer in measured.layers))


def status(measured: state.Measured, device: str) -> Status:
    """Where the counting stands; begun where it is not done."""
    store = state.store()
    if all(store.meta(detected.key(measured.request, layer.name)) for layer in measured.layers):
        return Status("done")
    return work.started(job(measured), device)


def curve(measured: state.Measured) -> dict[str, Detector]:
    """The detector of each layer whose units have been counted."""
    read = {layer.name: counted(measured, layer) for layer in measured.layers}
    return {name: one.detector for name, one in read.items() if one is not None and one.detector is not None}


def counting(all_measured: Sequence[state.Measured]) -> bool:
    """Whether units of any of them are being counted; none is begun for it."""
    return any(one.complete and _asked(one).active for one in all_measured)


def offer(of: Mapping[str, state.Measured], key: str) -> None:
    """The button that has the units of several networks counted, or how far that is. of: measured networks by name."""
    tasks = [Task(job(one), _asked(one), name) for name, one in of.items()]
    panel.draw(key, *tasks, bars=1, of="networks counted")
    wanted = [task.job for task in tasks if task.now.state == "absent"]
    if wanted and not any(task.now.active for task in tasks):
        st.button("Count their units", key=f"count-{key}", icon=":material/grid_view:", on_click=work.start_all,
                  args=(wanted, "auto"), help="The samples pass through each network once more.")  # fmt: skip


def _asked(measured: state.Measured) -> Status:
    store = state.store()
    if all(store.meta(detected.key(measured.request, layer.name)) for layer in measured.layers):
        return Status("done")
    now = state.jobs().status(job_key(job(measured)))
    return Status() if now.state == "done" else now


def active(measured: state.Measured, device: str) -> bool:
    """Whether they are being counted."""
    return not refusal(measured) and status(measured, device).active


def progress(measured: state.Measured, device: str, key: str) -> None:
    """How far the counting is."""
    panel.draw(key, Task(job(measured), status(measured, device)), device=device)


def _others(measured: state.Measured) -> dict[Regime, dict[str, Detector]]:
    """The curves of the same network in the other regimes of the page, where all their units have been counted."""
    choice: Choice = st.session_state["choice"]
    if choice.classes:
        return {}
    curves = {}
    for regime in choice.regimes:
        request = choice.request(regime)
        if request != measured.request:
            read = [detected.read(state.store(), request, layer.name) for layer in measured.layers]
            if None not in read:
                curves[regime] = {
                    layer.name: one.detector
                    for layer, one in zip(measured.layers, read, strict=True)
                    if one is not None and one.detector is not None
                }
    return {regime: curve for regime, curve in curves.items() if curve}


def curve_view(measured: state.Measured, device: str) -> None:
    """The detector curve of a network."""
    if why := refusal(measured):
        st.caption(why)
        return
    progress(measured, device, "detectors")
    read = {layer.name: counted(measured, layer) for layer in measured.layers}
    by_layer = curve(measured)
    if not by_layer:
        return
    beside = _others(measured)
    figure = detector_figure(by_layer, measured.layers, measured.request.network.regime,
                             x=st.session_state.get("x", "layer"), others=beside)  # fmt: skip
    said = ", ".join(f"{name} {one.value:.3f}" for name, one in by_layer.items())
    charts.draw(figure, "detectors", alt=f"Mean AUC of the best single unit of each class by layer: {said}")
    one = next(iter(by_layer.values()))
    st.caption(
        f"Mean over {one.classes} classes of the AUC of the best unit of each, chosen on one half of N = "
        f"{measured.request.data.n:,} samples and judged on the other {one.n:,}; bars are one standard error over the "
        "classes. Dotted: the same with permuted labels, ± one standard deviation."
        + (f" Thin: the network {' and '.join(beside)}." if beside else "")
    )
    for name, units in read.items():
        if units is not None and (units.note or units.remarks):
            st.caption(query.escaped(f"{name}: {units.note or ' '.join(units.remarks)}"))
    how_to_read("detectors")
