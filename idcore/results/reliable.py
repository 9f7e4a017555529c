"""How reliable the distances of a layer of repeats are: written and read here alone."""

import dataclasses

from idcore import spec
from idcore.estimators.reliability import Reliability
from idcore.spec import Request
from idcore.store import Store


def key(request: Request, layer: str) -> str:
    """Key of the reliability of a layer."""
    return spec.key("reliability", spec.layer_key(request, layer))


def read(store: Store, request: Request, layer: str) -> Reliability | None:
    """None where the samples were measured once each, or it is not there yet."""
    meta = store.meta(key(request, layer))
    return None if meta is None or "reliability" not in meta else Reliability(**meta["reliability"])


def note(store: Store, request: Request, layer: str) -> str:
    """Why there is none although there are repeats; "" for nothing to say."""
    return str((store.meta(key(request, layer)) or {}).get("note", ""))


def save(store: Store, request: Request, layer: str, reliability: Reliability | str) -> None:
    """Keep it, or why there is none."""
    what = {"note": reliability} if isinstance(reliability, str) else {"reliability": dataclasses.asdict(reliability)}
    store.put(key(request, layer), {}, {"kind": "reliability", "request": spec.to_json(request), **what})
