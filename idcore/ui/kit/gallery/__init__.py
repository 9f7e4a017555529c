"""Thumbnails in rows, as one component of the page: the pictures are one sheet, the words are shown as they are."""

import base64
import dataclasses
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from idcore.ui.kit.component import component

_HERE = Path(__file__).parent
_VIEW = component(_HERE / "gallery.js", '<div class="frame"><div class="gallery"></div></div>')
_SIDE = 16


@dataclass(frozen=True)
class Cell:
    """One sample. place: its row of the thumbnails. label: its class. colour: of the class, "#rrggbb". alt: all that
    is said of it. note: a line below. mark: "same" or "other" where it is compared, "" where not. text: of the sample,
    where it is a text."""

    place: int
    label: str
    colour: str
    alt: str
    note: str = ""
    mark: str = ""
    text: str = ""


@dataclass(frozen=True)
class GalleryRow:
    """title: None for cells without a heading. note: beside it. share: 0 ... 1 for a bar, None for none. here: whether
    to lift the row out."""

    cells: tuple[Cell, ...]
    title: str | None = None
    note: str = ""
    share: float | None = None
    here: bool = False


def gallery(
    rows: Sequence[GalleryRow],
    thumbnails: np.ndarray | None,
    key: str,
    on_click: Callable[[int], None] | None = None,
) -> None:
    """Draw rows of samples. thumbnails: (n, s, s, 3) uint8, None where there are only words. on_click: called with the
    place of a sample that is clicked; without it they are no buttons."""
    positions = sorted({cell.place for row in rows for cell in row.cells})
    data: dict[str, Any] = {"sheet": None, "side": 1, "rows": 1}
    given = rows
    if thumbnails is not None and positions:
        order = {position: i for i, position in enumerate(positions)}
        rows = [
            dataclasses.replace(row, cells=tuple(dataclasses.replace(c, place=order[c.place]) for c in row.cells))
            for row in rows
        ]
        data = _sheet(thumbnails[positions])
    lines = [dataclasses.asdict(row) for row in rows]
    for line, own in zip(lines, given, strict=True):
        for one, c in zip(line["cells"], own.cells, strict=True):
            one["sample"] = c.place

    def clicked() -> None:
        position = st.session_state[key].clicked
        if on_click is not None and isinstance(position, int) and position in positions:
            on_click(position)

    data |= {"lines": lines, "clickable": on_click is not None}
    _VIEW(key=key, data=data, on_clicked_change=clicked)


def _sheet(thumbnails: np.ndarray) -> dict[str, Any]:
    """{sheet: a data URL, side, rows: thumbnails across and down}."""
    n, size = thumbnails.shape[:2]
    side = min(n, _SIDE)
    rows = -(-n // side)
    sheet = np.zeros((rows * side, size, size, 3), np.uint8)
    sheet[:n] = thumbnails
    pixels = sheet.reshape(rows, side, size, size, 3).transpose(0, 2, 1, 3, 4).reshape(rows * size, side * size, 3)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", quality=80)
    text = base64.b64encode(file.getvalue()).decode()
    return {"sheet": f"data:image/webp;base64,{text}", "side": side, "rows": rows}
