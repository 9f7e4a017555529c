"""Where the network looks on one sample: maps over the picture, each judged by deletion, and attention by layer and
head."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from idcore.figures.look import deletion_figure
from idcore.jobs import Status
from idcore.results import Run, looked
from idcore.results.looked import Heads, Judged, Looked
from idcore.spec import ELSEWHERE, LookJob
from idcore.ui.explore import subject
from idcore.ui.explore.overlay import Tile, overlay
from idcore.ui.explore.subject import SampleChoice
from idcore.ui.kit import address, charts, panel, passages, query, state, tables, work
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.panel import Task
from idcore.ui.kit.parameters import declare
from idcore.ui.result.sample import class_name

_SAID = "predicted"
EXPLAINED = declare("explained", "the class that is explained", _SAID, others=str.isdecimal, options=(_SAID,))
ATTENDING = declare("attending", "the layer whose attention is shown")
HEAD = declare("head", "the head whose attention is shown")
TOKEN = declare("token", "the token whose attention is shown", 0, limits=(0, 10**6))
_MEAN = "mean"
_LOSERS = {
    "most ink": "deleting where most ink is, which asks no network",
    "random": "deleting patches at random",
}


def refusal(measured: state.Measured) -> str:
    """Why this network looks at nothing, in a sentence; "" where it does."""
    if measured.request.network == ELSEWHERE:
        return "These layers came as matrices, with no network that looks at an image."
    if not measured.request.network.is_here:
        return "The code of this network is not here, so it can look at no image."
    if passages.are_texts(measured.request.data):
        return "These samples are texts: there is no image that the network looks at."
    if not measured.complete:
        return "Where the network looks can be asked when all layers are measured."
    return ""


def active(measured: state.Measured, device: str) -> bool:
    """Whether the network is looking."""
    return not refusal(measured) and _status(_job(measured, subject.asked(measured)), device).active


def look_view(measured: state.Measured, device: str, polled: bool) -> None:
    """The tab. polled: this runs again and again until nothing is at work; where another sample sets something to work,
    the page begins to."""
    if active(measured, device) != polled:
        st.rerun()
    st.subheader("Where it looks")
    if why := refusal(measured):
        st.caption(why)
        return
    run = measured.run
    assert run is not None
    job = _job(measured, subject.choose(measured))
    explanation = looked.read(state.store(), job)
    if explanation is None:
        panel.draw("look", Task(job, _status(job, device)), device=device)
        _explain_again()
        return
    name = _explained(explanation, run)
    st.markdown(query.escaped(_told(explanation, run, name)))
    _maps(explanation, name)
    for note in explanation.notes:
        st.caption(query.escaped(note))
    _honesty(explanation, name)
    if explanation.attention:
        _attention(explanation)
    how_to_read("look")


def _job(measured: state.Measured, asked: SampleChoice) -> LookJob:
    target = query.early(EXPLAINED)
    return LookJob(measured.request, asked.position, None if target == _SAID else int(target), asked.digest)


def _status(job: LookJob, device: str) -> Status:
    return Status("done") if looked.there(state.store(), job) else work.started(job, device)


def output_name(explanation: Looked, run: Run, output: int) -> str:
    """What an output stands for, its number where nobody says."""
    if explanation.classes:
        return explanation.classes[output]
    if len(run.class_names) == len(explanation.probabilities):
        return class_name(run, output)
    return f"output {output}"


def _explain_again() -> None:
    """The way back from a class that there is not."""
    if query.early(EXPLAINED) != _SAID:
        st.button("Explain what the network says", key="explain-said", on_click=_forget)


def _forget() -> None:
    st.session_state.pop(EXPLAINED.name, None)
    query.drawn(EXPLAINED)
    st.query_params.pop(EXPLAINED.name, None)


def _explained(explanation: Looked, run: Run) -> str:
    options = [_SAID, *(str(i) for i in range(len(explanation.probabilities)))]

    def shown(option: str) -> str:
        if option == _SAID:
            return "what the network says"
        share = explanation.probabilities[int(option)]
        return f"{output_name(explanation, run, int(option))}, probability {share:.3f}"

    address.titled("Class that is explained", EXPLAINED, options, shown, width=320, on_change=st.rerun)
    return output_name(explanation, run, explanation.target)


def _told(explanation: Looked, run: Run, name: str) -> str:
    said, own = output_name(explanation, run, explanation.said), class_name(run, explanation.label)
    what = "Your picture" if explanation.id < 0 else f"Sample {explanation.id}, {own}"
    share = float(explanation.probabilities[explanation.said])
    first = f"{what}: the network says {said}, probability {share:.3f}."
    if explanation.target == explanation.said:
        return first
    return f"{first} Explained is {name}, probability {explanation.probabilities[explanation.target]:.3f}."


def _maps(explanation: Looked, name: str) -> None:
    tiles = [Tile(None, "The picture as the network sees it", "The picture", "as the network sees it")]
    for row in explanation.rows[:-2]:
        losing = explanation.loses(row)
        loses = f"loses to {' and '.join(losing)}" if losing else ""
        title, note = row.method[0].upper() + row.method[1:], f"area {row.area:.3f}"
        tiles.append(Tile(row.map, f"{title} for {name}, {note}. {loses}".strip(), title, note, loses))
    overlay(explanation.image, tiles, "look-maps")
    signed = any(row.map is not None and (row.map < 0).any() for row in explanation.rows[:-2])
    st.caption(
        "Bright is much, black is nothing, each map on its own scale."
        + (" Where a map has two signs, orange speaks for the class and blue against it." if signed else "")
    )


def verdicts(explanation: Looked) -> list[str]:
    """A sentence on each method: what it beats and what it does not."""
    said = []
    for row in explanation.rows[:-2]:
        losing = explanation.loses(row)
        title = row.method[0].upper() + row.method[1:]
        if losing:
            said.append(f"**{query.escaped(title)} loses** to {' and to '.join(_LOSERS[one] for one in losing)}.")
        else:
            said.append(f"{query.escaped(title)} beats both.")
    return said


def _honesty(explanation: Looked, name: str) -> None:
    st.markdown("**Does a map name what the network uses?**")
    patches = len(explanation.rows[0].curve) - 1
    charts.draw(deletion_figure(explanation.rows, name), "deletion",
                alt=f"Probability of {name} while patches are deleted: " + _areas(explanation.rows))  # fmt: skip
    st.markdown(" ".join(verdicts(explanation)))
    tables.draw(
        [
            {
                "order": row.method,
                "area": row.area,
                "± over random orders": row.spread or None,
                "after a tenth": row.after(0.1),
                "after a third": row.after(1 / 3),
                "does not beat": ", ".join(explanation.loses(row)) if i < len(explanation.rows) - 2 else "",
            }
            for i, row in enumerate(explanation.rows)
        ],
        f"Deletion for {name}",
        key="look-table",
        column_config={
            column: st.column_config.NumberColumn(format="%.3f")
            for column in ("area", "± over random orders", "after a tenth", "after a third")
        },
    )
    st.caption(
        f"{patches} patches are deleted one by one, the highest scores first; area is the mean probability on the way. "
        f"To beat chance, it must lie {looked.SURE:g} standard deviations below that of random orders. "
        "N = 1: one sample is an anecdote."
    )


def _areas(rows: Sequence[Judged]) -> str:
    return ", ".join(f"{row.method} {row.area:.3f}" for row in rows)


def _attention(explanation: Looked) -> None:
    st.markdown("**Attention by layer and head**")
    layers = {heads.layer: heads for heads in explanation.attention}
    tokens = len(explanation.attention[0].mean)
    side = round((tokens - 1) ** 0.5)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layer = address.titled("Layer that attends", ATTENDING, list(layers), str, list(layers)[-1], width=220)
        heads = layers[layer]
        options = [_MEAN, *(str(i) for i in range(len(heads.each)))]
        query.check_below(HEAD, options)
        head = address.titled("Head", HEAD, options, lambda one: "mean of all" if one == _MEAN else f"head {one}",
                              _MEAN, width=160)  # fmt: skip
        query.check_most_below(TOKEN, tokens - 1, "the last patch")
        token = int(address.number("Token", TOKEN, 0, tokens - 1, 0, step=1, width=120,
                                   help="0 is the class token; then come the patches, row by row"))  # fmt: skip
    number = None if head == _MEAN else int(head)
    kept = number is None or heads.each.shape[1] > 1 or token == 0
    if not kept:
        st.caption("Of each head the row of the class token alone is kept here; shown is the mean of all heads.")
    row = heads.row(number if kept else None, token)
    who = "the class token" if token == 0 else f"patch {token}"
    left, right = st.columns([2, 3], gap="medium")
    with left:
        overlay(explanation.image,
                [Tile(row[1:].reshape(side, side), f"Attention of {who} in {layer}", f"What {who} takes",
                      f"{layer}, {'mean of all heads' if head == _MEAN else f'head {head}'}; "
                      f"{row[0]:.0%} from the class token")],
                "look-row", side=280, grid=(side, side), token=token, click="patch", on_click=_token)  # fmt: skip
        st.caption("Click a patch to see what it takes.")
    with right:
        _grid(explanation, layer, head, token if heads.each.shape[1] > 1 else 0, side)


def _grid(explanation: Looked, layer: str, head: str, token: int, side: int) -> None:
    tiles, choices = [], []
    for one in explanation.attention:
        for number in (None, *range(len(one.each))):
            name = _MEAN if number is None else str(number)
            shown = f"{one.layer}, {'mean of all heads' if number is None else f'head {number}'}"
            chosen = (one.layer, name) == (layer, head)
            tiles.append(Tile(_row_of(one, number, token, side), shown, chosen=chosen))
            choices.append((one.layer, name))

    def choose(tile: int) -> None:
        st.session_state[ATTENDING.name], st.session_state[HEAD.name] = choices[tile]

    overlay(explanation.image, tiles, "look-heads", side=64, across=1 + len(explanation.attention[0].each),
            click="tile", on_click=choose)  # fmt: skip
    st.caption("A row for each layer, the first above; left the mean of its heads, then each head. Click one.")


def _row_of(heads: Heads, head: int | None, token: int, side: int) -> np.ndarray:
    return heads.row(head, token)[1:].reshape(side, side)


def _token(token: int) -> None:
    st.session_state[TOKEN.name] = token
