"""The frame of the page Learn: nine steps, each with its link, its words, something to touch and a question."""

import streamlit as st

from idcore.learn.texts import STEPS
from idcore.ui.kit import address, export, query
from idcore.ui.kit.parameters import declare
from idcore.ui.learn import chain, guess, learning, regimes, shapes, twonn

STEP = declare("step", options=tuple(str(i + 1) for i in range(len(STEPS))))
_STEPS = (
    shapes.step,
    twonn.step,
    chain.step,
    guess.step,
    regimes.linear,
    regimes.untrained,
    learning.shuffled,
    learning.prediction,
    learning.irrelevant,
)

_KEYS = st.components.v2.component(
    "learn_keys",
    js="""
// Left and right are those of a widget that has the focus and makes use of them.
const TAKEN = "input, textarea, select, [contenteditable], [role=slider], [role=radiogroup], [role=toolbar], "
  + "[role=listbox], [role=tablist], [role=grid], .js-plotly-plot";
const BUTTONS = { ArrowLeft: "previous", ArrowRight: "next" };
function press(event) {
  const name = BUTTONS[event.key];
  if (!name || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.composedPath().some((one) => one.matches?.(TAKEN))) return;
  document.querySelector(`.st-key-${name} button:not(:disabled)`)?.click();
}
let shown = null;
export default function ({ data }) {
  document.addEventListener("keydown", press);  // one and the same listener is added once
  if (shown !== null && shown !== data) document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0);
  shown = data;
  return () => { document.removeEventListener("keydown", press); shown = null; };
}
""",
)


def main() -> None:
    """Draw the step that the address names."""
    query.show_notices()
    hidden = address.controls_hidden()
    number = _steps(hidden)
    step = STEPS[number - 1]
    st.title(f"{number}. {step.title}")
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown(step.text)
        touch = st.container(key="touch", gap="small")
        with st.expander(step.question, icon=":material/help:", key=f"question-{number}"):
            st.markdown(step.answer)
    _STEPS[number - 1](touch, right)
    if number < len(STEPS) and not hidden:
        st.button(f"Next: {STEPS[number].title}", key="onward", type="primary", icon=":material/arrow_forward:",
                  icon_position="right", on_click=_go, args=(number + 1,))  # fmt: skip
    _KEYS(key="learn-keys", data=number)


def _steps(hidden: bool) -> int:
    """The row above the step; hidden: for a projector, without what one does not need there. Returns the number."""
    number = int(query.early(STEP))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if hidden:
            st.session_state["step"] = st.query_params["step"] = str(number)
            st.caption(f"Step {number} of {len(STEPS)}", width="content")
        else:
            address.option("Step", STEP, label_visibility="collapsed")
        query.drawn(STEP)
        for name, icon, target in (("Previous", "left", number - 1), ("Next", "right", number + 1)):
            ends = not 1 <= target <= len(STEPS)
            st.button(name, key=name.lower(), icon=f":material/chevron_{icon}:", help=f"{icon.title()} arrow key",
                      on_click=_go, args=(target,), disabled=ends, type="tertiary")  # fmt: skip
        if not hidden:
            st.space("stretch")
            export.copy_link()
    return number


def _go(number: int) -> None:
    st.session_state["step"] = str(number)
