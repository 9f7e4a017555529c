"""The scale of a layer: does the ID change with the number of points, and how far are the neighbours?"""

from collections.abc import Sequence

import streamlit as st

from idcore import spec
from idcore.errors import PointsError
from idcore.estimators import far_scales, scale
from idcore.estimators.error_bar import METHOD
from idcore.estimators.far_scales import Plateau
from idcore.estimators.gride import GridePoint
from idcore.estimators.verdict import verdict
from idcore.figures.distances import distances_figure
from idcore.figures.scale import scale_figure
from idcore.record import Layer
from idcore.spec import Request
from idcore.ui.kit import charts, query, state, words
from idcore.ui.kit.explain import how_to_read
from idcore.ui.result import layer, scales


@st.fragment(key="scale-view")
def scale_view(request: Request, chosen: Layer) -> None:
    """TwoNN on nested blocks and Gride, with the verdict in words."""
    st.subheader("Scale")
    record = state.geometry(request, chosen.name)
    if record is None:
        return
    try:
        points = state.of_record(scale.scale, request, chosen.name, layer.reading().discard) or ()
    except PointsError as error:
        st.info(query.escaped(str(error)))
        return
    along = scales.of_layer(request, chosen.name)
    far, flat = along.points, along.flat
    said = verdict(points, record.n)
    asked = st.session_state.get(scales.RANK.name)
    rank = int(asked) if asked in scales.RANK.options else None
    charts.draw(
        charts.once(
            lambda: scale_figure(points, far, request.network.regime, flat, rank),
            *(scale_figure, spec.layer_key(request, chosen.name), layer.reading().discard, rank),
        ),
        "scale",
        alt=f"Intrinsic dimension of {chosen.name} against the number of points and the rank of the neighbours. "
        + said.sentence,
    )
    st.markdown(f"**{said.sentence}**")
    ranks = f"; Gride, {scales.ratio(far[0].k)} to {scales.ratio(far[-1].k)}" if far else ""
    st.caption(
        f"ID estimate by scale, N = {record.n:,}: TwoNN on blocks of {points[0].points:,.0f} to "
        f"{points[-1].points:,.0f} points, "
        f"{words.discarded(layer.reading())}{ranks}; D = {chosen.units:,}; bars are one standard error, "
        f"{METHOD}{_wide(far)}. {_flat(far, flat)}"
    )
    for note in dict.fromkeys(point.note for point in far if point.note):
        ranks = ", ".join(f"{2 * point.k}" for point in far if point.note == note)
        st.caption(query.escaped(f"Gride at rank {ranks}: {note}"))
    if scales.lacking(record):
        st.caption(f"This is {scales.lacking(record)}")
    how_to_read("scale")


def distances_view(request: Request, chosen: Layer) -> None:
    """How far the first, second and last neighbours are."""
    st.subheader("Distances")
    record = state.geometry(request, chosen.name)
    if record is None:
        return
    if record.note:
        st.info(query.escaped(record.note))
        return
    table = record.neighbours
    charts.draw(
        charts.once(
            lambda: distances_figure(table, request.network.regime),
            *(distances_figure, spec.layer_key(request, chosen.name)),
        ),
        "distances",
        alt=f"Histograms of the distances of the samples to neighbours 1, 2 and {table.k} in {chosen.name}",
    )
    st.caption(f"{table.n:,} distinct samples of N = {record.n:,}, D = {chosen.units:,}; Euclidean, in float64.")
    how_to_read("distances")


def _wide(far: Sequence[GridePoint]) -> str:
    if len(far) < 2:
        return ""
    return "; those of Gride err on the wide side, up to a third at r₄ / r₂ and threefold at r₃₂ / r₁₆"


def _flat(far: Sequence[GridePoint], flat: Plateau | None) -> str:
    if not far:
        return ""
    if flat is None:
        return f"No plateau: nowhere do {far_scales.LEAST_SCALES} successive scales agree within {far_scales.FLAT:.0%}."
    return f"A plateau at {flat.id:.1f} from {scales.ratio(flat.first.k)} to {scales.ratio(flat.last.k)}."
