"""Whose an upload is. Owners are digests: what proves that one is it stands nowhere in the store. Where no owner is
known, any more or at all, it is nobody's: not listed, and not taken for everybody's."""

from idcore import spec
from idcore.store import Store

EVERYBODY = "everybody"
"""The owner of what came by the command line."""


def save_owner(store: Store, digest: str, owner: str) -> None:
    """Keep that this owner brought the file of this digest; several may have brought the same."""
    store.put(_key(digest, owner), {}, {"kind": "owned", "digest": digest, "owner": owner})


def owners(store: Store) -> dict[str, set[str]]:
    """All owners by digest of the upload."""
    by_digest: dict[str, set[str]] = {}
    for _, meta in store.entries("owned"):
        by_digest.setdefault(meta["digest"], set()).add(meta["owner"])
    return by_digest


def renew(store: Store, digest: str, owner: str) -> None:
    """It is used: it shall not be the first thing that a full store forgets."""
    store.get(_key(digest, owner))


def disown(store: Store, digest: str, owner: str) -> bool:
    """Forget it; returns whether nobody is left."""
    store.delete(_key(digest, owner))
    return digest not in owners(store)


def _key(digest: str, owner: str) -> str:
    return spec.key("owned", digest, owner)
