"""The values of single units on all samples: written and read here alone. No torch."""

import numpy as np

from idcore import spec
from idcore.shapes import Float
from idcore.spec import Request
from idcore.store import Store


def key(request: Request, layer: str, unit: int) -> str:
    """Key of the values of one unit, as the units of the layer are counted."""
    return spec.key("column", spec.layer_key(request, layer), unit)


def there(store: Store, request: Request, layer: str, unit: int) -> bool:
    """Whether they are kept."""
    return store.meta(key(request, layer, unit)) is not None


def read(store: Store, request: Request, layer: str, unit: int) -> Float[np.ndarray, " n"] | None:
    """(n,) float32; None until they have been kept."""
    entry = store.get(key(request, layer, unit))
    return None if entry is None else entry.arrays["values"]


def save(store: Store, request: Request, layer: str, unit: int, values: Float[np.ndarray, " n"]) -> None:
    """Keep them."""
    meta = {"kind": "column", "request": spec.to_json(request), "layer": layer, "unit": unit}
    store.put(key(request, layer, unit), {"values": values.astype(np.float32)}, meta)
