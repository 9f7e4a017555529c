"""The units of a layer: a table of what each detects, and one of them with its samples and its ideal input."""

from collections.abc import Callable
from math import log, sqrt
from typing import Any, Literal

import numpy as np
import streamlit as st

from idcore.figures.units import histogram_figure
from idcore.jobs import Status
from idcore.record import Layer
from idcore.results import Run, sought
from idcore.results.detected import Detected, unit_name
from idcore.spec import IdealJob
from idcore.ui.explore import subject
from idcore.ui.explore.filters import filters_view
from idcore.ui.explore.sprite import enlarged
from idcore.ui.kit import address, charts, panel, query, state, tables, work
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.gallery import Cell, GalleryRow, gallery
from idcore.ui.kit.panel import Task
from idcore.ui.kit.parameters import declare
from idcore.ui.result import appearance, detectors, unit
from idcore.ui.result.sample import cell, class_colour, class_name

NATURAL = declare("natural", "how natural an ideal input is", "0.1", options=("0", "0.02", "0.1", "0.3"))
_NATURAL = {"0": "unconstrained", "0.02": "0.02", "0.1": "0.1", "0.3": "natural"}
_LARGE = 168  # pixels of a picture on the page


def active(measured: state.Measured, layer: Layer, device: str) -> bool:
    """Whether units are being counted, or an ideal input of the open unit is sought."""
    if detectors.refusal(measured):
        return False
    detected = detectors.counted(measured, layer)
    if detected is None or detected.note:
        return detectors.active(measured, device)
    return unit.active(measured, layer) or _status(_ideal_job(measured, layer, unit.asked(detected))).active


def units_view(
    measured: state.Measured, layer: Layer, device: str, polled: bool, colour_by: Callable[[str], None]
) -> None:
    """The tab. polled: this runs again and again until nothing is at work. colour_by: called, within a callback, with
    the name of a colour of the map, opens the map in it."""
    if polled and not active(measured, layer, device):
        st.rerun()
    st.subheader("Units")
    if why := detectors.refusal(measured):
        st.caption(why)
        return
    detected = detectors.counted(measured, layer)
    if detected is None:
        detectors.progress(measured, device, "units")
        return
    if detected.note:
        st.info(query.escaped(f"The units of {layer.name} are not counted: {detected.note}"))
        return
    run = measured.run
    assert run is not None
    _summary(detected, run)
    one = _table(detected, run, layer)
    _unit(measured, detected, run, layer, one, device, colour_by)
    how_to_read("units")
    _sample(measured, detected, run, layer)
    filters_view(measured)


def chance(detected: Detected, run: Run) -> tuple[float, float]:
    """(standard deviation of the AUC of a unit that knows nothing, for the smallest class; about how high the largest
    of as many such AUCs as the layer has would be, by the extremes of a normal distribution)."""
    counts = np.bincount(run.labels)
    counts = counts[counts > 0]
    few, n = int(counts.min()), len(run.labels)
    deviation = sqrt((n + 1) / (12 * few * (n - few)))
    return deviation, min(1.0, 0.5 + deviation * sqrt(2 * log(max(2, detected.units * len(counts)))))


def _summary(detected: Detected, run: Run) -> None:
    live = int((~detected.dead).sum())
    deviation, largest = chance(detected, run)
    with st.grid(4, min_column_width=140, gap="small"):
        st.metric("Units", f"{detected.units:,}", help="As they are counted: single numbers, or means of channels")
        st.metric("Dead", f"{detected.units - live:,}", help="One value on all samples")
        one = detected.detector
        value = "–" if one is None else f"{one.value:.3f} ± {one.stderr:.3f}"
        st.metric("Best unit of each class", value, help="Mean AUC, chosen on one half and judged on the other; ± one "
                  "standard error over the classes")  # fmt: skip
        null = "–" if one is None else f"{one.null:.3f} ± {one.null_sd:.3f}"
        st.metric("By chance", null, help="The same with permuted labels; ± one standard deviation")
    said = f"N = {detected.n:,}. A unit that knows nothing has an AUC of 0.5 ± {deviation:.3f} for the smallest class; "
    said += f"the largest of all in this table would be about {largest:.2f} by chance, since it was chosen among them."
    st.caption(said)
    for remark in detected.remarks:
        st.caption(query.escaped(remark))


