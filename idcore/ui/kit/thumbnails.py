"""Six images of a data subset, once some of it was measured: what is measured is seen, not only named."""

import base64
import contextlib
import io
from typing import Any

import numpy as np
import streamlit as st

from idcore import spec
from idcore.results import atlas
from idcore.spec import DataSpec
from idcore.ui.kit import state

_SIX = 6


def six(data: DataSpec) -> np.ndarray | None:
    """(6 or fewer, s, s, 3) uint8, the first thumbnails of a subset; None until there are any."""
    with contextlib.suppress(LookupError):  # an absence is not kept
        return _six(str(state.store().root), atlas.key(data), data)
    return None


def strips() -> dict[str, str]:
    """Six images side by side, as the address of a picture, of each data set of which something was measured."""
    plain: dict[str, DataSpec] = {}
    for _, data in state.store().values("atlas", _subset):
        plain[data.dataset] = min(plain.get(data.dataset, data), data, key=_done_to_it)
    return {name: _address(found) for name, data in plain.items() if (found := six(data)) is not None}


def _done_to_it(data: DataSpec) -> tuple[int, str]:
    text = spec.canonical(data)
    return len(text), text


def _subset(meta: dict[str, Any]) -> DataSpec:
    found: DataSpec = spec.from_json(meta["request"])
    return found


@st.cache_resource(max_entries=64, show_spinner=False)
def _six(root: str, key: str, _data: DataSpec) -> np.ndarray:
    found = atlas.read(state.store(), _data)
    if found is None:
        raise LookupError
    return found[:_SIX].copy()


def _address(images: np.ndarray) -> str:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(np.concatenate(list(images), axis=1)).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
