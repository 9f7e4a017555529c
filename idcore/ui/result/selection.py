"""The samples selected on the map: what they are, and their intrinsic dimension in every layer."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from idcore import spec, text
from idcore.estimators.subset import MIN_SAMPLES, SubsetID, twonn_of_subset
from idcore.figures.selection import class_counts, selection_curve
from idcore.record import LayerGeometry
from idcore.results import Run
from idcore.ui.kit import charts, query, state, tables, words
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.gallery import GalleryRow, gallery
from idcore.ui.result import layer
from idcore.ui.result.sample import cell, class_name

PAGE = 40


def selection_view(
    measured: state.Measured,
    records: Sequence[LayerGeometry],
    positions: np.ndarray,
    thumbnails: np.ndarray | None,
    texts: Sequence[str] | None = None,
) -> None:
    """Draw the selection. positions: (s,) int, rising. thumbnails: (n, s, s, 3) uint8, None where there are none.
    texts: what the n samples say, where they are texts."""
    run = measured.run
    assert run is not None
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**{len(positions):,} of {len(run.labels):,} samples selected**", width="content")
        st.download_button("Selection, CSV", to_csv(run, positions), "layerscope-selection.csv", "text/csv",
                           on_click="ignore", icon=":material/table:", key="selection-csv")  # fmt: skip
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _dimension(measured, records, positions)
    with right:
        _classes(run, positions)
    _grid(run, positions, thumbnails, texts)


def to_csv(run: Run, positions: np.ndarray) -> str:
    """One line a sample: its place, its id, its class, and what the network says and was told where that is known."""
    columns = {"label": run.labels, "prediction": run.predictions, "learned_label": run.learned_labels}
    known = {name: values for name, values in columns.items() if len(values) == len(run.labels)}
    lines = []
    for position in positions.tolist():
        values = (int(column[position]) for column in known.values())
        named = (part for one in values for part in ((one, class_name(run, one)) if one >= 0 else ("", "")))
        lines.append((position, int(run.ids[position]), *named))
    return text.to_csv(("place", "id", *(part for name in known for part in (name, f"{name}_name"))), lines)


def sentences(subsets: Sequence[SubsetID]) -> list[str]:
    """What must be said about the numbers of a selection."""
    said = []
    without = [one for one in subsets if one.id is None]
    for note in dict.fromkeys(one.note for one in without):
        names = [one.layer for one in without if one.note == note]
        said.append(f"No number in {', '.join(names)}: {note}")
    said += [f"{one.layer}: {one.note}" for one in subsets if one.id is not None and one.note]
    missed = {one.layer: one.points - one.known for one in subsets if one.id is not None}
    part = [f"{name} ({count:,})" for name, count in missed.items() if count]
    if part:
        said.append(
            "Left out, because fewer than two of the selected lie among their neighbours in the record: "
            f"{', '.join(part)}."
        )
    return said


def _dimension(measured: state.Measured, records: Sequence[LayerGeometry], positions: np.ndarray) -> None:
    if len(positions) < MIN_SAMPLES:
        st.info(f"{len(positions)} samples are too few for a dimension: select at least {MIN_SAMPLES}.")
        return
    fits = [_fitted(record, measured, positions) for record in records]
    numbers = [one for one in fits if one.id is not None]
    if numbers:
        ids = ", ".join(f"{one.layer} {one.id:.1f}" for one in numbers)
        figure = selection_curve(
            numbers, measured.rows, [record.layer for record in records], measured.request.network.regime, records[0].n
        )
        charts.draw(figure, "selection", alt=f"Intrinsic dimension of the selection by layer: {ids}")
    points = [one.points for one in numbers]
    told = f"N = {_span(points)} distinct points of the selection, " if points else ""
    st.caption(query.escaped(
        f"{told}TwoNN among themselves, {words.discarded(layer.reading())}; bars are one standard error. "
        + " ".join(sentences(fits))
    ))  # fmt: skip
    how_to_read("selection")


def _fitted(record: LayerGeometry, measured: state.Measured, positions: np.ndarray) -> SubsetID:
    key = spec.layer_key(measured.request, record.layer.name)
    return _kept(key, positions.astype(np.int32).tobytes(), layer.reading().discard, record)


@st.cache_data(max_entries=400, show_spinner=False)
def _kept(key: str, positions: bytes, discard: float, _record: LayerGeometry) -> SubsetID:
    return twonn_of_subset(_record, np.frombuffer(positions, np.int32).astype(np.int64), discard)


def _span(values: Sequence[int]) -> str:
    low, high = min(values), max(values)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _classes(run: Run, positions: np.ndarray) -> None:
    count = len(run.class_names)
    known = run.labels[(run.labels >= 0) & (run.labels < count)]
    mine = run.labels[positions]
    counts = np.bincount(mine[(mine >= 0) & (mine < count)], minlength=count)
    if not counts.any():
        st.caption("None of these samples has a label.")
        return
    told = ", ".join(f"{class_name(run, c)} {counts[c]}" for c in np.argsort(-counts)[:10] if counts[c])
    figure = class_counts(counts, np.bincount(known, minlength=count), run.class_names)
    charts.draw(figure, "selection-classes", alt=f"Selected samples by class: {told}")
    right = run.predictions[positions] == mine if run.finished else np.zeros(0)
    said = f" The network classifies {right.mean():.1%} of them correctly." if (run.predictions[:1] >= 0).any() else ""
    st.caption(f"Selected samples per class (grey: all of that class).{said}")


def _grid(run: Run, positions: np.ndarray, thumbnails: np.ndarray | None, texts: Sequence[str] | None) -> None:
    """The samples themselves, a page at a time."""
    pages = -(-len(positions) // PAGE)
    page = 1
    if pages > 1:
        page = st.number_input(f"Page (1 to {pages})", 1, pages, 1, key=f"selection-page-{pages}", width=160)
    shown = positions[(page - 1) * PAGE : page * PAGE]
    if texts is not None:
        rows = [{"Sequence": int(run.ids[one]), "Class": class_name(run, int(run.labels[one])), "Text": texts[one]}
                for one in shown.tolist()]  # fmt: skip
        tables.draw(rows, "Selected texts", height=320, key="selection-texts")
        return
    cells = tuple(cell(run, one, note=f"#{run.ids[one]}") for one in shown.tolist())
    gallery([GalleryRow(cells)], thumbnails, "selection-grid")
