"""The store: arrays and JSON values under a key. Knows nothing of torch, models or pages.

`Store` is what it promises; `folder` and `objects` are where the bytes lie; `entry` is what a file looks
like; `index` knows what there is without opening the files again.
"""

from idcore.store.entry import Entry
from idcore.store.store import DEFAULT_LIMIT, GALLERY, Store, StoreWarning, gallery, shared, with_gallery

__all__ = ["DEFAULT_LIMIT", "GALLERY", "Entry", "Store", "StoreWarning", "gallery", "shared", "with_gallery"]
