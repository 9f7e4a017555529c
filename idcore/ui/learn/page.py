"""The frame of the page Learn: twelve steps, each with its link, its words, something to touch and a question."""

from pathlib import Path

import streamlit as st

from idcore.learn.notes import NOTES
from idcore.learn.texts import COUNT, steps
from idcore.ui.kit import address, export, query
from idcore.ui.kit.component import component
from idcore.ui.kit.parameters import declare
from idcore.ui.learn import (
    chain,
    fall,
    fitting,
    guess,
    lazy,
    poll,
    prediction,
    question,
    regimes,
    rise,
    shapes,
    summary,
    twonn,
)

STEP = declare("step", options=tuple(str(i + 1) for i in range(COUNT)))
NOTES_SHOWN = declare("notes", "the switch of the notes", default="false", options=("true", "false"))
_STEPS = (
    shapes.step,
    twonn.step,
    chain.step,
    guess.step,
    rise.step,
    fall.step,
    regimes.untrained,
    fitting.step,
    regimes.linear,
    lazy.step,
    prediction.step,
    summary.step,
)
_HERE = Path(__file__).parent
_KEYS = component(_HERE / "keys.js")
_BIG = "<style>" + (_HERE / "projector.css").read_text() + "</style>"


def main() -> None:
    """Draw the step that the address names."""
    query.show_notices()
    st.html(_HERE / "learn.css")
    if code := poll.joined():
        poll.phone(code)
        return
    hidden = address.controls_hidden()
    if hidden:
        st.html(_BIG)
    number, notes = _steps(hidden)
    step = steps()[number - 1]
    st.title(f"{number}. {step.title}")
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown(step.text)
        asked = st.container(border=True, key="question")
    with right:
        touch = st.container(key="touch", gap="small", horizontal=True, vertical_alignment="center")
        figures = st.container(key="figures")
    with left:
        led = poll.leading(number, step)
    answer = _STEPS[number - 1](touch, figures)
    with asked:
        question.ask(number, step, answer)
    if led:
        with left:
            poll.board(led, number, step)
    if notes:
        with left:
            _notes(number)
    if number < COUNT and not hidden:
        st.button(f"Next: {steps()[number].title}", key="onward", type="primary", icon=":material/arrow_forward:",
                  icon_position="right", on_click=_go, args=(number + 1,))  # fmt: skip
    _KEYS(key="learn-keys", data={"step": number, "pages": hidden})


def _notes(number: int) -> None:
    """For who teaches."""
    note = NOTES[number - 1]
    with st.container(border=True, key="notes-sheet"):
        st.markdown(f"**Ask.** {note.ask}\n\n**Show.** {note.show}\n\n**Where they stumble.** {note.stumble}")
        st.caption(f"About {note.minutes} of 45 minutes.")


def _steps(hidden: bool) -> tuple[int, bool]:
    """The row above the step; hidden: for a projector, without what one does not need there. Returns the number, and
    whether the notes are wanted."""
    number = int(query.early(STEP))
    notes = False
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="steps-row"):
        if hidden:
            st.session_state["step"] = st.query_params["step"] = str(number)
            st.caption(f"Step {number} of {COUNT}", width="content")
        else:
            address.option("Step", STEP, label_visibility="collapsed")
        query.drawn(STEP)
        for name, icon, target in (("Previous", "left", number - 1), ("Next", "right", number + 1)):
            ends = not 1 <= target <= COUNT
            st.button(name, key=name.lower(), icon=f":material/chevron_{icon}:", help=f"{icon.title()} arrow key",
                      on_click=_go, args=(target,), disabled=ends, type="tertiary")  # fmt: skip
        if not hidden:
            st.space("stretch")
            notes = address.switch("Notes", NOTES_SHOWN, help="For who teaches: what to ask, what to show. They are "
                                   "printed with the step.")  # fmt: skip
            poll.button()
            export.copy_link()
            export.menu(export.figures)
    return number, notes


def _go(number: int) -> None:
    st.session_state["step"] = str(number)
