"""What the tokens of one sequence take of each other, by layer and head."""

import numpy as np
import streamlit as st

from idcore.figures.attends import attends_figure
from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.results import attended
from idcore.results.attended import Attended
from idcore.spec import AttendJob
from idcore.ui.explore.look import HEAD
from idcore.ui.explore.sequences import SEQUENCE
from idcore.ui.kit import address, charts, panel, query, state, work
from idcore.ui.kit.panel import Task

_MEAN = "mean"


def active(measured: state.Measured) -> bool:
    """Whether the attention of the chosen sequence is being computed."""
    return measured.complete and _status(_job(measured, _asked(measured))).active


def attends_view(measured: state.Measured, layer: str, device: str, computing: bool) -> None:
    """The choice of a sequence, then the button or what was found, in the layer. computing: this runs again and again
    until it is done."""
    st.subheader("Attention")
    if not measured.complete:
        st.caption("Attention is computed once the layers are measured.")
        return
    most = measured.request.data.n - 1
    query.check_most_below(SEQUENCE, most, "the last of these sequences")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        position = int(address.number("Sequence of all samples", SEQUENCE, 0, most, 0, step=1, width=200,
                                   help=f"Its place among the {most + 1:,} samples, from 0 on"))  # fmt: skip
        job = _job(measured, position)
        task = Task(job, _status(job))
        if task.now.active != computing:
            st.rerun()
        attention = attended.read(state.store(), job)
        head = _head(attention, layer) if attention is not None and layer in attention.layers else None
    panel.draw("attends", task, device=device)
    if attention is None:
        if not task.now.active:
            st.caption(
                "One pass of the whole sequence through the model: what each token takes of each other, in every block "
                "and head. The first 64 tokens are shown."
            )
            st.button("Compute attention", key="compute-attention", icon=":material/grid_on:",
                      on_click=work.start_all, args=([job], device))  # fmt: skip
    elif layer not in attention.layers:
        st.caption(query.escaped(f"No token attends in {layer}. Choose a layer that does: {_among(attention.layers)}."))
    else:
        _matrix(attention, position, layer, head)


def told(attention: Attended, position: int, layer: str, head: int | None) -> str:
    """What the matrix of a head is, None for the mean of all, in a few sentences."""
    shown, heads = len(attention.tokens), len(attention.weights[attention.layers.index(layer)])
    which = f"mean of {heads} heads" if head is None else f"head {head} of {heads}"
    sums = attention.matrix(layer, head).sum(1)
    said = f"Sequence {position:,} in {layer}, {which}: N = {attention.total:,} tokens, special ones among them"
    said += f", of which the first {shown} are shown. " if shown < attention.total else ". "
    said += "Row i is what token i takes of each token. "
    if shown == attention.total or attention.causal:
        said += "Each row sums to 1. "
    else:
        said += (
            f"Each row sums to 1 over all {attention.total:,} tokens, and to {sums.min():.2f} or more over those "
            "shown: the rest falls on tokens that are not. "
        )
    if attention.causal:
        said += "The model is causal: above the diagonal all weights are 0. "
    said += "Half of the colours are for weights below 0.15 of the largest. "
    return said + "The weights of one sequence are exact; they have no error, and tell nothing of other sequences."


def _head(attention: Attended, layer: str) -> int | None:
    heads = len(attention.weights[attention.layers.index(layer)])
    options = [_MEAN, *(str(i) for i in range(heads))]
    query.check_below(HEAD, options)
    head = address.titled("Head", HEAD, options, lambda one: "mean of all" if one == _MEAN else f"head {one}",
                          _MEAN, width=160)  # fmt: skip
    return None if head == _MEAN else int(head)


def _matrix(attention: Attended, position: int, layer: str, head: int | None) -> None:
    matrix = attention.matrix(layer, head)
    who, whom = np.unravel_index(int(matrix.argmax()), matrix.shape)
    charts.draw(attends_figure(matrix, attention.tokens), "attends",
                alt=f"Attention among {len(matrix)} tokens of sequence {position} in {layer}, "
                f"{'mean of all heads' if head is None else f'head {head}'}; the largest weight, {matrix.max():.3f}, "
                f"is what token {who} takes of token {whom}")  # fmt: skip
    st.caption(query.escaped(told(attention, position, layer, head)))


def _among(layers: tuple[str, ...]) -> str:
    return ", ".join(layers) if len(layers) <= 4 else f"{layers[0]} to {layers[-1]}"


def _asked(measured: state.Measured) -> int:
    return min(int(query.early(SEQUENCE)), measured.request.data.n - 1)


def _job(measured: state.Measured, position: int) -> AttendJob:
    return AttendJob(measured.request, position)


def _status(job: AttendJob) -> Status:
    if state.store().meta(attended.key(job)):
        return Status("done")
    now = state.jobs().status(job_key(job))
    return Status() if now.state == "done" else now
