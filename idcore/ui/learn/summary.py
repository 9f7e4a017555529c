"""Step 12: what one can explain now, and five questions."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from idcore.learn.quiz import items
from idcore.ui.learn.question import Answer, choose


def step(touch: DeltaGenerator, figures: DeltaGenerator) -> Answer:
    """The questions, and how many are right."""
    with figures, st.container(border=True):
        hits = [
            choose(f"quiz-{i}", f"{i + 1}. {item.question}", item.choices, item.right, _why(item.why))
            for i, item in enumerate(items())
        ]
        if None not in hits:
            st.markdown(f"**{sum(map(bool, hits))} of {len(hits)}** right.")
    return lambda: "It is an estimate at the distance between neighbours: it needs N and an error."


def _why(words: str) -> Answer:
    return lambda: words
