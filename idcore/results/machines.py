"""What the workers run on: written and read here alone."""

from collections.abc import Sequence

from idcore import spec
from idcore.store import Store


def devices(store: Store) -> tuple[str, ...]:
    """The devices that the workers have, what `auto` takes first; none until a worker has said so."""
    return tuple((store.meta(spec.key("devices")) or {}).get("devices", ()))


def save_devices(store: Store, names: Sequence[str]) -> None:
    """Say which devices the workers have."""
    if devices(store) != tuple(names):
        store.put(spec.key("devices"), {}, {"kind": "devices", "devices": list(names)})
