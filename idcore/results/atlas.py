"""Small pictures of samples in the store: written and read here alone, under the data subset they show. No torch."""

import numpy as np

from idcore import spec
from idcore.results import passages
from idcore.spec import ELSEWHERE, DataSpec, Request
from idcore.store import Store

LARGE, SMALL, MANY = 28, 20, 5000
"""Pixels a side; of more samples than `MANY`, the smaller."""


def side(n: int) -> int:
    """Pixels a side of the thumbnails of n samples."""
    return LARGE if n <= MANY else SMALL


def key(data: DataSpec) -> str:
    """Key of the thumbnails of a data subset."""
    return spec.key("atlas", data)


def read(store: Store, data: DataSpec) -> np.ndarray | None:
    """(n, s, s, 3) uint8, a thumbnail of each sample of the subset in its order; None where there are none."""
    entry = store.get(key(data))
    return None if entry is None else entry.arrays["thumbnails"]


def there(store: Store, request: Request) -> bool:
    """Whether the samples of a request have their thumbnails, or texts their words, or none are to be had:
    representations are neither."""
    keys = key(request.data), passages.key(request.data)
    return request.network == ELSEWHERE or any(store.meta(one) is not None for one in keys)


def save(store: Store, data: DataSpec, thumbnails: np.ndarray) -> None:
    """Keep them."""
    store.put(key(data), {"thumbnails": thumbnails}, {"kind": "atlas", "request": spec.to_json(data)})
