"""One player: what else shows epochs follows the slider of the curves, in the browser."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from idcore.figures import epochs, theme
from idcore.figures.epochs import Course

_FOLLOW = st.components.v2.component("layerscope_epoch", js=(Path(__file__).parent / "follow.js").read_text())
_BY_EPOCH = ("accuracy", "loss", "hidden")
"""Charts with the epochs along their horizontal axis."""


def link(courses: Sequence[Course], maps: Sequence[str]) -> None:
    """Let cursors and maps follow. maps: their keys."""
    known = epochs.epochs(courses)
    along = {str(epoch): epochs.place(epoch) for epoch in known}
    cursors: list[dict[str, Any]] = [{"chart": chart, "axis": "x", "at": along} for chart in _BY_EPOCH]
    for one in courses:
        rows = sorted(one.rows)
        at = {str(epoch): rows.index(here) for epoch in known if (here := epochs.shown(one, epoch)) is not None}
        cursors.append({"chart": f"heat-{one.regime}", "axis": "y", "at": at})
    data = {
        "chart": ".st-key-epochs-chart",
        "maps": list(maps),
        "cursors": cursors,
        "epoch": str(known[-1]),
        "colour": theme.rgba(theme.ACCENT, 0.7),
    }
    _FOLLOW(key="follow", data=data, height="content")
