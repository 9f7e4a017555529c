"""Filters of the first layer of a network, and what excites each most: written and read here alone. No torch."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from idcore import spec
from idcore.shapes import Float, Int, Shaped
from idcore.spec import Request
from idcore.store import Store

_VERSION = 2
"""1 had no patches."""


@dataclass(frozen=True, eq=False)
class Filters:
    """name: of the module. weights: (f, c, h, w) float32, the first f of `total` filters, as images of the input.
    samples: (f, p) int64, the samples that excite each most, each by its best place, largest first; values: (f, p)
    float32, the outputs there. patches: (f, p, h, w, 1 or 3) uint8, what the filter sees there; none of a linear map,
    which sees the whole sample. note: why there are no samples ("" where there are)."""

    name: str
    total: int
    weights: Float[np.ndarray, "f c h w"]
    samples: Int[np.ndarray, "g p"] = dataclasses.field(default_factory=lambda: np.zeros((0, 0), np.int64))
    values: Float[np.ndarray, "g p"] = dataclasses.field(default_factory=lambda: np.zeros((0, 0), np.float32))
    patches: Shaped[np.ndarray, "k q a b e"] = dataclasses.field(
        default_factory=lambda: np.zeros((0, 0, 1, 1, 1), np.uint8)
    )
    note: str = ""


def key(request: Request) -> str:
    """Key of the filters of a request's network, as its images meet them."""
    return spec.key("filters", request, _VERSION)


def there(store: Store, request: Request) -> bool:
    """Whether they have been kept, or that there are none."""
    return store.meta(key(request)) is not None


def read(store: Store, request: Request) -> Filters | None:
    """None until they have been kept; a network may have none."""
    entry = store.get(key(request))
    if entry is None or not entry.meta["total"]:
        return None
    arrays = entry.arrays
    return Filters(entry.meta["name"], entry.meta["total"], arrays["weights"], arrays["samples"], arrays["values"],
                   arrays["patches"], entry.meta["note"])  # fmt: skip


def save(store: Store, request: Request, filters: Filters | None) -> None:
    """Keep them, or that there are none."""
    filters = filters or Filters("", 0, np.zeros((0, 1, 1, 1), np.float32))
    meta = {"kind": "filters", "request": spec.to_json(request), "name": filters.name, "total": filters.total}
    arrays = {name: getattr(filters, name) for name in ("weights", "samples", "values", "patches")}
    store.put(key(request), arrays, meta | {"note": filters.note})
