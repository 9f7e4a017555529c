"""Points that one clicks on a plane; the ratio of each drops into a histogram that becomes the line of the fit."""

from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from idcore.errors import PointsError
from idcore.estimators.twonn import TwoNN
from idcore.figures import theme
from idcore.figures.learn import TWONN
from idcore.learn import byhand
from idcore.learn.byhand import FIRST, MOST, SIDE, SPACE
from idcore.spec import USUAL
from idcore.ui.kit import address, query
from idcore.ui.kit.component import component
from idcore.ui.kit.parameters import declare

SHOWN = declare("ratios", "what is shown of the ratios", options=("histogram", "line"))
KEY, POINTS, TURN = "byhand", "byhand-points", "byhand-turn"
"""Of the session: the component, the points, and how often they were put there by a button."""
PLANE, CUBE = "your plane, 2-D", f"a cube at random, {SPACE}-D"
_HERE = Path(__file__).parent
_BY_HAND = component(_HERE / "byhand.js", '<div class="byhand"></div>', before=(_HERE / "svg.js",))


def draw(touch: DeltaGenerator, container: DeltaGenerator) -> None:
    """The plane, and the ratios of its points beside those of as many in ten dimensions."""
    points: list[list[int]] = st.session_state.setdefault(POINTS, byhand.scattered(FIRST, 2).tolist())
    turn = st.session_state.setdefault(TURN, 0)
    with touch:
        shown = address.option("Ratios μ", SHOWN, label_visibility="collapsed")
        more = byhand.more(points, turn + 1)
        st.button(f"{byhand.MORE} at random", key="byhand-more", icon=":material/scatter_plot:", on_click=_put,
                  args=(more,), disabled=len(points) >= MOST, help=f"Up to {MOST}.")  # fmt: skip
        st.button("Clear", key="byhand-clear", icon=":material/delete:", on_click=_put, args=([],), disabled=not points)
    with container:
        _drawn(points, turn, shown == "line")
        st.caption(_about(points))


def _drawn(points: list[list[int]], turn: int, line: bool) -> None:
    n = len(points)
    cube = byhand.scattered(MOST, SPACE)
    fits = {PLANE: _fit(np.array(points).reshape(n, 2)), CUBE: _fit(cube[:n])}
    colours = {PLANE: TWONN, CUBE: theme.ACCENT}
    data = {
        "points": points, "turn": turn, "cube": cube.tolist(), "side": SIDE, "most": MOST, "line": line,
        "sets": [{"name": name, "colour": colours[name], **_told(fit)} for name, fit in fits.items()],
        "n": n, "discard": USUAL.discard,
        "alt": f"A plane with {n} points. Arrow keys move the cross, Enter adds a point, Backspace takes one away.",
    }  # fmt: skip
    _BY_HAND(key=KEY, data=data, width="stretch", height="content", on_points_change=_take)


def _take() -> None:
    """What was clicked, before the page is drawn with it; what the browser sent before a button was pressed is late."""
    sent = st.session_state[KEY].get("points")
    if isinstance(sent, dict) and sent.get("turn") == st.session_state.get(TURN):
        points = byhand.usable(sent.get("points"))
        if points is not None:
            st.session_state[POINTS] = points


def _fit(points: np.ndarray) -> TwoNN | str:
    try:
        return byhand.estimate(points)
    except PointsError as error:
        return str(error)


def _told(fit: TwoNN | str) -> dict[str, Any]:
    if isinstance(fit, str):
        return {"id": None, "words": "no ID yet"}
    return {"id": fit.id, "words": f"ID {fit.id:.2f} ± {fit.stderr:.2f}"}


def _about(points: list[list[int]]) -> str:
    n = len(points)
    fit = _fit(np.array(points).reshape(n, 2))
    if isinstance(fit, str):
        return query.escaped(fit)
    left = f"the largest {USUAL.discard:.0%} of μ, hollow, are left out"
    tied = f"; {fit.dropped} with r₁ = r₂ left out" if fit.dropped else ""
    note = f" {fit.note}" if fit.note else ""
    return query.escaped(
        f"Click to add a point, click one to choose it. N = {n}, all distances exact; {left}{tied}; ± one standard "
        f"error.{note}"
    )


def _put(points: list[list[int]]) -> None:
    st.session_state[POINTS] = points
    st.session_state[TURN] += 1
