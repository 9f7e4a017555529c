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
SMALL = 36
"""Pixels across, of each in the sidebar."""
_kept = Kept(128)


def six(data: DataSpec) -> np.ndarray | None:
    """(6 or fewer, s, s, 3) uint8, the first thumbnails of a subset; None until there are any."""
    return _kept.get(lambda: _six(data), state.store().root, atlas.key(data))


def pictures(data: DataSpec) -> list[str]:
    """The first thumbnails of a subset as addresses (data:) of pictures, `SMALL` pixels wide at most; none until there
    are any. As files they would be read, converted, digested and kept by the server for each session, and fetched one
    by one."""
    return _kept.get(lambda: _pictures(data), state.store().root, atlas.key(data), _small) or []


def strips() -> dict[str, str]:
    """Six images side by side, as the address of a picture, of each data set of which something was measured."""
    plain: dict[str, DataSpec] = {}
    for _, data in state.store().values("atlas", _subset):
        plain[data.dataset] = min(plain.get(data.dataset, data), data, key=_done_to_it)
    return {name: _address(images) for name, data in plain.items() if (images := six(data)) is not None}


def _done_to_it(data: DataSpec) -> tuple[int, str]:
    text = spec.canonical(data)
    return len(text), text


def _subset(meta: dict[str, Any]) -> DataSpec:
    data: DataSpec = spec.from_json(meta["request"])
    return data


def _six(data: DataSpec) -> np.ndarray | None:
    images = atlas.read(state.store(), data)
    return None if images is None else images[:_SIX].copy()


def _pictures(data: DataSpec) -> list[str] | None:
    images = six(data)
    return None if images is None else [_small(one) for one in images]


def _address(images: np.ndarray) -> str:
    from PIL import Image

    return _as_address(Image.fromarray(np.concatenate(list(images), axis=1)), "png")


def _small(image: np.ndarray) -> str:
    from PIL import Image

    shown = Image.fromarray(image)
    shown.thumbnail((SMALL, SMALL), Image.Resampling.BILINEAR)
    return _as_address(shown, "jpeg", quality=90)


def _as_address(image: Any, format: str, **more: int) -> str:
    file = io.BytesIO()
    image.save(file, format, **more)
    return f"data:image/{format};base64,{base64.b64encode(file.getvalue()).decode()}"
