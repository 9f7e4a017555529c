"""The scale of a layer: does the ID change with the number of points, and how far are the neighbours?"""

from collections.abc import Sequence

import streamlit as st

from idcore.errors import PointsError
from idcore.estimators import scale
from idcore.estimators.error_bar import METHOD
from idcore.estimators.estimator import SUBSCRIPTS
from idcore.estimators.gride import GridePoint, gride
from idcore.estimators.verdict import verdict
from idcore.figures.distances import distances_figure
from idcore.figures.scale import scale_figure
from idcore.record import Layer, LayerGeometry
from idcore.spec import Request
from idcore.ui.kit import charts, query, state, words
from idcore.ui.kit.explain import how_to_read
from idcore.ui.result import layer


def scale_view(request: Request, chosen: Layer) -> None:
    """TwoNN on nested blocks and Gride, with the verdict in words."""
    st.subheader("Scale")
    found = state.geometry(request, chosen.name)
    if found is None:
        return
    try:
        points = scale.scale(found, layer.reading().discard)
    except PointsError as error:
        st.info(query.escaped(str(error)))
        return
    far = _gride(found)
    said = verdict(points, found.n)
    charts.draw(
        scale_figure(points, far, request.network.regime),
        "scale",
        alt=f"Intrinsic dimension of {chosen.name} against the number of points and the rank of the neighbours. "
        + said.sentence,
    )
    st.markdown(f"**{said.sentence}**")
    last = f"r{2 * far[-1].k} / r{far[-1].k}".translate(SUBSCRIPTS) if far else ""
    ranks = f"; Gride from all {far[0].n:,} points, r₂ / r₁ to {last}" if far else ""
    st.caption(
        f"TwoNN on blocks of {points[0].points:,.0f} to {points[-1].points:,.0f} points, "
        f"{words.discarded(layer.reading())}{ranks}; D = {chosen.units:,}; bars are one standard error, "
        f"{METHOD}{_wide(far)}."
    )
    for note in dict.fromkeys(point.note for point in far if point.note):
        ranks = ", ".join(f"{2 * point.k}" for point in far if point.note == note)
        st.caption(query.escaped(f"Gride at rank {ranks}: {note}"))
    how_to_read("scale")


def distances_view(request: Request, chosen: Layer) -> None:
    """How far the first, second and last neighbours are."""
    st.subheader("Distances")
    found = state.geometry(request, chosen.name)
    if found is None:
        return
    if found.note:
        st.info(query.escaped(found.note))
        return
    table = found.neighbours
    charts.draw(
        distances_figure(table, request.network.regime),
        "distances",
        alt=f"Histograms of the distances of the samples to neighbours 1, 2 and {table.k} in {chosen.name}",
    )
    st.caption(f"{table.n:,} distinct samples of N = {found.n:,}, D = {chosen.units:,}; Euclidean, in float64.")
    how_to_read("distances")


def _wide(far: Sequence[GridePoint]) -> str:
    if len(far) < 2:
        return ""
    return "; those of Gride err on the wide side, up to a third at r₄ / r₂ and threefold at r₃₂ / r₁₆"


def _gride(found: LayerGeometry) -> tuple[GridePoint, ...]:
    try:
        return gride(found.neighbours, found.columns)
    except PointsError:
        return ()  # too few neighbours: the left panel stands alone
