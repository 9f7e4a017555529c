"""One sample: its nearest neighbours in every layer side by side, so that one sees when "same shape" becomes "same
class"."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from idcore.estimators.subset import nearest
from idcore.figures import theme
from idcore.files.names import clean
from idcore.record import LayerGeometry
from idcore.results import Run
from idcore.ui.kit import query
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.gallery import Cell, GalleryRow, gallery

SHOWN, COUNTED, READ = 8, 30, 5
"""Neighbours that are drawn, those among which the sample's class is counted, and those that are read as texts."""

TEXT = 400
"""Characters of a text that is shown beside others."""


def sample_view(
    run: Run,
    records: Sequence[LayerGeometry],
    position: int,
    thumbnails: np.ndarray | None,
    layer: str,
    texts: Sequence[str] | None = None,
    key: str = "sample-neighbours",
) -> None:
    """The sample at `position` and its neighbours. thumbnails: (n, s, s, 3) uint8, None where there are none. layer:
    the one that is open. texts: what the n samples say, where they are texts. key: of the view."""
    st.markdown(f"**Sample {int(run.ids[position])}** and its nearest neighbours in each layer")
    label = int(run.labels[position])
    rows = [GalleryRow(_said((cell(run, position),), texts), "The sample", _told(run, position))]
    for record in records:
        neighbours, distances = nearest(record, position, COUNTED)
        row = neighbour_row(run, record, neighbours, distances, label, record.layer.name == layer)
        rows.append(replace(row, cells=_said(row.cells, texts)))
    gallery(rows, thumbnails, key=key)
    shown = SHOWN if texts is None else READ
    st.caption(
        f"The {shown} nearest of N = {len(run.labels):,} samples in each layer, nearest first, by exact distances; "
        f"framed where the class is the sample's own. The bar counts these among the {COUNTED} nearest. "
        "The numbers are distances in units of the nearest."
    )
    how_to_read("sample")


def _said(cells: tuple[Cell, ...], texts: Sequence[str] | None) -> tuple[Cell, ...]:
    """The cells of images as they are; of texts the nearest few, with what they say."""
    if texts is None:
        return cells
    return tuple(replace(one, text=clean(texts[one.place], TEXT)) for one in cells[:READ])


def neighbour_row(
    run: Run,
    record: LayerGeometry,
    neighbours: np.ndarray,
    distances: np.ndarray,
    label: int,
    here: bool = False,
    of: str = "of its class",
) -> GalleryRow:
    """A layer's row. neighbours, distances: (k,), nearest first. label: the class they are compared with, negative
    for none; of: what that is called."""
    if not len(neighbours):
        return GalleryRow((), record.layer.name, record.note or "has no neighbours", here=here)
    unit = distances[0] or next((float(one) for one in distances if one > 0), 1.0)
    cells = tuple(
        cell(run, int(one), label, f"{distance / unit:.2f}")
        for one, distance in zip(neighbours[:SHOWN], distances[:SHOWN], strict=True)
    )
    if label < 0:
        return GalleryRow(cells, record.layer.name, here=here)
    same = int((run.labels[neighbours] == label).sum())
    words = f"{same} of {len(neighbours)} {of}"
    return GalleryRow(cells, record.layer.name, words, same / len(neighbours), here)


def cell(run: Run, position: int, label: int = -1, note: str = "") -> Cell:
    """A sample as a cell. label: the class it is compared with, negative for none."""
    own = int(run.labels[position])
    mark = "" if label < 0 else "same" if own == label else "other"
    said = f"sample {int(run.ids[position])}, {class_name(run, own)}"
    return Cell(position, class_name(run, own), class_colour(run, own), said, note, mark)


def class_name(run: Run, label: int) -> str:
    """The name of a class; labels without one are none."""
    return run.class_names[label] if 0 <= label < len(run.class_names) else "no label"


def class_colour(run: Run, label: int) -> str:
    """Its colour, as on the map."""
    known = 0 <= label < len(run.class_names)
    return theme.class_styles(label + 1)[label][0] if known else theme.NEUTRAL


def _told(run: Run, position: int) -> str:
    """What else is known of a sample, in words."""
    said = [class_name(run, int(run.labels[position]))]
    if len(run.learned_labels) and (learned := int(run.learned_labels[position])) >= 0:
        said.append(f"trained as {class_name(run, learned)}")
    if run.finished and (guess := int(run.predictions[position])) >= 0:
        said.append(f"the network says {class_name(run, guess)}")
    return ", ".join(said)


def hint() -> None:
    """What a click or a selection on the map would bring."""
    st.caption(query.escaped("Click a point to see its neighbours in every layer; draw a lasso or a box, or choose "
                             "classes in the legend, to measure a selection."))  # fmt: skip
