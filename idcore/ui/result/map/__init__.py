"""The map of a network as a component of the page: all layers in the browser, nothing asked of the server on the way.

`blob` makes the bytes, component.js draws them; docs/map.md says what stands in them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from idcore.ui.kit.component import component
from idcore.ui.result.map import blob

_HERE = Path(__file__).parent
_VIEW = component(_HERE / "component.js", '<div class="map"></div>')
_PART = component(_HERE / "part.js")


@dataclass(frozen=True, eq=False)
class MapChoice:
    """What the reader has chosen on the map; None and no samples until something was chosen on these samples.

    layer, map, colour: names. sample: place of the pinned sample. selection: places of the selected samples, rising.
    """

    layer: str | None
    map: str | None
    colour: str | None
    sample: int | None
    selection: np.ndarray


def map_view(
    samples: bytes,
    maps: bytes,
    *,
    key: str,
    values: bytes | None = None,
    images: bytes | None = None,
    marks: bytes | None = None,
    layer: str | None = None,
    shown: str | None = None,
    colour: str | None = None,
    group: str = "",
    reports: bool = True,
    on_open: Callable[[str], None] | None = None,
    on_change: Callable[[], None] | None = None,
) -> MapChoice:
    """Draw the map of a network.

    samples, maps, values, images, marks: of the functions of `blob` with these names. key: of the view, without a
    space. layer, shown, colour: layer, map and colour to begin with; another value moves the view there, the same value
    leaves it where the reader went. group: views of one group on the same samples share layer, hover, selection, pinned
    sample and the classes shown alone. reports: whether the page is told of a choice; without it there is none.
    on_open: called with the name of the layer when the reader asks to open it; without it there is no such button.
    on_change: called before the page runs again, which happens after a selection, a pinned sample, another colour or
    map, and never on hover or on a layer step.
    """
    kinds = {"samples": samples, "images": images, "values": values, "marks": marks, "maps": maps}
    with st.container(gap=None):
        for kind, content in kinds.items():
            if content is not None:
                _PART(key=f"{key}-{kind}", data=f"{key} {kind}\n".encode() + content, width="stretch")
        wishes = {"layer": layer, "map": shown, "colour": colour}
        _PART(key=f"{key}-command", data={"name": key, "kind": "command"} | {k: v for k, v in wishes.items() if v})
        view = _VIEW(
            key=key,
            data={"name": key, "group": group, "opens": on_open is not None, "reports": reports},
            on_value_change=on_change or _nothing,
            on_opened_change=lambda: _opened(key, on_open),
        )
    return choice(view.value, samples)


def choice(value: Any, samples: bytes) -> MapChoice:
    """What the browser sent, read with suspicion: a value of another form, or one about other samples, is no choice."""
    header, _ = blob.unpack(samples)
    if not isinstance(value, dict) or value.get("of") != header["digest"]:
        return MapChoice(None, None, None, None, np.zeros(0, np.int64))
    names = {name: _text(value.get(name)) for name in ("layer", "map", "colour")}
    sample = value.get("sample")
    known = isinstance(sample, int) and not isinstance(sample, bool) and 0 <= sample < header["n"]
    selection = blob.selected(value.get("selection"), header["n"])
    return MapChoice(**names, sample=sample if known else None, selection=selection)


def _opened(key: str, on_open: Callable[[str], None] | None) -> None:
    name = st.session_state[key].opened
    if on_open is not None and isinstance(name, str):
        on_open(name)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _nothing() -> None:
    """Streamlit keeps the value of a component only where a callback names it."""