def _table(detected: Detected, run: Run, layer: Layer) -> int:
    order = unit.order(detected)
    _selectable(
        [_line(detected, run, one) for one in order], order, f"Units of {layer.name}", f"units-of-{layer.name}", 280
    )
    return unit.choose(detected, run)


def _selectable(
    rows: list[dict[str, Any]], units: list[int], name: str, key: str, height: int | Literal["auto"]
) -> None:
    """A table whose rows are units; a click opens one. name: of the table, in Export."""

    def select() -> None:
        chosen = st.session_state[key]["selection"]["rows"]
        if chosen:
            st.query_params[unit.UNIT.name] = str(units[chosen[0]])

    tables.draw(rows, name, key=key, height=height, on_select=select, selection_mode="single-row",
                column_config=_COLUMNS)  # fmt: skip


_COLUMNS: dict[str, Any] = {
    "percentile": st.column_config.NumberColumn(format="%.1f", help="Share of the other samples, in %, whose value of "
                                                "the unit is below, equal ones as one half"),
    "value": st.column_config.NumberColumn(format="%.3g", help="Of the unit on this sample"),
    "AUC": st.column_config.NumberColumn(format="%.3f", help="Chance that a sample of the class excites the unit more "
                                         "than one of another class; 0.5 is chance"),
    "balanced accuracy": st.column_config.NumberColumn(format="%.3f", help="At the threshold that is best on these "
                                                       "samples; 0.5 is chance"),
    "selectivity": st.column_config.NumberColumn(format="%.3f", help="(μ max − μ rest) / (μ max + μ rest) of the class "
                                                 "means; of layers without negative values"),
}  # fmt: skip


def _line(detected: Detected, run: Run, one: int) -> dict[str, Any]:
    dead, selectivity = bool(detected.dead[one]), float(detected.selectivity[one])
    return {
        "unit": one,
        "where": unit_name(detected.layer, one),
        "detects": "–" if dead else class_name(run, int(detected.auc_class[one, 0])),
        "AUC": float(detected.auc[one, 0]),
        "balanced accuracy": float(detected.balanced_accuracy[one]),
        "selectivity": None if np.isnan(selectivity) else selectivity,
        "dead": "dead" if dead else "",
    }


def _unit(
    measured: state.Measured,
    detected: Detected,
    run: Run,
    layer: Layer,
    one: int,
    device: str,
    colour_by: Callable[[str], None],
) -> None:
    st.markdown(f"**{query.escaped(unit.title(detected, run, one))}**")
    if detected.dead[one]:
        st.caption(f"It has the value {detected.edges[one, 0]:.3g} on all {detected.n:,} samples: it detects nothing.")
        return
    best = int(detected.auc_class[one, 0])
    cells = tuple(
        Cell(int(position), class_name(run, int(run.labels[position])), class_colour(run, int(run.labels[position])),
             f"sample {int(run.ids[position])}, {class_name(run, int(run.labels[position]))}, value {value:.3g}",
             f"{value:.3g}", "same" if int(run.labels[position]) == best else "other")
        for position, value in zip(detected.top[one], detected.values[one], strict=True) if position >= 0
    )  # fmt: skip
    gallery([GalleryRow(cells, "The samples that excite it most")], appearance.thumbnails(measured), key="unit-top",
            on_click=subject.open_sample)  # fmt: skip
    next_best = zip(detected.auc_class[one, 1:], detected.auc[one, 1:], strict=True)
    others = ", ".join(f"{class_name(run, int(c))} {auc:.3f}" for c, auc in next_best)
    said = f"Its value below each; framed where the class is {class_name(run, best)}. Click one to see what else it "
    said += "excites."
    st.caption(query.escaped(f"{said} AUC of the next classes: {others}." if others else said))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        figure = histogram_figure(detected.edges[one].tolist(), detected.of_class[one], detected.of_others[one],
                                  class_name(run, best), class_colour(run, best))  # fmt: skip
        charts.draw(figure, "unit", alt=f"Values of the unit for {class_name(run, best)} and for the other classes")
    with right:
        _ideal(measured, layer, one, device)
    unit.offer(measured, layer, one, colour_by)


