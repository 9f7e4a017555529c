"""Requests as JSON, and the keys that name their results."""

import dataclasses
import hashlib
import json
from typing import Any

from idcore.spec import checks, jobs, request
from idcore.spec.request import NetworkSpec, Request

_TYPES: dict[str, Any] = {
    kind.__name__: kind
    for module in (request, jobs)
    for kind in vars(module).values()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind)
}

_written = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode
_TEXT = "_canonical"
"""Under which a spec, which never changes, keeps its text: a page asks for hundreds of keys of one request. By what is
equal it could not be found again, since 1 equals 1.0 and is another text."""


def to_json(spec: Any) -> Any:
    """A spec as JSON values; each dataclass carries its type under "type"."""
    if dataclasses.is_dataclass(spec):
        fields = {f.name: to_json(getattr(spec, f.name)) for f in dataclasses.fields(spec)}
        return {"type": type(spec).__name__, **fields}
    return list(spec) if isinstance(spec, tuple) else spec


def from_json(value: Any, _depth: int = 0) -> Any:
    """The inverse of `to_json`. Raises RequestError for an unknown type or field, or a value that cannot be."""
    checks.check(_depth < 10, "This request is nested more deeply than any can be.")
    if isinstance(value, dict) and "type" in value:
        kind = _TYPES.get(value["type"]) if isinstance(value["type"], str) else None
        checks.check(kind is not None, f"Unknown kind of request: {checks.shown(value['type'])}.")
        known = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
        for name in value:
            checks.check(name == "type" or name in known, f"{value['type']} has no field {checks.shown(name)}.")
        for name, f in known.items():
            checks.check(
                name in value or _default(f) is not dataclasses.MISSING, f"{value['type']} needs the field {name!r}."
            )
        return kind(**{k: from_json(v, _depth + 1) for k, v in value.items() if k != "type"})  # type: ignore[misc]
    return tuple(value) if isinstance(value, list) else value


def canonical(value: Any) -> str:
    """Canonical JSON: sorted keys, no spaces, no NaN; the same text on every machine. Fields at their default are left
    out, so that a field added later leaves the keys as they were: a default is for ever."""
    if isinstance(value, list):
        return f"[{','.join(map(canonical, value))}]"
    if not dataclasses.is_dataclass(value):
        return _text(value)
    kept = vars(value)
    if _TEXT not in kept:
        object.__setattr__(value, _TEXT, _text(value))
    text: str = kept[_TEXT]
    return text


def _text(value: Any) -> str:
    return _written(_essence(value))


def _essence(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        parts = {
            f.name: _essence(part)
            for f in dataclasses.fields(value)
            if (part := getattr(value, f.name)) != _default(f) or "always" in f.metadata
        }
        return {"type": type(value).__name__, **parts}
    if isinstance(value, (tuple, list)):
        return [_essence(part) for part in value]
    return value


def _default(f: "dataclasses.Field[Any]") -> Any:
    return f.default_factory() if f.default_factory is not dataclasses.MISSING else f.default


def key(kind: str, *parts: Any) -> str:
    """Name of an entry of the store: sha256 (hex) of the canonical JSON of its kind and parts."""
    return hashlib.sha256(canonical([kind, *parts]).encode()).hexdigest()


def layer_key(request: Request, layer: str) -> str:
    """Key of the `LayerGeometry` of one layer."""
    return key("layer", request, layer)


def run_key(request: Request) -> str:
    """Key of the run entry: the list of layers, the labels and predictions of the samples, the accuracies."""
    return key("run", request)


def weights_key(network: NetworkSpec) -> str:
    """Key of trained weights."""
    return key("weights", network)


def training_key(network: NetworkSpec) -> str:
    """Key of a training that has not ended."""
    return key("training", network)
