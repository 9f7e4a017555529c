"""The ID of all layers at all scales, and the curve at the chosen one."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from idcore.errors import PointsError
from idcore.estimators import far_scales
from idcore.estimators.estimator import SUBSCRIPTS
from idcore.estimators.far_scales import Plateau
from idcore.estimators.gride import GridePoint
from idcore.figures.scale import at_scale_figure, scale_heat_figure
from idcore.record import LayerGeometry
from idcore.spec import Request
from idcore.ui.kit import address, charts, query, state
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.parameters import declare

RANK = declare("rank", "the scale", "2", options=tuple(str(2**j) for j in range(1, 16)))
_LEAST = 3
"""Layers without a plateau that are named; of more their number is said."""


def ratio(k: int) -> str:
    """The scale r_2k / r_k in a sentence."""
    return f"r{2 * k} / r{k}".translate(SUBSCRIPTS)


def scales_view(measured: state.Measured, geometries: Sequence[LayerGeometry]) -> None:
    """The heat map, the choice of a scale and the curve that follows it."""
    every = {one.layer.name: of_layer(measured.request, one.layer.name).points for one in geometries}
    rows = {name: points for name, points in every.items() if points}
    if not rows:
        st.info("No layer has an ID at any scale: too few distinct samples, or equal distances.")
        return
    ranks = sorted({2 * point.k for points in rows.values() for point in points})
    names = [str(rank) for rank in ranks]
    rank = int(address.titled("ID at scale", RANK, names, lambda name: ratio(int(name) // 2), RANK.default, width=200))
    charts.draw(
        scale_heat_figure(rows, measured.layers, rank),
        "scales",
        alt=f"Intrinsic dimension of {len(rows)} layers at {len(ranks)} scales, {ratio(ranks[0] // 2)} to "
        f"{ratio(ranks[-1] // 2)}",
        on_select=_choose,
    )
    axis = st.session_state.get("x", "layer")
    at = {name: point for name, points in rows.items() for point in points if 2 * point.k == rank}
    charts.draw(
        at_scale_figure(rows, measured.layers, measured.request.network.regime, rank, axis),
        "at-scale",
        alt=f"ID at {ratio(rank // 2)}: " + ", ".join(f"{name} {point.id:.1f}" for name, point in at.items()),
    )
    st.caption(
        f"ID estimate at scale {ratio(rank // 2)}, N = {measured.request.data.n:,}: Gride, bars of one standard error, "
        f"on the wide side. A click on a cell chooses its scale. {plateau_words(rows)}"
    )
    for name, note in {name: note for name, note in ((g.layer.name, lacking(g)) for g in geometries) if note}.items():
        st.caption(query.escaped(f"{name}: {note}"))
    how_to_read("scale")


def plateau_words(rows: dict[str, tuple[GridePoint, ...]]) -> str:
    """Which layers have a plateau, in a sentence."""
    flat = {name: far_scales.plateau(points) for name, points in rows.items()}
    there = [
        f"{query.escaped(name)} at {one.id:.1f} ({ratio(one.first.k)} to {ratio(one.last.k)})"
        for name, one in flat.items() if one
    ]  # fmt: skip
    absent = [query.escaped(name) for name, one in flat.items() if one is None]
    said = f"A plateau (within {far_scales.FLAT:.0%} over {far_scales.LEAST_SCALES} scales or more): "
    said += "; ".join(there) + "." if there else "in no layer."
    if there and absent:
        named = ", ".join(absent) if len(absent) <= _LEAST else f"{len(absent)} layers"
        said += f" None in {named}."
    return said


def lacking(geometry: LayerGeometry) -> str:
    """What must be said of a record without distances beyond its table."""
    if not geometry.lacks_far:
        return ""
    return f"an older record, without the distances beyond rank {geometry.neighbours.k}: farther scales are not there."


@dataclass(frozen=True)
class Scales:
    """points: the ID of a layer at each scale; none where it has none. flat: its plateau."""

    points: tuple[GridePoint, ...] = ()
    flat: Plateau | None = None


def of_layer(request: Request, name: str) -> Scales:
    """The scales of a layer."""
    return state.of_record(_scales, request, name) or Scales()


def _scales(record: LayerGeometry) -> Scales:
    try:
        points = far_scales.of_layer(record)
    except PointsError:
        return Scales()
    return Scales(points, far_scales.plateau(points))


def _choose() -> None:
    rank = charts.clicked_layer(st.session_state["scales-chart"]["selection"])  # the first of its customdata
    if rank in RANK.options:
        st.session_state[RANK.name] = rank
