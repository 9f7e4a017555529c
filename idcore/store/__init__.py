"""The store: arrays and JSON values under a key. Knows nothing of torch, models or pages.

`Store` is what it promises; `folder` and `objects` are where the bytes lie; `entry` is what a file looks
like; `index` knows what there is without opening the files again.
"""

from idcore.store.entry import Entry
from idcore.store.store import CURVES, DEFAULT_LIMIT, SHIPPED, Store, StoreWarning, shared, shipped, with_shipped

__all__ = ["CURVES", "DEFAULT_LIMIT", "SHIPPED", "Entry", "Store", "StoreWarning", "shared", "shipped", "with_shipped"]
