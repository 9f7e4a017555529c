"""How exact a measurement is, and what was met on the way, in words."""

import streamlit as st

from idcore.record import Layer, LayerGeometry
from idcore.spec import Request
from idcore.ui.kit import query, state


def sentences(record: LayerGeometry) -> list[str]:
    """What is proved of a record, and what was counted."""
    if record.note:
        met = f" {record.non_finite:,} values are NaN or infinite." if record.non_finite else ""
        return [f"There are no numbers: {record.note}{met}"]
    rows, brute = record.distinct, record.brute_rows
    proved = f"All {record.neighbours.distances.size:,} neighbour distances are proved exact to 1e-12"
    said = [
        f"{proved}; {_many(brute, 'row')} of {rows:,} needed brute force."
        if brute
        else f"{proved}; no row needed brute force.",
        f"{_many(record.refined_pairs, 'pair')} of samples {_were(record.refined_pairs)} measured again in float64."
        if record.refined_pairs
        else "",
        f"{_many(record.duplicates, 'duplicate')} {_were(record.duplicates)} merged."
        if record.duplicates
        else "No sample is an exact copy of another.",
        f"{record.dead:,} of {_many(record.layer.units, 'unit')} never change on these samples."
        if record.dead
        else "Every unit changes from sample to sample.",
        f"The measurement of {record.n:,} samples × {record.layer.units:,} units took {_time(record.seconds)}.",
    ]
    return [sentence for sentence in (*said, *record.notes) if sentence]


def certificate_view(request: Request, layer: Layer) -> None:
    """The card."""
    st.subheader("How exact this is")
    record = state.geometry(request, layer.name)
    if record is not None:
        st.markdown("\n".join(f"- {query.escaped(sentence)}" for sentence in sentences(record)))


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 0.1 else f"{1000 * seconds:.0f} ms"
