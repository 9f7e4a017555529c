"""Pieces of different dimension on the map: those that are there, and the button that has them sought."""

import streamlit as st

from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.results import segmented
from idcore.results.segmented import Pieces
from idcore.spec import SegmentJob
from idcore.ui.kit import panel, query, state, work
from idcore.ui.kit.panel import Task


def job(measured: state.Measured) -> SegmentJob:
    """What parts all layers."""
    return SegmentJob(measured.request, tuple(layer.name for layer in measured.layers))


def parted(measured: state.Measured) -> dict[str, Pieces]:
    """The pieces by layer, of those that have been parted."""
    pieces = {layer.name: segmented.read(state.store(), measured.request, layer.name) for layer in measured.layers}
    return {name: one for name, one in pieces.items() if one is not None}


def active(measured: state.Measured) -> bool:
    """Whether layers are being parted."""
    return measured.complete and bool(measured.layers) and _status(measured).active


def section(measured: state.Measured) -> None:
    """The button, or how far the parting is."""
    if not measured.complete or not measured.layers:
        return
    task = Task(job(measured), _status(measured))
    panel.draw("segments", task)
    if task.now.state == "absent":
        help = (
            "Hidalgo: 1 to 4 pieces, each of one dimension, as many as have the highest likelihood; about ten seconds "
            "a layer at N = 2,000. Then they are a colour of the map."
        )
        st.button("Part by dimension", key="segments", icon=":material/category:", help=help,
                  on_click=work.start_all, args=([task.job], "auto"))  # fmt: skip


def told(measured: state.Measured, layer: str) -> None:
    """What the pieces of a layer are, in a sentence."""
    segmentation = segmented.read(state.store(), measured.request, layer)
    if segmentation is None:
        return
    if segmentation.note:
        st.caption(query.escaped(f"{layer}: {segmentation.note}"))
        return
    sizes = [int((segmentation.labels == i).sum()) for i in range(len(segmentation.ids))]
    pieces = ", ".join(
        f"{d:.1f} ± {e:.1f} ({size:,} samples)"
        for d, e, size in zip(segmentation.ids, segmentation.stderrs, sizes, strict=True)
    )
    chosen = f"K = {len(segmentation.ids)} of 1 to {len(segmentation.likelihoods)} pieces has the highest likelihood"
    said = f"{layer}: {chosen}, N = {len(segmentation.labels):,}. Dimensions: {pieces}; "
    said += "errors are the spread over the sweeps."
    st.caption(query.escaped(said))


def _status(measured: state.Measured) -> Status:
    if all(state.store().meta(segmented.key(measured.request, layer.name)) for layer in measured.layers):
        return Status("done")
    now = state.jobs().status(job_key(job(measured)))
    return Status() if now.state == "done" else now
