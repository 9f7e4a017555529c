"""Filters of the first layer of a network: written and read here alone. No torch."""

from dataclasses import dataclass

import numpy as np

from idcore import spec
from idcore.shapes import Float
from idcore.spec import Request
from idcore.store import Store


@dataclass(frozen=True, eq=False)
class Filters:
    """name: of the module. weights: (f, c, h, w) float32, the first f of `total` filters, as images of the input."""

    name: str
    total: int
    weights: Float[np.ndarray, "f c h w"]


def key(request: Request) -> str:
    """Key of the filters of a request's network, as its images meet them."""
    return spec.key("filters", request)


def read(store: Store, request: Request) -> Filters | None:
    """None until they have been kept; a network may have none."""
    entry = store.get(key(request))
    if entry is None or not entry.meta["total"]:
        return None
    return Filters(entry.meta["name"], entry.meta["total"], entry.arrays["weights"])


def save(store: Store, request: Request, found: Filters | None) -> None:
    """Keep them, or that there are none."""
    found = found or Filters("", 0, np.zeros((0, 1, 1, 1), np.float32))
    meta = {"kind": "filters", "request": spec.to_json(request), "name": found.name, "total": found.total}
    store.put(key(request), {"weights": found.weights}, meta)
