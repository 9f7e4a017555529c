"""One player: what else shows epochs follows the slider of the curves, in the browser."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from idcore.figures import epochs, theme
from idcore.figures.epochs import Course
from idcore.ui.kit.component import component
from idcore.ui.kit.parameters import declare

_FOLLOW = component(Path(__file__).with_suffix(".js"))
EPOCH = declare("epoch", "the epoch that is shown", limits=(0, 10_000))
_BY_EPOCH = ("accuracy", "loss", "hidden")
"""Charts with the epochs along their horizontal axis."""


def begin(courses: Sequence[Course]) -> int | None:
    """The epoch of the address, or the last measured one before it; None where it says none. The player writes there
    what it shows, in the browser."""
    # What the player writes later is no reason to draw the curves anew below the hand that moves it.
    asked = st.session_state.setdefault(EPOCH.name, st.query_params.get(EPOCH.name, ""))
    known = epochs.epochs(courses)
    if not asked.isdecimal() or not known:
        return None
    return max((epoch for epoch in known if epoch <= int(asked)), default=known[0])


def link(courses: Sequence[Course], maps: Sequence[str], first: int | None) -> None:
    """Let cursors, maps and the address follow. maps: their keys. first: the epoch that the player begins at, None for
    the last."""
    known = epochs.epochs(courses)
    along = {str(epoch): epochs.x_of(epoch) for epoch in known}
    cursors: list[dict[str, Any]] = [{"chart": chart, "axis": "x", "at": along} for chart in _BY_EPOCH]
    for one in courses:
        rows = sorted(one.rows)
        at = {str(epoch): rows.index(here) for epoch in known if (here := epochs.shown(one, epoch)) is not None}
        cursors.append({"chart": f"heat-{one.regime}", "axis": "y", "at": at})
    data = {
        "chart": ".st-key-epochs-chart",
        "maps": list(maps),
        "cursors": cursors,
        "epoch": str(known[-1] if first is None else first),
        "last": str(known[-1]),
        "name": EPOCH.name,
        "colour": theme.rgba(theme.ACCENT, 0.7),
    }
    _FOLLOW(key="follow", data=data, height="content")