def _sample(measured: state.Measured, detected: Detected, run: Run, layer: Layer) -> None:
    """What the sample of the address excites."""
    position = subject.number(measured)
    st.markdown(f"**Sample {int(run.ids[position])}** and the units that it excites most")
    cells = (cell(run, position),)
    gallery([GalleryRow(cells)], appearance.thumbnails(measured), key="unit-sample")
    each = zip(detected.excited[position], detected.percentile[position], detected.excitation[position], strict=True)
    there = [(int(u), float(share), float(value)) for u, share, value in each if u >= 0]
    if not there:
        st.caption(f"No unit of {query.escaped(layer.name)} has more than one value: the sample excites none.")
        return
    rows = [{"unit": u, "where": unit_name(detected.layer, u), "percentile": 100 * share, "value": value}
            | {name: one for name, one in _line(detected, run, u).items() if name in ("detects", "AUC")}
            for u, share, value in there]  # fmt: skip
    _selectable(
        rows,
        [u for u, _, _ in there],
        f"Units that the sample excites in {layer.name}",
        f"excited-in-{layer.name}",
        "auto",
    )
    st.caption(
        f"Of the {detected.units:,} units of {query.escaped(layer.name)}, the {len(there)} in which this sample stands "
        f"highest among N = {detected.n:,}. Percentile: share of the other samples whose value is below, equal ones as "
        "one half; among equals the unit further above its mean comes first. Each unit has one sample at 100, so of "
        f"many units some have it by chance: on average {detected.units / detected.n:.2g} for a sample."
    )


def _ideal_job(measured: state.Measured, layer: Layer, one: int) -> IdealJob:
    return IdealJob(measured.request, layer.name, (one,), float(query.early(NATURAL)))


def _status(job: IdealJob) -> Status:
    if all(sought.read(state.store(), job, unit) for unit in job.units):
        return Status("done")
    now = work.status(job)
    return Status() if now.state == "done" else now


def _ideal(measured: state.Measured, layer: Layer, one: int, device: str) -> None:
    st.markdown("**Ideal input**")
    if layer.name == "input":
        st.caption("A unit of the input is a pixel: it is its own ideal input.")
        return
    address.titled("Held to images", NATURAL, NATURAL.options, _NATURAL.__getitem__, widget=st.select_slider)
    job = _ideal_job(measured, layer, one)
    ideal, now = sought.read(state.store(), job, one), _status(job)
    panel.draw("ideal", Task(job, now), device=device)
    if ideal is None:
        if now.state == "absent":
            st.button("Seek it", key="seek", icon=":material/travel_explore:", on_click=work.start_all,
                      args=([job], device), help="Gradient ascent on the pixels, 160 steps")  # fmt: skip
        return
    st.image(enlarged(ideal.image, _LARGE), width=_LARGE)
    ratio = f", {ideal.activation / ideal.best:.2f} times the best of the samples" if ideal.best > 0 else ""
    said = f"It excites the unit to {ideal.activation:.3g}{ratio} ({ideal.best:.3g})."
    if job.natural == 0:
        said += " Unconstrained: more than any sample, and often like none. That a unit is excited is no proof of what "
        said += "it stands for."
    st.caption(said)
