"""Whose an upload is. Owners are digests: what proves that one is it stands nowhere in the store."""

from idcore import spec
from idcore.store import Store


def save_owner(store: Store, digest: str, owner: str) -> None:
    """Keep that this owner brought the file of this digest; several may have brought the same."""
    store.put(_key(digest, owner), {}, {"kind": "owned", "digest": digest, "owner": owner})


def owners(store: Store) -> dict[str, set[str]]:
    """All owners by digest of the upload. Files from the command line have none."""
    found: dict[str, set[str]] = {}
    for _, meta in store.entries("owned"):
        found.setdefault(meta["digest"], set()).add(meta["owner"])
    return found


def disown(store: Store, digest: str, owner: str) -> bool:
    """Forget it; returns whether nobody is left."""
    store.delete(_key(digest, owner))
    return digest not in owners(store)


def _key(digest: str, owner: str) -> str:
    return spec.key("owned", digest, owner)
