"""The tokens of single sequences, a cloud each: their dimension, their loss, and the text coloured by the local ID."""

import html

import numpy as np
import streamlit as st

from idcore.figures.attends import said as as_read
from idcore.figures.clouds import goes_figure, scatter_figure
from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.results import clouded
from idcore.results.clouded import Clouds
from idcore.spec import FEWEST_TOKENS, CloudsJob
from idcore.ui.kit import address, charts, panel, query, state, tables, work
from idcore.ui.kit.panel import Task
from idcore.ui.kit.parameters import declare

CLOUD = declare("cloud", "the sequence whose tokens are shown", 0, limits=(0, 63))
_SHADES = 0.75  # how opaque the colour of the highest local ID is


def active(measured: state.Measured, device: str) -> bool:
    """Whether tokens are being measured."""
    return measured.complete and _status(measured).active


def clouds_view(measured: state.Measured, layer: str, device: str, measuring: bool) -> None:
    """The button, or what was found, in the layer. measuring: this runs again and again until it is done."""
    if measuring and not active(measured, device):
        st.rerun()
    if not measured.complete:
        st.caption("Tokens are measured once the layers are.")
        return
    job = _job(measured)
    task = Task(job, _status(measured))
    panel.draw("clouds", task, device=device)
    clouds = clouded.read(state.store(), job)
    if clouds is None:
        if not task.now.active:
            st.caption(
                "The tokens of a sequence are a cloud too: its ID in every layer, beside the mean next-token loss. The "
                f"first {job.sequences} sequences of {FEWEST_TOKENS} tokens or more are taken, at some seconds each."
            )
            st.button("Measure tokens", key="measure-clouds", icon=":material/blur_on:", on_click=work.start_all,
                      args=([job], device))  # fmt: skip
        return
    if layer not in clouds.layers:
        st.caption(query.escaped(f"The tokens have no cloud in {layer}. Choose one of {', '.join(clouds.layers)}."))
        return
    _sequences(clouds, clouds.layers.index(layer))


def coloured(words: tuple[str, ...], local: np.ndarray, losses: np.ndarray) -> str:
    """The tokens of a sequence as HTML, the deeper the higher the local ID of each; all of it escaped. local, losses:
    (t,), NaN where there is none."""
    known = local[np.isfinite(local)]
    low, high = (known.min(), known.max()) if len(known) else (0.0, 0.0)
    parts = []
    for word, value, loss in zip(words, local, losses, strict=True):
        share = (value - low) / (high - low) if np.isfinite(value) and high > low else 0.0
        told = "no local ID" if not np.isfinite(value) else f"local ID {value:.1f}"
        told += f", loss {loss:.2f}" if np.isfinite(loss) else ""
        said = html.escape(as_read(word))
        parts.append(
            f'<span title="{html.escape(told)}" style="background: rgba(106, 72, 220, {_SHADES * share:.2f}); '
            f'border-radius: 3px; padding: 0 2px; white-space: pre-wrap">{said}</span>'
        )
    return f'<p style="line-height: 1.9; overflow-wrap: anywhere">{" ".join(parts)}</p>'


def _sequences(clouds: Clouds, at: int) -> None:
    layer, last = clouds.layers[at], len(clouds.places) - 1
    query.check_most_below(CLOUD, last, "the last of these sequences")
    chosen = int(address.number("Sequence", CLOUD, 0, last, 0, step=1, width=160,
                                help=f"Of the {last + 1:,} sequences that are clouds, from 0 on"))  # fmt: skip
    one, words = clouds.of(chosen), clouds.tokens[chosen]
    st.html(coloured(words, clouds.local[at, one], clouds.losses[one]))
    told, errors = (clouds.gride[chosen, at], clouds.twonn[chosen, at])
    st.caption(
        query.escaped(
            f"Sample {clouds.places[chosen]} in {layer}: N = {len(words)} tokens, {clouds.distinct[chosen, at]} of "
            f"them distinct. Gride r16/r8 {_number(*told)}, TwoNN {_number(*errors)}; mean loss "
            f"{_number(clouds.loss[chosen])}. The deeper the colour, the higher the local ID of the token."
        )
    )
    left, right = st.columns(2, gap="medium")
    names = [f"sample {sample}, {len(said)} tokens" for sample, said in zip(clouds.places, clouds.tokens, strict=True)]
    goes = clouds.goes
    with left:
        charts.draw(scatter_figure(clouds.gride[:, at, 0], clouds.gride[:, at, 1], clouds.loss, names, chosen),
                    "clouds", alt=f"ID of the tokens against mean loss of {last + 1} sequences in {layer}")  # fmt: skip
    with right:
        charts.draw(goes_figure(clouds.layers, goes), "clouds-goes",
                    alt="Spearman's r of ID and loss by layer")  # fmt: skip
    here = goes[at]
    if here.r is None:
        st.caption(query.escaped(f"{layer}: no correlation, N = {here.n}. {here.note}"))
    else:
        st.caption(
            query.escaped(
                f"{layer}: Spearman's r = {here.r:.2f} ({here.low:.2f} to {here.high:.2f}, 95% bootstrap), p = "
                f"{here.p:.4f} of random pairings, N = {here.n} sequences; bars are one standard error. Open points: "
                "p is 0.05 or more. After Viswanathan et al. 2025."
            )
        )
    for note in clouds.notes:
        st.caption(query.escaped(note))
    with st.expander("All numbers"):
        tables.draw((
            {"Sample": int(clouds.places[s]), "Layer": name, "N": len(clouds.tokens[s]),
             "Distinct": int(clouds.distinct[s, i]), "Gride r16/r8": _value(clouds.gride[s, i, 0]),
             "Error": _value(clouds.gride[s, i, 1]), "TwoNN": _value(clouds.twonn[s, i, 0]),
             "Its error": _value(clouds.twonn[s, i, 1]), "Mean loss": _value(clouds.loss[s])}
            for s in range(last + 1) for i, name in enumerate(clouds.layers)
        ), "Tokens of sequences")  # fmt: skip


def _number(value: float, error: float = np.nan) -> str:
    if not np.isfinite(value):
        return "none"
    return f"{value:.2f}" + (f" ± {error:.2f}" if np.isfinite(error) else "")


def _value(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _job(measured: state.Measured) -> CloudsJob:
    return CloudsJob(measured.request)


def _status(measured: state.Measured) -> Status:
    job = _job(measured)
    if state.store().meta(clouded.key(job)):
        return Status("done")
    now = state.jobs().status(job_key(job))
    return Status() if now.state == "done" else now
