"""Maps over one picture, as a component of the page: a canvas each under one slider of opacity."""

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from idcore.shapes import Float
from idcore.ui.kit.component import component

_HERE = Path(__file__).parent
_VIEW = component(_HERE / "overlay.js", '<div class="overlay"></div>')


@dataclass(frozen=True, eq=False)
class Tile:
    """map: (r, c) over the whole picture, None for the picture alone. title, note: below it. loses: what it does not
    beat, "" for nothing. alt: all of it in words. chosen: whether to lift it out."""

    map: Float[np.ndarray, "r c"] | None
    alt: str
    title: str = ""
    note: str = ""
    loses: str = ""
    chosen: bool = False


def overlay(
    image: np.ndarray,
    tiles: Sequence[Tile],
    key: str,
    *,
    side: int = 168,
    across: int = 0,
    grid: tuple[int, int] | None = None,
    token: int = 0,
    click: str = "",
    on_click: Callable[[int], None] | None = None,
) -> None:
    """Draw them. image: (h, w, 3) uint8. side: pixels of a tile. across: tiles in a row, 0 for as many as there is room
    for. click: "tile" or "patch" where a click chooses one; on_click is called with the place of the tile, or with the
    token of the patch (from 1 on, by rows of `grid`); token: the one that is framed, 0 for none."""
    data: dict[str, Any] = {"picture": _url(image), "shape": list(image.shape[:2]), "side": side, "across": across}
    data |= {"grid": None if grid is None else list(grid), "token": token, "click": click if on_click else ""}
    data["tiles"] = [_told(tile) for tile in tiles]

    def clicked() -> None:
        number = st.session_state[key].clicked
        most = len(tiles) if click == "tile" else 1 + (grid[0] * grid[1] if grid else 0)
        if on_click is not None and isinstance(number, int) and 0 <= number < most:
            on_click(number)

    _VIEW(key=key, data=data, on_clicked_change=clicked, height="content")


def as_bytes(values: Float[np.ndarray, "r c"]) -> tuple[np.ndarray, bool]:
    """((r, c) uint8, whether it has two signs): 0 to 255 of the largest number; of two signs 128 is zero and the
    largest distance from it is 127."""
    most, signed = float(np.abs(values).max()), bool((values < 0).any())
    share = values / most if most > 0 else np.zeros_like(values)
    scaled = 128 + 127 * share if signed else 255 * share
    return np.round(scaled).astype(np.uint8), signed


def _told(tile: Tile) -> dict[str, Any]:
    words = {"title": tile.title, "note": tile.note, "loses": tile.loses, "alt": tile.alt, "chosen": tile.chosen}
    if tile.map is None:
        return {**words, "values": ""}
    numbers, signed = as_bytes(tile.map)
    values = base64.b64encode(numbers.tobytes()).decode()
    return {**words, "values": values, "rows": len(numbers), "columns": numbers.shape[1], "signed": signed}


def _url(image: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
