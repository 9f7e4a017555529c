"""The question of a step: two choices to commit to, and what is answered, which knows what the reader has set."""

from collections.abc import Callable

import streamlit as st

from idcore.learn.texts import Step

Answer = Callable[[], str]
"""Asked for once somebody has chosen."""


def ask(number: int, step: Step, answer: Answer) -> None:
    """Draw the question of a step, and the answer once one has committed to a choice."""
    choose(f"commit-{number}", step.question, step.choices, step.right, answer)


def choose(key: str, question: str, choices: tuple[str, str], right: int, answer: Answer) -> bool | None:
    """Whether the choice was right; None until there is one."""
    chosen = st.pills(question, choices, key=key)
    if chosen is None:
        return None
    hit: bool = chosen == choices[right]
    word = ":material/check: **Right.**" if hit else f":material/close: **No: {choices[right]}.**"
    st.markdown(f"{word} {answer()}")
    return hit
