"""Six images of a data subset, once some of it was measured: what is measured is seen, not only named."""

import base64
import io
from typing import Any

import numpy as np

from idcore import spec
from idcore.results import atlas
from idcore.spec import DataSpec
from idcore.ui.kit import state
from idcore.ui.kit.kept import Kept

_SIX = 6
_kept = Kept(128)


def six(data: DataSpec) -> np.ndarray | None:
    """(6 or fewer, s, s, 3) uint8, the first thumbnails of a subset; None until there are any."""
    return _kept.get(lambda: _six(data), state.store().root, atlas.key(data))


def pictures(data: DataSpec) -> list[bytes]:
    """The same as PNG files; none until there are any."""
    found = _kept.get(lambda: _pictures(data), state.store().root, atlas.key(data), _png)
    return found or []


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


def _six(data: DataSpec) -> np.ndarray | None:
    found = atlas.read(state.store(), data)
    return None if found is None else found[:_SIX].copy()


def _pictures(data: DataSpec) -> list[bytes] | None:
    found = six(data)
    return None if found is None else [_png(one) for one in found]


def _address(images: np.ndarray) -> str:
    return f"data:image/png;base64,{base64.b64encode(_png(np.concatenate(list(images), axis=1))).decode()}"


def _png(image: np.ndarray) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()
